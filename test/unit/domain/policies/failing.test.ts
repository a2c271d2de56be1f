import { describe, expect, test } from 'vitest'
import {
  failingMessage,
  shouldNotify,
  notifiedBefore,
} from '../../../../src/domain/policies/failing-notice.ts'
import { healthy } from '../../../../src/domain/policies/health.ts'
import { answered, hourMs, later, noon } from '../../../support/samples.ts'
import type { DisableRule, FailureShareRule } from '../../../../src/domain/policies/disable-rule.ts'

const failing = { ...healthy, consecutiveFailures: 7, failingSince: noon }

describe('shouldNotify', () => {
  test('a run of failures is notified once, at least a minute after the notice of another run unless the webhook is disabled', () => {
    const notifies = (notifiedAt: Date | null, now: Date, stops = false) =>
      shouldNotify({ failingSince: later(10) }, { notifiedAt, now, stops })
    expect(notifies(null, later(10))).toBe(true)
    expect(notifies(later(10), later(10 * hourMs))).toBe(false)
    expect(notifies(later(11), later(10 * hourMs), true)).toBe(false)
    expect([notifies(noon, later(59_999)), notifies(noon, later(60_000))]).toEqual([false, true])
    expect(notifies(noon, later(10), true)).toBe(true)
  })

  test('a webhook without failures is not notified', () => {
    expect(shouldNotify({ failingSince: null }, { notifiedAt: null, now: noon, stops: true })).toBe(false)
  })

  test('the notice of another run at or after the start of this run counts as a millisecond before it', () => {
    expect([notifiedBefore(null, noon), notifiedBefore(later(-5), noon)]).toEqual([null, later(-5)])
    expect(notifiedBefore(later(3), noon)).toEqual(later(-1))
    expect(notifiedBefore(noon, noon)).toEqual(later(-1))
  })
})

describe('failingMessage', () => {
  const says = (...rules: readonly DisableRule[]) => {
    const recent = { succeeded: 9, failed: 3 }
    const days = [
      { day: '2026-02-24', succeeded: 1, failed: 1 },
      { day: '2026-02-25', succeeded: 0, failed: 1 },
      { day: '2026-02-26', succeeded: 0, failed: 1 },
    ]
    const firstRecent = later(-hourMs)
    const message = failingMessage(rules, { ...failing, recent, firstRecent, days }, answered(503), later(1))
    return message.replace(/^An attempt failed: the receiver answered 503\. /, '')
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
    [{ rule: 'CONSECUTIVE_FAILURES', count: 10 }, '7 consecutive failures; the rule allows up to 10.'],
    [share, '3 of 12 attempts (25 %) failed within 72 h; the rule allows up to 50 %.'],
    [
      { ...share, minVolume: 13 },
      '3 of 12 attempts (25 %) failed within 72 h; the rule allows up to 50 % and applies with at least 13 attempts.',
    ],
    [
      { ...share, minPeriodMs: 72 * hourMs },
      `3 of 12 attempts (25 %) failed within 72 h; the rule allows up to 50 % and applies from ${later(71 * hourMs).toISOString()} on.`,
    ],
    [
      { rule: 'FAILING_DAYS', days: 3 },
      '2 consecutive days with failures and no success (UTC); the limit is 3.',
    ],
    [
      { rule: 'FAILING_FOR', windowMs: hourMs },
      `No success since ${noon.toISOString()}; a failure from ${later(hourMs).toISOString()} on (1 h) disables it.`,
    ],
    [{ rule: 'GONE' }, 'A response 410 Gone disables it immediately.'],
  ])('the failing message for %o shows the distance to the limit', (rule, message) => {
    expect(says(rule)).toBe(message)
  })

  test('the failing message covers every rule, and says that no rule applies when there is none', () => {
    expect(says({ rule: 'GONE' }, { rule: 'CONSECUTIVE_FAILURES', count: 10 })).toBe(
      'A response 410 Gone disables it immediately. 7 consecutive failures; the rule allows up to 10.',
    )
    expect(says()).toBe('No rule disables this webhook.')
  })

  test('the failing message names the outcome of an attempt without a response', () => {
    const answer = { kind: 'TIMED_OUT', detail: 'after 15 s' } as const
    expect(failingMessage([], failing, answer, noon)).toMatch(/^An attempt failed: TIMED_OUT\./)
  })
})
