import { describe, expect, test } from 'vitest'
import { disabledBy } from '../../../../src/domain/policies/disable.ts'
import { countAttempt, healthy, type DayCounts, type Health } from '../../../../src/domain/policies/health.ts'
import { failingMessage } from '../../../../src/domain/policies/failing-notice.ts'
import { presetRules } from '../../../../src/domain/webhooks/preset.ts'
import { answered, dayMs, hourMs, interrupted, later, noAnswers, noon } from '../../../support/samples.ts'
import type { DisableRule } from '../../../../src/domain/policies/disable-rule.ts'

const failing = (failures: number, since = noon): Health => ({
  ...healthy,
  consecutiveFailures: failures,
  failingSince: since,
})

describe('webhook health', () => {
  test('health counts consecutive failures and keeps the instant of the first', () => {
    const once = countAttempt(healthy, false, noon)
    const twice = countAttempt(once, false, later(5))
    expect([once, twice]).toMatchObject([
      { consecutiveFailures: 1, failingSince: noon },
      { consecutiveFailures: 2, failingSince: noon },
    ])
  })

  test('a success resets the consecutive failures and counts in the window and the day', () => {
    const recovered = countAttempt(failing(99), true, later(1))
    expect(recovered).toEqual({
      consecutiveFailures: 0,
      failingSince: null,
      recent: { succeeded: 1, failed: 0 },
      firstRecent: later(1),
      lastBeforeRecent: null,
      days: [{ day: '2026-02-26', succeeded: 1, failed: 0 }],
      pauses: [],
    })
    expect(countAttempt(recovered, false, later(2))).toMatchObject({
      consecutiveFailures: 1,
      failingSince: later(2),
      recent: { succeeded: 1, failed: 1 },
      days: [{ day: '2026-02-26', succeeded: 1, failed: 1 }],
    })
  })

  test('the daily counts begin a new day at midnight UTC', () => {
    const late = countAttempt(healthy, false, new Date('2026-02-26T23:59:59.999Z'))
    expect(countAttempt(late, false, new Date('2026-02-27T00:00:00.000Z')).days).toEqual([
      { day: '2026-02-26', succeeded: 0, failed: 1 },
      { day: '2026-02-27', succeeded: 0, failed: 1 },
    ])
  })
})

const advice =
  ' Pending deliveries are held, and deliveries of new events are SKIPPED. Fix the receiver, then call webhookEnable: with skipped REPLAY the skipped deliveries are sent, with KEEP they are not.'

describe('CONSECUTIVE_FAILURES', () => {
  const rules: readonly DisableRule[] = [{ rule: 'CONSECUTIVE_FAILURES', count: 10 }]

  test.each([
    [1, false],
    [9, false],
    [10, false],
    [11, true],
    [12, true],
  ])('CONSECUTIVE_FAILURES of 10: consecutive failure %i disables a webhook: %s', (failures, stops) => {
    expect(disabledBy(rules, failing(failures), answered(500), noon)?.reason).toBe(
      stops ? 'CONSECUTIVE_FAILURES' : undefined,
    )
  })

  test('the eleventh consecutive failure disables a FOODY webhook; the tenth does not', () => {
    const { disable } = presetRules.FOODY.policy
    expect(disabledBy(disable, failing(10), answered(201), noon)).toBeNull()
    expect(disabledBy(disable, failing(11), answered(201), noon)).toEqual({
      reason: 'CONSECUTIVE_FAILURES',
      message: `11 consecutive attempts failed, the first at 2026-02-26T12:00:00.000Z; the rule allows up to 10.${advice}`,
    })
  })

  test('CONSECUTIVE_FAILURES counts timeouts and failed connections as failures', () => {
    for (const kind of noAnswers)
      expect(disabledBy(rules, failing(11), { kind, detail: '' }, noon)?.reason).toBe('CONSECUTIVE_FAILURES')
  })
})

describe('FAILURE_SHARE', () => {
  /** Attempts that span the window of 72 hours. */
  const recently = (failed: number, succeeded: number, firstRecent = later(-72 * hourMs)): Health => ({
    ...failing(1),
    recent: { succeeded, failed },
    firstRecent,
  })
  const { disable: flipdish } = presetRules.FLIPDISH.policy
  const stops = (rules: readonly DisableRule[], failed: number, succeeded: number): boolean =>
    disabledBy(rules, recently(failed, succeeded), answered(500), noon) !== null

  test.each([
    [5, 5, false],
    [6, 5, true],
    [500, 500, false],
    [501, 500, true],
    [9, 0, false],
    [10, 0, true],
    [5, 4, false],
    [6, 4, true],
    [1, 9, false],
  ])(
    '%i failed and %i succeeded attempts in 72 hours disable a FLIPDISH webhook: %s',
    (failed, ok, wanted) => {
      expect(stops(flipdish, failed, ok)).toBe(wanted)
    },
  )

  test('the FAILURE_SHARE message has the failed and all attempts, the window and the allowed share', () => {
    expect(disabledBy(flipdish, recently(6, 5), answered(500), noon)).toEqual({
      reason: 'FAILURE_SHARE',
      message: `6 of 11 attempts (54.55 %) failed within 72 h; the rule allows up to 50 %.${advice}`,
    })
  })

  test('FAILURE_SHARE compares exactly for shares without an exact binary form', () => {
    for (let hundredths = 1; hundredths < 100; hundredths += 1) {
      const rules = [
        { rule: 'FAILURE_SHARE', share: hundredths / 100, windowMs: 72 * hourMs, minVolume: 1 },
      ] as const
      expect([
        stops(rules, hundredths, 100 - hundredths),
        stops(rules, hundredths + 1, 99 - hundredths),
      ]).toEqual([false, true])
    }
  })

  test('FAILURE_SHARE applies once the attempts span minPeriodMs, by default the window', () => {
    const rule = { rule: 'FAILURE_SHARE', share: 0.5, windowMs: 72 * hourMs, minVolume: 10 } as const
    const stopped = (spanMs: number, minPeriodMs?: number): boolean => {
      const rules = [minPeriodMs === undefined ? rule : { ...rule, minPeriodMs }]
      return disabledBy(rules, recently(99, 1, later(-spanMs)), answered(500), noon) !== null
    }
    expect([stopped(20_000), stopped(hourMs), stopped(72 * hourMs - 1)]).toEqual([false, false, false])
    expect(stopped(72 * hourMs)).toBe(true)
    expect([stopped(hourMs - 1, hourMs), stopped(hourMs, hourMs)]).toEqual([false, true])
    expect(stopped(0, 0)).toBe(true)
  })

  test('FAILURE_SHARE of FLIPDISH has a window and a minimum period of 72 hours', () => {
    expect(flipdish).toMatchObject([{ windowMs: 72 * hourMs, minPeriodMs: 72 * hourMs }])
  })

  test('FAILURE_SHARE with share 0 disables at the first failure once the minimum volume is reached', () => {
    const rules = [
      { rule: 'FAILURE_SHARE', share: 0, windowMs: hourMs, minVolume: 3, minPeriodMs: 0 },
    ] as const
    expect([stops(rules, 1, 1), stops(rules, 1, 2)]).toEqual([false, true])
  })
})

describe('FAILING_DAYS', () => {
  const rules: readonly DisableRule[] = [{ rule: 'FAILING_DAYS', days: 3 }]
  /** Failures/successes of each of the days up to the 26th; a dash is a day without attempts. */
  const onDays = (row: string): Health => {
    const parts = row.split(' ')
    const days = parts.flatMap((part, index): DayCounts[] => {
      const [failed, succeeded] = part.split('/').map(Number)
      if (failed === undefined || succeeded === undefined) return []
      return [{ day: `2026-02-${26 - parts.length + 1 + index}`, failed, succeeded }]
    })
    return { ...failing(1), days }
  }
  const stops = (row: string): boolean => disabledBy(rules, onDays(row), answered(500), noon) !== null

  test.each([
    ['4/0 7/0', false],
    ['4/0 7/0 1/0', true],
    ['4/0 7/0 1/1', false],
    ['4/0 7/1 1/0', false],
    ['4/1 7/0 1/0', false],
    ['4/1 7/0 1/0 1/0', true],
    ['4/0 - 7/0 1/0', true],
    ['4/0 - - 7/0 - 1/0', true],
    ['4/0 - - 7/0', false],
    ['4/0 0/1 7/0 1/0', false],
    ['9/0 9/0 9/0 0/1 1/0', false],
  ])('FAILING_DAYS of 3: the days %s disable a webhook: %s', (row, wanted) => {
    expect(stops(row)).toBe(wanted)
  })

  test('the FAILING_DAYS message has the number of days, the first day and the failures', () => {
    expect(
      disabledBy(presetRules.FLYBUY.policy.disable, onDays('9/1 4/0 - 7/0 1/0'), answered(500), noon),
    ).toEqual({
      reason: 'FAILING_DAYS',
      message: `No success and 12 failed attempts on 3 consecutive days (UTC), the first 2026-02-23; the limit is 3.${advice}`,
    })
  })

  test('FAILING_DAYS of 1 disables at the first failure of a day without a success', () => {
    const oneDay = [{ rule: 'FAILING_DAYS', days: 1 }] as const
    expect(disabledBy(oneDay, onDays('1/0'), answered(500), noon)?.reason).toBe('FAILING_DAYS')
    expect(disabledBy(oneDay, onDays('1/1'), answered(500), noon)).toBeNull()
  })
})

test('no failures disable a FAST_EVENTS webhook', () => {
  const worst: Health = {
    ...failing(10_000),
    recent: { succeeded: 0, failed: 10_000 },
    days: [{ day: '2026-02-26', succeeded: 0, failed: 10_000 }],
  }
  expect(
    disabledBy(presetRules.FAST_EVENTS.policy.disable, worst, answered(410), later(365 * dayMs)),
  ).toBeNull()
})

describe('GONE', () => {
  const rules: readonly DisableRule[] = [{ rule: 'GONE' }]

  test('GONE disables a webhook at the first 410 response, with a message that names webhookEnable', () => {
    expect(disabledBy(rules, failing(1), answered(410), noon)).toEqual({
      reason: 'GONE',
      message: `The receiver answered 410 Gone.${advice}`,
    })
  })

  test.each([404, 409, 411, 500])(
    'GONE does not disable a webhook after 10,000 responses of %i',
    (status) => {
      expect(disabledBy(rules, failing(10_000), answered(status), later(365 * dayMs))).toBeNull()
    },
  )
})

describe('FAILING_FOR', () => {
  const windowMs = 5 * dayMs
  const rules: readonly DisableRule[] = [{ rule: 'FAILING_FOR', windowMs }]
  const after = (ms: number, health = failing(12)) => disabledBy(rules, health, answered(500), later(ms))

  test('FAILING_FOR disables a webhook that has failed for exactly the window, and not a millisecond earlier', () => {
    expect(after(windowMs - 1)).toBeNull()
    expect(after(windowMs)?.reason).toBe('FAILING_FOR')
  })

  test('the FAILING_FOR message has the start, the number of failures and the limit', () => {
    expect(after(windowMs + hourMs)?.message).toBe(
      `No success since 2026-02-26T12:00:00.000Z (121 h) with 12 failed attempts; the limit is 120 h.${advice}`,
    )
  })

  test('FAILING_FOR counts missing responses and interruptions as failures', () => {
    for (const kind of noAnswers)
      expect(disabledBy(rules, failing(12), { kind, detail: '' }, later(windowMs))?.reason).toBe(
        'FAILING_FOR',
      )
    expect(disabledBy(rules, failing(12), interrupted, later(windowMs))?.reason).toBe('FAILING_FOR')
  })

  test('FAILING_FOR does not disable a webhook without a failure since its last success', () => {
    expect(after(365 * dayMs, healthy)).toBeNull()
  })

  test('FAILING_FOR does not count the time in which the webhook was paused, and the notice names the later time', () => {
    const pauses = [{ sinceMs: later(dayMs).getTime(), untilMs: later(8 * dayMs).getTime() }]
    const health = { ...failing(12), pauses }
    expect(after(windowMs + 7 * dayMs - 1, health)).toBeNull()
    expect(after(windowMs + 7 * dayMs, health)?.message).toContain('(120 h without pauses) with 12')
    expect(failingMessage(rules, health, answered(500), later(9 * dayMs))).toContain(
      `a failure from ${later(windowMs + 7 * dayMs).toISOString()} on`,
    )
  })

  test('FAILING_FOR measures from the first failure after a success', () => {
    const recovered = countAttempt(failing(12), true, later(windowMs - 2))
    const failsAgain = countAttempt(recovered, false, later(windowMs - 1))
    expect(after(windowMs, failsAgain)).toBeNull()
    expect(after(2 * windowMs - 1, failsAgain)?.reason).toBe('FAILING_FOR')
  })
})

describe('several disable rules', () => {
  test('any of several rules disables a webhook, and the first one that applies gives the reason', () => {
    const rules = presetRules.STANDARD.policy.disable
    expect(disabledBy(rules, failing(3), answered(410), later(6 * dayMs))?.reason).toBe('GONE')
    expect(disabledBy(rules, failing(3), answered(500), later(6 * dayMs))?.reason).toBe('FAILING_FOR')
    expect(disabledBy(rules, failing(3), answered(500), later(5 * dayMs - 1))).toBeNull()
  })

  test('a webhook without rules is never disabled', () => {
    expect(disabledBy([], failing(10_000), answered(410), later(365 * dayMs))).toBeNull()
  })
})
