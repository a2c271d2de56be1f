/**
 * Terminates sockets whose client has disappeared without closing them: a client that does not answer a ping. Does not
 * handle clients that are only slow.
 */
import type { WebSocket } from './close-codes.ts'

/** The server terminates a client that has not answered a ping when the next ping is due. */
export const pingEveryMs = 12_000

/** Sends pings until the socket is closed. `everyMs` is for tests. */
export function keepPinging(socket: WebSocket, everyMs = pingEveryMs): void {
  let isPongDue = false
  const timer = setInterval(() => {
    if (socket.readyState !== socket.OPEN) return
    // A ping would be queued behind the waiting bytes, and the server does not read the answer of a paused socket. Such
    // a client shows that it is alive by accepting the waiting bytes.
    if (socket.bufferedAmount > 0 || socket.isPaused) {
      isPongDue = false
      return
    }
    if (isPongDue) {
      socket.terminate()
      return
    }
    isPongDue = true
    socket.ping()
  }, everyMs).unref()
  socket.on('pong', () => (isPongDue = false))
  socket.once('close', () => clearInterval(timer))
}
