/**
 * Concurrency limits per project, in this process. Work above the limit waits for work of the same project, not for
 * other projects.
 */
import pLimit from 'p-limit'
import type { ConcurrencyLimit } from './deadline.ts'

/** `atOnce`: maximum concurrent calls per project. */
export function makeProjectConcurrency(atOnce: number): (projectId: string) => ConcurrencyLimit {
  const limits = new Map<string, ReturnType<typeof pLimit>>()
  return (projectId) => async (work) => {
    const limit = limits.get(projectId) ?? pLimit(atOnce)
    limits.set(projectId, limit)
    try {
      return await limit(work)
    } finally {
      // The project has no more work, so its limit is removed. Otherwise the map would grow with every project.
      if (limit.activeCount + limit.pendingCount === 0) limits.delete(projectId)
    }
  }
}
