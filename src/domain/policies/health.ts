/**
 * A webhook's health: the facts that disable rules are applied to, and how one more attempt changes them. PostgreSQL
 * stores them, and the settle transaction updates them. Does not apply rules.
 */
import { noAttempts, plusOne, type AttemptCounts } from './attempt-counts.ts'
import type { DisableRule } from './disable-rule.ts'
import type { PausedPeriod } from '../deliveries/pause.ts'

/** Facts about a webhook's scheduled attempts since it was last enabled. */
export interface Health {
  /** Failures since the last success. */
  readonly consecutiveFailures: number
  /** Time of the first of these failures; null when there is none. */
  readonly failingSince: Date | null
  /** Attempts in the window of FAILURE_SHARE; zero without that rule. */
  readonly recent: AttemptCounts
  /** Time of the first attempt in that window; null when there is none. */
  readonly firstRecent: Date | null
  /**
   * Start of the ten-minute bucket of the last attempt before that window; null when there is none within one window
   * length before it.
   */
  readonly lastBeforeRecent: Date | null
  /**
   * Attempts of each UTC day that had any, at least from the day of `failingSince` on, oldest first; empty without a
   * FAILING_DAYS rule.
   */
  readonly days: readonly DayCounts[]
  /** The periods in which the webhook was paused, which do not count. None is later than the attempt. */
  readonly pauses: readonly PausedPeriod[]
}

/** The attempts of one UTC day. */
export interface DayCounts extends AttemptCounts {
  /** Such as `2026-02-26`. */
  readonly day: string
}

/** The health of a webhook without attempts. */
export const healthy: Health = {
  consecutiveFailures: 0,
  failingSince: null,
  recent: noAttempts,
  firstRecent: null,
  lastBeforeRecent: null,
  days: [],
  pauses: [],
}

/** The counts that a webhook's rules need besides consecutive failures. */
export interface WantedFacts {
  /** The window of FAILURE_SHARE; null without that rule. */
  readonly shareWindowMs: number | null
  /** Whether there is a FAILING_DAYS rule. */
  readonly days: boolean
}

export function factsWanted(rules: readonly DisableRule[]): WantedFacts {
  const share = rules.find((rule) => rule.rule === 'FAILURE_SHARE')
  return { shareWindowMs: share?.windowMs ?? null, days: rules.some(({ rule }) => rule === 'FAILING_DAYS') }
}

/** Returns the health after one more scheduled attempt. */
export function countAttempt(health: Health, success: boolean, now: Date): Health {
  const counted = {
    recent: plusOne(health.recent, success),
    firstRecent: health.firstRecent ?? now,
    lastBeforeRecent: health.lastBeforeRecent,
    days: onDay(health.days, success, dayOf(now)),
    pauses: health.pauses,
  }
  if (success) return { ...counted, consecutiveFailures: 0, failingSince: null }
  return {
    ...counted,
    consecutiveFailures: health.consecutiveFailures + 1,
    failingSince: health.failingSince ?? now,
  }
}

function onDay(days: readonly DayCounts[], success: boolean, day: string): readonly DayCounts[] {
  const today = days.find((one) => one.day === day) ?? { ...noAttempts, day }
  return [...days.filter((one) => one.day !== day), { ...plusOne(today, success), day }]
}

/** Returns the UTC day of a timestamp, such as `2026-02-26`. */
export function dayOf(instant: Date): string {
  return instant.toISOString().slice(0, 10)
}

/**
 * Returns the latest consecutive days with failures and no success, oldest first. A day with a success ends the run. A
 * day without attempts is not counted and does not end it.
 */
export function failingDays(days: readonly DayCounts[]): readonly DayCounts[] {
  const lastGood = days.findLastIndex(({ succeeded }) => succeeded > 0)
  return days.slice(lastGood + 1).filter(({ failed }) => failed > 0)
}
