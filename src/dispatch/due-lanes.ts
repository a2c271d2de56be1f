/**
 * Looks for webhooks with due deliveries and sees to it that their lanes run: by the queue while the queue works, and
 * in this process, without a job, while it does not. A lane never runs twice at once in one process.
 */
import type { DispatchStore } from '../ports/dispatch-store.ts'
import type { Log, LaneScheduler } from '../ports/platform.ts'

const maxWebhooks = 10_000
/** A queue that works runs a lane at once. A lane that is due for so long has lost its job, or its job is stuck. */
const overdueMs = 10_000
/** How long `close` waits for the lanes that run. A lane's run lasts about a second. */
const closeWithinMs = 3_000

export interface DueLanesWorld {
  readonly store: Pick<DispatchStore, 'dueWebhooks'>
  readonly laneScheduler: Pick<LaneScheduler, 'wakeNow'>
  readonly log: Log
  readonly pause: (ms: number) => Promise<void>
  readonly queue: { condition(): 'ok' | 'degraded' }
  /** Lanes that run without a job at a time. */
  readonly slots: number
  /** Whether a lane waits for room, or claims, in this process: then it needs no job and is not overdue. */
  readonly takesOver: (webhookId: string) => boolean
  /** Sends what is due of a webhook. */
  readonly runLane: (webhookId: string) => Promise<void>
}

export interface DueLanes {
  /** Returns how many webhooks have something due. Lanes that run in this process go on after the return. */
  look(): Promise<number>
  /** Runs a lane for its job: after the run without a job that may be under way. */
  run(webhookId: string): Promise<void>
  /** Starts no more lanes and waits a little for those that run without a job. */
  close(): Promise<void>
}

export function makeDueLanes(world: DueLanesWorld): DueLanes {
  const { store, laneScheduler, queue, log, slots, runLane } = world
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
      const due = found.filter(({ webhookId }) => !world.takesOver(webhookId))
      const overdue = due.filter((webhook) => webhook.overdue)
      // Also while the queue is degraded: it stores these when it works again, and that shows that it does.
      laneScheduler.wakeNow(due.map(({ webhookId }) => webhookId))
      for (const { webhookId } of queue.condition() === 'ok' ? overdue : due)
        if (!running.has(webhookId)) waiting.add(webhookId)
      startWaiting()
      return due.length
    },
    run: async (webhookId) => {
      // The job may be for a delivery that was stored after the last claim of the run under way.
      for (let run = running.get(webhookId); run !== undefined; run = running.get(webhookId))
        await run.catch(() => undefined)
      await start(webhookId)
    },
    close: async () => {
      closed = true
      waiting.clear()
      await Promise.race([Promise.all(withoutJob), world.pause(closeWithinMs)])
    },
  }
}
