import { describe, expect, test } from 'vitest'
import {
  countAttempt,
  disabledBy,
  healthy,
  type DisableRule,
  type Health,
} from '../../../src/domain/policy/disable.ts'
import { presetRules } from '../../../src/domain/preset.ts'
import { answered, dayMs, hourMs, interrupted, later, noAnswers, noon } from '../../support/samples.ts'

const failing = (failures: number, since = noon): Health => ({
  consecutiveFailures: failures,
  failingSince: since,
})

describe('the health of a webhook', () => {
  test('counts failures in a row, from the first of them', () => {
    const once = countAttempt(healthy, false, noon)
    const twice = countAttempt(once, false, later(5))
    expect([once, twice]).toEqual([failing(1), failing(2)])
  })

  test('is whole again after one success', () => {
    expect(countAttempt(failing(99), true, later(1))).toEqual(healthy)
    expect(countAttempt(countAttempt(failing(99), true, later(1)), false, later(2))).toEqual(
      failing(1, later(2)),
    )
  })
})

describe('GONE', () => {
  const rules: readonly DisableRule[] = [{ rule: 'GONE' }]

  test('stops a webhook at the first 410, and says how to come back', () => {
    expect(disabledBy(rules, failing(1), answered(410), noon)).toEqual({
      reason: 'GONE',
      message:
        'The receiver answered 410 Gone. What is pending is held; mend the receiver, then call webhookEnable.',
    })
  })

  test.each([404, 409, 411, 500])('does not for a %i, however often', (status) => {
    expect(disabledBy(rules, failing(10_000), answered(status), later(365 * dayMs))).toBeNull()
  })
})

describe('FAILING_FOR', () => {
  const windowMs = 5 * dayMs
  const rules: readonly DisableRule[] = [{ rule: 'FAILING_FOR', windowMs }]
  const after = (ms: number, health = failing(12)) => disabledBy(rules, health, answered(500), later(ms))

  test('stops a webhook that failed for exactly its time, and not a millisecond earlier', () => {
    expect(after(windowMs - 1)).toBeNull()
    expect(after(windowMs)?.reason).toBe('FAILING_FOR')
  })

  test('says since when, with how many failures, and where the limit is', () => {
    expect(after(windowMs + hourMs)?.message).toBe(
      'No success since 2026-02-26T12:00:00.000Z (121 h) with 12 failed attempts; 120 h is the limit. What is pending is held; mend the receiver, then call webhookEnable.',
    )
  })

  test('counts what gave no answer like a bad answer', () => {
    for (const kind of noAnswers)
      expect(disabledBy(rules, failing(12), { kind, detail: '' }, later(windowMs))?.reason).toBe(
        'FAILING_FOR',
      )
    expect(disabledBy(rules, failing(12), interrupted, later(windowMs))?.reason).toBe('FAILING_FOR')
  })

  test('leaves a webhook alone that has no failure since its last success', () => {
    expect(after(365 * dayMs, healthy)).toBeNull()
  })

  test('starts anew with the first failure after a success', () => {
    const mended = countAttempt(failing(12), true, later(windowMs - 2))
    const failsAgain = countAttempt(mended, false, later(windowMs - 1))
    expect(after(windowMs, failsAgain)).toBeNull()
    expect(after(2 * windowMs - 1, failsAgain)?.reason).toBe('FAILING_FOR')
  })
})

describe('several rules', () => {
  test('each is enough, and the first that is broken gives the reason', () => {
    const rules = presetRules.STANDARD.policy.disable
    expect(disabledBy(rules, failing(3), answered(410), later(6 * dayMs))?.reason).toBe('GONE')
    expect(disabledBy(rules, failing(3), answered(500), later(6 * dayMs))?.reason).toBe('FAILING_FOR')
    expect(disabledBy(rules, failing(3), answered(500), later(5 * dayMs - 1))).toBeNull()
  })

  test('none: a webhook is never stopped', () => {
    expect(disabledBy([], failing(10_000), answered(410), later(365 * dayMs))).toBeNull()
  })
})
