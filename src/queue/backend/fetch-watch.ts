/**
 * Notices that jobs wait although a worker of this process has a free slot: the queue was paused, or the worker hangs.
 * Jobs that a working queue has, a free worker gets within milliseconds.
 */
import type { JobQueue } from './backend.ts'
import type { QueueState } from './queue-state.ts'

export interface FetchWatch {
  /** A job arrived. */
  fetched(): void
  /** Called every few seconds. Jobs that wait at two looks in a row, without one that arrived between, are a fault. */
  look(): Promise<void>
}

const part = 'fetch'
/** A worker that had a job within this time is taken to work. */
const silentForMs = 4_000

export function makeFetchWatch(
  queue: Pick<JobQueue, 'getCountsPerPriority'>,
  hasFreeSlot: () => boolean,
  state: Pick<QueueState, 'works' | 'fails'>,
): FetchWatch {
  let lastFetchAtMs = performance.now()
  /** The first look, since the last job arrived, at which jobs waited. */
  let waitingSinceMs: number | undefined

  return {
    fetched: () => {
      lastFetchAtMs = performance.now()
      waitingSinceMs = undefined
      state.works(part)
    },
    look: async () => {
      const askedAtMs = performance.now()
      if (askedAtMs - lastFetchAtMs < silentForMs || !hasFreeSlot()) return
      // Also counts the jobs of a paused queue, which `getJobCounts` leaves out. No job of ours has another priority.
      const { 0: waiting = 0 } = await queue.getCountsPerPriority([0])
      // A job may have arrived while the queue was asked.
      if (lastFetchAtMs > askedAtMs) return
      if (waiting === 0) waitingSinceMs = undefined
      else if (waitingSinceMs === undefined) waitingSinceMs = askedAtMs
      else
        state.fails(
          part,
          `${waiting} jobs wait, and none arrived for ${Math.round(askedAtMs - lastFetchAtMs)} ms`,
        )
    },
  }
}
