/**
 * Limits responses that their clients do not read. A response stays in this process's memory until the client has
 * received all of it. The time of each response and the bytes of all responses are limited; beyond that the connection
 * is closed.
 */
import type { ServerResponse } from 'node:http'
import type { Log } from '../../ports/log.ts'

/** The limits. */
export interface UnreadBounds {
  /** Time for a client to receive a response, in milliseconds. Counted from the first check that finds it waiting. */
  readonly readWithinMs: number
  /** Bytes of all waiting responses together. */
  readonly bytesInAll: number
}

/**
 * The default limits. The largest responses have about 16 MB: 30 s suffice at 5 Mbit/s, and for 100 kB at 30 kbit/s.
 */
export const defaultUnreadBounds: UnreadBounds = { readWithinMs: 30_000, bytesInAll: 128 * 1024 * 1024 }

const checkEveryMs = 1_000
/** A smaller response is checked only by the periodic check, because the network accepts most of them at once. */
const smallBytes = 64 * 1024

/** Watches the responses of a server. */
export interface ResponseWatch {
  /** Must be called for each response when its request begins. */
  watch(response: ServerResponse): void
  stop(): void
}

/**
 * `unanswered` returns the responses that are not complete yet. Checks every second, or more often for short limits.
 */
export function watchResponses(
  unanswered: () => Iterable<ServerResponse>,
  log: Log,
  bounds: UnreadBounds = defaultUnreadBounds,
): ResponseWatch {
  const waitsSinceMs = new WeakMap<ServerResponse, number>()

  const check = (): void => {
    const nowMs = performance.now()
    const waiting = [...unanswered()].filter(isWaiting)
    let bytes = 0
    for (const response of waiting) {
      if (!waitsSinceMs.has(response)) waitsSinceMs.set(response, nowMs)
      bytes += response.writableLength
    }
    const forMs = (response: ServerResponse): number => nowMs - (waitsSinceMs.get(response) ?? nowMs)
    // The responses that wait longest are closed first.
    for (const response of waiting.toSorted((one, other) => forMs(other) - forMs(one))) {
      const isLate = forMs(response) > bounds.readWithinMs
      if (!isLate && bytes <= bounds.bytesInAll) return
      bytes -= response.writableLength
      closeUnread(response, {
        why: isLate
          ? 'the client did not read the response in time'
          : 'the responses that wait have too many bytes',
        forMs: Math.round(forMs(response)),
      })
    }
  }
  const closeUnread = (
    response: ServerResponse,
    why: { readonly why: string; readonly forMs: number },
  ): void => {
    const { req, writableLength: waitingBytes } = response
    // A connection may have several late responses.
    if (req.socket.destroyed) return
    log.warn({ requestId: response.getHeader('x-request-id'), waitingBytes, ...why }, 'response.not-read')
    req.socket.destroy()
  }
  const timer = setInterval(check, Math.min(checkEveryMs, bounds.readWithinMs / 2)).unref()

  return {
    watch: (response) =>
      void response.once('prefinish', () => {
        if (response.writableLength >= smallBytes) check()
      }),
    stop: () => clearInterval(timer),
  }
}

function isWaiting({ writableEnded, writableLength }: ServerResponse): boolean {
  return writableEnded || writableLength > 0
}
