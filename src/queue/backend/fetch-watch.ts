/**
 * Detects that jobs wait although a worker of this process has a free slot, because the queue was paused or the worker
 * hangs. In a working queue a free worker gets a waiting job within milliseconds.
 */
import type { JobQueue } from './backend.ts'
import type { QueueState } from './queue-state.ts'
import { waitingJobs } from './waiting-jobs.ts'

export interface FetchWatch {
  /** Called when a job has arrived. */
  fetched(): void
  /** Called every few seconds. Reports a fault when jobs wait at two consecutive calls and none arrived in between. */
  check(): Promise<void>
}

const part = 'fetch'
/** A worker that received a job within this time is assumed to work. */
const silentForMs = 4_000

export function makeFetchWatch(
  queue: Pick<JobQueue, 'getCountsPerPriority'>,
  hasFreeSlot: () => boolean,
  state: Pick<QueueState, 'works' | 'fails'>,
): FetchWatch {
  let lastFetchAtMs = performance.now()
  /** The first call since the last job arrived at which jobs were waiting. */
  let waitingSinceMs: number | undefined

  return {
    fetched: () => {
      lastFetchAtMs = performance.now()
      waitingSinceMs = undefined
      state.works(part)
    },
    check: async () => {
      const checkedAtMs = performance.now()
      if (checkedAtMs - lastFetchAtMs < silentForMs || !hasFreeSlot()) return
      const waiting = await waitingJobs(queue)
      // A job may have arrived during the query.
      if (lastFetchAtMs > checkedAtMs) return
      if (waiting === 0) waitingSinceMs = undefined
      else if (waitingSinceMs === undefined) waitingSinceMs = checkedAtMs
      else
        state.fails(
          part,
          `${waiting} jobs wait, and none arrived for ${Math.round(checkedAtMs - lastFetchAtMs)} ms`,
        )
    },
  }
}
