import { describe, expect, test } from 'vitest'
import { latencyBounds, percentile } from '../../../../src/domain/deliveries/latency.ts'

/** The histogram of these durations. */
function countsOf(durations: readonly number[]): readonly number[] {
  return latencyBounds.map((upper, index) => {
    const lower = latencyBounds[index - 1] ?? -1
    const isLast = index === latencyBounds.length - 1
    return durations.filter((ms) => ms > lower && (ms <= upper || isLast)).length
  })
}

describe('percentile', () => {
  test('without attempts there is none, also for counts of an earlier version, which are missing', () => {
    expect(percentile([], 0.5)).toBeNull()
    expect(percentile(countsOf([]), 0.95)).toBeNull()
  })

  test('the estimate lies within the bounds of the duration that it estimates', () => {
    const durations = Array.from({ length: 1_000 }, (_, index) => Math.round(1.0095 ** index))
    const sorted = durations.toSorted((a, b) => a - b)
    for (const share of [0.01, 0.5, 0.95, 1]) {
      const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? 0
      const place = latencyBounds.findIndex((upper) => exact <= upper)
      const estimate = percentile(countsOf(durations), share) ?? 0
      expect(estimate).toBeGreaterThanOrEqual(latencyBounds[place - 1] ?? 0)
      expect(estimate).toBeLessThanOrEqual(latencyBounds[place] ?? 0)
    }
  })

  test('between two bounds it grows evenly, and one attempt is both p50 and p95', () => {
    expect(percentile(countsOf(Array(100).fill(200)), 0.5)).toBe(175)
    expect(percentile(countsOf([7]), 0.5)).toBe(8)
    expect(percentile(countsOf([7]), 0.95)).toBe(10)
  })

  test('a duration beyond the last bound counts as the last', () => {
    expect(percentile(countsOf([60_000]), 0.95)).toBe(29_000)
  })
})
