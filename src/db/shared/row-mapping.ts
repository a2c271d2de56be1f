/** Maps rows to domain types and back. Stores return domain types, never rows. */
import type { InferInsertModel, InferSelectModel } from 'drizzle-orm'
import type { AuditEntry } from '../../domain/audit/audit-entry.ts'
import type { Attempt, AttemptContent, Delivery } from '../../domain/deliveries/delivery.ts'
import type { Event } from '../../domain/orders/event.ts'
import type { Key } from '../../domain/access/key.ts'
import type { Customer, Order, Site } from '../../domain/orders/order.ts'
import type { Header } from '../../domain/deliveries/outcome.ts'
import type { Partner } from '../../domain/access/partner.ts'
import type { Topic } from '../../domain/orders/topic.ts'
import { noConditions, type OrderConditions, type Webhook } from '../../domain/webhooks/webhook.ts'
import type { EncryptedSecrets } from '../../ports/dispatch-store.ts'
import type {
  attempts,
  auditLog,
  customers,
  deliveries,
  events,
  keys,
  orders,
  partners,
  sites,
  topics,
  webhookHealth,
  webhooks,
} from '../schema/index.ts'

export function toSite(row: InferSelectModel<typeof sites>): Site {
  const { projectId: _, ...site } = row
  return site
}

export function toTopic(row: InferSelectModel<typeof topics>): Topic {
  const { projectId: _, ...topic } = row
  return topic
}

export function toAuditEntry(row: InferSelectModel<typeof auditLog>): AuditEntry {
  const { projectId: _, ...entry } = row
  return entry
}

export function toPartner(row: InferSelectModel<typeof partners>): Partner {
  const { id, name, contactName, contactEmail, createdAt, deletedAt } = row
  const contact = contactEmail === null ? null : { name: contactName, email: contactEmail }
  return { id, name, contact, createdAt, deletedAt }
}

/** Maps a partner to a row of `partners`. */
export function fromPartner(partner: Partner, projectId: string): InferSelectModel<typeof partners> {
  const { contact, ...rest } = partner
  return { ...rest, projectId, contactName: contact?.name ?? null, contactEmail: contact?.email ?? null }
}

/** Leaves out the hash of the secret. */
export function toKey(row: InferSelectModel<typeof keys>): Key {
  const { secretHash: _, ...key } = row
  return key
}

export function toCustomer(row: InferSelectModel<typeof customers>): Customer {
  const { projectId: _, marketingEmail: email, marketingSms: sms, ...customer } = row
  return { ...customer, marketing: { email, sms } }
}

export function fromCustomer({ marketing, ...customer }: Customer) {
  return { ...customer, marketingEmail: marketing.email, marketingSms: marketing.sms }
}

export function toOrder(row: InferSelectModel<typeof orders>): Order {
  const { projectId: _, pickupStartsAt, pickupEndsAt, ...order } = row
  const isWindow = pickupStartsAt !== null && pickupEndsAt !== null
  const pickupWindow = isWindow ? { startsAt: pickupStartsAt, endsAt: pickupEndsAt } : null
  return { ...order, pickupWindow }
}

/** Maps an order to a row of `orders`. */
export function fromOrder(order: Order, projectId: string): InferSelectModel<typeof orders> {
  const { pickupWindow, ...rest } = order
  return {
    ...rest,
    projectId,
    arrivingSent: [...order.arrivingSent],
    pickupStartsAt: pickupWindow?.startsAt ?? null,
    pickupEndsAt: pickupWindow?.endsAt ?? null,
  }
}

export function toEvent(row: InferSelectModel<typeof events>): Event {
  const { id, topic, orderId, sequence, data, createdAt } = row
  return { id, topic, orderId, sequence, data, createdAt }
}

/** Rows that were stored before orders had a source have no `sources`. */
export function toConditions(filters: Partial<OrderConditions>): OrderConditions {
  return { ...noConditions, ...filters }
}

export function toWebhook(
  row: InferSelectModel<typeof webhooks>,
  health: Pick<InferSelectModel<typeof webhookHealth>, 'consecutiveFailures'> | null,
): Webhook {
  const { disabledReason, disabledMessage, disabledAt } = row
  const disabled =
    disabledReason === null || disabledMessage === null || disabledAt === null
      ? null
      : { reason: disabledReason, message: disabledMessage, at: disabledAt }
  return {
    id: row.id,
    partnerId: row.partnerId,
    name: row.name,
    url: row.url,
    topics: row.topics,
    filters: toConditions(row.filters),
    preset: row.preset,
    dialect: row.dialect,
    overrides: row.overrides,
    headers: row.headers,
    maxConcurrency: row.maxConcurrency,
    ratePerSecond: row.ratePerSecond,
    ordering: row.ordering,
    expireAfterMs: row.expireAfterMs,
    hasSecret: row.encryptedSecret !== null,
    previousSecretUntil: row.previousSecretUntil,
    hasToken: row.encryptedToken !== null,
    disabled,
    pause: row.pausedSince && { since: row.pausedSince, until: row.pausedUntil },
    earlierPauses: row.earlierPauses,
    consecutiveFailures: health?.consecutiveFailures ?? 0,
    version: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    deletedAt: row.deletedAt,
  }
}

/** The columns of encrypted secrets, which other statements write. */
type EncryptedColumns =
  'encryptedSecret' | 'previousEncryptedSecret' | 'previousSecretUntil' | 'encryptedToken'

/** The columns of a webhook that users change, without its secrets. */
export function fromWebhook(
  webhook: Webhook,
  projectId: string,
): Omit<InferSelectModel<typeof webhooks>, EncryptedColumns> {
  const { disabled, pause } = webhook
  return {
    id: webhook.id,
    projectId,
    partnerId: webhook.partnerId,
    name: webhook.name,
    url: webhook.url,
    topics: [...webhook.topics],
    filters: webhook.filters,
    preset: webhook.preset,
    dialect: webhook.dialect,
    overrides: webhook.overrides,
    headers: webhook.headers,
    maxConcurrency: webhook.maxConcurrency,
    ratePerSecond: webhook.ratePerSecond,
    ordering: webhook.ordering,
    expireAfterMs: webhook.expireAfterMs,
    version: webhook.version,
    createdAt: webhook.createdAt,
    updatedAt: webhook.updatedAt,
    deletedAt: webhook.deletedAt,
    disabledReason: disabled?.reason ?? null,
    disabledMessage: disabled?.message ?? null,
    disabledAt: disabled?.at ?? null,
    pausedSince: pause?.since ?? null,
    pausedUntil: pause?.until ?? null,
    earlierPauses: webhook.earlierPauses,
  }
}

/** The newest secret is first. */
export function toEncryptedSecrets(
  current: string | null,
  previous: string | null,
  token: string | null,
): EncryptedSecrets {
  return { secrets: [current, previous].filter((secret) => secret !== null), token }
}

export function toDelivery(row: InferSelectModel<typeof deliveries>): Delivery {
  const { id, webhookId, eventId, topic, state, skipReason, attemptCount, dueAt, createdAt, finishedAt } = row
  // The row keeps the reason while a manual retry may return the delivery to SKIPPED.
  const why = state === 'SKIPPED' ? skipReason : null
  return { id, webhookId, eventId, topic, state, skipReason: why, attemptCount, dueAt, createdAt, finishedAt }
}

export function toAttempt(row: InferSelectModel<typeof attempts>): Attempt {
  const { projectId: _, logBucket: __, dnsMs, connectMs, tlsMs, firstByteMs, ...attempt } = row
  const phases = attempt.durationMs === null ? null : { dnsMs, connectMs, tlsMs, firstByteMs }
  return { ...attempt, phases }
}

/** Maps an attempt to a row of `attempts`. */
export function fromAttempt(attempt: Attempt, projectId: string): InferInsertModel<typeof attempts> {
  const { phases, ...rest } = attempt
  return {
    ...rest,
    projectId,
    dnsMs: phases?.dnsMs ?? null,
    connectMs: phases?.connectMs ?? null,
    tlsMs: phases?.tlsMs ?? null,
    firstByteMs: phases?.firstByteMs ?? null,
  }
}

export function toRequest(row: {
  readonly url: string | null
  readonly headers: readonly (readonly [string, string])[] | null
  readonly body: string | null
}): AttemptContent['request'] {
  const { url, headers, body } = row
  return url === null || headers === null || body === null ? null : { url, headers: toHeaders(headers), body }
}

export function toResponse(row: {
  readonly headers: string | null
  readonly body: Uint8Array | null
  readonly bodySize: number | null
  readonly truncated: boolean | null
  readonly decompressed: boolean | null
  readonly malformed: boolean | null
}): AttemptContent['response'] {
  const { headers, body, bodySize, truncated } = row
  if (headers === null || body === null || truncated === null) return null
  return {
    headers: toHeaders(JSON.parse(headers) as readonly (readonly [string, string])[]),
    body,
    bodySize,
    truncated,
    decompressed: row.decompressed === true,
    malformed: row.malformed === true,
  }
}

function toHeaders(pairs: readonly (readonly [string, string])[]): readonly Header[] {
  return pairs.map(([name, value]) => ({ name, value }))
}

export function fromHeaders(headers: readonly Header[]): readonly (readonly [string, string])[] {
  return headers.map(({ name, value }) => [name, value] as const)
}
