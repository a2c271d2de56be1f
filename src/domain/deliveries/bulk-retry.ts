/**
 * Bulk retries: manual retries of a set of deliveries that is frozen when the bulk retry is created. The dispatcher
 * makes the deliveries due at a rate, oldest first. Decides the rate and the states; does not write to PostgreSQL.
 */
import type { DeliveryState } from './delivery.ts'

export const bulkRetryStates = ['RUNNING', 'PAUSED', 'DONE', 'CANCELLED'] as const
export type BulkRetryState = (typeof bulkRetryStates)[number]

/** States of the deliveries that a bulk retry may select: those that ended without a success. */
export const retriedStates = [
  'EXHAUSTED',
  'CANCELLED',
  'SKIPPED',
  'EXPIRED',
] as const satisfies readonly DeliveryState[]
/** The states when the filter names none: what Orderbell gave up, not what a client cancelled or what was skipped. */
export const defaultRetriedStates = ['EXHAUSTED', 'EXPIRED'] as const satisfies readonly DeliveryState[]

export const maxRatePerSecond = 1_000
export const defaultRatePerSecond = 20
/** Maximum deliveries of one bulk retry. Freezing this many takes about 2 s, and a statement may take 5 s. */
export const maxDeliveries = 1_000_000
/** Maximum bulk retries that are RUNNING or PAUSED: of each partner, and of the keys of a project without a partner. */
export const maxUnfinished = 10
/**
 * Maximum deliveries of one bulk retry whose attempt has not ended. Beyond that no further one is made due, so that a
 * slow receiver does not get a backlog of the whole set.
 */
export const maxInProgress = 5_000

/** The deliveries that were not retried, by the reason. */
export interface LeftAlone {
  /** They had been delivered in the meantime. */
  readonly delivered: number
  /** They were PENDING, or an attempt was running. */
  readonly pending: number
  /** Their webhook was disabled or paused. */
  readonly webhookDisabled: number
  /** They were removed by retention, cancelled before their attempt, or their webhook was deleted or has another owner. */
  readonly unavailable: number
}

export interface BulkRetry {
  readonly id: string
  /** The key that created it. */
  readonly keyId: string
  readonly state: BulkRetryState
  /** The deliveries of the frozen set. */
  readonly total: number
  /** The retries that delivered. */
  readonly delivered: number
  /** The retries that did not. */
  readonly failed: number
  readonly leftAlone: LeftAlone
  readonly ratePerSecond: number
  /** Whether each delivery gets its whole retry schedule again, instead of one attempt. */
  readonly restartSchedule: boolean
  /** A dry run only counts: it is DONE from the start, and retries nothing. */
  readonly dryRun: boolean
  readonly createdAt: Date
  readonly finishedAt: Date | null
}

export function leftAloneOf({ delivered, pending, webhookDisabled, unavailable }: LeftAlone): number {
  return delivered + pending + webhookDisabled + unavailable
}

/** The deliveries that are counted: their retry has ended, or they were left alone. */
export function doneOf({
  delivered,
  failed,
  leftAlone,
}: Pick<BulkRetry, 'delivered' | 'failed' | 'leftAlone'>): number {
  return delivered + failed + leftAloneOf(leftAlone)
}

export function isUnfinished(state: BulkRetryState): boolean {
  return state === 'RUNNING' || state === 'PAUSED'
}

/** The progress of a bulk retry at one step of the dispatcher. */
export interface Progress {
  readonly state: BulkRetryState
  readonly total: number
  /** How many deliveries were taken from the set so far. */
  readonly position: number
  /** Those of them that are counted. */
  readonly done: number
  readonly ratePerSecond: number
  /** Deliveries were made due at the rate up to this time. */
  readonly pacedAt: Date
}

/** How many further deliveries may be in progress. */
function freeOf({ position, done }: Pick<Progress, 'position' | 'done'>): number {
  return maxInProgress - (position - done)
}

/** Returns how many deliveries to take from the set now. */
export function takesNow(
  { state, total, position, done, ratePerSecond, pacedAt }: Progress,
  now: Date,
): number {
  if (state !== 'RUNNING') return 0
  const due = Math.floor(((now.getTime() - pacedAt.getTime()) * ratePerSecond) / 1_000)
  return Math.max(0, Math.min(total - position, freeOf({ position, done }), ratePerSecond, due))
}

/** Returns `pacedAt` after `count` deliveries were taken. Time that was not used is lost after a second. */
export function pacedAfter({ pacedAt, ratePerSecond }: Progress, count: number, now: Date): Date {
  const pacedMs = pacedAt.getTime() + (count * 1_000) / ratePerSecond
  return new Date(Math.max(pacedMs, now.getTime() - 1_000))
}

/**
 * How soon the dispatcher looks at a bulk retry again: while it takes deliveries or results arrive, while it waits for its
 * last attempts, and while it can take none because `maxInProgress` attempts have not ended and none has ended lately.
 */
const stepMs = 200
const waitMs = 1_000
const blockedMs = 5_000

/** Returns the state after a step, and the milliseconds until the next one; null: none is needed. */
export function afterStep(
  { state, total, position, done }: Progress,
  hasChanged: boolean,
): { readonly state: BulkRetryState; readonly nextInMs: number | null } {
  const isComplete = position === total && done === total
  if (isComplete && isUnfinished(state)) return { state: 'DONE', nextInMs: null }
  const hasMore = state === 'RUNNING' && position < total
  if (!hasMore && position === done) return { state, nextInMs: null }
  const isFree = freeOf({ position, done }) > 0
  if (hasChanged || (hasMore && isFree)) return { state, nextInMs: stepMs }
  return { state, nextInMs: hasMore ? blockedMs : waitMs }
}
