/** Brings back what webhooks missed while they were off, a bounded batch after the other, so that a backlog of any size keeps nobody waiting. */
import type { Replayed } from '../ports/dispatch-store.ts'
import type { Wakes } from '../ports/platform.ts'

/** Deliveries that one statement brings back. */
const batchSize = 1_000

/** `next` brings back up to so many and answers null when nothing is owed any more. Answers how many came back, in `maxBatches` batches at the most. */
export async function replay(
  wakes: Wakes,
  next: (limit: number) => Promise<Replayed | null>,
  maxBatches: number,
): Promise<number> {
  let count = 0
  for (let batch = 0; batch < maxBatches; batch += 1) {
    const replayed = await next(batchSize)
    if (replayed === null) break
    // At once: while the newest are still brought back, the oldest are on their way.
    wakes.wakeNow([replayed.webhookId])
    count += replayed.count
  }
  return count
}
