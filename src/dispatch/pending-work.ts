/**
 * Runs work that is stored in the database until it is complete: cancelling deliveries of deleted webhooks, replaying
 * skipped deliveries, erasing snapshots of customers. Batches are bounded, so that a backlog of any size delays no
 * other statement for long. A request runs the first batches, the sweep runs the others.
 */
import type { Replayed } from '../ports/dispatch-store.ts'
import type { LaneScheduler } from '../ports/lane-scheduler.ts'

/** Maximum deliveries that one statement cancels or replays. */
const deliveriesPerBatch = 1_000
/** Maximum events whose snapshots one transaction rewrites, together with the requests that contained them. */
const eventsPerBatch = 100

/**
 * Calls `work` with `size` until it returns 0, at most `maxBatches` times. `work` processes up to that many items and
 * returns how many it processed. Returns the sum.
 */
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

/**
 * `cancel` cancels up to `limit` deliveries and returns their number. Returns the total number of cancelled deliveries.
 */
export function cancelInBatches(
  cancel: (limit: number) => Promise<number>,
  maxBatches: number,
): Promise<number> {
  return inBatches({ size: deliveriesPerBatch, maxBatches }, cancel)
}

/** `erase` rewrites up to `limit` events and returns their number. Returns the total number of rewritten events. */
export function eraseInBatches(
  erase: (limit: number) => Promise<number>,
  maxBatches: number,
): Promise<number> {
  return inBatches({ size: eventsPerBatch, maxBatches }, erase)
}

/**
 * `next` replays up to `limit` deliveries, and returns null when no replay is pending. Returns the total number of
 * replays.
 */
export async function replayInBatches(
  laneScheduler: LaneScheduler,
  next: (limit: number) => Promise<Replayed | null>,
  maxBatches: number,
): Promise<number> {
  let count = 0
  for (let batch = 0; batch < maxBatches; batch += 1) {
    const replayed = await next(deliveriesPerBatch)
    if (replayed === null) break
    // Wake the lane after each batch, so that the oldest deliveries are sent while the newest are still being replayed.
    laneScheduler.wakeNow([replayed.webhookId])
    count += replayed.count
  }
  return count
}
