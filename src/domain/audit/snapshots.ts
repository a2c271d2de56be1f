/**
 * What the audit log says of each kind of thing: the members that people set or see, as the API calls them. Never a
 * secret or a token, sealed or not, and of a customer nothing but where the customer itself was changed.
 */
import type { AuditedState } from './audit-entry.ts'
import { shownHeader } from '../webhooks/custom-headers.ts'
import type { Delivery } from '../deliveries/delivery.ts'
import { mask } from '../shared/mask.ts'
import type { Customer, Order, Site } from '../orders/order.ts'
import type { Topic } from '../orders/topic.ts'
import type { CustomHeader, Webhook } from '../webhooks/webhook.ts'

/** Stands after the change where a secret, a token or a credential was replaced by another. */
export const replaced = '[replaced]'

export function auditedSite({ number, name, partnerIdentifier }: Site): AuditedState {
  return { number, name, partnerIdentifier }
}

/** The one place where a customer's own data stand in the log: `erase.ts` takes them out again. */
export function auditedCustomer(customer: Customer): AuditedState {
  const { number, name, carType, carColor, licensePlate } = customer
  return { number, name, carType, carColor, licensePlate }
}

/** The customer by its id alone. */
export function auditedOrder(order: Order): AuditedState {
  const { id: _, sequence: _sequence, createdAt: _createdAt, updatedAt: _updatedAt, ...rest } = order
  return rest
}

/** Schema and example can be long, and never change: they are read off the topic. */
export function auditedTopic({ name, description }: Topic): AuditedState {
  return { name, description }
}

/** `retryAsked`: whether a person's attempt is owed. */
export function auditedDelivery(delivery: Delivery, retryAsked: boolean): AuditedState {
  const { webhookId, state, skipReason, dueAt, finishedAt } = delivery
  return { webhookId, state, skipReason, nextAttemptAt: dueAt, finishedAt, retryAsked }
}

export function auditedWebhook(webhook: Webhook): AuditedState {
  const { overrides, disabled } = webhook
  return {
    partnerId: webhook.partnerId,
    name: webhook.name,
    url: webhook.url,
    topics: webhook.topics,
    filters: webhook.filters,
    preset: webhook.preset,
    dialect: webhook.dialect,
    // What is set otherwise than the preset's.
    policy: overrides,
    headers: webhook.headers.map(shownHeader),
    maxConcurrency: webhook.maxConcurrency,
    ratePerSecond: webhook.ratePerSecond,
    enabled: disabled === null,
    disabled: disabled && { reason: disabled.reason, message: disabled.message, at: disabled.at },
    secret: webhook.hasSecret ? mask : null,
    previousSecretUntil: webhook.previousSecretUntil,
    token: webhook.hasToken ? mask : null,
    version: webhook.version,
  }
}

/** Which of a webhook's proofs were given anew. */
export interface ReplacedCredentials {
  readonly secret: boolean
  readonly token: boolean
}

export const nothingReplaced: ReplacedCredentials = { secret: false, token: false }

/** A changed webhook, before and after; null: nothing that people set is different. */
export function webhookChange(
  before: Webhook,
  after: Webhook,
  credentials: ReplacedCredentials,
): { readonly before: AuditedState; readonly after: AuditedState } | null {
  const was = auditedWebhook(before)
  const is = {
    ...auditedWebhook(after),
    headers: after.headers.map((header) =>
      isReplaced(header, before.headers) ? { name: header.name, value: replaced } : shownHeader(header),
    ),
    ...(credentials.secret && before.hasSecret && { secret: replaced }),
    ...(credentials.token && before.hasToken && { token: replaced }),
  }
  const same = JSON.stringify({ ...was, version: 0 }) === JSON.stringify({ ...is, version: 0 })
  return same ? null : { before: was, after: is }
}

function isReplaced(header: CustomHeader, before: readonly CustomHeader[]): boolean {
  if (!('sealedValue' in header)) return false
  const was = before.find(({ name }) => name.toLowerCase() === header.name.toLowerCase())
  return was !== undefined && !('sealedValue' in was && was.sealedValue === header.sealedValue)
}
