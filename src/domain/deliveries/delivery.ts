/** Deliveries and attempts: their states and types. Does not decide what follows an attempt. */
import type { AttemptOutcome, Header, Phases } from './outcome.ts'

export const deliveryStates = [
  'PENDING',
  'DELIVERED',
  'EXHAUSTED',
  'CANCELLED',
  'SKIPPED',
  'EXPIRED',
] as const
export type DeliveryState = (typeof deliveryStates)[number]

export const skipReasons = ['WEBHOOK_DISABLED', 'SUPERSEDED'] as const
export type SkipReason = (typeof skipReasons)[number]

export const attemptTriggers = ['SCHEDULE', 'MANUAL', 'TEST'] as const
export type AttemptTrigger = (typeof attemptTriggers)[number]

/**
 * A requested manual retry. NOW: the due attempt, or the running one, is manual. NEXT: a manual attempt follows the
 * scheduled attempt that is running. AGAIN: a manual attempt follows the manual attempt that is running. PROBE: the running
 * attempt is manual, and enables its disabled webhook if it succeeds.
 */
export const manualRetries = ['NOW', 'NEXT', 'AGAIN', 'PROBE'] as const
export type ManualRetry = (typeof manualRetries)[number]

export const attemptNextSteps = ['NONE', 'RETRY', 'EXHAUSTED', 'EXPIRED'] as const
export type AttemptNextStep = (typeof attemptNextSteps)[number]

export interface Delivery {
  readonly id: string
  readonly webhookId: string
  readonly eventId: string
  /** The topic of the event. */
  readonly topic: string
  readonly state: DeliveryState
  readonly skipReason: SkipReason | null
  /** Recorded attempts, including interrupted ones. */
  readonly attemptCount: number
  /** When the next attempt is due; null when no attempt follows. */
  readonly dueAt: Date | null
  readonly createdAt: Date
  readonly finishedAt: Date | null
}

/** An attempt without its request and response, which may be large and are read separately. */
export interface Attempt {
  readonly id: string
  /** Position in the project's feed, from 1 and without gaps; null for a test. */
  readonly position: number | null
  /** Null for a test. */
  readonly deliveryId: string | null
  readonly webhookId: string
  /** The order of the event; null when the event has no order, and for a test. */
  readonly orderId: string | null
  readonly topic: string
  readonly number: number
  readonly trigger: AttemptTrigger
  readonly outcome: AttemptOutcome
  readonly detail: string | null
  readonly statusCode: number | null
  readonly startedAt: Date
  readonly durationMs: number | null
  /** Null for an interrupted attempt. */
  readonly phases: Phases | null
  readonly resolvedAddress: string | null
  /** Whether a reused connection was closed during the request, and the request was sent again on a new connection. */
  readonly resentOnNewConnection: boolean
  readonly nextStep: AttemptNextStep
  readonly nextStepReason: string
  readonly nextAttemptAt: Date | null
}

/** The request or the response of an attempt, which may be large. */
export interface ReadContent<Part> {
  readonly bytes: number
  /** False: the statement had reached its limit of bytes. The caller reads the content with another statement. */
  readonly isRead: boolean
  /** Null when `isRead` is false, and when the attempt has no such content. */
  readonly content: Part | null
}

/** The request and response of an attempt as they are stored: secrets are masked and the response is truncated. */
export interface AttemptContent {
  readonly request: {
    readonly url: string
    readonly headers: readonly Header[]
    readonly body: string
  } | null
  readonly response: {
    readonly headers: readonly Header[]
    readonly body: Uint8Array
    readonly bodySize: number | null
    readonly truncated: boolean
    readonly decompressed: boolean
    readonly malformed: boolean
  } | null
}
