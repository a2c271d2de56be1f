/** Counts the lane jobs that wait for a worker. */
import type { JobQueue } from './backend.ts'

/** The priority of jobs of many lanes. BullMQ runs jobs without a priority, 0, first. */
export const burstPriority = 1

/** The number of waiting jobs of all priorities. Unlike `getJobCounts`, it also counts the jobs of a paused queue. */
export async function waitingJobs(queue: Pick<JobQueue, 'getCountsPerPriority'>): Promise<number> {
  const counts = await queue.getCountsPerPriority([0, burstPriority])
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
