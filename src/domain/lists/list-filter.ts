/**
 * What narrows a list. What is given must all hold; an empty list of members does not filter. The
 * lists themselves are SQL (`db/`); the attempts' filter, which the feed follows too, is
 * `attempt-filter.ts`.
 */
import type { StatusClass } from './attempt-filter.ts'
import type { AttemptTrigger, DeliveryState } from '../deliveries/delivery.ts'
import type { AttemptOutcome } from '../deliveries/outcome.ts'
import type { CustomerState, OrderState } from '../orders/order.ts'
import type { Preset } from '../webhooks/preset.ts'

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
