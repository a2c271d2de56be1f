/**
 * Works off bulk retries while there are any: continues with each at its time, and wakes the lanes of the deliveries that
 * are due. The sweep starts it, so that any dispatcher continues after a crash.
 */
import type { BulkRetryStore } from '../ports/bulk-retry-store.ts'
import type { LaneScheduler } from '../ports/lane-scheduler.ts'
import type { Log } from '../ports/log.ts'

/** Bounds of the pause between two looks. Another process may continue with a bulk retry that is due now. */
const minPauseMs = 50
const maxPauseMs = 500

export interface BulkRetriesDeps {
  readonly store: BulkRetryStore
  readonly laneScheduler: Pick<LaneScheduler, 'wakeNow'>
  readonly log: Log
  readonly pause: (ms: number) => Promise<void>
}

export interface BulkRetries {
  /** Starts to work off bulk retries if there are any, unless this process does it already. Does not wait. Never throws. */
  look(): void
  /** Starts no further step, and resolves when the running one has ended. */
  stop(): Promise<void>
}

export function makeBulkRetries(deps: BulkRetriesDeps): BulkRetries {
  let running: Promise<void> | null = null
  let isStopped = false
  /** Whether `look` was called since the last look at PostgreSQL. */
  let isWanted = false
  const wasWanted = (): boolean => isWanted

  async function workOff(): Promise<void> {
    try {
      while (!isStopped) {
        isWanted = false
        if (await runStep(deps)) continue
        const inMs = await deps.store.nextStepInMs()
        if (inMs === null && !wasWanted()) return
        if (inMs !== null) await deps.pause(Math.min(Math.max(inMs, minPauseMs), maxPauseMs))
      }
    } catch (error) {
      // The next sweep starts it again.
      deps.log.error({ cause: error }, 'bulk-retries.failed')
    } finally {
      running = null
    }
  }

  return {
    look: () => {
      isWanted = true
      if (!isStopped) running ??= workOff()
    },
    stop: async () => {
      isStopped = true
      await running
    },
  }
}

/** Returns false when no bulk retry was due, or another process continues with it. */
async function runStep({ store, laneScheduler, log }: BulkRetriesDeps): Promise<boolean> {
  const done = await store.step()
  if (done === null) return false
  const { bulkRetryId, projectId, webhookIds } = done
  if (webhookIds.length > 0) laneScheduler.wakeNow(webhookIds)
  if (done.hasFinished) log.info({ bulkRetryId, projectId }, 'bulk-retry.finished')
  return true
}
