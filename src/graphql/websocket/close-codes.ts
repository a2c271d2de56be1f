/** How sockets are closed: one at a time, and all of them when the process stops. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Extra } from 'graphql-ws/use/ws'

export type WebSocket = Extra['socket']

/** How long a client may take to answer our close. */
const closeGraceMs = 2_000
/** Over how long a stop spreads its closes: so much for each socket, and no more than the window for all. */
const drainMsOfOne = 30
const maxDrainMs = 3_000

/** Clients of graphql-ws connect again on it by themselves. The reason: 123 bytes at the most. */
const goingAway = {
  code: 1001,
  reason: 'Going away: connect again and resume from the last cursor',
} as const

/** Nothing is sent after it; of a client that does not answer the close no more is heard. Resolves when it is over. */
export function closeSocket(socket: WebSocket, code: number, reason: string): Promise<void> {
  if (socket.readyState === socket.CLOSED) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.terminate(), closeGraceMs)
    socket.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
    socket.close(code, reason)
  })
}

/**
 * Closes one after the other in an order of chance, so that not all clients come back in the same instant. What runs on
 * a socket goes on until its turn, and is not completed: a client would take that for its end. `dice` answers 0 to 1.
 */
export async function drain(sockets: Iterable<WebSocket>, random: () => number = Math.random): Promise<void> {
  const all = [...sockets]
    .map((socket) => ({ socket, rank: random() }))
    .toSorted((one, other) => one.rank - other.rank)
  const windowMs = Math.min(maxDrainMs, all.length * drainMsOfOne)
  await Promise.all(
    all.map(async ({ socket }, index) => {
      await pause(((index + random()) / all.length) * windowMs)
      await closeSocket(socket, goingAway.code, goingAway.reason)
    }),
  )
}
