import { describe, expect, test } from 'vitest'
import { failingMessage, shouldNotify, toldBefore } from '../../../../src/domain/policies/failing-notice.ts'
import { healthy } from '../../../../src/domain/policies/health.ts'
import { answered, hourMs, later, noon } from '../../../support/samples.ts'
import type { DisableRule, FailureShareRule } from '../../../../src/domain/policies/disable-rule.ts'

const failing = { ...healthy, consecutiveFailures: 7, failingSince: noon }

describe('an owner is told that its webhook fails', () => {
  test('once in a row of failures, a minute after another row at the earliest', () => {
    const asked = (notifiedAt: Date | null, now: Date, stops = false) =>
      shouldNotify({ failingSince: later(10) }, { notifiedAt, now, stops })
    expect(asked(null, later(10))).toBe(true)
    expect(asked(later(10), later(10 * hourMs))).toBe(false)
    expect(asked(later(11), later(10 * hourMs), true)).toBe(false)
    expect([asked(noon, later(59_999)), asked(noon, later(60_000))]).toEqual([false, true])
    expect(asked(noon, later(10), true)).toBe(true)
  })

  test('not while nothing fails', () => {
    expect(shouldNotify({ failingSince: null }, { notifiedAt: null, now: noon, stops: true })).toBe(false)
  })

  test('of a row that begins before the instant at which another was told: it is another', () => {
    expect([toldBefore(null, noon), toldBefore(later(-5), noon)]).toEqual([null, later(-5)])
    expect(toldBefore(later(3), noon)).toEqual(later(-1))
    expect(toldBefore(noon, noon)).toEqual(later(-1))
  })
})

describe('what it is told', () => {
  const says = (...rules: readonly DisableRule[]) => {
    const recent = { succeeded: 9, failed: 3 }
    const days = [
      { day: '2026-02-24', succeeded: 1, failed: 1 },
      { day: '2026-02-25', succeeded: 0, failed: 1 },
      { day: '2026-02-26', succeeded: 0, failed: 1 },
    ]
    const firstRecent = later(-hourMs)
    const message = failingMessage(rules, { ...failing, recent, firstRecent, days }, answered(503), later(1))
    return message.replace(/^An attempt failed: it was answered 503\. /, '')
  }
  const share: FailureShareRule = {
    ...{
      rule: 'FAILURE_SHARE' as const,
      share: 0.5,
      windowMs: 72 * hourMs,
      minVolume: 10,
      minPeriodMs: hourMs,
    },
  }

  test.each<readonly [DisableRule, string]>([
    [{ rule: 'CONSECUTIVE_FAILURES', count: 10 }, '7 failures in a row; up to 10 are borne.'],
    [share, '3 of 12 attempts (25 %) failed within 72 h; up to 50 % is borne.'],
    [
      { ...share, minVolume: 13 },
      '3 of 12 attempts (25 %) failed within 72 h; up to 50 % is borne, of 13 attempts at the least.',
    ],
    [
      { ...share, minPeriodMs: 72 * hourMs },
      `3 of 12 attempts (25 %) failed within 72 h; up to 50 % is borne, judged from ${later(71 * hourMs).toISOString()} on.`,
    ],
    [
      { rule: 'FAILING_DAYS', days: 3 },
      '2 days in a row with failures and no success (UTC); the limit is 3.',
    ],
    [
      { rule: 'FAILING_FOR', windowMs: hourMs },
      `No success since ${noon.toISOString()}; a failure from ${later(hourMs).toISOString()} on (1 h) stops it.`,
    ],
    [{ rule: 'GONE' }, 'An answer of 410 Gone stops it at once.'],
    [{ rule: 'NEVER' }, 'No rule stops this webhook.'],
  ])('is how far it is from the stop by %o', (rule, message) => {
    expect(says(rule)).toBe(message)
  })

  test('is of several rules all, of none that nothing stops it', () => {
    expect(says({ rule: 'GONE' }, { rule: 'CONSECUTIVE_FAILURES', count: 10 })).toBe(
      'An answer of 410 Gone stops it at once. 7 failures in a row; up to 10 are borne.',
    )
    expect(says()).toBe('No rule stops this webhook.')
  })

  test('says what happened where there was no answer', () => {
    const answer = { kind: 'TIMED_OUT', detail: 'after 15 s' } as const
    expect(failingMessage([], failing, answer, noon)).toMatch(/^An attempt failed: TIMED_OUT\./)
  })
})
