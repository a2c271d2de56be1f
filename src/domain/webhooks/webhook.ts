/** Webhooks: who is rung, and does one want an event? How it is rung is its policy and its dialect. */
import type { Disabled } from '../policies/disable.ts'
import { withOverrides, type Policy, type PolicyOverrides } from '../policies/policy.ts'
import type { CustomerState, OrderState } from '../orders/order.ts'
import { presetRules, type Preset } from './preset.ts'
import type { Dialect } from '../dialects/registry.ts'
import { selectsTopic } from '../orders/topic.ts'
import type { JudgedOrder } from '../orders/event.ts'
import { dialectRules } from '../dialects/registry.ts'

export interface Webhook {
  readonly id: string
  /** Whose it is; null: the platform's own. */
  readonly partnerId: string | null
  readonly name: string
  /** In canonical form. */
  readonly url: string
  readonly topics: readonly string[]
  readonly filters: OrderConditions
  readonly preset: Preset
  /** The preset's, unless another was chosen. */
  readonly dialect: Dialect
  readonly overrides: PolicyOverrides
  /** What its requests carry besides the dialect's headers. */
  readonly headers: readonly CustomHeader[]
  /** Requests under way at once, of all processes; null: as many as a lane sends. */
  readonly maxConcurrency: number | null
  /** Requests begun in a second, of all processes; null: no limit of its own. */
  readonly ratePerSecond: number | null
  /** Whether its requests are signed; the secret itself is sealed and read apart. */
  readonly hasSecret: boolean
  /** Until when the secret before the last rotation signs too; null when there is none. It may be over. */
  readonly previousSecretUntil: Date | null
  /** Whether its requests carry a token; the token itself is sealed and read apart. */
  readonly hasToken: boolean
  /** Why it is off; null while it is enabled. */
  readonly disabled: (Disabled & { readonly at: Date }) | null
  readonly consecutiveFailures: number
  /** Counts changes by people, from 1. */
  readonly version: number
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly deletedAt: Date | null
}

/** What must hold of an order for its events to be wanted. All that is given must; an empty list asks for nothing. Events about no order pass. */
export interface OrderConditions {
  readonly siteIds: readonly string[]
  readonly orderStates: readonly OrderState[]
  readonly customerStates: readonly CustomerState[]
}

export const noConditions: OrderConditions = { siteIds: [], orderStates: [], customerStates: [] }

/** A header of a partner's own. One that may be a credential is sealed, and shown no more. */
export type CustomHeader =
  { readonly name: string; readonly value: string } | { readonly name: string; readonly sealedValue: string }

/** What a fan-out needs to know of a webhook. */
export interface Subscriber {
  readonly id: string
  readonly topics: readonly string[]
  readonly filters: OrderConditions
  readonly dialect: Dialect
  /** Since when it is off; null while it is enabled. */
  readonly disabledAt: Date | null
}

/** What becomes of what a webhook missed while it was off, when it is enabled. */
export const skippedDeliveries = ['REPLAY', 'KEEP'] as const
export type SkippedDeliveries = (typeof skippedDeliveries)[number]

/** The rules in force: the preset's, with the webhook's overrides. */
export function policyOf(webhook: { readonly preset: Preset; readonly overrides: PolicyOverrides }): Policy {
  return withOverrides(presetRules[webhook.preset].policy, webhook.overrides)
}

/**
 * Whether the webhook's topics select the topic, and its dialect has a form for it. `resource.*` does not select what the
 * dialect sends by name only.
 */
export function selects({ topics, dialect }: Pick<Subscriber, 'topics' | 'dialect'>, topic: string): boolean {
  if (!dialectRules[dialect].carries(topic)) return false
  return (
    topics.includes(topic) || (!isOnlyByName(dialect, topic) && topics.some((each) => selectsTopic(each, topic)))
  )
}

function isOnlyByName(dialect: Dialect, topic: string): boolean {
  const { onlyByName = [] } = dialectRules[dialect]
  return onlyByName.includes(topic)
}

/**
 * Whether the webhook asked for the event, which is about `order` (null: about none). One that is off still
 * wants it: its delivery is SKIPPED, and recorded.
 */
export function wants(
  webhook: Pick<Subscriber, 'topics' | 'filters' | 'dialect'>,
  event: { readonly topic: string },
  order: JudgedOrder | null,
): boolean {
  return selects(webhook, event.topic) && (order === null || meets(webhook.filters, order))
}

function meets({ siteIds, orderStates, customerStates }: OrderConditions, order: JudgedOrder): boolean {
  return (
    (siteIds.length === 0 || siteIds.includes(order.siteId)) &&
    (orderStates.length === 0 || orderStates.includes(order.state)) &&
    (customerStates.length === 0 || customerStates.includes(order.customerState))
  )
}

/** Why an event that happened now would not be sent to the webhook, in a sentence; null when it would. */
export function skipReason(
  webhook: Pick<Webhook, 'topics' | 'filters' | 'dialect' | 'disabled' | 'deletedAt'>,
  event: { readonly topic: string },
  order: JudgedOrder | null,
): string | null {
  const { topics, dialect, disabled, deletedAt } = webhook
  if (deletedAt !== null) return 'the webhook was deleted'
  if (!dialectRules[dialect].carries(event.topic))
    return `${dialect} requests have no form for ${event.topic}`
  if (!selects(webhook, event.topic) && isOnlyByName(dialect, event.topic))
    return `a ${dialect} request cannot show ${event.topic}: it is sent only where the webhook's topics name ${event.topic}, and they are ${topics.join(', ')}`
  if (!selects(webhook, event.topic))
    return `the webhook asks for ${topics.join(', ')}, not for ${event.topic}`
  if (!wants(webhook, event, order)) return "the order does not meet the webhook's filters"
  if (disabled !== null) return 'the webhook is disabled: the event would be SKIPPED'
  return null
}
