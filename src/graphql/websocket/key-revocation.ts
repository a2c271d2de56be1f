/**
 * Ends the sockets of a key that is revoked or expires: at once when the process that revoked the key sends a
 * notification, otherwise within about two seconds. One statement checks the keys of all sockets.
 */
import type { ApiDeps } from '../auth/request-context.ts'
import type { Release } from '../../domain/shared/keyed-counter.ts'

/**
 * Interval of the checks. The documentation promises that a socket ends within five seconds. The interval leaves time
 * for the statement and for the close.
 */
const everyMs = 2_000

export interface RevocationWatch {
  /** Calls `end` when the key is revoked or has expired, unless the caller has released the watch before. */
  add(keyId: string, end: () => void): Release
  stop(): void
}

export function makeRevocationWatch({
  endedKeys,
  onKeyEnded,
  log,
}: Pick<ApiDeps, 'endedKeys' | 'onKeyEnded' | 'log'>): RevocationWatch {
  const watched = new Map<string, Set<() => void>>()

  async function check(keyIds: readonly string[]): Promise<void> {
    if (keyIds.length === 0) return
    try {
      for (const keyId of await endedKeys(keyIds)) for (const end of watched.get(keyId) ?? []) end()
    } catch (error) {
      // The next interval checks again.
      log.warn({ keys: keyIds.length, cause: error }, 'keys.revocation-check-failed')
    }
  }

  onKeyEnded((keyId) => {
    if (keyId === null) void check([...watched.keys()])
    else if (watched.has(keyId)) void check([keyId])
  })
  let checking = false
  const timer = setInterval(() => {
    // No check starts while the previous one is still running.
    if (checking) return
    checking = true
    void check([...watched.keys()]).finally(() => (checking = false))
  }, everyMs).unref()

  return {
    add: (keyId, end) => {
      const ends = watched.get(keyId) ?? new Set()
      watched.set(keyId, ends)
      ends.add(end)
      return () => {
        ends.delete(end)
        if (ends.size === 0 && watched.get(keyId) === ends) watched.delete(keyId)
      }
    },
    stop: () => clearInterval(timer),
  }
}
