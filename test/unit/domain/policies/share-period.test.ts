/** When FAILURE_SHARE applies, on random histories of attempts with a clock that the test sets. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { disabledBy } from '../../../../src/domain/policies/disable.ts'
import { healthy, type Health } from '../../../../src/domain/policies/health.ts'
import { ruleAppliesFrom, minPeriodOf } from '../../../../src/domain/policies/share-period.ts'
import { answered, hourMs, later, minuteMs } from '../../../support/samples.ts'
import type { FailureShareRule } from '../../../../src/domain/policies/disable-rule.ts'

const bucketMs = 10 * minuteMs
/** `wait`: the time since the previous attempt. */
type Step = { readonly wait: number; readonly success: boolean }
type Attempt = { readonly at: number; readonly success: boolean }

const binOf = (at: number): number => Math.floor(at / bucketMs) * bucketMs
const instant = (at: number): Date => new Date(at)

/** The health that PostgreSQL returns after these attempts, counted in buckets as the attempt counters do. */
function healthOf(attempts: readonly Attempt[], { windowMs }: FailureShareRule): Health {
  const now = attempts.at(-1)?.at ?? 0
  const windowFrom = binOf(now - windowMs)
  const recent = attempts.filter(({ at }) => binOf(at) >= windowFrom)
  const before = attempts.filter(({ at }) => binOf(at) < windowFrom && binOf(at) >= now - 2 * windowMs).at(-1)
  const failing = attempts.slice(attempts.findLastIndex(({ success }) => success) + 1)
  return {
    ...healthy,
    consecutiveFailures: failing.length,
    failingSince: failing[0] === undefined ? null : instant(failing[0].at),
    recent: {
      succeeded: recent.filter(({ success }) => success).length,
      failed: recent.filter(({ success }) => !success).length,
    },
    firstRecent: recent[0] === undefined ? null : instant(recent[0].at),
    lastBeforeRecent: before === undefined ? null : instant(binOf(before.at)),
  }
}

/** The attempts up to the one at which the rule disabled the webhook; null when it never did. */
function stoppedAfter(attempts: readonly Attempt[], rule: FailureShareRule): readonly Attempt[] | null {
  for (const [index, { at, success }] of attempts.entries()) {
    const sofar = attempts.slice(0, index + 1)
    if (!success && disabledBy([rule], healthOf(sofar, rule), answered(500), instant(at)) !== null)
      return sofar
  }
  return null
}

function attemptsOf(steps: readonly Step[]): readonly Attempt[] {
  let at = later(0).getTime()
  return steps.map(({ wait, success }) => ({ at: (at += wait), success }))
}

const steps = (maxWaitMs: number, success: fc.Arbitrary<boolean>) =>
  fc.array(fc.record({ wait: fc.integer({ min: 1, max: maxWaitMs }), success }), {
    minLength: 1,
    maxLength: 60,
  })

const rules = fc
  .record({
    windowMs: fc.integer({ min: 12 * hourMs, max: 96 * hourMs }),
    part: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    minVolume: fc.integer({ min: 1, max: 10 }),
    share: fc.constantFrom(0, 0.25, 0.5, 0.9),
  })
  .map(({ windowMs, part, ...rest }): FailureShareRule => {
    const period = part === null ? {} : { minPeriodMs: Math.floor(part * windowMs) }
    return { rule: 'FAILURE_SHARE', windowMs, ...rest, ...period }
  })

/** Whether the window up to the last attempt has the minimum volume and more failures than the share. */
function isOver(attempts: readonly Attempt[], rule: FailureShareRule): boolean {
  const { succeeded, failed } = healthOf(attempts, rule).recent
  const all = succeeded + failed
  return all >= rule.minVolume && failed / all > rule.share
}

const spanOf = (attempts: readonly Attempt[]): number => (attempts.at(-1)?.at ?? 0) - (attempts[0]?.at ?? 0)

describe('FAILURE_SHARE on random histories', () => {
  test('FAILURE_SHARE disables no webhook before its attempts without a long pause span the minimum period', () => {
    let stops = 0
    fc.assert(
      fc.property(rules, steps(30 * hourMs, fc.boolean()), (rule, history) => {
        const attempts = stoppedAfter(attemptsOf(history), rule)
        if (attempts === null) return
        stops += 1
        const paused = attempts.findLastIndex(
          ({ at }, index) => at - (attempts[index - 1]?.at ?? at) > rule.windowMs + bucketMs,
        )
        // Exact to a bucket of ten minutes, which contains the last attempt before the window.
        const lastBefore = spanOf(attempts.slice(Math.max(paused, 0))) + bucketMs
        expect(lastBefore).toBeGreaterThanOrEqual(minPeriodOf(rule))
        expect(isOver(attempts, rule)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
    // One history in five reaches the rule, some 216 of them; fewer than 100 would be nine standard deviations off.
    expect(stops, 'the histories reach the rule').toBeGreaterThan(100)
  })

  test('FAILURE_SHARE disables a webhook that always fails at the first failure after the minimum period', () => {
    fc.assert(
      fc.property(
        rules,
        fc.integer({ min: 1, max: 40 }),
        steps(40 * hourMs, fc.constant(false)),
        (rule, most, history) => {
          const longest = Math.min(most * hourMs, rule.windowMs - 2 * bucketMs)
          const attempts = attemptsOf(history.map((step) => ({ ...step, wait: 1 + (step.wait % longest) })))
          const first = attempts.findIndex((_, index) => {
            const sofar = attempts.slice(0, index + 1)
            return spanOf(sofar) >= minPeriodOf(rule) && isOver(sofar, rule)
          })
          const stopped = stoppedAfter(attempts, rule)
          if (first >= 0) expect(stopped?.length).toBeLessThanOrEqual(first + 1)
          else expect(stopped?.length ?? 0).toBe(0)
        },
      ),
      { numRuns: 500 },
    )
  })

  test('FAILURE_SHARE disables a webhook with frequent attempts that fails too often once the minimum period is over', () => {
    fc.assert(
      fc.property(rules, steps(hourMs, fc.boolean()), (rule, history) => {
        const longest = rule.windowMs / 6 - 2 * bucketMs
        const attempts = attemptsOf(
          history.map(({ wait, success }) => ({ wait: Math.min(wait * 4, longest), success })),
        )
        const due = attempts.findIndex(({ success }, index) => {
          const sofar = attempts.slice(0, index + 1)
          return !success && spanOf(sofar) >= minPeriodOf(rule) && isOver(sofar, rule)
        })
        if (due >= 0) expect(stoppedAfter(attempts, rule)?.length).toBeLessThanOrEqual(due + 1)
      }),
      { numRuns: 500 },
    )
  })
})

test('FAILURE_SHARE without a minimum period applies after its window, and never without an attempt', () => {
  const rule = { rule: 'FAILURE_SHARE', share: 0.5, windowMs: hourMs, minVolume: 1 } as const
  expect(minPeriodOf(rule)).toBe(hourMs)
  expect(ruleAppliesFrom(rule, healthy)).toBeNull()
  expect(ruleAppliesFrom(rule, { ...healthy, firstRecent: later(0) })).toEqual(later(hourMs))
  const pauses = [{ sinceMs: later(1).getTime(), untilMs: later(1 + hourMs).getTime() }]
  expect(ruleAppliesFrom(rule, { ...healthy, firstRecent: later(0), pauses })).toEqual(later(2 * hourMs))
  expect(ruleAppliesFrom({ ...rule, minPeriodMs: 0 }, { ...healthy, firstRecent: later(0) })).toEqual(
    later(0),
  )
})
