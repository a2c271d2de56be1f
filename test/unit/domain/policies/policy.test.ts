import { describe, expect, test } from 'vitest'
import {
  checkOverrides,
  maxTimeoutMs,
  maxWaitMs,
  maxWaits,
  minTimeoutMs,
  minWaitMs,
  type PolicyOverrides,
} from '../../../../src/domain/policies/policy.ts'
import { standardSchedule, type RetrySchedule } from '../../../../src/domain/policies/retry.ts'
import { presetRules } from '../../../../src/domain/webhooks/preset.ts'
import { policyOf } from '../../../../src/domain/webhooks/webhook.ts'
import { dayMs, secondMs } from '../../../support/samples.ts'

const check = (overrides: PolicyOverrides) => checkOverrides(overrides, ['policy'])
const aWait = { minMs: 5_000, maxMs: 6_000 }
const retry = (given: Partial<RetrySchedule>) =>
  check({ retry: { waits: [aWait], windowMs: null, ...given } })
const waiting = (minMs: number, maxMs: number) => retry({ waits: [aWait, { minMs, maxMs }] })

test('the time limit is 1 to 30 s, a wait 1 s to 7 days, and a schedule has at most 20 waits', () => {
  expect([minTimeoutMs, maxTimeoutMs]).toEqual([secondMs, 30 * secondMs])
  expect([minWaitMs, maxWaitMs, maxWaits]).toEqual([secondMs, 7 * dayMs, 20])
})

describe('time limit', () => {
  test.each([1_000, 15_000, 30_000])('a time limit of %d ms is accepted', (timeoutMs) => {
    expect(check({ timeoutMs })).toEqual([])
  })

  test.each([999, 30_001, 0, -1, 1_000.5, NaN, Infinity])('a time limit of %d ms is refused', (timeoutMs) => {
    expect(check({ timeoutMs })).toMatchObject([{ code: 'INVALID', field: ['policy', 'timeoutMs'] }])
  })
})

describe('retry schedule', () => {
  test('a schedule without waits is accepted', () => {
    expect(retry({ waits: [] })).toEqual([])
  })

  test('a schedule of 20 waits is accepted; 21 are refused with TOO_MANY', () => {
    expect(retry({ waits: Array<typeof aWait>(20).fill(aWait) })).toEqual([])
    expect(retry({ waits: Array<typeof aWait>(21).fill(aWait) })).toMatchObject([
      { code: 'TOO_MANY', field: ['policy', 'retry', 'waits'] },
    ])
  })

  test.each([
    [1_000, 1_000],
    [1_000, 7 * dayMs],
    [7 * dayMs, 7 * dayMs],
  ])('a wait from %d to %d ms is accepted', (minMs, maxMs) => {
    expect(waiting(minMs, maxMs)).toEqual([])
  })

  test.each([
    [999, 5_000, ['minMs']],
    [5_000, 4_999, ['maxMs']],
    [7 * dayMs + 1, 7 * dayMs, ['minMs']],
    [5_000, 7 * dayMs + 1, ['maxMs']],
    [1_000.5, 2_000, ['minMs']],
    [NaN, 2_000, ['minMs']],
    [2_000, NaN, ['maxMs']],
    [0, 0, ['minMs', 'maxMs']],
  ])('a wait from %d to %d ms is refused', (minMs, maxMs, wrong) => {
    expect(waiting(minMs, maxMs).map(({ code, field }) => [code, ...field])).toEqual(
      wrong.map((name) => ['INVALID', 'policy', 'retry', 'waits', '1', name]),
    )
  })

  test.each([1_000, 7 * dayMs])('a window of %d ms is accepted', (windowMs) => {
    expect(retry({ windowMs })).toEqual([])
  })

  test.each([999, 7 * dayMs + 1, 0, 1_500.5])('a window of %d ms is refused', (windowMs) => {
    expect(retry({ windowMs })).toMatchObject([{ code: 'INVALID', field: ['policy', 'retry', 'windowMs'] }])
  })

  test('a schedule with a window and without waits is refused', () => {
    expect(retry({ waits: [], windowMs: 60_000 })).toMatchObject([
      { code: 'INVALID', field: ['policy', 'retry', 'windowMs'] },
    ])
  })

  test('all problems of a policy are returned at once', () => {
    expect(check({ timeoutMs: 1, retry: { waits: [{ minMs: 0, maxMs: 0 }], windowMs: 0 } })).toHaveLength(4)
  })
})

describe('policyOf', () => {
  test('the policy without overrides is that of the preset', () => {
    expect(check({})).toEqual([])
    expect(policyOf({ preset: 'STANDARD', overrides: {} })).toEqual(presetRules.STANDARD.policy)
  })

  test("each override replaces a part of the preset's policy as a whole", () => {
    const overrides = { success: 'EXACTLY_200', retry: { waits: [aWait], windowMs: null } } as const
    expect(policyOf({ preset: 'STANDARD', overrides })).toEqual({
      ...presetRules.STANDARD.policy,
      ...overrides,
    })
  })
})

test('the preset STANDARD has the STANDARD dialect, ANY_2XX, 15 s, the standard schedule, GONE, FAILING_FOR of 5 days and recovery by a probe', () => {
  expect(presetRules.STANDARD.dialect).toBe('STANDARD')
  expect(presetRules.STANDARD.policy).toEqual({
    success: 'ANY_2XX',
    timeoutMs: 15_000,
    httpsOnly: false,
    saveCheck: false,
    retry: standardSchedule,
    honourRetryAfter: true,
    disable: [{ rule: 'GONE' }, { rule: 'FAILING_FOR', windowMs: 5 * dayMs }],
    recovery: 'PROBE',
  })
})

test('the policy of every preset is within the bounds of overrides', () => {
  for (const { policy } of Object.values(presetRules))
    expect(check({ timeoutMs: policy.timeoutMs, retry: policy.retry })).toEqual([])
})
