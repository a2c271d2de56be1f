import { describe, expect, test } from 'vitest'
import {
  checkDisableRules,
  toDisableRule,
  type AskedRule,
} from '../../../src/domain/policy/disable-bounds.ts'
import { presetRules } from '../../../src/domain/preset.ts'
import { dayMs, hourMs, minuteMs } from '../../support/samples.ts'

const check = (...asked: readonly AskedRule[]): readonly (readonly string[])[] =>
  checkDisableRules(asked.map(toDisableRule), ['disable']).map(({ code, field }) => [code, ...field.slice(1)])

const share = { rule: 'FAILURE_SHARE', share: 0.5, windowMs: 72 * hourMs, minVolume: 10 } as const

describe('a rule may be asked for', () => {
  const good: readonly AskedRule[] = [
    { rule: 'CONSECUTIVE_FAILURES', count: 1 },
    { rule: 'CONSECUTIVE_FAILURES', count: 1_000 },
    share,
    { ...share, share: 0, windowMs: 10 * minuteMs, minVolume: 1 },
    { ...share, share: 0.999, windowMs: 21 * dayMs, minVolume: 10_000 },
    { rule: 'FAILING_DAYS', days: 1 },
    { rule: 'FAILING_DAYS', days: 30 },
    { rule: 'FAILING_FOR', windowMs: 1_000 },
    { rule: 'FAILING_FOR', windowMs: 21 * dayMs },
    { rule: 'GONE' },
    { rule: 'NEVER', count: null, share: undefined },
  ]
  test.each(good)('as %j', (rule) => {
    expect(check(rule)).toEqual([])
  })

  test('together with others; none at all stops nothing', () => {
    expect(check({ rule: 'GONE' }, share, { rule: 'FAILING_DAYS', days: 3 })).toEqual([])
    expect(check()).toEqual([])
  })

  test('as the presets have them', () => {
    for (const { policy } of Object.values(presetRules))
      expect(checkDisableRules(policy.disable, [])).toEqual([])
  })
})

describe('a rule is refused', () => {
  const bad: readonly (readonly [AskedRule, ...(readonly string[])[]])[] = [
    [{ rule: 'CONSECUTIVE_FAILURES' }, ['REQUIRED', '0', 'count']],
    [{ rule: 'CONSECUTIVE_FAILURES', count: 0 }, ['INVALID', '0', 'count']],
    [{ rule: 'CONSECUTIVE_FAILURES', count: 1_001 }, ['INVALID', '0', 'count']],
    [{ rule: 'CONSECUTIVE_FAILURES', count: 1.5 }, ['INVALID', '0', 'count']],
    [{ rule: 'CONSECUTIVE_FAILURES', count: 3, days: 3 }, ['INVALID', '0', 'days']],
    [
      { rule: 'FAILURE_SHARE' },
      ['REQUIRED', '0', 'share'],
      ['REQUIRED', '0', 'windowMs'],
      ['REQUIRED', '0', 'minVolume'],
    ],
    [{ ...share, share: 1 }, ['INVALID', '0', 'share']],
    [{ ...share, share: -0.1 }, ['INVALID', '0', 'share']],
    [{ ...share, share: NaN }, ['INVALID', '0', 'share']],
    [{ ...share, windowMs: 10 * minuteMs - 1 }, ['INVALID', '0', 'windowMs']],
    [{ ...share, windowMs: 21 * dayMs + 1 }, ['INVALID', '0', 'windowMs']],
    [{ ...share, minVolume: 0 }, ['INVALID', '0', 'minVolume']],
    [{ ...share, minVolume: 10_001 }, ['INVALID', '0', 'minVolume']],
    [{ rule: 'FAILING_DAYS', days: 31 }, ['INVALID', '0', 'days']],
    [{ rule: 'FAILING_DAYS', days: NaN }, ['INVALID', '0', 'days']],
    [{ rule: 'FAILING_FOR', windowMs: 999 }, ['INVALID', '0', 'windowMs']],
    [{ rule: 'FAILING_FOR', windowMs: 365 * dayMs }, ['INVALID', '0', 'windowMs']],
    [{ rule: 'GONE', windowMs: hourMs }, ['INVALID', '0', 'windowMs']],
    [{ rule: 'NEVER', count: 1 }, ['INVALID', '0', 'count']],
  ]
  test.each(bad)('as %j', (rule, ...problems) => {
    expect(check(rule)).toEqual(problems)
  })

  test('when it stands twice, when NEVER has company, when there are more than there are kinds', () => {
    expect(check({ rule: 'GONE' }, share, { rule: 'GONE' })).toEqual([['INVALID', '2', 'rule']])
    expect(check({ rule: 'GONE' }, { rule: 'NEVER' })).toEqual([['INVALID', '1', 'rule']])
    expect(check(...Array<AskedRule>(7).fill({ rule: 'GONE' }))).toEqual([['TOO_MANY']])
  })

  test('with all that is wrong of all rules at once', () => {
    expect(check({ rule: 'FAILING_DAYS' }, { ...share, share: 2, minVolume: 0 })).toHaveLength(3)
  })
})
