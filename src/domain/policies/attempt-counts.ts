/**
 * Attempts of the schedule, counted: what rules look at and what people are shown. Attempts that a person asked
 * for and tests are in none. Kept by buckets of ten minutes, so that a window's edge is a bucket's.
 */

export interface AttemptCounts {
  readonly succeeded: number
  readonly failed: number
}

export const noAttempts: AttemptCounts = { succeeded: 0, failed: 0 }

/** The windows that people can ask for, each up to now. */
export const statsWindows = ['H1', 'H24', 'D7', 'D30'] as const
export type StatsWindow = (typeof statsWindows)[number]

const hourMs = 3_600_000

export const statsWindowMs: Readonly<Record<StatsWindow, number>> = {
  H1: hourMs,
  H24: 24 * hourMs,
  D7: 7 * 24 * hourMs,
  D30: 30 * 24 * hourMs,
}

/** How long tallies are kept: longer than the longest window, and than the most failing days that a rule bears. */
export const keptCountDays = 35

export function attemptsOf({ succeeded, failed }: AttemptCounts): number {
  return succeeded + failed
}

export function plusOne(counts: AttemptCounts, success: boolean): AttemptCounts {
  return success ? { ...counts, succeeded: counts.succeeded + 1 } : { ...counts, failed: counts.failed + 1 }
}

/** From 0 to 1; null when there were no attempts. */
export function successShare(counts: AttemptCounts): number | null {
  return attemptsOf(counts) === 0 ? null : counts.succeeded / attemptsOf(counts)
}
