/** When a FAILURE_SHARE rule starts to apply: after attempts have continued for its minimum period. */
import type { Health } from './health.ts'
import type { FailureShareRule } from './disable-rule.ts'
import { activeMs, afterActive } from '../deliveries/pause.ts'

/** Attempts are counted in buckets of ten minutes. */
const bucketMs = 600_000
/**
 * The longest pause before the first attempt in the window that does not start a new period, as a share of the window:
 * 12 of 72 hours, for example a night. If all attempts have failed since before the window, the pause may be as long as
 * the window.
 */
const longestPause = 1 / 6

/** Returns the minimum period of the rule in milliseconds. The default is its window. */
export function minPeriodOf({ minPeriodMs, windowMs }: FailureShareRule): number {
  return minPeriodMs ?? windowMs
}

/**
 * Returns the time from which the rule applies; null when the window has no attempt. The period starts at the first
 * attempt in the window. If attempts were already running before the window, the period starts at the last attempt
 * before it: otherwise the rule would never apply to a webhook with few attempts, whose first attempt in the window
 * would leave the window before the period ends. Attempts were running if the pause between the two is short enough.
 * The time in which the webhook was paused on request does not count.
 */
export function ruleAppliesFrom(rule: FailureShareRule, health: Health): Date | null {
  const { firstRecent, lastBeforeRecent, failingSince, pauses } = health
  if (firstRecent === null) return null
  const failsAllAlong = failingSince !== null && failingSince < firstRecent
  const pauseMs = failsAllAlong ? rule.windowMs : Math.max(rule.windowMs * longestPause, 2 * bucketMs)
  const goesOn =
    lastBeforeRecent !== null &&
    activeMs(pauses, lastBeforeRecent.getTime(), firstRecent.getTime()) <= pauseMs
  return afterActive(pauses, goesOn ? lastBeforeRecent : firstRecent, minPeriodOf(rule))
}
