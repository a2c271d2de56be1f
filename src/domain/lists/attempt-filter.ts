/** Which attempts somebody wants to see. The log's SQL and the feed follow the same filter; this is the feed's side. */
import type { Attempt, AttemptTrigger } from '../deliveries/delivery.ts'
import { isWithin, type TimeRange } from './list-filter.ts'
import type { AttemptOutcome } from '../deliveries/outcome.ts'
import type { Preset } from '../webhooks/preset.ts'
import { takes } from '../orders/topic.ts'

/** Classes of HTTP status codes, by RFC 9110, section 15; the first is 1xx, the last 5xx. */
export const statusClasses = [
  'INFORMATIONAL',
  'SUCCESSFUL',
  'REDIRECTION',
  'CLIENT_ERROR',
  'SERVER_ERROR',
] as const
export type StatusClass = (typeof statusClasses)[number]

/** What is given must all hold; an empty list and null do not filter. */
export interface AttemptFilter {
  readonly webhookIds: readonly string[]
  readonly partnerIds: readonly string[]
  readonly orderIds: readonly string[]
  /** Topics or `resource.*`. */
  readonly topics: readonly string[]
  readonly outcomes: readonly AttemptOutcome[]
  readonly statusClasses: readonly StatusClass[]
  /** This number and those after it. */
  readonly attemptNumberFrom: number | null
  /** Of webhooks with one of these presets, as they are now. */
  readonly presets: readonly Preset[]
  /** True: those that no other of the schedule follows. Null: all. */
  readonly finalOnly: true | null
  readonly triggers: readonly AttemptTrigger[]
  readonly startedAt: TimeRange
}

/** What the feed knows of an attempt besides itself: its webhook's owner and preset, as they are now. */
export interface Sent extends Attempt {
  readonly partnerId: string | null
  readonly preset: Preset
}

export function passes(filter: AttemptFilter, attempt: Sent): boolean {
  return (
    among(filter.webhookIds, attempt.webhookId) &&
    amongKnown(filter.partnerIds, attempt.partnerId) &&
    amongKnown(filter.orderIds, attempt.orderId) &&
    (filter.topics.length === 0 || filter.topics.some((selection) => takes(selection, attempt.topic))) &&
    among(filter.outcomes, attempt.outcome) &&
    amongKnown(filter.statusClasses, attempt.statusCode === null ? null : classOf(attempt.statusCode)) &&
    (filter.attemptNumberFrom === null || attempt.number >= filter.attemptNumberFrom) &&
    among(filter.presets, attempt.preset) &&
    (filter.finalOnly === null || attempt.nextStep !== 'RETRY') &&
    among(filter.triggers, attempt.trigger) &&
    isWithin(filter.startedAt, attempt.startedAt)
  )
}

/** Null for what is no status code of HTTP. */
export function classOf(statusCode: number): StatusClass | null {
  return statusClasses[Math.floor(statusCode / 100) - 1] ?? null
}

/** The status codes of a class, from the first to before the last. */
export function codesOf(statusClass: StatusClass): { readonly from: number; readonly until: number } {
  const from = (statusClasses.indexOf(statusClass) + 1) * 100
  return { from, until: from + 100 }
}

/** An empty list takes everything. */
export function among<T>(wanted: readonly T[], value: T): boolean {
  return wanted.length === 0 || wanted.includes(value)
}

/** As `among`, for what may not be known: no list takes that, but the empty one. */
export function amongKnown<T>(wanted: readonly T[], value: T | null): boolean {
  return wanted.length === 0 || (value !== null && wanted.includes(value))
}
