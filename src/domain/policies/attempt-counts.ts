/**
 * Counts of scheduled attempts, for disable rules and statistics. Manual attempts and tests are not counted. The counts
 * are stored in buckets of ten minutes, so windows begin at the start of a bucket.
 */

/** Numbers of succeeded and failed attempts in some period. */
export interface AttemptCounts {
  readonly succeeded: number
  readonly failed: number
}

export const noAttempts: AttemptCounts = { succeeded: 0, failed: 0 }

/** The windows that a client can request: the last hour, 24 hours, 7 days and 30 days. */
export const statsWindows = ['H1', 'H24', 'D7', 'D30'] as const
export type StatsWindow = (typeof statsWindows)[number]

const hourMs = 3_600_000

export const statsWindowMs: Readonly<Record<StatsWindow, number>> = {
  H1: hourMs,
  H24: 24 * hourMs,
  D7: 7 * 24 * hourMs,
  D30: 30 * 24 * hourMs,
}

/**
 * The length of a bucket of a series over a window. Buckets begin at multiples of their length in UTC, so that a day is a
 * bucket. Each is a multiple of the ten minutes in which attempts are counted.
 */
export const seriesBucketMs: Readonly<Record<StatsWindow, number>> = {
  H1: hourMs / 6,
  H24: hourMs,
  D7: 6 * hourMs,
  D30: 24 * hourMs,
}

/** The attempts of one bucket of a series. */
export interface SeriesBucket extends AttemptCounts {
  readonly from: Date
  /** Counts by duration (`domain/deliveries/latency.ts`). */
  readonly latencies: readonly number[]
}

/**
 * Days for which counts are kept: longer than the longest window (30 days), and than the maximum of a FAILING_DAYS rule
 * (30 days).
 */
export const keptCountDays = 35

export function attemptsOf({ succeeded, failed }: AttemptCounts): number {
  return succeeded + failed
}

export function plusOne(counts: AttemptCounts, success: boolean): AttemptCounts {
  return success ? { ...counts, succeeded: counts.succeeded + 1 } : { ...counts, failed: counts.failed + 1 }
}

/** The share of successes, from 0 to 1; null when there were no attempts. */
export function successShare(counts: AttemptCounts): number | null {
  return attemptsOf(counts) === 0 ? null : counts.succeeded / attemptsOf(counts)
}
