/**
 * Filters of lists and of the feed. All given members must match; an empty list and null match everything. Lists apply
 * their filters in SQL (`db/log`, `db/shared`); the feed applies the attempts' filter here.
 */
import type { AttemptTrigger, DeliveryState, Attempt } from '../deliveries/delivery.ts'
import type { AttemptOutcome } from '../deliveries/outcome.ts'
import type { CustomerState, OrderState } from '../orders/order.ts'
import type { Preset } from '../webhooks/preset.ts'
import { selectsTopic } from '../orders/topic.ts'

/** From the first instant that belongs to it to the first that no longer does; null: open at that end. */
export interface TimeRange {
  readonly from: Date | null
  readonly until: Date | null
}

export function isWithin(range: TimeRange, instant: Date): boolean {
  return (range.from === null || instant >= range.from) && (range.until === null || instant < range.until)
}

export interface SiteFilter {
  readonly partnerIdentifiers: readonly string[]
  readonly createdAt: TimeRange
}

export interface CustomerFilter {
  readonly createdAt: TimeRange
}

export interface OrderFilter {
  readonly siteIds: readonly string[]
  readonly customerIds: readonly string[]
  readonly states: readonly OrderState[]
  readonly customerStates: readonly CustomerState[]
  readonly partnerIdentifiers: readonly string[]
  readonly createdAt: TimeRange
}

export interface EventFilter {
  readonly orderIds: readonly string[]
  /** Topics or `resource.*`. */
  readonly topics: readonly string[]
  readonly createdAt: TimeRange
}

export interface AuditLogFilter {
  /** Names of mutations. */
  readonly operations: readonly string[]
  readonly objectIds: readonly string[]
  readonly keyIds: readonly string[]
  readonly at: TimeRange
}

export interface WebhookFilter {
  /** Null: both. */
  readonly enabled: boolean | null
  readonly presets: readonly Preset[]
  readonly partnerIds: readonly string[]
  readonly createdAt: TimeRange
}

export interface DeliveryFilter {
  readonly webhookIds: readonly string[]
  readonly orderIds: readonly string[]
  readonly eventIds: readonly string[]
  /** Topics or `resource.*`. */
  readonly topics: readonly string[]
  readonly states: readonly DeliveryState[]
  readonly partnerIds: readonly string[]
  /** The latest attempt's, as those of the two below. */
  readonly outcomes: readonly AttemptOutcome[]
  readonly statusClasses: readonly StatusClass[]
  readonly triggers: readonly AttemptTrigger[]
  /** At least so many attempts; null: any number. */
  readonly attemptNumberFrom: number | null
  readonly presets: readonly Preset[]
  /** True: those that are not PENDING. Null: all. */
  readonly finalOnly: true | null
  readonly createdAt: TimeRange
}

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
    (filter.topics.length === 0 || filter.topics.some((selection) => selectsTopic(selection, attempt.topic))) &&
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
