/**
 * Adds a job to a queue of its own, again and again, so that each process learns within seconds whether the queue
 * takes jobs, also when it has nothing else to add. Each job replaces the one before; nothing works them.
 */
import type { JobQueue } from './backend.ts'
import { within } from './deadline.ts'
import type { QueueState } from './queue-state.ts'

export interface Probe {
  stop(): void
}

const EVERY_MS = 2_000
const EVERY_MS_WHILE_DEGRADED = 1_000
const ANSWER_WITHIN_MS = 2_000
/** An answer that has not come after this time is not waited for: the connection may have been replaced. */
const FORGOTTEN_AFTER_MS = 15_000

// The delay keeps the job out of the list of waiting jobs.
const probeJob = {
  delay: 86_400_000,
  attempts: 1,
  removeOnComplete: true,
  removeOnFail: true,
  deduplication: { id: 'probe', replace: true },
}

export function startProbe(queue: JobQueue, state: QueueState): Probe {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let unansweredSinceMs: number | undefined

  /** One at a time, so that a server without answers does not collect them. */
  async function add(): Promise<void> {
    const now = performance.now()
    if (unansweredSinceMs !== undefined && now - unansweredSinceMs < FORGOTTEN_AFTER_MS)
      throw new Error(`no answer for ${Math.round(now - unansweredSinceMs)} ms`)
    unansweredSinceMs = now
    const adding = queue.add('probe', {}, probeJob).finally(() => {
      if (unansweredSinceMs === now) unansweredSinceMs = undefined
    })
    await within(ANSWER_WITHIN_MS, 'storing a job', adding)
  }

  async function probe(): Promise<void> {
    try {
      await add()
      if (!stopped) state.stored('probe')
    } catch (fault) {
      if (!stopped) state.refused('probe', fault)
    }
    const everyMs = state.condition() === 'ok' ? EVERY_MS : EVERY_MS_WHILE_DEGRADED
    if (!stopped) timer = setTimeout(() => void probe(), everyMs).unref()
  }

  void probe()
  return {
    stop: () => {
      stopped = true
      clearTimeout(timer)
    },
  }
}
