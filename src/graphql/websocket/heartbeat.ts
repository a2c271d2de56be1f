/** Clients that went away without a word: who answers no ping is ended. One that is only slow is for `slow-sockets`. */
import type { WebSocket } from './close-codes.ts'

/** A client that has not answered a ping by the next is ended. */
const pingEveryMs = 12_000

/** `everyMs` is for tests. */
export function keepPinging(socket: WebSocket, everyMs = pingEveryMs): void {
  let isAwaited = false
  const timer = setInterval(() => {
    if (socket.readyState !== socket.OPEN) return
    // A ping stands in line behind what waits, and of one that is paused the answer is not read: it shows that it lives
    // by taking what waits.
    if (socket.bufferedAmount > 0 || socket.isPaused) {
      isAwaited = false
      return
    }
    if (isAwaited) {
      socket.terminate()
      return
    }
    isAwaited = true
    socket.ping()
  }, everyMs).unref()
  socket.on('pong', () => (isAwaited = false))
  socket.once('close', () => clearInterval(timer))
}
