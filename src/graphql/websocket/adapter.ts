/**
 * Connects a socket of ws to graphql-ws, which implements the protocol graphql-transport-ws: sends its messages, passes
 * it the client's messages, and reports the close. graphql-ws has an adapter for ws of its own, which prints to the
 * console, closes the socket with 4500 for errors of the client, and terminates clients that are slow to read its pings.
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { CloseCode, type Server } from 'graphql-ws'
import type { Log } from '../../ports/log.ts'
import type { WebSocket } from './close-codes.ts'

/** What graphql-ws passes to its callbacks for each socket. */
export interface SocketOfRequest {
  readonly socket: WebSocket
  /** The upgrade request. */
  readonly request: IncomingMessage
}

/** Types of messages that only a server sends. */
const serverTypes: readonly unknown[] = ['connection_ack', 'next', 'error']
/** Maximum bytes of the reason in a close frame. ws throws for a longer one. */
const maxReasonBytes = 123

/** Serves the protocol on a socket that was opened just now. */
export function serveProtocol<T extends SocketOfRequest>(protocol: Server<T>, extra: T, log: Log): void {
  const { socket } = extra
  // The client sent malformed data, or its connection broke. ws closes the socket itself.
  socket.on('error', (error) => log.debug({ cause: error.message }, 'socket.failed'))
  const failed = (error: unknown): void => {
    log.error({ requestId: randomUUID(), cause: error }, 'request.failed')
    socket.close(CloseCode.InternalServerError, 'Internal server error')
  }
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (message) => send(socket, message),
      close: (code, reason = '') => socket.close(code, clipped(reason)),
      onMessage: (receive) =>
        socket.on('message', (data, isBinary) => {
          const message = textOf(data, isBinary)
          if (message === null || isOfServer(message))
            socket.close(CloseCode.BadRequest, 'Invalid message received')
          else receive(message).catch(failed)
        }),
    },
    extra,
  )
  socket.once('close', (code, reason) => {
    closed(code, reason.toString('utf8')).catch(failed)
  })
}

/**
 * Resolves when the message was handed to the network. graphql-ws then produces the next response of the subscription.
 * Errors are dropped: a broken socket is also closed.
 */
function send(socket: WebSocket, message: string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState === socket.OPEN) socket.send(message, () => resolve())
    else resolve()
  })
}

/** The text of a message. Null for binary data, because the protocol uses text messages only. */
function textOf(data: unknown, isBinary: boolean): string | null {
  return isBinary || !Buffer.isBuffer(data) ? null : data.toString('utf8')
}

/**
 * Whether the message has a type that only a server sends, which graphql-ws would treat as a fault of ours. Each message
 * is parsed twice, which is cheap because messages are few and small. graphql-ws refuses messages that are not JSON.
 */
function isOfServer(text: string): boolean {
  try {
    const message: unknown = JSON.parse(text)
    return (
      typeof message === 'object' &&
      message !== null &&
      'type' in message &&
      serverTypes.includes(message.type)
    )
  } catch {
    return false
  }
}

/** The reason, shortened to what fits into a close frame. It may repeat an id of the client's, which may be long. */
function clipped(reason: string): string {
  const bytes = Buffer.from(reason)
  // A character that is cut becomes U+FFFD, which has three bytes.
  return bytes.length <= maxReasonBytes ? reason : bytes.subarray(0, maxReasonBytes - 3).toString('utf8')
}
