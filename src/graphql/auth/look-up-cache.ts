/**
 * Keeps looked-up keys and sessions for at most one second, so that a client's requests do not each read them from
 * PostgreSQL. What is ended in this process is dropped at once, and what is ended elsewhere when the notification of it
 * arrives.
 */
import { LRUCache } from 'lru-cache'
import { keyKeptMs } from '../../domain/access/key.ts'

/** Maximum number of kept objects. Beyond it, the least recently used one is looked up again. */
const maxKept = 10_000

/** An object, and the time of its look-up on the database's clock. */
interface LookedUp {
  readonly now: Date
}

export interface LookUpCache<T extends LookedUp> {
  /** The object with this id, with the current time on the database's clock; null when there is none. */
  readonly find: (id: string) => Promise<T | null>
  /** Drops an object, or all objects for null. A look-up that is running is not kept. */
  readonly forget: (id: string | null) => void
}

interface Kept<T> {
  readonly found: T
  readonly atMs: number
}

/** `look` finds an object in PostgreSQL. Objects that do not exist are not kept. */
export function makeLookUpCache<T extends LookedUp>(
  look: (id: string) => Promise<T | null>,
  nowMs: () => number = () => performance.now(),
): LookUpCache<T> {
  const kept = new LRUCache<string, Kept<T>>({ max: maxKept })
  const running = new Map<string, Promise<T | null>>()

  const lookUp = (id: string): Promise<T | null> => {
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
    find: async (id) => {
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
