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

test('the bounds are those of the contract', () => {
  expect([minTimeoutMs, maxTimeoutMs]).toEqual([secondMs, 30 * secondMs])
  expect([minWaitMs, maxWaitMs, maxWaits]).toEqual([secondMs, 7 * dayMs, 20])
})

describe('a time limit', () => {
  test.each([1_000, 15_000, 30_000])('may be %d ms', (timeoutMs) => {
    expect(check({ timeoutMs })).toEqual([])
  })

  test.each([999, 30_001, 0, -1, 1_000.5, NaN, Infinity])('may not be %d ms', (timeoutMs) => {
    expect(check({ timeoutMs })).toMatchObject([{ code: 'INVALID', field: ['policy', 'timeoutMs'] }])
  })
})

describe('a retry schedule', () => {
  test('may have no wait: then there is one attempt', () => {
    expect(retry({ waits: [] })).toEqual([])
  })

  test('may have twenty waits and no more', () => {
    expect(retry({ waits: Array<typeof aWait>(20).fill(aWait) })).toEqual([])
    expect(retry({ waits: Array<typeof aWait>(21).fill(aWait) })).toMatchObject([
      { code: 'TOO_MANY', field: ['policy', 'retry', 'waits'] },
    ])
  })

  test.each([
    [1_000, 1_000],
    [1_000, 7 * dayMs],
    [7 * dayMs, 7 * dayMs],
  ])('may wait from %d to %d ms', (minMs, maxMs) => {
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
  ])('may not wait from %d to %d ms', (minMs, maxMs, wrong) => {
    expect(waiting(minMs, maxMs).map(({ code, field }) => [code, ...field])).toEqual(
      wrong.map((name) => ['INVALID', 'policy', 'retry', 'waits', '1', name]),
    )
  })

  test.each([1_000, 7 * dayMs])('may have a window of %d ms', (windowMs) => {
    expect(retry({ windowMs })).toEqual([])
  })

  test.each([999, 7 * dayMs + 1, 0, 1_500.5])('may not have a window of %d ms', (windowMs) => {
    expect(retry({ windowMs })).toMatchObject([{ code: 'INVALID', field: ['policy', 'retry', 'windowMs'] }])
  })

  test('needs a wait to repeat until its window closes', () => {
    expect(retry({ waits: [], windowMs: 60_000 })).toMatchObject([
      { code: 'INVALID', field: ['policy', 'retry', 'windowMs'] },
    ])
  })

  test('names all that is wrong at once', () => {
    expect(check({ timeoutMs: 1, retry: { waits: [{ minMs: 0, maxMs: 0 }], windowMs: 0 } })).toHaveLength(4)
  })
})

describe('the policy in force', () => {
  test("is the preset's where nothing is overridden", () => {
    expect(check({})).toEqual([])
    expect(policyOf({ preset: 'STANDARD', overrides: {} })).toEqual(presetRules.STANDARD.policy)
  })

  test('has each override as a whole, and the rest as it was', () => {
    const overrides = { success: 'EXACTLY_200', retry: { waits: [aWait], windowMs: null } } as const
    expect(policyOf({ preset: 'STANDARD', overrides })).toEqual({
      ...presetRules.STANDARD.policy,
      ...overrides,
    })
  })
})

test('STANDARD is what design.md says of it', () => {
  expect(presetRules.STANDARD.dialect).toBe('STANDARD')
  expect(presetRules.STANDARD.policy).toEqual({
    success: 'ANY_2XX',
    timeoutMs: 15_000,
    httpsOnly: false,
    saveCheck: false,
    retry: standardSchedule,
    honourRetryAfter: true,
    disable: [{ rule: 'GONE' }, { rule: 'FAILING_FOR', windowMs: 5 * dayMs }],
  })
})

test("every preset's own policy is within the bounds of overrides", () => {
  for (const { policy } of Object.values(presetRules))
    expect(check({ timeoutMs: policy.timeoutMs, retry: policy.retry })).toEqual([])
})
