/** Webhooks, and the decision whether a webhook receives an event. Does not render or schedule requests. */
import type { Disabled } from '../policies/disable.ts'
import { withOverrides, type Policy, type PolicyOverrides } from '../policies/policy.ts'
import type { CustomerState, OrderState } from '../orders/order.ts'
import type { Ordering } from './ordering.ts'
import { presetRules, type Preset } from './preset.ts'
import type { Dialect } from '../dialects/registry.ts'
import { selectsTopic } from '../orders/topic.ts'
import type { FilterableOrder } from '../orders/event.ts'
import { dialectRules } from '../dialects/registry.ts'
import type { Pause, PausedPeriod } from '../deliveries/pause.ts'

/** A registered receiver. */
export interface Webhook {
  readonly id: string
  /** The owner; null: the platform. */
  readonly partnerId: string | null
  readonly name: string
  /** In canonical form. */
  readonly url: string
  readonly topics: readonly string[]
  readonly filters: OrderConditions
  readonly preset: Preset
  /** The dialect of the preset, unless the client chose another one. */
  readonly dialect: Dialect
  readonly overrides: PolicyOverrides
  /** Headers that are sent besides the dialect's headers. */
  readonly headers: readonly CustomHeader[]
  /** Maximum number of concurrent requests, over all processes; null: only the limit of a lane applies. */
  readonly maxConcurrency: number | null
  /** Maximum number of requests started per second, over all processes; null: no limit. */
  readonly ratePerSecond: number | null
  readonly ordering: Ordering
  /** Deliveries end as EXPIRED this many milliseconds after their event; null: no deadline. */
  readonly expireAfterMs: number | null
  /** Whether requests are signed. The secret is stored encrypted and read separately. */
  readonly hasSecret: boolean
  /** Until when the previous secret also signs; may be in the past. Null: there is no previous secret. */
  readonly previousSecretUntil: Date | null
  /** Whether requests have a token. The token is stored encrypted and read separately. */
  readonly hasToken: boolean
  /** Why and since when the webhook is disabled; null while it is enabled. */
  readonly disabled: (Disabled & { readonly at: Date }) | null
  /** Null: not paused. The pause may have ended: `isPaused` compares it with the clock. */
  readonly pause: Pause | null
  /** Oldest first. */
  readonly earlierPauses: readonly PausedPeriod[]
  readonly consecutiveFailures: number
  /** Incremented by every change that a client requests, from 1. */
  readonly version: number
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly deletedAt: Date | null
}

/**
 * Filters of a webhook: it receives only events of matching orders. All lists must match; an empty list matches every
 * order. Events without an order always match.
 */
export interface OrderConditions {
  readonly siteIds: readonly string[]
  readonly orderStates: readonly OrderState[]
  readonly customerStates: readonly CustomerState[]
  readonly sources: readonly string[]
}

export const noConditions: OrderConditions = {
  siteIds: [],
  orderStates: [],
  customerStates: [],
  sources: [],
}

/** A custom header. The value of a header that may be a credential is stored encrypted. */
export type CustomHeader =
  { readonly name: string; readonly value: string } | { readonly name: string; readonly sealedValue: string }

/** The fields of a webhook that the fan-out of an event needs. */
export interface Subscriber {
  readonly id: string
  readonly topics: readonly string[]
  readonly filters: OrderConditions
  readonly dialect: Dialect
  readonly ordering: Ordering
  /** Null while the webhook is enabled. */
  readonly disabledAt: Date | null
}

/** When a webhook is enabled, its SKIPPED deliveries are sent (REPLAY) or stay SKIPPED (KEEP). */
export const skippedDeliveries = ['REPLAY', 'KEEP'] as const
export type SkippedDeliveries = (typeof skippedDeliveries)[number]

/** Returns the effective policy: the preset's policy with the webhook's overrides. */
export function policyOf(webhook: { readonly preset: Preset; readonly overrides: PolicyOverrides }): Policy {
  return withOverrides(presetRules[webhook.preset].policy, webhook.overrides)
}

/**
 * Returns whether the webhook's topics select the topic and its dialect can represent it. `resource.*` does not select
 * topics in the dialect's `onlyByName`.
 */
export function selects({ topics, dialect }: Pick<Subscriber, 'topics' | 'dialect'>, topic: string): boolean {
  if (!dialectRules[dialect].carries(topic)) return false
  return (
    topics.includes(topic) ||
    (!isOnlyByName(dialect, topic) && topics.some((each) => selectsTopic(each, topic)))
  )
}

function isOnlyByName(dialect: Dialect, topic: string): boolean {
  const { onlyByName = [] } = dialectRules[dialect]
  return onlyByName.includes(topic)
}

/**
 * Returns whether the webhook subscribes to the event. `order` is the order of the event, null if it has none. A
 * disabled webhook subscribes too: its delivery is recorded as SKIPPED.
 */
export function wants(
  webhook: Pick<Subscriber, 'topics' | 'filters' | 'dialect'>,
  event: { readonly topic: string },
  order: FilterableOrder | null,
): boolean {
  return selects(webhook, event.topic) && (order === null || meets(webhook.filters, order))
}

function meets(
  { siteIds, orderStates, customerStates, sources }: OrderConditions,
  order: FilterableOrder,
): boolean {
  return (
    (siteIds.length === 0 || siteIds.includes(order.siteId)) &&
    (orderStates.length === 0 || orderStates.includes(order.state)) &&
    (customerStates.length === 0 || customerStates.includes(order.customerState)) &&
    (sources.length === 0 || (order.source !== null && sources.includes(order.source)))
  )
}

/** Returns a sentence that says why an event would not be sent to the webhook now; null when it would be sent. */
export function skipReason(
  webhook: Pick<Webhook, 'topics' | 'filters' | 'dialect' | 'disabled' | 'deletedAt'>,
  event: { readonly topic: string },
  order: FilterableOrder | null,
): string | null {
  const { topics, dialect, disabled, deletedAt } = webhook
  if (deletedAt !== null) return 'the webhook was deleted'
  if (!dialectRules[dialect].carries(event.topic))
    return `the dialect ${dialect} cannot represent ${event.topic}`
  if (!selects(webhook, event.topic) && isOnlyByName(dialect, event.topic))
    return `a ${dialect} request cannot show ${event.topic}: it is sent only if the webhook's topics name ${event.topic}, and they are ${topics.join(', ')}`
  if (!selects(webhook, event.topic)) return `the webhook selects ${topics.join(', ')}, not ${event.topic}`
  if (!wants(webhook, event, order)) return "the order does not match the webhook's filters"
  if (disabled !== null) return 'the webhook is disabled: the event would be SKIPPED'
  return null
}
