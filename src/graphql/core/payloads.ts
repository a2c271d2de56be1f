/**
 * The values from which the resolvers of payloads read: results of services and items of feeds, before they have the
 * shape of the SDL.
 */
import type { AttemptFeedItem } from '../../ports/feed-store.ts'
import type { AuditEntry, ListedEntry } from '../../domain/audit/audit-entry.ts'
import type { Delivery } from '../../domain/deliveries/delivery.ts'
import type { ShownOrder } from '../../domain/access/partner-view.ts'
import type { Webhook } from '../../domain/webhooks/webhook.ts'
import type { EventFeedItem } from '../../domain/feed/event-item.ts'
import type { Event, ListedEvent } from '../../domain/orders/event.ts'
import type { Customer, Order } from '../../domain/orders/order.ts'
import type { Problem, Result } from '../../domain/shared/problem.ts'
import type { ListedTopic, Topic } from '../../domain/orders/topic.ts'
import type { WebhookChange } from '../../domain/feed/webhook-change.ts'
import type { MadeKey } from '../../services/access/change-key.ts'
import type { ChangedCustomer } from '../../services/orders/customer-events.ts'
import type { LoggedChange } from '../../services/orders/change-order.ts'
import type { PublishedEvent } from '../../services/events/publish-event.ts'
import type { WebhookWithSecret } from '../../services/webhooks/create-webhook.ts'
import type { CountedConnection } from './connection.ts'

/**
 * With or without the columns that may be large. Where they are absent, a resolver loads them when the client requests
 * them.
 */
export type ShownEvent = Event | ListedEvent
export type ShownEntry = AuditEntry | ListedEntry
export type OrderPage = CountedConnection<ShownOrder>
export type WebhookPage = CountedConnection<Webhook>
export type DeliveryPage = CountedConnection<Delivery>
export type ShownTopic = Topic | ListedTopic

export interface OrderPayload {
  readonly order: Order | null
  /** Null when the mutation failed or changed nothing. */
  readonly eventId: string | null
  /** Null also when an earlier request stored the event. */
  readonly event: Event | null
  readonly userErrors: readonly Problem[]
}

export interface CustomerPayload extends Omit<OrderPayload, 'order'> {
  readonly customer: Customer | null
}

export interface OrderDeletePayload extends OrderPayload {
  readonly deletedId: string | null
}

/** The installation. Its resolvers read the projects and the processes. */
export interface Installation {
  readonly version: string
}

/** What the items of the subscriptions that an OPERATOR may open without a project have in common. */
export interface OfProject {
  readonly cursor: string
  /** The project of the item. */
  readonly projectId: string
}

export interface AttemptEvent extends OfProject {
  /** The feed that was read: a project's id, or `noProject`. */
  readonly feedOf: string
  readonly attempt: AttemptFeedItem
}

export interface LiveEvent {
  readonly cursor: string
  readonly event: EventFeedItem
}

export interface WebhookChangeEvent extends OfProject {
  readonly change: WebhookChange
}

export function orderPayload(result: Result<LoggedChange>): OrderPayload {
  if (result.ok) return { ...result.value, userErrors: [] }
  return { order: null, eventId: null, event: null, userErrors: result.problems }
}

export function customerPayload(result: Result<ChangedCustomer>): CustomerPayload {
  if (result.ok) return { ...result.value, userErrors: [] }
  return { customer: null, eventId: null, event: null, userErrors: result.problems }
}

export function eventPayload(result: Result<PublishedEvent>): EventPublishPayload {
  if (result.ok) return { ...result.value, userErrors: [] }
  return { eventId: null, event: null, userErrors: result.problems }
}

/** A webhook with its secret or token, which the API returns only in this response. */
export function payloadWithSecret(result: Result<WebhookWithSecret>) {
  return result.ok
    ? { ...result.value, userErrors: [] }
    : { webhook: null, secret: null, token: null, userErrors: result.problems }
}

/** A key with its plain text, which the API returns only in this response. */
export function keyPayload(result: Result<MadeKey>) {
  return result.ok
    ? { key: result.value.key, secret: result.value.text, userErrors: [] }
    : { key: null, secret: null, userErrors: result.problems }
}

export interface EventPublishPayload {
  readonly eventId: string | null
  /** Null also when an earlier request published the event. */
  readonly event: Event | null
  readonly userErrors: readonly Problem[]
}

/** The value under its name and no problems, or null under that name and the problems. */
export function payload<Name extends string, T>(
  name: Name,
  result: Result<T>,
): { readonly [K in Name]: T | null } & { readonly userErrors: readonly Problem[] } {
  const value = { [name]: result.ok ? result.value : null } as { [K in Name]: T | null }
  return { ...value, userErrors: result.ok ? [] : result.problems }
}
