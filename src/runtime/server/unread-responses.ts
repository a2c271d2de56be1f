/**
 * Answers that their clients do not read. An answer waits in this process until the client has taken all of it: each
 * for a bounded time, all together with bounded bytes. Beyond either the connection is closed.
 */
import type { ServerResponse } from 'node:http'
import type { Log } from '../../ports/platform.ts'

export interface UnreadBounds {
  /** Time for a client to take an answer, in milliseconds, from its last byte being written. */
  readonly takenWithinMs: number
  /** Bytes of all answers together. */
  readonly bytesInAll: number
}

/** The largest answers have some 16 MB: 30 s are enough for them at 5 Mbit/s, and for one of 100 kB at 30 kbit/s. */
export const ourUnread: UnreadBounds = { takenWithinMs: 30_000, bytesInAll: 128 * 1024 * 1024 }

const lookEveryMs = 1_000
/** An answer of fewer bytes is counted with the next look: most are taken by the network at once. */
const smallBytes = 64 * 1024

export interface UnreadAnswers {
  /** Call it for each answer that begins. */
  watch(response: ServerResponse): void
  stop(): void
}

/** `unanswered` are the answers that are under way. */
export function watchAnswers(
  unanswered: () => Iterable<ServerResponse>,
  log: Log,
  bounds: UnreadBounds = ourUnread,
): UnreadAnswers {
  const waitsSinceMs = new WeakMap<ServerResponse, number>()

  const look = (): void => {
    const nowMs = performance.now()
    const waiting = [...unanswered()].filter(isWaiting)
    let bytes = 0
    for (const response of waiting) {
      if (!waitsSinceMs.has(response)) waitsSinceMs.set(response, nowMs)
      bytes += response.writableLength
    }
    const forMs = (response: ServerResponse): number => nowMs - (waitsSinceMs.get(response) ?? nowMs)
    // Those that wait longest make room for the others.
    for (const response of waiting.toSorted((one, other) => forMs(other) - forMs(one))) {
      const isLate = forMs(response) > bounds.takenWithinMs
      if (!isLate && bytes <= bounds.bytesInAll) return
      bytes -= response.writableLength
      giveUp(response, {
        why: isLate ? 'its client did not take it in time' : 'the answers that wait have too many bytes',
        forMs: Math.round(forMs(response)),
      })
    }
  }
  const giveUp = (response: ServerResponse, why: { readonly why: string; readonly forMs: number }): void => {
    const { req, writableLength: waitingBytes } = response
    // One connection may have several that are late.
    if (req.socket.destroyed) return
    log.warn({ requestId: response.getHeader('x-request-id'), waitingBytes, ...why }, 'response.not-read')
    req.socket.destroy()
  }
  const timer = setInterval(look, Math.min(lookEveryMs, bounds.takenWithinMs / 2)).unref()

  return {
    watch: (response) =>
      void response.once('prefinish', () => {
        if (response.writableLength >= smallBytes) look()
      }),
    stop: () => clearInterval(timer),
  }
}

function isWaiting({ writableEnded, writableLength }: ServerResponse): boolean {
  return writableEnded || writableLength > 0
}
