/**
 * Decides how a recorded attempt changes its delivery, when a manual retry, a replay or a cancellation may have been
 * requested during the attempt. The settlement was decided before, without those requests (`policies/next-step.ts`).
 */
import type {
  AttemptNextStep,
  AttemptTrigger,
  DeliveryState,
  ManualRetry,
  SkipReason,
} from '../deliveries/delivery.ts'
import type { Settlement } from '../policies/next-step.ts'

/** What the settle transaction has locked and read of the delivery. */
export interface DeliveryBefore {
  readonly state: DeliveryState
  readonly finishedAt: Date | null
  readonly resumeState: DeliveryState | null
  readonly resumeAt: Date | null
  readonly manualRetry: ManualRetry | null
  /** The webhook's ordering is LATEST_ONLY, and it has a delivery of a newer event of the order. */
  readonly isSuperseded: boolean
}

/** The delivery after the attempt, and the next step that is stored with the attempt. */
export interface DeliveryAfter {
  readonly state: DeliveryState
  /** Null: no attempt follows. */
  readonly dueAt: Date | null
  readonly finishedAt: Date | null
  readonly resumeState: DeliveryState | null
  readonly resumeAt: Date | null
  /** Null: the delivery keeps its former reason. */
  readonly skipReason: SkipReason | null
  /** Whether the next attempt is manual, and due before all waiting deliveries of the lane. */
  readonly isManualNext: boolean
  /** Whether a manual retry or a replay that was requested during the attempt makes the delivery due, against its settlement. */
  readonly continues: boolean
  readonly nextStep: AttemptNextStep
  readonly reason: string
}

/** `now` is the start of the settle transaction on the database's clock. */
export function deliveryAfterAttempt(
  before: DeliveryBefore,
  decided: Settlement,
  trigger: AttemptTrigger,
  now: Date,
): DeliveryAfter {
  if (before.state !== 'PENDING') return afterCancellation(before, decided)
  // An interrupted manual attempt is repeated.
  const isRepeated = trigger === 'MANUAL' && decided.outcome === 'INTERRUPTED'
  const isSuperseded = before.isSuperseded && decided.state === 'PENDING' && !isRepeated
  const settlement = isSuperseded ? superseded(decided) : decided
  const next = nextOf({ ...before, isSuperseded }, settlement, trigger)
  const state = next.retryFollows ? 'PENDING' : next.endState
  const continues = state === 'PENDING' && (next.retryFollows || settlement.state !== 'PENDING')
  const retryAt = settlement.retryInMs === null ? null : new Date(now.getTime() + settlement.retryInMs)
  return {
    state,
    dueAt: dueAtOf(before, next, retryAt, now),
    finishedAt: state === 'PENDING' ? before.finishedAt : now,
    resumeState: resumeStateOf(before, next),
    resumeAt: resumeAtOf(before, next, retryAt),
    skipReason: isSuperseded ? 'SUPERSEDED' : null,
    isManualNext: next.retryFollows || next.repeats,
    continues,
    nextStep: continues ? 'RETRY' : settlement.nextStep,
    reason: continues ? reasonToContinue(next) : settlement.reason,
  }
}

/** No retry follows, because the receiver is only to get the latest state of the order. */
function superseded(settlement: Settlement): Settlement {
  const reason = 'the webhook has a newer event of the order (ordering LATEST_ONLY): the delivery is SKIPPED'
  return { ...settlement, state: 'SKIPPED', nextStep: 'NONE', retryInMs: null, reason }
}

/** What follows an attempt whose delivery is still PENDING. */
interface Next {
  /** A manual retry was requested during the attempt, and the attempt did not succeed: the retry follows now. */
  readonly retryFollows: boolean
  /** An interrupted manual attempt is repeated as a manual attempt. */
  readonly repeats: boolean
  /** The schedule continues after a manual attempt. */
  readonly scheduleContinues: boolean
  /** The state of the delivery when no manual retry follows. */
  readonly endState: DeliveryState
}

function nextOf(before: DeliveryBefore, settlement: Settlement, trigger: AttemptTrigger): Next {
  const { outcome, interruptions } = settlement
  const isRetryRequested = before.manualRetry === 'NEXT' || before.manualRetry === 'AGAIN'
  const isManual = trigger === 'MANUAL'
  // If a replay made a SKIPPED delivery PENDING during its manual attempt, the delivery does not return to SKIPPED.
  const isReplayed = settlement.state === 'SKIPPED' && before.resumeState === null && !before.isSuperseded
  const endState = isReplayed ? 'PENDING' : settlement.state
  return {
    retryFollows: isRetryRequested && outcome !== 'SUCCEEDED',
    repeats: isManual && outcome === 'INTERRUPTED' && settlement.state === 'PENDING' && interruptions > 0,
    scheduleContinues: isManual && endState === 'PENDING',
    endState,
  }
}

function dueAtOf({ resumeAt }: DeliveryBefore, next: Next, retryAt: Date | null, now: Date): Date | null {
  if (next.retryFollows || next.repeats) return now
  if (!next.scheduleContinues) return retryAt
  // Null: the schedule started with this manual attempt.
  if (resumeAt === null) return retryAt ?? now
  return resumeAt > now ? resumeAt : now
}

function resumeStateOf({ resumeState }: DeliveryBefore, next: Next): DeliveryState | null {
  if (next.repeats) return resumeState
  if (!next.retryFollows) return null
  return resumeState ?? (next.endState === 'PENDING' ? null : next.endState)
}

function resumeAtOf(
  { resumeState, resumeAt }: DeliveryBefore,
  next: Next,
  retryAt: Date | null,
): Date | null {
  if (next.repeats) return resumeAt
  const isSchedulePostponed = next.retryFollows && resumeState === null && next.endState === 'PENDING'
  return isSchedulePostponed ? (resumeAt ?? retryAt) : null
}

/** The delivery keeps the state that the cancellation set. Its attempt is recorded nevertheless. */
function afterCancellation(before: DeliveryBefore, settlement: Settlement): DeliveryAfter {
  const { state, finishedAt } = before
  const isAsSettled = state === settlement.state
  return {
    state,
    dueAt: null,
    finishedAt,
    resumeState: null,
    resumeAt: null,
    skipReason: null,
    isManualNext: false,
    continues: false,
    nextStep: isAsSettled ? settlement.nextStep : 'NONE',
    reason: isAsSettled ? settlement.reason : cancelledReason(state),
  }
}

function cancelledReason(state: DeliveryState): string {
  return state === 'CANCELLED'
    ? 'the delivery was cancelled during the attempt'
    : `the manual retry was cancelled during the attempt: the delivery is ${state} as before`
}

function reasonToContinue({ retryFollows }: Next): string {
  return retryFollows
    ? 'a manual retry was requested during the attempt: it follows now, then the delivery continues as before'
    : 'the delivery was replayed during this manual attempt: its retry schedule begins'
}
