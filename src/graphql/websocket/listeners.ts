/** What listens to a socket in place of graphql-ws's own listeners, which print to the console and close with 4500 for what a client did. */
import { CloseCode } from 'graphql-ws'
import type { Log } from '../../ports/platform.ts'
import type { WebSocket } from './close-codes.ts'

/** The types of messages that only a server sends. */
const serverTypes: readonly unknown[] = ['connection_ack', 'next', 'error']

/** After graphql-ws has begun to listen. */
export function replaceListeners(socket: WebSocket, log: Log): void {
  // A socket that breaks is closed, too; graphql-ws prints a stack for each message that was under way.
  const send = socket.send.bind(socket)
  socket.send = ((data: string, sent?: () => void) => send(data, () => sent?.())) as typeof send
  // graphql-ws prints a stack for whatever a client sends amiss, and listens only once. ws has closed the socket by then.
  socket.removeAllListeners('error')
  socket.on('error', (error) => log.debug({ cause: error.message }, 'socket.failed'))
  const [take] = socket.listeners('message') as ((data: unknown, isBinary: boolean) => void)[]
  // It closes a socket of another subprotocol, and does not listen to it.
  if (take === undefined) return
  socket.removeAllListeners('message')
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    // The protocol is of text. graphql-ws would read the bytes as text, and take a server's message for a fault of ours.
    if (isBinary || isOfServer(data)) socket.close(CloseCode.BadRequest, 'Invalid message received')
    else take.call(socket, data, isBinary)
  })
}

/** Read twice, for messages are few and small. What is no JSON is refused by graphql-ws. */
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
