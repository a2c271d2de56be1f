/**
 * Decides what follows an attempt: the delivery is done, is retried after some time, or is exhausted. Does not disable
 * the webhook and does not write to PostgreSQL.
 */
import type { AttemptNextStep, DeliveryState } from '../deliveries/delivery.ts'
import type { Answer, AttemptOutcome } from '../deliveries/outcome.ts'
import type { Policy } from './policy.ts'
import { parseRetryAfter } from './retry-after.ts'
import { waitAfter } from './retry.ts'
import { succeeded } from './success.ts'

/** Five consecutive interruptions count as one failure, so that a request that crashes the process is not sent forever. */
export const interruptionsPerFailure = 5

/** The reason of the next step of every successful attempt. */
export const acceptedReason = 'the receiver accepted the request'

const ignoresRetryAfter = "the webhook's policy ignores Retry-After"

/** The state of a delivery's retry schedule before the attempt that is settled. */
export interface ScheduleFacts {
  /** Failed scheduled attempts. */
  readonly failures: number
  /** Consecutive interrupted attempts immediately before this one. */
  readonly interruptions: number
  /** Milliseconds since the event, or since the skipped delivery was replayed, without the time of the webhook's pauses. */
  readonly ageMs: number
  /** Milliseconds until the deadline of the delivery, negative after it. Null or absent: it has none. */
  readonly expiresInMs?: number | null
}

/** How the delivery continues when a manual attempt fails. */
export interface Resumption {
  /** PENDING: the retry schedule continues. Otherwise the final state that the delivery returns to. */
  readonly state: DeliveryState
  /**
   * Milliseconds until the next scheduled attempt, negative when overdue. Null: the schedule has ended, or for PENDING it
   * starts again with this attempt.
   */
  readonly inMs: number | null
}

/** Whether the manual attempt is the first one of the whole schedule, which continues after a failure as after others. */
export function startsSchedule({ state, inMs }: Resumption): boolean {
  return state === 'PENDING' && inMs === null
}

/** The outcome of an attempt and the new state of its delivery. */
export interface Settlement {
  readonly outcome: AttemptOutcome
  readonly state: DeliveryState
  readonly nextStep: AttemptNextStep
  /** Human-readable: why this is the next step. */
  readonly reason: string
  /** Milliseconds from now to the next attempt; null when none follows. */
  readonly retryInMs: number | null
  readonly failures: number
  readonly interruptions: number
}

/**
 * Settles a scheduled attempt. `nowMs` is only compared with a Retry-After that is a date. `random` is a number in
 * [0, 1) that selects the wait within its bounds. A retry that would be after the deadline does not follow: the delivery
 * is EXPIRED at once.
 */
export function settle(
  facts: ScheduleFacts,
  answer: Answer,
  policy: Policy,
  nowMs: number,
  random: number,
): Settlement {
  return withinDeadline(facts, settleBySchedule(facts, answer, policy, nowMs, random))
}

function withinDeadline({ expiresInMs = null }: ScheduleFacts, settlement: Settlement): Settlement {
  const { retryInMs, reason } = settlement
  if (retryInMs === null || expiresInMs === null || retryInMs < expiresInMs) return settlement
  const why =
    expiresInMs <= 0
      ? 'the deadline (expireAfterMs) has passed'
      : `${reason}, after the deadline (expireAfterMs)`
  return {
    ...settlement,
    state: 'EXPIRED',
    nextStep: 'EXPIRED',
    reason: `${why}: the delivery is EXPIRED`,
    retryInMs: null,
  }
}

function settleBySchedule(
  facts: ScheduleFacts,
  answer: Answer,
  policy: Policy,
  nowMs: number,
  random: number,
): Settlement {
  if (succeeded(policy.success, answer)) {
    return {
      outcome: 'SUCCEEDED',
      state: 'DELIVERED',
      nextStep: 'NONE',
      reason: acceptedReason,
      retryInMs: null,
      failures: facts.failures,
      interruptions: 0,
    }
  }
  const interrupted = answer.kind === 'INTERRUPTED'
  const interruptions = interrupted ? facts.interruptions + 1 : 0
  if (interrupted && interruptions < interruptionsPerFailure) {
    const reason = 'Orderbell interrupted the attempt, which uses up no retry: it is repeated now'
    return {
      outcome: 'INTERRUPTED',
      state: 'PENDING',
      nextStep: 'RETRY',
      reason,
      retryInMs: 0,
      failures: facts.failures,
      interruptions,
    }
  }
  const failures = facts.failures + 1
  const outcome = answer.kind === 'ANSWERED' ? 'HTTP_ERROR' : answer.kind
  const requestedMs = requestedWait(answer, nowMs)
  const wait = waitAfter(policy.retry, failures, {
    ageMs: facts.ageMs,
    retryAfterMs: policy.honourRetryAfter ? requestedMs : null,
    random,
  })
  if (wait === null) {
    const reason = `the retry schedule ended with failure ${failures}`
    return {
      outcome,
      state: 'EXHAUSTED',
      nextStep: 'EXHAUSTED',
      reason,
      retryInMs: null,
      failures,
      interruptions: 0,
    }
  }
  return {
    outcome,
    state: 'PENDING',
    nextStep: 'RETRY',
    reason:
      requestedMs === null || policy.honourRetryAfter ? wait.reason : `${wait.reason}; ${ignoresRetryAfter}`,
    retryInMs: wait.waitMs,
    failures,
    interruptions: 0,
  }
}

/**
 * Settles a manual attempt. It does not use up a retry: after a failure the delivery continues as `resumption` says,
 * and Retry-After is ignored. An interrupted attempt is sent again as a manual attempt; the fifth consecutive
 * interruption is treated like a failure.
 */
export function settleManualRetry(
  facts: ScheduleFacts,
  resumption: Resumption,
  answer: Answer,
  policy: Policy,
): Settlement {
  const { failures } = facts
  if (succeeded(policy.success, answer)) {
    const done = { outcome: 'SUCCEEDED', state: 'DELIVERED', nextStep: 'NONE' } as const
    return {
      ...done,
      reason: acceptedReason,
      retryInMs: null,
      failures,
      interruptions: 0,
    }
  }
  const interruptions = facts.interruptions + 1
  if (answer.kind === 'INTERRUPTED' && interruptions < interruptionsPerFailure) {
    const reason = 'Orderbell interrupted the manual retry: it is repeated now'
    const again = { outcome: 'INTERRUPTED', state: 'PENDING', nextStep: 'RETRY' } as const
    return { ...again, reason, retryInMs: 0, failures, interruptions }
  }
  const outcome = answer.kind === 'ANSWERED' ? 'HTTP_ERROR' : answer.kind
  const { state, inMs } = resumption
  if (state === 'PENDING') {
    const reason = 'the attempt was a manual retry: the retry schedule continues as before'
    const retryInMs = Math.max(0, inMs ?? 0)
    const continued = {
      outcome,
      state,
      nextStep: 'RETRY',
      reason,
      retryInMs,
      failures,
      interruptions: 0,
    } as const
    return withinDeadline(facts, continued)
  }
  const reason = `the attempt was a manual retry: the delivery is ${state} as before`
  return { outcome, state, nextStep: 'NONE', reason, retryInMs: null, failures, interruptions: 0 }
}

// Retry-After is read only for 429 and 503. With other statuses it has another meaning, or none.
function requestedWait(answer: Answer, nowMs: number): number | null {
  if (answer.kind !== 'ANSWERED') return null
  return answer.status === 429 || answer.status === 503 ? parseRetryAfter(answer.retryAfter, nowMs) : null
}
