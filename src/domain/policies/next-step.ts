/**
 * What follows an attempt: is the delivery done, is it tried again and when, or has the schedule
 * ended? Whether its webhook is stopped is `policy/disable.ts`; writing it down is `flow/settle`.
 */
import type { AttemptNextStep, DeliveryState } from '../deliveries/delivery.ts'
import type { Answer, AttemptOutcome } from '../deliveries/outcome.ts'
import type { Policy } from './policy.ts'
import { parseRetryAfter } from './retry-after.ts'
import { waitAfter } from './retry.ts'
import { succeeded } from './success.ts'

/** Five interruptions in a row count as one failure, so that a request that kills us is not sent for ever. */
export const interruptionsPerFailure = 5

const ignoresRetryAfter = "the webhook's policy ignores Retry-After"

/** What the retry schedule has seen of a delivery before the attempt that is settled. */
export interface ScheduleFacts {
  /** Failed attempts of the schedule. */
  readonly failures: number
  /** Interrupted attempts since the last that was not. */
  readonly interruptions: number
  /** Time since the event, or since the delivery was brought back after it had been skipped; in milliseconds. */
  readonly ageMs: number
}

/** What a person's attempt stands before: where the delivery goes on when it fails. */
export interface Resumption {
  /** PENDING: by its schedule. */
  readonly state: DeliveryState
  /** Milliseconds until the schedule goes on, negative when that has passed; null where it has ended. */
  readonly inMs: number | null
}

export interface Settlement {
  readonly outcome: AttemptOutcome
  readonly state: DeliveryState
  readonly nextStep: AttemptNextStep
  /** For people: why that follows. */
  readonly reason: string
  /** Milliseconds from now to the next attempt; null when none follows. */
  readonly retryInMs: number | null
  readonly failures: number
  readonly interruptions: number
}

/** `nowMs` is only compared with a Retry-After that names a date; `dice` is a number in [0, 1). */
export function settle(
  facts: ScheduleFacts,
  answer: Answer,
  policy: Policy,
  nowMs: number,
  random: number,
): Settlement {
  if (succeeded(policy.success, answer)) {
    const reason = 'the receiver took it'
    return {
      outcome: 'SUCCEEDED',
      state: 'DELIVERED',
      nextStep: 'NONE',
      reason,
      retryInMs: null,
      failures: facts.failures,
      interruptions: 0,
    }
  }
  const interrupted = answer.kind === 'INTERRUPTED'
  const interruptions = interrupted ? facts.interruptions + 1 : 0
  if (interrupted && interruptions < interruptionsPerFailure) {
    const reason = 'it was interrupted by us, which uses up no retry: again at once'
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
  const askedMs = askedToWait(answer, nowMs)
  const wait = waitAfter(policy.retry, failures, {
    ageMs: facts.ageMs,
    retryAfterMs: policy.honourRetryAfter ? askedMs : null,
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
      askedMs === null || policy.honourRetryAfter ? wait.reason : `${wait.reason}; ${ignoresRetryAfter}`,
    retryInMs: wait.waitMs,
    failures,
    interruptions: 0,
  }
}

/**
 * What follows an attempt that a person asked for. It uses up no retry: a failure leaves the delivery where it stood,
 * and no Retry-After is heard. An interrupted one is sent again, as a person's, until that too would go on for ever.
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
    return { ...done, reason: 'the receiver took it', retryInMs: null, failures, interruptions: 0 }
  }
  const interruptions = facts.interruptions + 1
  if (answer.kind === 'INTERRUPTED' && interruptions < interruptionsPerFailure) {
    const reason = 'it was interrupted by us, and a person asked for it: again at once'
    const again = { outcome: 'INTERRUPTED', state: 'PENDING', nextStep: 'RETRY' } as const
    return { ...again, reason, retryInMs: 0, failures, interruptions }
  }
  const outcome = answer.kind === 'ANSWERED' ? 'HTTP_ERROR' : answer.kind
  const { state, inMs } = resumption
  if (state === 'PENDING') {
    const reason = 'a person asked for it: the schedule goes on as it was'
    const retryInMs = Math.max(0, inMs ?? 0)
    return { outcome, state, nextStep: 'RETRY', reason, retryInMs, failures, interruptions: 0 }
  }
  const reason = `a person asked for it: the delivery is ${state} as before`
  return { outcome, state, nextStep: 'NONE', reason, retryInMs: null, failures, interruptions: 0 }
}

// Only these two statuses say "later"; on others the header means something else, or nothing.
function askedToWait(answer: Answer, nowMs: number): number | null {
  if (answer.kind !== 'ANSWERED') return null
  return answer.status === 429 || answer.status === 503 ? parseRetryAfter(answer.retryAfter, nowMs) : null
}
