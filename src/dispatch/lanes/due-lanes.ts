/**
 * Finds webhooks with due deliveries and makes sure that their lanes run: through the queue while the queue works, and
 * in this process, without a job, while the queue is degraded. A lane never runs twice at once in one process.
 */
import type { DispatchStore } from '../../ports/dispatch-store.ts'
import type { Log } from '../../ports/log.ts'
import type { LaneScheduler } from '../../ports/lane-scheduler.ts'

const maxWebhooks = 10_000
/**
 * A working queue runs a due lane at once. A lane that is due for longer than this has lost its job, or its job is
 * stuck.
 */
const overdueMs = 10_000
/** How long `close` waits for running lanes. A run of a lane takes about a second. */
const closeWithinMs = 3_000

export interface DueLanesDeps {
  readonly store: Pick<DispatchStore, 'dueWebhooks'>
  readonly laneScheduler: Pick<LaneScheduler, 'wakeNow'>
  readonly log: Log
  readonly pause: (ms: number) => Promise<void>
  readonly queue: { condition(): 'ok' | 'degraded' }
  /** Maximum lanes that run without a job at once. */
  readonly slots: number
  /**
   * Returns whether the lane already waits for slots or claims in this process. Such a lane needs no job and is not
   * overdue.
   */
  readonly markDueIfActive: (webhookId: string) => boolean
  /** Runs the lane of a webhook. */
  readonly runLane: (webhookId: string) => Promise<void>
}

export interface DueLanes {
  /**
   * Starts the lanes of webhooks with due deliveries, and does not wait for their end. Returns the number of webhooks
   * with due deliveries whose lane does not already wait in this process.
   */
  look(): Promise<number>
  /** Runs a lane for its job. If the lane is already running, waits for the end of that run first. */
  run(webhookId: string): Promise<void>
  /** Starts no more lanes without a job, and waits up to 3 s for those that run. */
  close(): Promise<void>
}

export function makeDueLanes(deps: DueLanesDeps): DueLanes {
  const { store, laneScheduler, queue, log, slots, runLane } = deps
  const running = new Map<string, Promise<void>>()
  const waiting = new Set<string>()
  const withoutJob = new Set<Promise<void>>()
  let closed = false

  function start(webhookId: string): Promise<void> {
    const run = runLane(webhookId).finally(() => running.delete(webhookId))
    running.set(webhookId, run)
    return run
  }

  function startWaiting(): void {
    for (const webhookId of waiting) {
      if (closed || withoutJob.size >= slots) return
      waiting.delete(webhookId)
      if (running.has(webhookId)) continue
      const run = start(webhookId)
        .catch((error: unknown) => log.error({ webhookId, cause: error }, 'lane.run-failed'))
        .finally(() => {
          withoutJob.delete(run)
          startWaiting()
        })
      withoutJob.add(run)
    }
  }

  return {
    look: async () => {
      const found = await store.dueWebhooks(maxWebhooks, overdueMs)
      if (closed) return 0
      const due = found.filter(({ webhookId }) => !deps.markDueIfActive(webhookId))
      const overdue = due.filter((webhook) => webhook.overdue)
      // Also while the queue is degraded: the wake-ups are stored when it works again, which also shows that it works.
      laneScheduler.wakeNow(due.map(({ webhookId }) => webhookId))
      for (const { webhookId } of queue.condition() === 'ok' ? overdue : due)
        if (!running.has(webhookId)) waiting.add(webhookId)
      startWaiting()
      return due.length
    },
    run: async (webhookId) => {
      // The job may be for a delivery that was stored after the last claim of the present run.
      for (let run = running.get(webhookId); run !== undefined; run = running.get(webhookId))
        await run.catch(() => undefined)
      await start(webhookId)
    },
    close: async () => {
      closed = true
      waiting.clear()
      await Promise.race([Promise.all(withoutJob), deps.pause(closeWithinMs)])
    },
  }
}
