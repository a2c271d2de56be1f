/** Closes sockets: a single socket, and all sockets when the process stops. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Extra } from 'graphql-ws/use/ws'

/** A socket of ws. The name is not imported from ws, because ws exports its client under the same name. */
export type WebSocket = Extra['socket']

/** How long a client may take to answer the server's close frame. */
const closeGraceMs = 2_000
/** A stopping process spreads its closes over this time per socket, but over at most `maxDrainMs` in total. */
const drainMsOfOne = 30
const maxDrainMs = 3_000

/** Clients of graphql-ws reconnect by themselves after this code. The reason may have at most 123 bytes. */
const goingAway = {
  code: 1001,
  reason: 'Going away: connect again and resume from the last cursor',
} as const

/**
 * Sends a close frame, after which nothing is sent. Terminates the connection if the client does not answer within 2 s.
 * Resolves when the socket is closed.
 */
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
 * Closes the sockets one after the other, in random order, so that the clients do not all reconnect at the same time.
 * Subscriptions run until their socket is closed. The server does not complete them, because a client would take that
 * for the end of the subscription. `random` returns a number in [0, 1).
 */
export async function closeAll(sockets: Iterable<WebSocket>, random: () => number): Promise<void> {
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
