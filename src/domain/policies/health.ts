/**
 * The facts that disable rules are asked with, and what one more attempt makes of them. They are kept in
 * Postgres, counted by the settle; which rule they break is `disable.ts`.
 */
import { noAttempts, plusOne, type AttemptCounts } from './attempt-counts.ts'
import type { DisableRule } from './disable-rule.ts'

/** What is known of a webhook's attempts of the schedule since it was last enabled. */
export interface Health {
  /** Failures since the last success. */
  readonly consecutiveFailures: number
  /** The first of these failures; null when there is none. */
  readonly failingSince: Date | null
  /** Those in the trailing window of FAILURE_SHARE; none where no rule asks. */
  readonly recent: AttemptCounts
  /** The first of those in that window; null when there is none. */
  readonly firstRecent: Date | null
  /** The ten minutes of the last attempt before that window, at most the window's length before it; null when there was none. */
  readonly lastBeforeRecent: Date | null
  /** Those of each UTC day that had any, since the day of `failingSince` at least, oldest first; empty where no rule asks. */
  readonly days: readonly DayCounts[]
}

/** What was attempted on one UTC day. */
export interface DayCounts extends AttemptCounts {
  /** As in 2026-02-26. */
  readonly day: string
}

export const healthy: Health = {
  consecutiveFailures: 0,
  failingSince: null,
  recent: noAttempts,
  firstRecent: null,
  lastBeforeRecent: null,
  days: [],
}

/** What rules need counted besides failures in a row. */
export interface WantedFacts {
  /** The trailing window of FAILURE_SHARE; null without that rule. */
  readonly shareWindowMs: number | null
  /** Whether there is a rule on days. */
  readonly days: boolean
}

export function factsWanted(rules: readonly DisableRule[]): WantedFacts {
  const share = rules.find((rule) => rule.rule === 'FAILURE_SHARE')
  return { shareWindowMs: share?.windowMs ?? null, days: rules.some(({ rule }) => rule === 'FAILING_DAYS') }
}

/** The facts after one more attempt of the schedule. */
export function countAttempt(health: Health, success: boolean, now: Date): Health {
  const counted = {
    recent: plusOne(health.recent, success),
    firstRecent: health.firstRecent ?? now,
    lastBeforeRecent: health.lastBeforeRecent,
    days: onDay(health.days, success, dayOf(now)),
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

/** The UTC day of an instant. */
export function dayOf(instant: Date): string {
  return instant.toISOString().slice(0, 10)
}

/**
 * The latest days in a row that had failures and no success, oldest first. A day with any success breaks the row,
 * one without attempts neither counts nor breaks it.
 */
export function failingDays(days: readonly DayCounts[]): readonly DayCounts[] {
  const lastGood = days.findLastIndex(({ succeeded }) => succeeded > 0)
  return days.slice(lastGood + 1).filter(({ failed }) => failed > 0)
}
