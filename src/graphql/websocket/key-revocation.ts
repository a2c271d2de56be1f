/**
 * Ends what a key has opened for long when the key is revoked or expires: at once where a word of it comes from the
 * process that did it, and within two seconds where none does. The keys of all sockets are asked for in one statement.
 */
import type { ApiWorld } from '../auth/authenticate.ts'
import type { Release } from './connection-limits.ts'

/** With the time of the statement and of the close well within the five seconds that are promised. */
const everyMs = 2_000

export interface KeyWatch {
  /** Calls `end` once the key opens nothing any more, unless it was released before. */
  add(keyId: string, end: () => void): Release
  stop(): void
}

export function makeKeyWatch({
  endedKeys,
  onKeyEnded,
  log,
}: Pick<ApiWorld, 'endedKeys' | 'onKeyEnded' | 'log'>): KeyWatch {
  const watched = new Map<string, Set<() => void>>()

  async function look(keyIds: readonly string[]): Promise<void> {
    if (keyIds.length === 0) return
    try {
      for (const keyId of await endedKeys(keyIds)) for (const end of watched.get(keyId) ?? []) end()
    } catch (error) {
      // Asked again in a moment.
      log.warn({ keys: keyIds.length, cause: error }, 'keys.revocation-check-failed')
    }
  }

  onKeyEnded((keyId) => {
    if (keyId === null) void look([...watched.keys()])
    else if (watched.has(keyId)) void look([keyId])
  })
  let looking = false
  const timer = setInterval(() => {
    // One that does not come to its end is not followed by others.
    if (looking) return
    looking = true
    void look([...watched.keys()]).finally(() => (looking = false))
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
