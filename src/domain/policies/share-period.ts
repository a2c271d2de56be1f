import type { Health } from './health.ts'
import type { FailureShareRule } from './disable-rule.ts'

/** Attempts are counted in buckets of ten minutes. */
const bucketMs = 600_000
/**
 * Attempts that do not all fail go on through a pause of a sixth of the window (12 of 72 hours: a night), and all that
 * fail through one as long as the window. A longer pause begins the period again.
 */
const longestPause = 1 / 6

/** The least period of the rule: where it does not say, its window. */
export function minPeriodOf({ minPeriodMs, windowMs }: FailureShareRule): number {
  return minPeriodMs ?? windowMs
}

/**
 * From when on the rule is judged; null where nothing was attempted. The first attempt in the window begins the period,
 * unless attempts went on before: without that, a webhook with few attempts would never be judged, because its first
 * attempt leaves the window before the period is over.
 */
export function judgedFrom(rule: FailureShareRule, health: Health): Date | null {
  const { firstRecent, lastBeforeRecent, failingSince } = health
  if (firstRecent === null) return null
  const failsAllAlong = failingSince !== null && failingSince < firstRecent
  const pauseMs = failsAllAlong ? rule.windowMs : Math.max(rule.windowMs * longestPause, 2 * bucketMs)
  const goesOn = lastBeforeRecent !== null && firstRecent.getTime() - lastBeforeRecent.getTime() <= pauseMs
  return new Date((goesOn ? lastBeforeRecent : firstRecent).getTime() + minPeriodOf(rule))
}
