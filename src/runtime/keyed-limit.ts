/**
 * Limits of concurrent work by key, in this process. Work above a limit waits. A key that is not in use is forgotten, so
 * that the limits do not grow with every key that was ever used.
 */
import pLimit, { type LimitFunction } from 'p-limit'

/** Runs work within the limit of its key. Work above the limit waits for work with the same key, not for other keys. */
export type KeyedLimit = <T>(key: string, work: () => Promise<T>) => Promise<T>

/** `concurrency`: maximum concurrent work per key. */
export function makeKeyedLimit(concurrency: number): KeyedLimit {
  const limits = new Map<string, LimitFunction>()
  return async (key, work) => {
    const limit = limits.get(key) ?? pLimit(concurrency)
    limits.set(key, limit)
    try {
      return await limit(work)
    } finally {
      if (limit.activeCount + limit.pendingCount === 0) limits.delete(key)
    }
  }
}
