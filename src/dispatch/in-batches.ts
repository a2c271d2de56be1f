/** Work of any size in bounded steps, one after the other, so that nobody has to wait for the whole of it. */

/** `work` does up to `size` and answers how many there were; it is called until there are none, `maxBatches` times at the most. Answers the sum. */
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
