import { describe, expect, test } from 'vitest'
import {
  checkDisableRules,
  toDisableRule,
  type DisableRuleInput,
} from '../../../../src/domain/policies/disable-bounds.ts'
import { presetRules } from '../../../../src/domain/webhooks/preset.ts'
import { dayMs, hourMs, minuteMs } from '../../../support/samples.ts'

const check = (...input: readonly DisableRuleInput[]): readonly (readonly string[])[] =>
  checkDisableRules(input.map(toDisableRule), ['disable']).map(({ code, field }) => [code, ...field.slice(1)])

const share = { rule: 'FAILURE_SHARE', share: 0.5, windowMs: 72 * hourMs, minVolume: 10 } as const

describe('accepted disable rules', () => {
  const good: readonly DisableRuleInput[] = [
    { rule: 'CONSECUTIVE_FAILURES', count: 1 },
    { rule: 'CONSECUTIVE_FAILURES', count: 1_000 },
    share,
    { ...share, share: 0, windowMs: 10 * minuteMs, minVolume: 1 },
    { ...share, share: 0.999, windowMs: 21 * dayMs, minVolume: 10_000 },
    ...[0, 1, hourMs, 72 * hourMs, null].map((minPeriodMs) => ({ ...share, minPeriodMs })),
    { ...share, windowMs: 21 * dayMs, minPeriodMs: 21 * dayMs },
    { rule: 'FAILING_DAYS', days: 1 },
    { rule: 'FAILING_DAYS', days: 30 },
    { rule: 'FAILING_FOR', windowMs: 1_000 },
    { rule: 'FAILING_FOR', windowMs: 21 * dayMs },
    { rule: 'GONE' },
    { rule: 'GONE', count: null, share: undefined },
  ]
  test.each(good)('the disable rule %j is accepted', (rule) => {
    expect(check(rule)).toEqual([])
  })

  test('three different disable rules and an empty list are accepted', () => {
    expect(check({ rule: 'GONE' }, share, { rule: 'FAILING_DAYS', days: 3 })).toEqual([])
    expect(check()).toEqual([])
  })

  test('the disable rules of every preset are accepted', () => {
    for (const { policy } of Object.values(presetRules))
      expect(checkDisableRules(policy.disable, [])).toEqual([])
  })
})

describe('refused disable rules', () => {
  const bad: readonly {
    readonly input: DisableRuleInput
    readonly problems: readonly (readonly string[])[]
  }[] = [
    { input: { rule: 'CONSECUTIVE_FAILURES' }, problems: [['REQUIRED', '0', 'count']] },
    ...[0, 1_001, 1.5, NaN, -1].map((count) => ({
      input: { rule: 'CONSECUTIVE_FAILURES', count } as const,
      problems: [['INVALID', '0', 'count']],
    })),
    { input: { rule: 'CONSECUTIVE_FAILURES', count: 3, days: 3 }, problems: [['INVALID', '0', 'days']] },
    {
      input: { rule: 'FAILURE_SHARE' },
      problems: ['share', 'windowMs', 'minVolume'].map((name) => ['REQUIRED', '0', name]),
    },
    ...[1, 1.5, -0.1, NaN, Infinity].map((wrong) => ({
      input: { ...share, share: wrong },
      problems: [['INVALID', '0', 'share']],
    })),
    ...[10 * minuteMs - 1, 21 * dayMs + 1, hourMs + 0.5, NaN].map((windowMs) => ({
      input: { ...share, windowMs },
      problems: [['INVALID', '0', 'windowMs']],
    })),
    ...[0, 10_001, 1.5].map((minVolume) => ({
      input: { ...share, minVolume },
      problems: [['INVALID', '0', 'minVolume']],
    })),
    ...[-1, 0.5, NaN, Infinity, 72 * hourMs + 1].map((minPeriodMs) => ({
      input: { ...share, minPeriodMs },
      problems: [['INVALID', '0', 'minPeriodMs']],
    })),
    {
      input: { ...share, windowMs: 1, minPeriodMs: -1 },
      problems: [
        ['INVALID', '0', 'windowMs'],
        ['INVALID', '0', 'minPeriodMs'],
      ],
    },
    // When the window is refused, the period is checked alone.
    { input: { ...share, windowMs: 1, minPeriodMs: hourMs }, problems: [['INVALID', '0', 'windowMs']] },
    {
      input: { rule: 'FAILING_FOR', windowMs: hourMs, minPeriodMs: 0 },
      problems: [['INVALID', '0', 'minPeriodMs']],
    },
    ...[0, 31, NaN].map((days) => ({
      input: { rule: 'FAILING_DAYS', days } as const,
      problems: [['INVALID', '0', 'days']],
    })),
    ...[999, -1_000, 365 * dayMs].map((windowMs) => ({
      input: { rule: 'FAILING_FOR', windowMs } as const,
      problems: [['INVALID', '0', 'windowMs']],
    })),
    { input: { rule: 'GONE', windowMs: hourMs }, problems: [['INVALID', '0', 'windowMs']] },
  ]
  test.each(bad)('the disable rule $input is refused', ({ input, problems }) => {
    expect(check(input)).toEqual(problems)
  })

  test('a repeated disable rule and a list of seven rules are refused', () => {
    expect(check({ rule: 'GONE' }, share, { rule: 'GONE' })).toEqual([['INVALID', '2', 'rule']])
    expect(check(...Array<DisableRuleInput>(7).fill({ rule: 'GONE' }))).toEqual([['TOO_MANY']])
  })

  test('all problems of all disable rules are returned at once', () => {
    expect(check({ rule: 'FAILING_DAYS' }, { ...share, share: 2, minVolume: 0 })).toHaveLength(3)
  })
})
