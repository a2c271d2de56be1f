/** Calls off what is owed to deleted webhooks, a bounded batch after the other, so that a backlog of any size keeps nobody waiting. */

/** Deliveries that one statement cancels. */
const batchSize = 1_000

/** `cancel` cancels up to so many and answers how many there were. Answers how many it called off, of `maxBatches` batches at the most. */
export async function callOff(
  cancel: (limit: number) => Promise<number>,
  maxBatches: number,
): Promise<number> {
  let cancelled = 0
  for (let batch = 0; batch < maxBatches; batch += 1) {
    const count = await cancel(batchSize)
    cancelled += count
    if (count === 0) break
  }
  return cancelled
}
