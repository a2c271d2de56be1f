/**
 * The audited fields of each kind of object, with the names of the API. Never contains a secret or a token, not even
 * encrypted. Contains personal data of a customer only in entries about that customer.
 */
import type { AuditedState, AuditedStates } from './audit-entry.ts'
import { isSameContact, type Partner } from '../access/partner.ts'
import { shownHeader } from '../webhooks/custom-headers.ts'
import type { BulkRetry } from '../deliveries/bulk-retry.ts'
import type { Delivery } from '../deliveries/delivery.ts'
import { mask } from '../shared/mask.ts'
import type { Customer, Order, Site } from '../orders/order.ts'
import type { Topic } from '../orders/topic.ts'
import type { CustomHeader, Webhook } from '../webhooks/webhook.ts'

/** The value after the change of a secret, token or credential header that was replaced by another one. */
export const replaced = '[replaced]'

export function auditedSite({ number, name, partnerIdentifier }: Site): AuditedState {
  return { number, name, partnerIdentifier }
}

/** The only entries with personal data of a customer. Erasing the customer removes the data from them. */
export function auditedCustomer(customer: Customer): AuditedState {
  const { number, name, carType, carColor, licensePlate, marketing } = customer
  return { number, name, carType, carColor, licensePlate, marketing }
}

/** An order's customer is audited only by id. */
export function auditedOrder(order: Order): AuditedState {
  const {
    id: _,
    sequence: _sequence,
    arrivingSent: _sent,
    createdAt: _createdAt,
    updatedAt: _updatedAt,
    ...rest
  } = order
  return rest
}

/** Of the contact, which is personal data, an entry says only whether there is one. */
export function auditedPartner({ name, contact }: Partner): AuditedState {
  return { name, contact: contact && mask }
}

/** The audited states before and after a change of a partner. */
export function partnerChange(before: Partner, after: Partner): AuditedStates {
  const isReplaced =
    before.contact !== null && after.contact !== null && !isSameContact(before.contact, after.contact)
  return {
    before: auditedPartner(before),
    after: { ...auditedPartner(after), ...(isReplaced && { contact: replaced }) },
  }
}

/** The audited state of a deleted partner names the keys, webhooks and bulk retries that ended with it. */
export function auditedPartnerDeletion(
  partner: Partner,
  ended: Readonly<Record<'keyIds' | 'webhookIds' | 'bulkRetryIds', readonly string[]>>,
): AuditedState {
  return { ...auditedPartner(partner), ...ended }
}

/** Without schema and example: they may be long and never change, so they can be read from the topic. */
export function auditedTopic({ name, description }: Topic): AuditedState {
  return { name, description }
}

/** `retryAsked`: whether a manual retry is pending. */
export function auditedDelivery(delivery: Delivery, retryAsked: boolean): AuditedState {
  const { webhookId, state, skipReason, dueAt, finishedAt } = delivery
  return { webhookId, state, skipReason, nextAttemptAt: dueAt, finishedAt, retryAsked }
}

/** Without the progress, which a change does not cause. */
export function auditedBulkRetry(bulkRetry: BulkRetry): AuditedState {
  const { state, total, ratePerSecond, restartSchedule, dryRun } = bulkRetry
  return { state, total, ratePerSecond, restartSchedule, dryRun }
}

export function auditedWebhook(webhook: Webhook): AuditedState {
  const { overrides, disabled, pause } = webhook
  return {
    partnerId: webhook.partnerId,
    name: webhook.name,
    url: webhook.url,
    topics: webhook.topics,
    filters: webhook.filters,
    preset: webhook.preset,
    dialect: webhook.dialect,
    // Only the overrides of the preset's policy.
    policy: overrides,
    headers: webhook.headers.map(shownHeader),
    maxConcurrency: webhook.maxConcurrency,
    ratePerSecond: webhook.ratePerSecond,
    ordering: webhook.ordering,
    expireAfterMs: webhook.expireAfterMs,
    enabled: disabled === null,
    disabled: disabled && { reason: disabled.reason, message: disabled.message, at: disabled.at },
    paused: pause && { since: pause.since, until: pause.until },
    secret: webhook.hasSecret ? mask : null,
    previousSecretUntil: webhook.previousSecretUntil,
    token: webhook.hasToken ? mask : null,
    version: webhook.version,
  }
}

/** Which credentials of a webhook were replaced. */
export interface ReplacedCredentials {
  readonly secret: boolean
  readonly token: boolean
}

export const nothingReplaced: ReplacedCredentials = { secret: false, token: false }

/** Returns the audited states before and after a change of a webhook; null when no audited field changed. */
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
