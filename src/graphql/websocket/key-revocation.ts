/**
 * Ends the sockets of a key that is revoked or expires, and of a session that ends: at once when the process that ended
 * it sends a notification, otherwise within about two seconds. One check asks for the keys and sessions of all sockets.
 */
import type { ApiDeps } from '../auth/request-context.ts'
import type { Release } from '../../domain/shared/keyed-counter.ts'

/**
 * Interval of the checks. The documentation promises that a socket ends within five seconds. The interval leaves time
 * for the statement and for the close.
 */
const everyMs = 2_000

export interface RevocationWatch {
  /** Calls `end` when the key or session has ended, unless the caller has released the watch before. */
  add(id: string, end: () => void): Release
  stop(): void
}

export function makeRevocationWatch({
  endedAmong,
  onEnded,
  log,
}: Pick<ApiDeps, 'endedAmong' | 'onEnded' | 'log'>): RevocationWatch {
  const watched = new Map<string, Set<() => void>>()

  async function check(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    try {
      for (const id of await endedAmong(ids)) for (const end of watched.get(id) ?? []) end()
    } catch (error) {
      // The next interval checks again.
      log.warn({ keys: ids.length, cause: error }, 'keys.revocation-check-failed')
    }
  }

  onEnded((id) => {
    if (id === null) void check([...watched.keys()])
    else if (watched.has(id)) void check([id])
  })
  let checking = false
  const timer = setInterval(() => {
    // No check starts while the previous one is still running.
    if (checking) return
    checking = true
    void check([...watched.keys()]).finally(() => (checking = false))
  }, everyMs).unref()

  return {
    add: (id, end) => {
      const ends = watched.get(id) ?? new Set()
      watched.set(id, ends)
      ends.add(end)
      return () => {
        ends.delete(end)
        if (ends.size === 0 && watched.get(id) === ends) watched.delete(id)
      }
    },
    stop: () => clearInterval(timer),
  }
}
