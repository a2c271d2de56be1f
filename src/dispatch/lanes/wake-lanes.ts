/** Schedulers that add no jobs for lanes that this process can run without one. */
import type { LaneScheduler } from '../../ports/lane-scheduler.ts'
import type { Lanes } from './lane.ts'

/** Of more lanes that are woken together, several processes share the work, by jobs. */
const maxStarted = 10

/** Adds no job for lanes that already wait or claim in this process. */
export function withoutActiveLanes(
  lanes: Pick<Lanes, 'markDueIfActive'>,
  queue: LaneScheduler,
): LaneScheduler {
  return {
    wakeNow: (webhookIds) =>
      queue.wakeNow(webhookIds.filter((webhookId) => !lanes.markDueIfActive(webhookId))),
    wakeAt: (webhookId, delayMs) => queue.wakeAt(webhookId, delayMs),
  }
}

/**
 * For changes that this process has accepted. Starts their lanes here, which takes milliseconds less than a job. Adds
 * jobs, which any process may run, for many lanes, and while this process is busy or stops.
 */
export function startingLanes(
  lanes: Pick<Lanes, 'markDueIfActive' | 'hasCapacity' | 'start'>,
  queue: LaneScheduler,
): LaneScheduler {
  return {
    wakeNow: (webhookIds) => {
      const inactive = webhookIds.filter((webhookId) => !lanes.markDueIfActive(webhookId))
      if (inactive.length > maxStarted || !lanes.hasCapacity()) queue.wakeNow(inactive)
      else for (const webhookId of inactive) lanes.start(webhookId)
    },
    wakeAt: (webhookId, delayMs) => queue.wakeAt(webhookId, delayMs),
  }
}
