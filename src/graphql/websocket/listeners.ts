/**
 * Replaces graphql-ws's own listeners on a socket, which print to the console and close the socket with 4500 for errors
 * of the client.
 */
import { CloseCode } from 'graphql-ws'
import type { Log } from '../../ports/log.ts'
import type { WebSocket } from './close-codes.ts'

/** Types of messages that only a server sends. */
const serverTypes: readonly unknown[] = ['connection_ack', 'next', 'error']

/** Must be called after graphql-ws has added its listeners. */
export function replaceListeners(socket: WebSocket, log: Log): void {
  // The error is dropped: a broken socket is also closed. graphql-ws would print a stack trace for each unsent message.
  const send = socket.send.bind(socket)
  socket.send = ((data: string, sent?: () => void) => send(data, () => sent?.())) as typeof send
  // graphql-ws's listener prints a stack trace for any malformed data from a client, and runs only once. ws has closed
  // the socket by then.
  socket.removeAllListeners('error')
  socket.on('error', (error) => log.debug({ cause: error.message }, 'socket.failed'))
  const [take] = socket.listeners('message') as ((data: unknown, isBinary: boolean) => void)[]
  // graphql-ws adds no listener to a socket with another subprotocol, and closes it.
  if (take === undefined) return
  socket.removeAllListeners('message')
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    // The protocol uses text messages only. graphql-ws would read binary data as text, and would treat a message of a
    // server's type as a fault of ours.
    if (isBinary || isOfServer(data)) socket.close(CloseCode.BadRequest, 'Invalid message received')
    else take.call(socket, data, isBinary)
  })
}

/**
 * Whether the message has a type that only a server sends. Each message is parsed twice, which is cheap because
 * messages are few and small. graphql-ws refuses messages that are not JSON.
 */
function isOfServer(data: Buffer): boolean {
  try {
    const message: unknown = JSON.parse(data.toString('utf8'))
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
