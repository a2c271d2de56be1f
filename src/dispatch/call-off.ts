/** Calls off what is owed to deleted webhooks, a bounded batch after the other, so that a backlog of any size keeps nobody waiting. */
import { inBatches } from './in-batches.ts'

/** Deliveries that one statement cancels. */
const batchSize = 1_000

/** `cancel` cancels up to so many and answers how many there were. Answers how many it called off, of `maxBatches` batches at the most. */
export function callOff(cancel: (limit: number) => Promise<number>, maxBatches: number): Promise<number> {
  return inBatches({ size: batchSize, maxBatches }, cancel)
}
