/** Turns: how much of one project goes on at once in this process. What is beyond waits for its own, and not for the neighbours'. */
import pLimit from 'p-limit'
import type { ConcurrencyLimit } from './deadline.ts'

/** `atOnce` for each project. */
export function makeProjectConcurrency(atOnce: number): (projectId: string) => ConcurrencyLimit {
  const limits = new Map<string, ReturnType<typeof pLimit>>()
  return (projectId) => async (work) => {
    const limit = limits.get(projectId) ?? pLimit(atOnce)
    limits.set(projectId, limit)
    try {
      return await limit(work)
    } finally {
      // Nobody of that project is left: it is forgotten, or there would be one for every project there ever was.
      if (limit.activeCount + limit.pendingCount === 0) limits.delete(projectId)
    }
  }
}
