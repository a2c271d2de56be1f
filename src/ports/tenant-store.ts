/** The port for the rows of one project outside a transaction. Transactions are in `tenant-transaction.ts`. */
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
 * Reads the rows of one scope: a project, or for a PARTNER key only the partner's webhooks and their deliveries. The
 * store adds the scope to every statement. Look-ups by id leave out ids that do not exist or are outside the scope.
 */
export interface ProjectStore {
  project(): Promise<Project>
  keysByIds(ids: readonly string[]): Promise<readonly Key[]>
  /** Keys of the project, and OPERATOR keys that appear in the project's audit log. */
  actingKeysByIds(ids: readonly string[]): Promise<readonly Key[]>
  partnersByIds(ids: readonly string[]): Promise<readonly Partner[]>
  sitesByIds(ids: readonly string[]): Promise<readonly Site[]>
  customersByIds(ids: readonly string[]): Promise<readonly Customer[]>
  /** Includes deleted orders, because their events name them. For a partner: the orders as its payloads show them. */
  ordersByIds(ids: readonly string[]): Promise<readonly ShownOrder[]>
  eventsByIds(ids: readonly string[]): Promise<readonly ListedEvent[]>
  eventDataByIds(ids: readonly string[]): Promise<readonly Pick<Event, 'id' | 'data'>[]>
  /** Includes deleted webhooks, because the delivery log still names them. */
  webhooksByIds(ids: readonly string[]): Promise<readonly Webhook[]>
  deliveriesByIds(ids: readonly string[]): Promise<readonly Delivery[]>
  attemptsByIds(ids: readonly string[]): Promise<readonly Attempt[]>
  auditEntriesByIds(ids: readonly string[]): Promise<readonly ListedEntry[]>
  auditedStatesByIds(ids: readonly string[]): Promise<readonly (AuditedStates & { readonly id: string })[]>
  /**
   * Returns the requests in the order of `attempts`; null where none is stored. Reads requests up to `maxBytes` in
   * total, but at least one request. The others have `isRead` false.
   */
  requestsOf(
    attempts: readonly Pick<Attempt, 'id' | 'startedAt'>[],
    maxBytes: number,
  ): Promise<readonly (ReadContent<AttemptContent['request']> | null)[]>
  /** Like `requestsOf`, for the responses. */
  responsesOf(
    attempts: readonly Pick<Attempt, 'id' | 'startedAt'>[],
    maxBytes: number,
  ): Promise<readonly (ReadContent<AttemptContent['response']> | null)[]>
  siteByNumber(number: number): Promise<Site | null>
  customerByNumber(number: number): Promise<Customer | null>
  /** Ignores deleted orders. If several orders have the same partner identifier, returns the newest. */
  orderBy(name: OrderName): Promise<ShownOrder | null>
  /** The project's custom topics, ordered by name. */
  topics(): Promise<readonly ListedTopic[]>
  topicsByNames(names: readonly string[]): Promise<readonly Topic[]>
  topicNames(): Promise<readonly string[]>
  /** A custom topic of the project. */
  topicByName(name: string): Promise<Topic | null>
  /** Newest first, as all lists below. Includes expired and revoked keys, but no OPERATOR keys. */
  listKeys(page: PageRequest<string>): Promise<Page<Key>>
  listPartners(page: PageRequest<string>): Promise<Page<Partner>>
  listSites(filter: SiteFilter, page: PageRequest<string>): Promise<Page<Site>>
  listCustomers(filter: CustomerFilter, page: PageRequest<string>): Promise<Page<Customer>>
  /** Without deleted orders. */
  listOrders(filter: OrderFilter, page: PageRequest<string>): Promise<Page<Order>>
  listAuditEntries(filter: AuditLogFilter, page: PageRequest<string>): Promise<Page<ListedEntry>>
  listEvents(filter: EventFilter, page: PageRequest<string>): Promise<Page<ListedEvent>>
  /** Without deleted webhooks. */
  listWebhooks(filter: WebhookFilter, page: PageRequest<string>): Promise<Page<Webhook>>
  listDeliveries(filter: DeliveryFilter, page: PageRequest<string>): Promise<Page<Delivery>>
  listAttempts(filter: AttemptFilter, page: PageRequest<string>): Promise<Page<Attempt>>
  /** Returns one page of events per order, newest first, in the order of `orderIds`. */
  eventsOf(orderIds: readonly string[], page: PageRequest<string>): Promise<readonly Page<ListedEvent>[]>
  /** Returns one page of deliveries per order, event or webhook, newest first, in the order of `ids`. */
  deliveriesOf(
    parent: DeliveryParent,
    ids: readonly string[],
    page: PageRequest<string>,
  ): Promise<readonly Page<Delivery>[]>
  /** Returns one page of attempts per delivery, ordered by number, in the order of `deliveries`. */
  attemptsOf(deliveries: readonly Delivery[], page: PageRequest<number>): Promise<readonly Page<Attempt>[]>
  /** Returns the pending deliveries of each webhook, in the order of `webhookIds`. */
  backlogsOf(webhookIds: readonly string[]): Promise<readonly Backlog[]>
  /** Returns the counts of scheduled attempts per webhook and window, in the order of `wanted`. */
  attemptCountsOf(wanted: readonly WebhookWindow[]): Promise<readonly AttemptCounts[]>
  /** Returns the attempt of each webhook that began last, without tests, in the order of `webhookIds`; null: none. */
  latestAttemptsOf(webhookIds: readonly string[]): Promise<readonly (Attempt | null)[]>
  /**
   * Reads a webhook, an event and the delivery of the event to the webhook in one snapshot. The webhook may be deleted.
   * Null: there is no such webhook.
   */
  previewOf(webhookId: string, eventId: string | null): Promise<Preview | null>
  /** Cancels up to `limit` PENDING deliveries of a deleted webhook. Returns how many it cancelled. */
  cancelPending(webhookId: string, limit: number): Promise<number>
  /** Replays up to `limit` skipped deliveries of the webhook; null: no replay is pending. */
  replaySkipped(webhookId: string, limit: number): Promise<Replayed | null>
  /**
   * Erases the customer's data from up to `limit` events and from their stored requests and responses, if an erasure is
   * pending. Returns the number of events.
   */
  erasePending(customerId: string, limit: number): Promise<number>
  /** Runs `work` in one transaction, which rolls back when `work` throws. */
  transaction<T>(work: (tx: ProjectTx) => Promise<T>): Promise<T>
}

/** The PENDING deliveries of a webhook. */
export interface Backlog {
  readonly pendingCount: number
  /** The earliest due time, may be in the past; null when nothing is pending. */
  readonly earliestDueAt: Date | null
}

/** A webhook and the window of its statistics. */
export interface WebhookWindow {
  readonly webhookId: string
  readonly window: StatsWindow
}

/** The data from which a preview of a request is rendered. */
export interface Preview {
  readonly webhook: Webhook
  readonly encrypted: EncryptedSecrets
  /** Null: no event was requested, or it does not exist. */
  readonly event: Event | null
  /** The delivery of the event to the webhook; null: there is none. */
  readonly delivery: Delivery | null
  /** Time of the query on the database's clock. */
  readonly now: Date
}

/** The keys by which an order can be looked up, besides its id. */
export type OrderName =
  { readonly number: number } | { readonly uid: string } | { readonly partnerIdentifier: string }

/** The kinds of objects that deliveries are listed for. */
export type DeliveryParent = 'order' | 'event' | 'webhook'
