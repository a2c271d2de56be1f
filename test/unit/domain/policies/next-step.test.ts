import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Answer } from '../../../../src/domain/deliveries/outcome.ts'
import type { Policy } from '../../../../src/domain/policies/policy.ts'
import { presetRules } from '../../../../src/domain/webhooks/preset.ts'
import {
  interruptionsPerFailure,
  settle,
  settleManualRetry,
  type Resumption,
  type ScheduleFacts,
} from '../../../../src/domain/policies/next-step.ts'
import { answered, hourMs, interrupted, minuteMs, noAnswers, noon } from '../../../support/samples.ts'

const fresh: ScheduleFacts = { failures: 0, interruptions: 0, ageMs: 0 }
const standard = presetRules.STANDARD.policy
/** A policy with one retry a minute after the first failure. */
const twice: Policy = {
  ...standard,
  retry: { waits: [{ minMs: minuteMs, maxMs: minuteMs }], windowMs: null },
}

const follows = (answer: Answer, facts: Partial<ScheduleFacts> = {}, policy = twice) =>
  settle({ ...fresh, ...facts }, answer, policy, noon.getTime(), 0)

describe('success', () => {
  test('a successful attempt delivers, and no attempt follows', () => {
    expect(follows(answered(204), { failures: 1, interruptions: 3 })).toEqual({
      outcome: 'SUCCEEDED',
      state: 'DELIVERED',
      nextStep: 'NONE',
      reason: 'the receiver accepted the request',
      retryInMs: null,
      failures: 1,
      interruptions: 0,
    })
  })

  test('a 204 response fails under EXACTLY_200', () => {
    expect(follows(answered(204), {}, { ...twice, success: 'EXACTLY_200' }).outcome).toBe('HTTP_ERROR')
  })
})

describe('deadline', () => {
  test('a retry before the deadline follows, and one at the deadline or after it ends the delivery as EXPIRED at once', () => {
    expect(follows(answered(500), { expiresInMs: minuteMs + 1 })).toMatchObject({ nextStep: 'RETRY' })
    expect(follows(answered(500), { expiresInMs: minuteMs })).toEqual({
      outcome: 'HTTP_ERROR',
      state: 'EXPIRED',
      nextStep: 'EXPIRED',
      reason:
        'wait 1 of the retry schedule is 1 min, after the deadline (expireAfterMs): the delivery is EXPIRED',
      retryInMs: null,
      failures: 1,
      interruptions: 0,
    })
  })

  test('an interrupted attempt is repeated before the deadline and not after it', () => {
    expect(follows(interrupted, { expiresInMs: 1 })).toMatchObject({ nextStep: 'RETRY' })
    expect(follows(interrupted, { expiresInMs: -1 })).toMatchObject({
      outcome: 'INTERRUPTED',
      state: 'EXPIRED',
      reason: 'the deadline (expireAfterMs) has passed: the delivery is EXPIRED',
    })
  })

  test('a success after the deadline delivers, and a schedule that has ended is EXHAUSTED', () => {
    expect(follows(answered(200), { expiresInMs: -1 }).state).toBe('DELIVERED')
    expect(follows(answered(500), { failures: 1, expiresInMs: -1 }).state).toBe('EXHAUSTED')
  })

  test('after a manual attempt the schedule continues only before the deadline', () => {
    const manually = (expiresInMs: number) =>
      settleManualRetry({ ...fresh, expiresInMs }, { state: 'PENDING', inMs: minuteMs }, answered(500), twice)
    expect(manually(minuteMs + 1)).toMatchObject({ state: 'PENDING', retryInMs: minuteMs })
    expect(manually(minuteMs)).toMatchObject({ state: 'EXPIRED', retryInMs: null })
  })
})

describe('failure', () => {
  const failures: readonly Answer[] = [
    ...[100, 199, 300, 301, 304, 308, 400, 401, 404, 429, 500, 503, 599].map((status) => answered(status)),
    ...noAnswers.map((kind) => ({ kind, detail: 'why' })),
  ]

  test.each(failures)('a failure is followed by a retry while the schedule lasts: %j', (answer) => {
    expect(follows(answer)).toEqual({
      outcome: answer.kind === 'ANSWERED' ? 'HTTP_ERROR' : answer.kind,
      state: 'PENDING',
      nextStep: 'RETRY',
      reason: 'wait 1 of the retry schedule is 1 min',
      retryInMs: minuteMs,
      failures: 1,
      interruptions: 0,
    })
  })

  test.each(failures)('a failure exhausts the delivery when the schedule has ended: %j', (answer) => {
    expect(follows(answer, { failures: 1 })).toEqual({
      outcome: answer.kind === 'ANSWERED' ? 'HTTP_ERROR' : answer.kind,
      state: 'EXHAUSTED',
      nextStep: 'EXHAUSTED',
      reason: 'the retry schedule ended with failure 2',
      retryInMs: null,
      failures: 2,
      interruptions: 0,
    })
  })

  test('a failure resets the number of consecutive interruptions', () => {
    expect(follows(answered(500), { interruptions: 4 }).interruptions).toBe(0)
  })

  test.each([429, 503])('a %i response with Retry-After is retried after that time', (status) => {
    expect(follows(answered(status, '3600'))).toMatchObject({ retryInMs: hourMs, nextStep: 'RETRY' })
    expect(follows(answered(status, 'Thu, 26 Feb 2026 13:00:00 GMT')).retryInMs).toBe(hourMs)
  })

  test.each([301, 404, 500, 502])(
    'a %i response with Retry-After is retried by the schedule, because the header has another meaning there',
    (status) => {
      expect(follows(answered(status, '3600')).retryInMs).toBe(minuteMs)
    },
  )

  test.each([429, 503])(
    'a %i response is retried by the schedule when the policy ignores Retry-After, and the reason says so',
    (status) => {
      expect(follows(answered(status, '3600'), {}, { ...twice, honourRetryAfter: false })).toMatchObject({
        retryInMs: minuteMs,
        reason: "wait 1 of the retry schedule is 1 min; the webhook's policy ignores Retry-After",
      })
    },
  )

  test('a Retry-After in the past is retried by the schedule', () => {
    expect(follows(answered(503, 'Thu, 26 Feb 2026 11:00:00 GMT')).retryInMs).toBe(minuteMs)
  })

  test('a Retry-After after the last attempt does not add an attempt', () => {
    expect(follows(answered(503, '60'), { failures: 1 })).toMatchObject({
      state: 'EXHAUSTED',
      retryInMs: null,
    })
  })
})

describe('interruption', () => {
  test('an interruption uses up no retry and is followed by an attempt at once', () => {
    expect(follows(interrupted, { failures: 1 })).toEqual({
      outcome: 'INTERRUPTED',
      state: 'PENDING',
      nextStep: 'RETRY',
      reason: 'Orderbell interrupted the attempt, which uses up no retry: it is repeated now',
      retryInMs: 0,
      failures: 1,
      interruptions: 1,
    })
  })

  test('the fifth consecutive interruption counts as one failure; the fourth does not', () => {
    expect(follows(interrupted, { interruptions: interruptionsPerFailure - 2 })).toMatchObject({
      failures: 0,
      interruptions: 4,
      retryInMs: 0,
    })
    expect(follows(interrupted, { interruptions: interruptionsPerFailure - 1 })).toMatchObject({
      outcome: 'INTERRUPTED',
      nextStep: 'RETRY',
      failures: 1,
      interruptions: 0,
      retryInMs: minuteMs,
    })
  })

  test('the fifth consecutive interruption after the last retry exhausts the delivery', () => {
    expect(follows(interrupted, { failures: 1, interruptions: 4 })).toMatchObject({
      outcome: 'INTERRUPTED',
      state: 'EXHAUSTED',
      failures: 2,
    })
  })

  test('a delivery that is always interrupted ends after five attempts for each failure of the schedule', () => {
    let facts: ScheduleFacts = fresh
    let attempts = 0
    for (;;) {
      const settlement = settle(facts, interrupted, standard, noon.getTime(), 0)
      attempts += 1
      if (settlement.retryInMs === null) break
      facts = { ...settlement, ageMs: facts.ageMs + settlement.retryInMs }
    }
    expect(attempts).toBe((standard.retry.waits.length + 1) * interruptionsPerFailure)
  })
})

describe('manual attempt', () => {
  const waiting: Resumption = { state: 'PENDING', inMs: hourMs }
  const isManual = (answer: Answer, resumption: Resumption, facts: Partial<ScheduleFacts> = {}) =>
    settleManualRetry({ ...fresh, failures: 1, ...facts }, resumption, answer, twice)

  test('a successful manual attempt delivers a PENDING and a CANCELLED delivery', () => {
    for (const resumption of [waiting, { state: 'CANCELLED', inMs: null } as const])
      expect(isManual(answered(204), resumption)).toMatchObject({
        outcome: 'SUCCEEDED',
        state: 'DELIVERED',
        nextStep: 'NONE',
        retryInMs: null,
        failures: 1,
      })
  })

  test('a failed manual attempt does not change the schedule, whatever Retry-After requests', () => {
    expect(isManual(answered(503, '60'), waiting, { failures: 1, interruptions: 3 })).toEqual({
      outcome: 'HTTP_ERROR',
      state: 'PENDING',
      nextStep: 'RETRY',
      reason: 'the attempt was a manual retry: the retry schedule continues as before',
      retryInMs: hourMs,
      failures: 1,
      interruptions: 0,
    })
  })

  test('a failed manual attempt is followed at once by a retry whose time has passed meanwhile', () => {
    expect(isManual(answered(500), { state: 'PENDING', inMs: -1 }).retryInMs).toBe(0)
  })

  test.each(['DELIVERED', 'EXHAUSTED', 'CANCELLED', 'SKIPPED', 'EXPIRED'] as const)(
    'a failed manual attempt returns the delivery to its former state %s',
    (state) => {
      expect(isManual(answered(500), { state, inMs: null })).toEqual({
        outcome: 'HTTP_ERROR',
        state,
        nextStep: 'NONE',
        reason: `the attempt was a manual retry: the delivery is ${state} as before`,
        retryInMs: null,
        failures: 1,
        interruptions: 0,
      })
    },
  )

  test('an interrupted manual attempt is sent again, until the fifth consecutive interruption ends it', () => {
    const ended: Resumption = { state: 'EXHAUSTED', inMs: null }
    expect(isManual(interrupted, ended, { interruptions: interruptionsPerFailure - 2 })).toMatchObject({
      outcome: 'INTERRUPTED',
      state: 'PENDING',
      nextStep: 'RETRY',
      retryInMs: 0,
      interruptions: interruptionsPerFailure - 1,
    })
    expect(isManual(interrupted, ended, { interruptions: interruptionsPerFailure - 1 })).toMatchObject({
      outcome: 'INTERRUPTED',
      state: 'EXHAUSTED',
      interruptions: 0,
    })
  })
})

test('after any attempt a delivery is PENDING with a due time or finished without one', () => {
  const answers = fc.oneof(
    fc.record({
      kind: fc.constant('ANSWERED' as const),
      status: fc.integer({ min: 100, max: 999 }),
      retryAfter: fc.option(fc.oneof(fc.string(), fc.nat().map(String))),
    }),
    fc.record({ kind: fc.constantFrom(...noAnswers, 'INTERRUPTED' as const), detail: fc.string() }),
  )
  const facts = fc.record({
    failures: fc.nat({ max: 12 }),
    interruptions: fc.nat({ max: 4 }),
    ageMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
  })
  fc.assert(
    fc.property(
      facts,
      answers,
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (before, answer, random) => {
        const after = settle(before, answer, standard, noon.getTime(), random)
        const pending = after.state === 'PENDING'
        expect(after.nextStep === 'RETRY').toBe(pending)
        expect(after.retryInMs !== null).toBe(pending)
        if (after.retryInMs !== null) expect(after.retryInMs).toBeGreaterThanOrEqual(0)
        expect(after.failures - before.failures).toBeGreaterThanOrEqual(0)
        expect(after.failures - before.failures).toBeLessThanOrEqual(1)
        expect(after.interruptions).toBeLessThan(interruptionsPerFailure)
      },
    ),
  )
})
