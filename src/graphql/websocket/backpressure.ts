/**
 * Clients that read slower than they are sent to. Beyond what may wait for a socket no more is made for it and nothing
 * more is read from it, so that it costs bounded memory however long it is; one that takes nothing at all is closed. Its
 * subscriptions fall behind meanwhile, which costs nothing either (`live/follower`), and are resumed from a cursor.
 */
import type { IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Log } from '../../ports/platform.ts'
import { closeSocket, type WebSocket } from './close-codes.ts'

/**
 * Bytes that may wait to be sent on one socket before more is made; what each subscription has under way then, which is
 * the event that is sent and the few that are answered ahead of it (`fresh-events.ts`), may still be added.
 */
export const maxWaitingBytes = 1024 * 1024
/** How long a socket may take nothing while something waits for it. */
const stuckMs = 10_000
const lookEveryMs = 1_000
/** How often one that is over its bytes is looked at by what waits for room. */
const roomEveryMs = 20

/** Clients of graphql-ws connect again on it by themselves. The reason: 123 bytes at the most. */
export const tooSlow = {
  code: 4413,
  reason: `Too slow: nothing could be sent for ${stuckMs / 1_000} s; connect again and resume from the last cursor`,
} as const

type Socket = IncomingMessage['socket']

interface Watched {
  readonly tcp: Socket
  /** Bytes that the network took so far. */
  taken: number
  /** Since when it takes nothing of what waits. */
  sinceMs: number
}

export interface SlowWatch {
  add(socket: WebSocket, tcp: Socket): void
  stop(): void
}

/** `stuckAfterMs` is for tests. */
export function makeSlowWatch(log: Log, stuckAfterMs = stuckMs): SlowWatch {
  const watched = new Map<WebSocket, Watched>()

  const look = (socket: WebSocket, state: Watched, nowMs: number): void => {
    if (!isOverfull(socket) && socket.isPaused) socket.resume()
    const taken = takenBy(state.tcp)
    if (socket.bufferedAmount === 0 || taken !== state.taken) {
      state.taken = taken
      state.sinceMs = nowMs
      return
    }
    const forMs = Math.round(nowMs - state.sinceMs)
    if (forMs < stuckAfterMs) return
    watched.delete(socket)
    log.warn({ waitingBytes: socket.bufferedAmount, takenBytes: taken, forMs }, 'socket.too-slow')
    void closeSocket(socket, tooSlow.code, tooSlow.reason)
    // It has to be read from again, or its answer to the close is never seen.
    socket.resume()
  }
  const timer = setInterval(
    () => {
      const nowMs = performance.now()
      for (const [socket, state] of watched) look(socket, state, nowMs)
    },
    Math.min(lookEveryMs, stuckAfterMs / 2),
  ).unref()

  return {
    add: (socket, tcp) => {
      watched.set(socket, { tcp, taken: takenBy(tcp), sinceMs: performance.now() })
      socket.once('close', () => watched.delete(socket))
      // What a client says is answered, its pings too: it says no more while it does not take the answers.
      const listen = (): void => {
        if (isOverfull(socket)) socket.pause()
      }
      for (const event of ['message', 'ping']) socket.on(event, listen)
    },
    stop: () => clearInterval(timer),
  }
}

/** False when the socket is not open any more: whatever is made for it would be made for nobody. */
export async function roomToSend(socket: WebSocket): Promise<boolean> {
  while (socket.readyState === socket.OPEN && isOverfull(socket))
    await pause(roomEveryMs, undefined, { ref: false })
  return socket.readyState === socket.OPEN
}

function isOverfull({ bufferedAmount }: WebSocket): boolean {
  return bufferedAmount > maxWaitingBytes
}

function takenBy({ bytesWritten, writableLength }: Socket): number {
  return bytesWritten - writableLength
}
