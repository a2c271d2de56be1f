/**
 * Work that stands in the database until it is done: cancelling deliveries of deleted webhooks, replaying deliveries
 * that were skipped, erasing customers' snapshots. It is done in batches of bounded size, so that a backlog of any size
 * keeps no other statement waiting. A request does the first batches, the sweep does the rest.
 */
import type { Replayed } from '../ports/dispatch-store.ts'
import type { LaneScheduler } from '../ports/platform.ts'

/** Deliveries that one statement cancels or replays. */
const deliveriesPerBatch = 1_000
/** Events whose snapshots one transaction rewrites, with all that was sent of them. */
const eventsPerBatch = 100

/** Calls `work`, which does up to `size` and returns how many there were, until none are left, at most `maxBatches` times. Returns the sum. */
export async function inBatches(
  { size, maxBatches }: { readonly size: number; readonly maxBatches: number },
  work: (limit: number) => Promise<number>,
): Promise<number> {
  let sum = 0
  for (let batch = 0; batch < maxBatches; batch += 1) {
    const count = await work(size)
    sum += count
    if (count === 0) break
  }
  return sum
}

/** `cancel` cancels up to `limit` deliveries and returns how many there were. Returns how many were cancelled in all. */
export function cancelInBatches(
  cancel: (limit: number) => Promise<number>,
  maxBatches: number,
): Promise<number> {
  return inBatches({ size: deliveriesPerBatch, maxBatches }, cancel)
}

/** `erase` rewrites up to `limit` events and returns how many there were. Returns how many were rewritten in all. */
export function eraseInBatches(
  erase: (limit: number) => Promise<number>,
  maxBatches: number,
): Promise<number> {
  return inBatches({ size: eventsPerBatch, maxBatches }, erase)
}

/** `next` replays up to `limit` deliveries and returns null when none are left. Returns how many were replayed in all. */
export async function replayInBatches(
  laneScheduler: LaneScheduler,
  next: (limit: number) => Promise<Replayed | null>,
  maxBatches: number,
): Promise<number> {
  let count = 0
  for (let batch = 0; batch < maxBatches; batch += 1) {
    const replayed = await next(deliveriesPerBatch)
    if (replayed === null) break
    // At once: the oldest deliveries are sent while the newest are still being replayed.
    laneScheduler.wakeNow([replayed.webhookId])
    count += replayed.count
  }
  return count
}
