/** Properties of every policy that a webhook may have, tested with random policies. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Answer } from '../../../../src/domain/deliveries/outcome.ts'
import {
  maxDisableWindowMs,
  minFailingForMs,
  minShareWindowMs,
  toDisableRule,
} from '../../../../src/domain/policies/disable-bounds.ts'
import { disabledBy } from '../../../../src/domain/policies/disable.ts'
import { countAttempt, failingDays, healthy } from '../../../../src/domain/policies/health.ts'
import {
  checkOverrides,
  maxTimeoutMs,
  maxWaitMs,
  maxWaits,
  minTimeoutMs,
  minWaitMs,
  type Policy,
  type PolicyOverrides,
} from '../../../../src/domain/policies/policy.ts'
import { maxRetryAfterMs, waitAfter, type RetrySchedule } from '../../../../src/domain/policies/retry.ts'
import { successRules } from '../../../../src/domain/policies/success.ts'
import { presetRules, presets } from '../../../../src/domain/webhooks/preset.ts'
import {
  interruptionsPerFailure,
  settle,
  type ScheduleFacts,
} from '../../../../src/domain/policies/next-step.ts'
import { policyOf } from '../../../../src/domain/webhooks/webhook.ts'
import { answered, hourMs, interrupted, later, noAnswers, noon } from '../../../support/samples.ts'
import { disableRuleNames, type DisableRule } from '../../../../src/domain/policies/disable-rule.ts'

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

const waits = fc
  .tuple(fc.integer({ min: minWaitMs, max: maxWaitMs }), fc.integer({ min: minWaitMs, max: maxWaitMs }))
  .map(([a, b]) => ({ minMs: Math.min(a, b), maxMs: Math.max(a, b) }))
/** Any schedule that a webhook may have. */
const schedules: fc.Arbitrary<RetrySchedule> = fc
  .record({
    waits: fc.array(waits, { maxLength: maxWaits }),
    windowMs: fc.option(fc.integer({ min: minWaitMs, max: maxWaitMs })),
  })
  .map((schedule) => (schedule.waits.length === 0 ? { ...schedule, windowMs: null } : schedule))

/** Retry-After as receivers write it: nothing, seconds, dates of any time, nonsense. */
const retryAfters = fc.option(
  fc.oneof(
    fc.nat().map(String),
    fc.integer({ min: -1e12, max: 1e12 }).map((ms) => later(ms).toUTCString()),
    fc.constantFrom('-5', '0', '1e9', 'soon', '', '99999999999999999999', 'Thu, 99 Feb 2026 12:00:00 GMT'),
    fc.string(),
  ),
)
/** Answers that fail under every success rule. */
const failures: fc.Arbitrary<Answer> = fc.oneof(
  fc.tuple(fc.integer({ min: 300, max: 599 }), retryAfters).map(([status, after]) => answered(status, after)),
  fc.tuple(fc.constantFrom(429, 503), retryAfters).map(([status, after]) => answered(status, after)),
  fc.constantFrom(...noAnswers).map((kind) => ({ kind, detail: '' })),
  fc.constant(interrupted),
)

const withSchedule = (retry: RetrySchedule): Policy => ({ ...presetRules.STANDARD.policy, retry })

describe('random retry schedules', () => {
  test('any retry schedule ends after the number of attempts that its waits and window allow, whatever the receiver answers', () => {
    fc.assert(
      fc.property(
        schedules,
        fc.array(failures, { minLength: 1, maxLength: 20 }),
        random,
        (retry, answers, luck) => {
          const policy = withSchedule(retry)
          // Each repeated wait in the window lasts at least a second. Most windows need fewer repetitions.
          const least = Math.min(...retry.waits.map(({ minMs }) => minMs))
          const repeats = retry.windowMs === null ? 0 : Math.floor(retry.windowMs / least)
          fc.pre(repeats < 2_000)
          const most = (retry.waits.length + repeats + 1) * interruptionsPerFailure
          let facts: ScheduleFacts = { failures: 0, interruptions: 0, ageMs: 0 }
          let attempts = 0
          for (;;) {
            const answer = answers[attempts % answers.length] ?? interrupted
            const next = settle(facts, answer, policy, noon.getTime() + facts.ageMs, luck)
            attempts += 1
            expect(attempts).toBeLessThanOrEqual(most)
            if (next.retryInMs === null) {
              expect(next.state).toBe('EXHAUSTED')
              return
            }
            facts = { ...next, ageMs: facts.ageMs + next.retryInMs }
            if (retry.windowMs !== null) expect(facts.ageMs).toBeLessThanOrEqual(retry.windowMs)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  test('any retry is due after its minimum wait and before its maximum wait or the bound of Retry-After', () => {
    fc.assert(
      fc.property(
        schedules,
        fc.integer({ min: 1, max: 200 }),
        fc.double({ min: 0, max: 2 * maxWaitMs, noNaN: true }),
        fc.option(fc.oneof(fc.integer({ min: -1e9, max: 1e12 }), fc.constant(Infinity))),
        random,
        (retry, failure, ageMs, retryAfterMs, luck) => {
          const wait = waitAfter(retry, failure, { ageMs, retryAfterMs, random: luck })
          if (wait === null) return
          const scheduled = retry.waits[failure - 1] ?? retry.waits.at(-1)
          expect(wait.waitMs).toBeGreaterThanOrEqual(scheduled?.minMs ?? Infinity)
          expect(wait.waitMs).toBeLessThanOrEqual(Math.max(scheduled?.maxMs ?? 0, maxRetryAfterMs))
          if (retry.windowMs !== null) expect(ageMs + wait.waitMs).toBeLessThanOrEqual(retry.windowMs)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test('Retry-After never shortens a wait, also not with a time in the past', () => {
    fc.assert(
      fc.property(schedules, failures, random, fc.nat({ max: 20 }), (retry, answer, luck, before) => {
        const facts = { failures: before, interruptions: 0, ageMs: 0 }
        const asked = settle(facts, answer, withSchedule(retry), noon.getTime(), luck)
        const plain = settle(facts, answered(500), withSchedule(retry), noon.getTime(), luck)
        if (answer.kind === 'INTERRUPTED') expect(asked.retryInMs).toBe(0)
        else if (plain.retryInMs === null) expect(asked.retryInMs).toBeNull()
        else expect(asked.retryInMs).toBeGreaterThanOrEqual(plain.retryInMs)
      }),
      { numRuns: 1_000 },
    )
  })
})

/** Numbers near bounds and far from them, integers and fractions, NaN and infinities. */
const numbers = fc.oneof(
  fc.integer({ min: 1_000, max: 30_000 }),
  fc.constantFrom(0, 0.5, 1, 20, 30, 31, 1_000, 1_001, 10_000, 30_000, 600_000, 604_800_000, 1_814_400_000),
  fc.constantFrom(NaN, Infinity, -Infinity, -1, -0, 1.5, 2 ** 31, 1e300),
  fc.integer({ min: -10, max: 40_000 }),
  fc.integer(),
  fc.double(),
)
/** Mostly valid, so that one invalid part is not hidden among many. */
const anyWaits = fc.oneof(
  fc.array(waits, { maxLength: 4 }),
  fc.array(fc.oneof(waits, fc.record({ minMs: numbers, maxMs: numbers })), { maxLength: maxWaits + 2 }),
)
const someRules = fc
  .record({
    rule: fc.constantFrom(...disableRuleNames),
    count: fc.option(numbers),
    share: fc.option(numbers),
    windowMs: fc.option(numbers),
    days: fc.option(numbers),
    minVolume: fc.option(numbers),
    minPeriodMs: fc.option(numbers),
  })
  .map((asked) => toDisableRule(asked))
/** Rules with only their own members, which are often valid. */
const plainRules = fc.oneof(
  numbers.map((count) => toDisableRule({ rule: 'CONSECUTIVE_FAILURES', count })),
  fc
    .tuple(numbers, numbers, numbers, fc.option(numbers))
    .map(([share, windowMs, minVolume, minPeriodMs]) =>
      toDisableRule({ rule: 'FAILURE_SHARE', share, windowMs, minVolume, minPeriodMs }),
    ),
  numbers.map((days) => toDisableRule({ rule: 'FAILING_DAYS', days })),
  numbers.map((windowMs) => toDisableRule({ rule: 'FAILING_FOR', windowMs })),
  fc.constant<DisableRule>({ rule: 'GONE' }),
)
const anyOverrides: fc.Arbitrary<PolicyOverrides> = fc.record(
  {
    success: fc.constantFrom(...successRules),
    timeoutMs: numbers,
    httpsOnly: fc.boolean(),
    saveCheck: fc.boolean(),
    honourRetryAfter: fc.boolean(),
    retry: fc.record({ waits: anyWaits, windowMs: fc.option(numbers) }),
    disable: fc.oneof(
      fc.uniqueArray(plainRules, { maxLength: 2, selector: ({ rule }) => rule }),
      fc.array(fc.oneof(plainRules, someRules), { maxLength: 8 }),
    ),
  },
  { requiredKeys: [] },
)

const whole = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max

/** The documented bounds, written a second time. */
function ruleWithin(rule: DisableRule): boolean {
  const members = Object.keys(rule).sort().join(' ')
  switch (rule.rule) {
    case 'CONSECUTIVE_FAILURES':
      return members === 'count rule' && whole(rule.count, 1, 1_000)
    case 'FAILURE_SHARE':
      return (
        /^(minPeriodMs )?minVolume rule share windowMs$/.test(members) &&
        whole(rule.minPeriodMs ?? 0, 0, rule.windowMs) &&
        rule.share >= 0 &&
        rule.share < 1 &&
        whole(rule.windowMs, minShareWindowMs, maxDisableWindowMs) &&
        whole(rule.minVolume, 1, 10_000)
      )
    case 'FAILING_DAYS':
      return members === 'days rule' && whole(rule.days, 1, 30)
    case 'FAILING_FOR':
      return members === 'rule windowMs' && whole(rule.windowMs, minFailingForMs, maxDisableWindowMs)
    case 'GONE':
      return members === 'rule'
  }
}

function policyWithin({ timeoutMs, retry, disable }: Policy): boolean {
  const names = disable.map(({ rule }) => rule)
  return (
    whole(timeoutMs, minTimeoutMs, maxTimeoutMs) &&
    retry.waits.length <= maxWaits &&
    retry.waits.every(
      ({ minMs, maxMs }) => whole(minMs, minWaitMs, maxWaitMs) && whole(maxMs, minMs, maxWaitMs),
    ) &&
    (retry.windowMs === null || (retry.waits.length > 0 && whole(retry.windowMs, minWaitMs, maxWaitMs))) &&
    disable.every(ruleWithin) &&
    new Set(names).size === names.length
  )
}

describe('random overrides', () => {
  test('overrides are accepted if and only if they are within the bounds, and each problem has its field', () => {
    let taken = 0
    fc.assert(
      fc.property(anyOverrides, fc.constantFrom(...presets), (overrides, preset) => {
        const problems = checkOverrides(overrides, ['policy'])
        const within = policyWithin(policyOf({ preset, overrides }))
        expect([within, problems]).toEqual([problems.length === 0, problems])
        taken += Number(within)
        for (const { code, field, message } of problems) {
          expect(['INVALID', 'REQUIRED', 'TOO_MANY']).toContain(code)
          expect(field[0]).toBe('policy')
          expect(message).not.toBe('')
        }
      }),
      { numRuns: 2_000 },
    )
    // Enough of the random overrides were valid.
    expect(taken).toBeGreaterThan(100)
  })

  test('the policy of each preset is within the bounds of overrides', () => {
    for (const preset of presets) expect(policyWithin(presetRules[preset].policy)).toBe(true)
  })
})

test('CONSECUTIVE_FAILURES and FAILING_DAYS agree with a direct count over any history', () => {
  // Attempts as hours since the previous one, and whether each succeeded.
  const histories = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.boolean()), {
    minLength: 1,
    maxLength: 60,
  })
  fc.assert(
    fc.property(histories, fc.integer({ min: 1, max: 8 }), (history, limit) => {
      let health = healthy
      let now = noon
      const seen: { day: string; success: boolean }[] = []
      for (const [hours, success] of history) {
        now = new Date(now.getTime() + hours * hourMs)
        health = countAttempt(health, success, now)
        seen.push({ day: now.toISOString().slice(0, 10), success })
        const row = seen.length - 1 - seen.findLastIndex((one) => one.success)
        expect(health.consecutiveFailures).toBe(row)
        const goodDays = new Set(seen.filter((one) => one.success).map(({ day }) => day))
        const lastGood = [...goodDays].at(-1) ?? ''
        const bad = new Set(seen.map(({ day }) => day).filter((day) => day > lastGood))
        expect(failingDays(health.days).map(({ day }) => day)).toEqual([...bad])
        const byRow = disabledBy([{ rule: 'CONSECUTIVE_FAILURES', count: limit }], health, answered(500), now)
        const byDays = disabledBy([{ rule: 'FAILING_DAYS', days: limit }], health, answered(500), now)
        expect([byRow !== null, byDays !== null]).toEqual([row > limit, bad.size >= limit])
      }
    }),
    { numRuns: 300 },
  )
})
