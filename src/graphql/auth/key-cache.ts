/**
 * Keeps looked-up keys for at most one second, so that a client's requests do not each read its key from PostgreSQL. A
 * key that is revoked in this process is dropped at once, and one that is revoked elsewhere when the notification of it
 * arrives.
 */
import { LRUCache } from 'lru-cache'
import type { KnownKey } from '../../db/installation/key-look-ups.ts'
import { keyKeptMs } from '../../domain/access/key.ts'

/** Maximum number of kept keys. Beyond it, the least recently used key is looked up again. */
const maxKeys = 10_000

export interface KeyCache {
  /** The key with this id, with the current time on the database's clock; null when there is none. */
  keyById(id: string): Promise<KnownKey | null>
  /** Drops a key, or all keys for null. A look-up that is running is not kept. */
  forget(id: string | null): void
}

interface KeptKey {
  readonly found: KnownKey
  readonly atMs: number
}

/** `look` finds a key in PostgreSQL. Keys that do not exist are not kept. */
export function makeKeyCache(
  look: (id: string) => Promise<KnownKey | null>,
  nowMs: () => number = () => performance.now(),
): KeyCache {
  const kept = new LRUCache<string, KeptKey>({ max: maxKeys })
  const running = new Map<string, Promise<KnownKey | null>>()

  const lookUp = (id: string): Promise<KnownKey | null> => {
    const looking = look(id)
      .then((found) => {
        // After `forget`, another look-up may run, or none: what this one has found may be out of date.
        if (found !== null && running.get(id) === looking) kept.set(id, { found, atMs: nowMs() })
        return found
      })
      .finally(() => {
        if (running.get(id) === looking) running.delete(id)
      })
    running.set(id, looking)
    return looking
  }

  return {
    keyById: async (id) => {
      const known = kept.get(id)
      const ageMs = known === undefined ? Infinity : nowMs() - known.atMs
      if (known === undefined || ageMs >= keyKeptMs) return running.get(id) ?? lookUp(id)
      const { found } = known
      return { ...found, now: new Date(found.now.getTime() + ageMs) }
    },
    forget: (id) => {
      if (id === null) {
        kept.clear()
        running.clear()
      } else {
        kept.delete(id)
        running.delete(id)
      }
    },
  }
}
