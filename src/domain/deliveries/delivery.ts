/** Deliveries and attempts: what is owed to a webhook, and what was tried. What follows an attempt is `settle.ts`. */
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

export const attemptTriggers = ['SCHEDULE', 'PERSON', 'TEST'] as const
export type AttemptTrigger = (typeof attemptTriggers)[number]

/** What a person asked of a delivery: this attempt, one after the schedule's under way, one after a person's under way. */
export const manualRetries = ['NOW', 'NEXT', 'AGAIN'] as const
export type ManualRetry = (typeof manualRetries)[number]

export const attemptNextSteps = ['NONE', 'RETRY', 'EXHAUSTED'] as const
export type AttemptNextStep = (typeof attemptNextSteps)[number]

export interface Delivery {
  readonly id: string
  readonly webhookId: string
  readonly eventId: string
  /** The event's. */
  readonly topic: string
  readonly state: DeliveryState
  readonly skipReason: SkipReason | null
  /** Attempts recorded, interrupted ones included. */
  readonly attemptCount: number
  /** Null when no attempt will follow. */
  readonly dueAt: Date | null
  readonly createdAt: Date
  readonly finishedAt: Date | null
}

/** An attempt as it is shown; its request and response are read apart, because they are large. */
export interface Attempt {
  readonly id: string
  /** Its place in the project's feed, from 1 and dense; null for a test. */
  readonly position: number | null
  /** Null for a test. */
  readonly deliveryId: string | null
  readonly webhookId: string
  /** The order that the event is about; null when it is about none, and for a test. */
  readonly orderId: string | null
  readonly topic: string
  readonly number: number
  readonly trigger: AttemptTrigger
  readonly outcome: AttemptOutcome
  readonly detail: string | null
  readonly statusCode: number | null
  readonly startedAt: Date
  readonly durationMs: number | null
  /** Null when it was interrupted. */
  readonly phases: Phases | null
  readonly resolvedAddress: string | null
  /** Whether a kept connection ended under the request, which was sent once more on a new one. */
  readonly resentOnNewConnection: boolean
  readonly nextStep: AttemptNextStep
  readonly nextStepReason: string
  readonly nextAttemptAt: Date | null
}

/** A part of what an attempt sent and got, which may be large. */
export interface ReadContent<Part> {
  readonly bytes: number
  /** False: there were too many bytes to read at once. It is read when it is asked for again. */
  readonly isRead: boolean
  /** Null also when there is none. */
  readonly content: Part | null
}

/** What an attempt sent and got, as stored: secrets masked, the response bounded. */
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
