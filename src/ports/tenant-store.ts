/** What the steps need of one project's rows, as types, to read them. Writing them in a transaction is `project-tx-ports.ts`, the rest of the world `ports.ts`. */
import type { AuditedStates, ListedEntry } from '../domain/audit/audit-entry.ts'
import type { Attempt, AttemptContent, Delivery, ReadContent } from '../domain/deliveries/delivery.ts'
import type { Event, ListedEvent } from '../domain/orders/event.ts'
import type { Key } from '../domain/access/key.ts'
import type { Customer, Order, Site } from '../domain/orders/order.ts'
import type { Partner } from '../domain/access/partner.ts'
import type { ShownOrder } from '../domain/access/partner-view.ts'
import type { StatsWindow, AttemptCounts } from '../domain/policies/attempt-counts.ts'
import type { ListedTopic, Topic } from '../domain/orders/topic.ts'
import type { Replayed, EncryptedSecrets } from './dispatch-store.ts'
import type { Webhook } from '../domain/webhooks/webhook.ts'
import type { ProjectTx } from './tenant-transaction.ts'
import type { Page, PageRequest } from '../domain/lists/page.ts'
import type { Project } from '../domain/access/project.ts'
import type {
  AuditLogFilter,
  CustomerFilter,
  DeliveryFilter,
  EventFilter,
  OrderFilter,
  SiteFilter,
  WebhookFilter,
  AttemptFilter,
} from '../domain/lists/filters.ts'

/**
 * One project's rows, and no other's; to a partner's key only what its webhooks are and were owed: every store is made
 * from a scope and puts it into every statement. What is asked for by id and is not there, or not within the scope, is
 * left out of the answer.
 */
export interface ProjectStore {
  project(): Promise<Project>
  keysByIds(ids: readonly string[]): Promise<readonly Key[]>
  /** Of those that acted in the project, which its OPERATORs' keys may have done too. */
  actingKeysByIds(ids: readonly string[]): Promise<readonly Key[]>
  partnersByIds(ids: readonly string[]): Promise<readonly Partner[]>
  sitesByIds(ids: readonly string[]): Promise<readonly Site[]>
  customersByIds(ids: readonly string[]): Promise<readonly Customer[]>
  /** Deleted ones too: their events still name them. To a partner, as its payloads tell of them. */
  ordersByIds(ids: readonly string[]): Promise<readonly ShownOrder[]>
  eventsByIds(ids: readonly string[]): Promise<readonly ListedEvent[]>
  eventDataByIds(ids: readonly string[]): Promise<readonly Pick<Event, 'id' | 'data'>[]>
  /** Deleted ones too: the log still names them. */
  webhooksByIds(ids: readonly string[]): Promise<readonly Webhook[]>
  deliveriesByIds(ids: readonly string[]): Promise<readonly Delivery[]>
  attemptsByIds(ids: readonly string[]): Promise<readonly Attempt[]>
  auditEntriesByIds(ids: readonly string[]): Promise<readonly ListedEntry[]>
  auditedStatesByIds(ids: readonly string[]): Promise<readonly (AuditedStates & { readonly id: string })[]>
  /** In the order asked; a member is null where nothing is kept. At the most so many bytes of bodies are read, and at least one. */
  requestsOf(
    attempts: readonly Pick<Attempt, 'id' | 'startedAt'>[],
    maxBytes: number,
  ): Promise<readonly (ReadContent<AttemptContent['request']> | null)[]>
  /** As the requests. */
  responsesOf(
    attempts: readonly Pick<Attempt, 'id' | 'startedAt'>[],
    maxBytes: number,
  ): Promise<readonly (ReadContent<AttemptContent['response']> | null)[]>
  siteByNumber(number: number): Promise<Site | null>
  customerByNumber(number: number): Promise<Customer | null>
  /** Never a deleted one; the newest of those that share a partner identifier. */
  orderBy(name: OrderName): Promise<ShownOrder | null>
  /** The project's own, by name. */
  topics(): Promise<readonly ListedTopic[]>
  topicsByNames(names: readonly string[]): Promise<readonly Topic[]>
  topicNames(): Promise<readonly string[]>
  /** One of the project's own. */
  topicByName(name: string): Promise<Topic | null>
  /** This list and those below: newest first, by id. Expired and revoked keys too, OPERATORs' never. */
  listKeys(page: PageRequest<string>): Promise<Page<Key>>
  listPartners(page: PageRequest<string>): Promise<Page<Partner>>
  listSites(filter: SiteFilter, page: PageRequest<string>): Promise<Page<Site>>
  listCustomers(filter: CustomerFilter, page: PageRequest<string>): Promise<Page<Customer>>
  /** Without deleted ones. */
  listOrders(filter: OrderFilter, page: PageRequest<string>): Promise<Page<Order>>
  listAuditEntries(filter: AuditLogFilter, page: PageRequest<string>): Promise<Page<ListedEntry>>
  listEvents(filter: EventFilter, page: PageRequest<string>): Promise<Page<ListedEvent>>
  /** Without deleted ones. */
  listWebhooks(filter: WebhookFilter, page: PageRequest<string>): Promise<Page<Webhook>>
  listDeliveries(filter: DeliveryFilter, page: PageRequest<string>): Promise<Page<Delivery>>
  listAttempts(filter: AttemptFilter, page: PageRequest<string>): Promise<Page<Attempt>>
  /** A page of each order's events, newest first, in the order of the ids asked for. */
  eventsOf(orderIds: readonly string[], page: PageRequest<string>): Promise<readonly Page<ListedEvent>[]>
  /** A page of the deliveries of each order, event or webhook, newest first, in the order of the ids asked for. */
  deliveriesOf(
    parent: DeliveryParent,
    ids: readonly string[],
    page: PageRequest<string>,
  ): Promise<readonly Page<Delivery>[]>
  /** A page of each delivery's attempts, by number, in the order of the deliveries asked for. */
  attemptsOf(deliveries: readonly Delivery[], page: PageRequest<number>): Promise<readonly Page<Attempt>[]>
  /** What each webhook is owed, in the order of the ids asked for. */
  backlogsOf(webhookIds: readonly string[]): Promise<readonly Backlog[]>
  /** How the attempts of the schedule went of each webhook in its window, in the order asked for. */
  attemptCountsOf(wanted: readonly WebhookWindow[]): Promise<readonly AttemptCounts[]>
  /** The attempt of each webhook that began last, tests not included, in the order of the ids asked for; null where there is none. */
  latestAttemptsOf(webhookIds: readonly string[]): Promise<readonly (Attempt | null)[]>
  /** At one instant, a webhook (a deleted one too) and an event with the delivery it has there; null without the webhook. */
  previewOf(webhookId: string, eventId: string | null): Promise<Preview | null>
  /** Cancels up to so many pending deliveries of a webhook that was deleted; answers how many there were. */
  cancelPending(webhookId: string, limit: number): Promise<number>
  /** Brings back up to so many deliveries that the webhook missed; null: no replay is owed to it. */
  replaySkipped(webhookId: string, limit: number): Promise<Replayed | null>
  /** Takes a customer's data out of up to so many events for which it is owed, and out of what was sent of them; answers how many there were. */
  erasePending(customerId: string, limit: number): Promise<number>
  /** All of it or nothing of it. */
  transaction<T>(work: (tx: ProjectTx) => Promise<T>): Promise<T>
}

/** What a webhook is owed. */
export interface Backlog {
  readonly pendingCount: number
  /** When the first of it is due, or was; null when nothing is pending. */
  readonly earliestDueAt: Date | null
}

export interface WebhookWindow {
  readonly webhookId: string
  readonly window: StatsWindow
}

/** What a preview is written from. */
export interface Preview {
  readonly webhook: Webhook
  readonly encrypted: EncryptedSecrets
  /** Null: none was asked for, or there is none. */
  readonly event: Event | null
  /** What the event has at the webhook; null: nothing. */
  readonly delivery: Delivery | null
  /** On the database's clock. */
  readonly now: Date
}

/** By what an order can be looked up besides its id. */
export type OrderName =
  { readonly number: number } | { readonly uid: string } | { readonly partnerIdentifier: string }

/** What deliveries hang on. */
export type DeliveryParent = 'order' | 'event' | 'webhook'
