/**
 * Filters of lists and of the feeds. All members must match; an empty list and null match everything. Lists apply their
 * filters in SQL; feeds apply them here and in `domain/feed`.
 */
import type { AttemptTrigger, DeliveryState, Attempt } from '../deliveries/delivery.ts'
import type { AttemptOutcome } from '../deliveries/outcome.ts'
import type { CustomerState, OrderState } from '../orders/order.ts'
import type { Preset } from '../webhooks/preset.ts'
import { selectsTopic } from '../orders/topic.ts'

/** Maximum members of a list in a filter. */
export const maxMembers = 100

/** `from` is included, `until` is excluded. Null: no limit on that side. */
export interface TimeRange {
  readonly from: Date | null
  readonly until: Date | null
}

/** Returns whether a timestamp is in the range. */
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
  readonly sources: readonly string[]
  /** Words, all of which must match (`orders/search-words.ts`). */
  readonly search: readonly string[]
  readonly createdAt: TimeRange
  readonly updatedAt: TimeRange
}

export interface EventFilter {
  readonly orderIds: readonly string[]
  /** Sites of the events' orders. */
  readonly siteIds: readonly string[]
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
  /** Null: enabled and disabled webhooks. */
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
  /** Outcomes of the latest attempt. `statusClasses` and `triggers` also refer to the latest attempt. */
  readonly outcomes: readonly AttemptOutcome[]
  readonly statusClasses: readonly StatusClass[]
  readonly triggers: readonly AttemptTrigger[]
  /** Minimum number of attempts; null: any number. */
  readonly attemptNumberFrom: number | null
  readonly presets: readonly Preset[]
  /** True: only deliveries that are not PENDING. Null: all. */
  readonly finalOnly: true | null
  readonly createdAt: TimeRange
}

/** Classes of HTTP status codes (RFC 9110, section 15), from 1xx to 5xx. */
export const statusClasses = [
  'INFORMATIONAL',
  'SUCCESSFUL',
  'REDIRECTION',
  'CLIENT_ERROR',
  'SERVER_ERROR',
] as const

export type StatusClass = (typeof statusClasses)[number]

/** The filter of attempts, in lists and in the feed. */
export interface AttemptFilter {
  readonly webhookIds: readonly string[]
  readonly partnerIds: readonly string[]
  readonly orderIds: readonly string[]
  /** Topics or `resource.*`. */
  readonly topics: readonly string[]
  readonly outcomes: readonly AttemptOutcome[]
  readonly statusClasses: readonly StatusClass[]
  /** Minimum attempt number; null: any. */
  readonly attemptNumberFrom: number | null
  /** The current preset of the webhook, not the preset at the time of the attempt. */
  readonly presets: readonly Preset[]
  /** True: only attempts after which no retry was scheduled. Null: all. */
  readonly finalOnly: true | null
  readonly triggers: readonly AttemptTrigger[]
  readonly startedAt: TimeRange
}

/** An attempt with the current owner and preset of its webhook. */
export interface Sent extends Attempt {
  /** Null: the webhook belongs to the platform. */
  readonly partnerId: string | null
  readonly preset: Preset
}

/** Returns whether the attempt matches the filter. */
export function passes(filter: AttemptFilter, attempt: Sent): boolean {
  return (
    among(filter.webhookIds, attempt.webhookId) &&
    amongKnown(filter.partnerIds, attempt.partnerId) &&
    amongKnown(filter.orderIds, attempt.orderId) &&
    (filter.topics.length === 0 ||
      filter.topics.some((selection) => selectsTopic(selection, attempt.topic))) &&
    among(filter.outcomes, attempt.outcome) &&
    amongKnown(filter.statusClasses, attempt.statusCode === null ? null : classOf(attempt.statusCode)) &&
    (filter.attemptNumberFrom === null || attempt.number >= filter.attemptNumberFrom) &&
    among(filter.presets, attempt.preset) &&
    (filter.finalOnly === null || attempt.nextStep !== 'RETRY') &&
    among(filter.triggers, attempt.trigger) &&
    isWithin(filter.startedAt, attempt.startedAt)
  )
}

/** Returns the class of a status code; null for a number outside 100 to 599. */
export function classOf(statusCode: number): StatusClass | null {
  return statusClasses[Math.floor(statusCode / 100) - 1] ?? null
}

/** Returns the status codes of a class: `from` is included, `until` is excluded. */
export function codesOf(statusClass: StatusClass): { readonly from: number; readonly until: number } {
  const from = (statusClasses.indexOf(statusClass) + 1) * 100
  return { from, until: from + 100 }
}

/** Returns whether the list contains the value. An empty list matches every value. */
export function among<T>(wanted: readonly T[], value: T): boolean {
  return wanted.length === 0 || wanted.includes(value)
}

/** Like `among`, for a nullable value. Null matches only the empty list. */
export function amongKnown<T>(wanted: readonly T[], value: T | null): boolean {
  return wanted.length === 0 || (value !== null && wanted.includes(value))
}
