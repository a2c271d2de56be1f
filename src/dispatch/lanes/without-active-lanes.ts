/** A scheduler that adds no job for lanes that already wait or claim in this process. */
import type { LaneScheduler } from '../../ports/lane-scheduler.ts'
import type { Lanes } from './lane.ts'

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
