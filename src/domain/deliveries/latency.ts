/**
 * Durations of attempts as a histogram: counts by fixed bounds, so that the counts of any period can be added. Percentiles
 * are estimated from them.
 */

/** The inclusive upper bound of each count, in ms. The last is the longest time limit of an attempt. */
export const latencyBounds = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000] as const

/**
 * Returns the duration in ms that a share of the attempts did not exceed, estimated as if the durations between two bounds
 * were evenly distributed. Null: there are no attempts. A missing count is 0.
 */
export function percentile(counts: readonly number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  const wanted = share * total
  let below = 0
  for (const [index, upper] of latencyBounds.entries()) {
    const count = counts[index] ?? 0
    if (count > 0 && below + count >= wanted) {
      const lower = latencyBounds[index - 1] ?? 0
      return Math.round(lower + ((upper - lower) * (wanted - below)) / count)
    }
    below += count
  }
  return latencyBounds.at(-1) ?? null
}
