/** A delivery after an attempt during which a manual retry, a replay or a cancellation may have been requested. */
import { describe, expect, test } from 'vitest'
import {
  deliveryAfterAttempt,
  type DeliveryBefore,
} from '../../../../src/domain/settle/delivery-after-attempt.ts'
import type { Settlement } from '../../../../src/domain/policies/next-step.ts'
import { later, minuteMs, noon } from '../../../support/samples.ts'

const pending: DeliveryBefore = {
  state: 'PENDING',
  finishedAt: null,
  resumeState: null,
  resumeAt: null,
  manualRetry: null,
  isSuperseded: false,
}
const accepted: Settlement = {
  outcome: 'SUCCEEDED',
  state: 'DELIVERED',
  nextStep: 'NONE',
  reason: 'accepted',
  retryInMs: null,
  failures: 0,
  interruptions: 0,
}
const retried: Settlement = {
  outcome: 'HTTP_ERROR',
  state: 'PENDING',
  nextStep: 'RETRY',
  reason: 'wait 1',
  retryInMs: minuteMs,
  failures: 1,
  interruptions: 0,
}
const exhausted: Settlement = {
  ...retried,
  state: 'EXHAUSTED',
  nextStep: 'EXHAUSTED',
  reason: 'the schedule ended',
  retryInMs: null,
}
/** A failed manual attempt whose delivery was SKIPPED before. */
const skippedAgain: Settlement = {
  ...exhausted,
  state: 'SKIPPED',
  nextStep: 'NONE',
  reason: 'SKIPPED as before',
}
const interruptedManual: Settlement = {
  ...retried,
  outcome: 'INTERRUPTED',
  reason: 'repeated',
  retryInMs: 0,
  failures: 0,
  interruptions: 1,
}
const ended = {
  resumeState: null,
  resumeAt: null,
  skipReason: null,
  isManualNext: false,
  continues: false,
}

describe('scheduled attempt', () => {
  const after = (before: Partial<DeliveryBefore>, settlement: Settlement) =>
    deliveryAfterAttempt({ ...pending, ...before }, settlement, 'SCHEDULE', noon)

  test('a success delivers at the time of the settle, also when a manual retry was requested during it', () => {
    for (const manualRetry of [null, 'NEXT'] as const)
      expect(after({ manualRetry, resumeState: 'CANCELLED' }, accepted)).toEqual({
        ...ended,
        state: 'DELIVERED',
        dueAt: null,
        finishedAt: noon,
        nextStep: 'NONE',
        reason: 'accepted',
      })
  })

  test('a failure of a superseded delivery ends it as SKIPPED, and a success or an ended schedule stays as it is', () => {
    expect(after({ isSuperseded: true }, retried)).toEqual({
      ...ended,
      state: 'SKIPPED',
      skipReason: 'SUPERSEDED',
      dueAt: null,
      finishedAt: noon,
      nextStep: 'NONE',
      reason: 'the webhook has a newer event of the order (ordering LATEST_ONLY): the delivery is SKIPPED',
    })
    expect(after({ isSuperseded: true }, accepted)).toMatchObject({ state: 'DELIVERED', skipReason: null })
    expect(after({ isSuperseded: true }, exhausted)).toMatchObject({ state: 'EXHAUSTED', skipReason: null })
  })

  test('a manual retry that was requested during the attempt of a superseded delivery follows, and then it is SKIPPED', () => {
    expect(after({ isSuperseded: true, manualRetry: 'NEXT' }, retried)).toMatchObject({
      state: 'PENDING',
      dueAt: noon,
      isManualNext: true,
      resumeState: 'SKIPPED',
      skipReason: 'SUPERSEDED',
    })
  })

  test('a failure is due again after the wait of the retry schedule', () => {
    expect(after({}, retried)).toEqual({
      ...ended,
      state: 'PENDING',
      dueAt: later(minuteMs),
      finishedAt: null,
      nextStep: 'RETRY',
      reason: 'wait 1',
    })
  })

  test('the last failure ends the delivery', () => {
    expect(after({}, exhausted)).toMatchObject({
      ...ended,
      state: 'EXHAUSTED',
      dueAt: null,
      finishedAt: noon,
    })
  })

  test('a manual retry that was requested during a failed attempt follows now, and then the schedule continues', () => {
    expect(after({ manualRetry: 'NEXT' }, retried)).toMatchObject({
      state: 'PENDING',
      dueAt: noon,
      resumeState: null,
      skipReason: null,
      resumeAt: later(minuteMs),
      isManualNext: true,
      continues: true,
      nextStep: 'RETRY',
      reason:
        'a manual retry was requested during the attempt: it follows now, then the delivery continues as before',
    })
  })

  test('a manual retry that was requested during the last failure follows now, and then the delivery is EXHAUSTED', () => {
    expect(after({ manualRetry: 'NEXT' }, exhausted)).toMatchObject({
      state: 'PENDING',
      dueAt: noon,
      finishedAt: null,
      resumeState: 'EXHAUSTED',
      resumeAt: null,
      isManualNext: true,
      continues: true,
    })
  })

  test('a delivery that was cancelled and retried during its failed attempt returns to CANCELLED after the manual retry', () => {
    expect(after({ manualRetry: 'NEXT', resumeState: 'CANCELLED' }, retried)).toMatchObject({
      state: 'PENDING',
      resumeState: 'CANCELLED',
      resumeAt: null,
    })
  })

  test.each([accepted, retried, exhausted])(
    'a delivery that was cancelled during its attempt stays cancelled whatever the outcome: %j',
    (settlement) => {
      expect(after({ state: 'CANCELLED', finishedAt: later(-5) }, settlement)).toEqual({
        ...ended,
        state: 'CANCELLED',
        dueAt: null,
        finishedAt: later(-5),
        nextStep: 'NONE',
        reason: 'the delivery was cancelled during the attempt',
      })
    },
  )
})

describe('manual attempt', () => {
  const after = (before: Partial<DeliveryBefore>, settlement: Settlement) =>
    deliveryAfterAttempt({ ...pending, ...before }, settlement, 'MANUAL', noon)

  test('after a failed manual attempt the schedule continues at its own time, or now when that is over', () => {
    const dueAt = (resumeAt: Date) => after({ manualRetry: 'NOW', resumeAt }, retried).dueAt
    expect([dueAt(later(5)), dueAt(later(-5))]).toEqual([later(5), noon])
  })

  test('after a failed manual attempt that started the schedule, the delivery waits as its settlement says', () => {
    expect(after({ manualRetry: 'NOW', resumeAt: null }, retried)).toMatchObject({
      state: 'PENDING',
      dueAt: later(retried.retryInMs ?? 0),
      resumeAt: null,
      isManualNext: false,
    })
    const immediate = { ...retried, retryInMs: 0 }
    expect(after({ manualRetry: 'NOW', resumeAt: null }, immediate).dueAt).toEqual(noon)
  })

  test('an interrupted manual attempt is repeated as a manual attempt, and keeps what follows it', () => {
    const kept = { resumeState: 'EXHAUSTED', resumeAt: later(7) } as const
    expect(after({ manualRetry: 'NOW', ...kept }, interruptedManual)).toMatchObject({
      ...kept,
      state: 'PENDING',
      dueAt: noon,
      isManualNext: true,
      continues: false,
      nextStep: 'RETRY',
      reason: 'repeated',
    })
  })

  test('a failed manual attempt of a SKIPPED delivery returns it to SKIPPED', () => {
    expect(after({ manualRetry: 'NOW', resumeState: 'SKIPPED' }, skippedAgain)).toMatchObject({
      ...ended,
      state: 'SKIPPED',
      finishedAt: noon,
      nextStep: 'NONE',
    })
  })

  test('a SKIPPED delivery that was replayed during its failed manual attempt begins its retry schedule', () => {
    expect(after({ manualRetry: 'NOW', resumeAt: later(-9) }, skippedAgain)).toMatchObject({
      ...ended,
      state: 'PENDING',
      dueAt: noon,
      finishedAt: null,
      continues: true,
      nextStep: 'RETRY',
      reason: 'the delivery was replayed during this manual attempt: its retry schedule begins',
    })
  })

  test('a second manual retry that was requested during a failed manual attempt follows now', () => {
    expect(after({ manualRetry: 'AGAIN', resumeAt: later(9) }, retried)).toMatchObject({
      dueAt: noon,
      resumeAt: later(9),
      isManualNext: true,
      continues: true,
    })
  })

  test('a manual retry that was cancelled during its attempt keeps the state from before it', () => {
    expect(after({ state: 'EXHAUSTED', finishedAt: later(-5) }, retried)).toMatchObject({
      ...ended,
      state: 'EXHAUSTED',
      finishedAt: later(-5),
      nextStep: 'NONE',
      reason: 'the manual retry was cancelled during the attempt: the delivery is EXHAUSTED as before',
    })
  })
})
