/** What the steps need of one project's rows, as types: to read them, and to write them in a transaction. The rest of the world is `ports.ts`. */
import type { AuditEntry } from '../domain/audit.ts'
import type { AttemptFilter } from '../domain/attempt-filter.ts'
import type {
  Attempt,
  AttemptContent,
  Delivery,
  DeliveryState,
  PersonWish,
  SkipReason,
} from '../domain/delivery.ts'
import type { Event } from '../domain/event.ts'
import type { Key } from '../domain/key.ts'
import type {
  AuditLogFilter,
  CustomerFilter,
  DeliveryFilter,
  EventFilter,
  OrderFilter,
  SiteFilter,
  WebhookFilter,
} from '../domain/list-filter.ts'
import type { Customer, Order, Site } from '../domain/order.ts'
import type { Partner } from '../domain/partner.ts'
import type { ShownOrder } from '../domain/partner-sight.ts'
import type { StatsWindow, Tally } from '../domain/tally.ts'
import type { Topic } from '../domain/topic.ts'
import type { Preset } from '../domain/preset.ts'
import type { Replayed, SealedSecrets } from './dispatch-ports.ts'
import type { Subscriber, Webhook } from '../domain/webhook.ts'

export interface Project {
  readonly id: string
  readonly name: string
  readonly createdAt: Date
}

/** One page of a list that is ordered by `Key`, which is unique in it. */
export interface PageRequest<Key> {
  readonly limit: number
  /** Backwards: the last ones before the end, or before `before`. */
  readonly backwards: boolean
  /** Exclusive. */
  readonly after: Key | null
  /** Exclusive. */
  readonly before: Key | null
}

/** In the list's order, whichever way it was read. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
}

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
  eventsByIds(ids: readonly string[]): Promise<readonly Event[]>
  /** Deleted ones too: the log still names them. */
  webhooksByIds(ids: readonly string[]): Promise<readonly Webhook[]>
  deliveriesByIds(ids: readonly string[]): Promise<readonly Delivery[]>
  attemptsByIds(ids: readonly string[]): Promise<readonly Attempt[]>
  auditEntriesByIds(ids: readonly string[]): Promise<readonly AuditEntry[]>
  /** In the order asked; a member is null where nothing is kept. */
  contentsOf(
    attempts: readonly Pick<Attempt, 'id' | 'startedAt'>[],
  ): Promise<readonly (AttemptContent | null)[]>
  siteByNumber(number: number): Promise<Site | null>
  customerByNumber(number: number): Promise<Customer | null>
  /** Never a deleted one; the newest of those that share a partner identifier. */
  orderBy(name: OrderName): Promise<ShownOrder | null>
  /** The project's own, by name. */
  topics(): Promise<readonly Topic[]>
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
  listAuditEntries(filter: AuditLogFilter, page: PageRequest<string>): Promise<Page<AuditEntry>>
  listEvents(filter: EventFilter, page: PageRequest<string>): Promise<Page<Event>>
  /** Without deleted ones. */
  listWebhooks(filter: WebhookFilter, page: PageRequest<string>): Promise<Page<Webhook>>
  listDeliveries(filter: DeliveryFilter, page: PageRequest<string>): Promise<Page<Delivery>>
  listAttempts(filter: AttemptFilter, page: PageRequest<string>): Promise<Page<Attempt>>
  /** A page of each order's events, newest first, in the order of the ids asked for. */
  eventsOf(orderIds: readonly string[], page: PageRequest<string>): Promise<readonly Page<Event>[]>
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
  talliesOf(wanted: readonly WebhookWindow[]): Promise<readonly Tally[]>
  /** The attempt of each webhook that began last, tests not included, in the order of the ids asked for; null where there is none. */
  latestAttemptsOf(webhookIds: readonly string[]): Promise<readonly (Attempt | null)[]>
  /** At one instant, a webhook (a deleted one too) and an event with the delivery it has there; null without the webhook. */
  previewOf(webhookId: string, eventId: string | null): Promise<Preview | null>
  /** Cancels up to so many pending deliveries of a webhook that was deleted; answers how many there were. */
  cancelOwed(webhookId: string, limit: number): Promise<number>
  /** Brings back up to so many deliveries that the webhook missed; null: no replay is owed to it. */
  replayMissed(webhookId: string, limit: number): Promise<Replayed | null>
  /** Takes a customer's data out of up to so many events for which it is owed, and out of what was sent of them; answers how many there were. */
  eraseOwed(customerId: string, limit: number): Promise<number>
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
  readonly sealed: SealedSecrets
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

export interface NewDelivery {
  readonly id: string
  readonly webhookId: string
  readonly state: Extract<DeliveryState, 'PENDING' | 'SKIPPED'>
  readonly skipReason: SkipReason | null
  /** Since when the webhook was off that skipped it; null unless it was. */
  readonly missedSince: Date | null
}

/** What the lanes have of a delivery that is PENDING or under lease. */
export interface DueDelivery {
  readonly asked: PersonWish | null
  /** Whether an attempt is under way. */
  readonly underWay: boolean
}

export interface LockedDelivery {
  readonly delivery: Delivery
  /** Null: it has ended, and nothing is under way. */
  readonly due: DueDelivery | null
  readonly webhook: { readonly enabled: boolean; readonly deleted: boolean }
}

/** What an idempotency key says of a mutation. */
export type Recalled =
  | { readonly kind: 'NEW' }
  | { readonly kind: 'SAME_INPUT'; readonly answer: string }
  | { readonly kind: 'OTHER_INPUT' }

/** A change of what proves a webhook's requests, sealed. */
export interface SealedProof {
  /** Signs from now on. */
  readonly secret: string | undefined
  /** Until when the secret that it follows signs too; null: no more. Says nothing where no secret is set. */
  readonly previousUntil: Date | null
  /** Null: none any more. */
  readonly token: string | null | undefined
}

/** What can be done to a project's rows inside one transaction. */
export interface ProjectTx {
  /** The transaction's instant on the database's clock. */
  readonly now: Date
  /** Waits for another transaction that holds the same key. */
  recall(mutation: string, key: string, inputHash: string): Promise<Recalled>
  remember(mutation: string, key: string, answer: string): Promise<void>
  nextNumber(kind: 'site' | 'customer' | 'order'): Promise<number>
  siteById(id: string): Promise<Site | null>
  /** Those of the ids that name a site. */
  knownSites(ids: readonly string[]): Promise<readonly string[]>
  /** Nobody changes it until the transaction ends: what is written of it stays true. */
  customerById(id: string): Promise<Customer | null>
  insertSite(site: Site): Promise<void>
  insertCustomer(customer: Customer): Promise<void>
  /** Nobody else changes it until the transaction ends. */
  lockSite(id: string): Promise<Site | null>
  /** Nobody else changes it until the transaction ends. */
  lockCustomer(id: string): Promise<Customer | null>
  updateSite(site: Site): Promise<void>
  updateCustomer(customer: Customer): Promise<void>
  /** Takes the customer's data out of the audit log and out of kept answers; answers how many there were. */
  eraseRecords(customerId: string): Promise<number>
  /** Whether events of its orders still say something of the customer. */
  hasPersonalEvents(customerId: string): Promise<boolean>
  /** Its data are to be taken out of its orders' events, by whoever comes to it. */
  oweErasure(customerId: string): Promise<void>
  insertOrder(order: Order): Promise<void>
  /** Deleted ones too. Nobody else changes the order, and nobody its customer, until the transaction ends. */
  lockOrder(
    id: string,
  ): Promise<{ readonly order: Order; readonly site: Site; readonly customer: Customer | null } | null>
  updateOrder(order: Order): Promise<void>
  /** The names of the project's own topics; none is added by another until the transaction ends. */
  lockTopics(): Promise<readonly string[]>
  insertTopic(topic: Topic): Promise<void>
  /** The webhooks that are there; none is added or removed until the transaction ends. */
  subscribers(): Promise<readonly Subscriber[]>
  insertEvent(event: Event, deliveries: readonly NewDelivery[]): Promise<void>
  /** How many webhooks there are, deleted ones not counted. None is added or removed until the transaction ends. */
  countWebhooks(): Promise<Readonly<Record<'all' | Preset, number>>>
  insertWebhook(webhook: Webhook, sealed: SealedSecrets): Promise<void>
  /** Deleted ones too. Nobody else changes it, and no event is fanned out, until the transaction ends. */
  lockWebhook(id: string): Promise<Webhook | null>
  updateWebhook(webhook: Webhook): Promise<void>
  /** The webhook begins anew: no failure is held against it. */
  resetHealth(webhookId: string): Promise<void>
  /** What the webhook missed since it went off then is to be brought back, by whoever comes to it. */
  oweReplay(webhookId: string, missedSince: Date): Promise<void>
  /** Sets what proves the webhook's requests; what is undefined stays. */
  setProof(webhookId: string, proof: SealedProof): Promise<void>
  /** What it signs with at the transaction's instant. */
  webhookSecrets(webhookId: string): Promise<SealedSecrets>
  /** No attempt of it begins or ends, and its webhook stays as it is, until the transaction ends. */
  lockDelivery(id: string): Promise<LockedDelivery | null>
  /** A person's attempt is due, before what waits in its lane; nothing may be under way. */
  askForNow(delivery: Delivery): Promise<Delivery>
  /** A person's attempt follows the one under way, unless that one succeeds. */
  askForNext(delivery: Delivery): Promise<Delivery>
  /** A PENDING delivery is attempted no more: CANCELLED, or as it had ended before a person asked. */
  callOffDelivery(delivery: Delivery): Promise<Delivery>
  /** The transaction's own project, which is new. */
  insertProject(project: Project, sealedDataKey: string): Promise<void>
  /** Nobody else changes it until the transaction ends. */
  lockProject(): Promise<Project>
  updateProject(project: Project): Promise<void>
  /** How many there are; none is added by another until the transaction ends. */
  countPartners(): Promise<number>
  partnerById(id: string): Promise<Partner | null>
  insertPartner(partner: Partner): Promise<void>
  /** How many keys open something; none is added by another until the transaction ends. */
  countLiveKeys(): Promise<number>
  insertKey(key: Key, secretHash: string): Promise<void>
  /** Nobody else changes it until the transaction ends. */
  lockKey(id: string): Promise<Key | null>
  /** Every process is told once it is committed. */
  revokeKey(id: string, at: Date): Promise<void>
  /** Who asked is put there by the transaction itself. */
  insertAuditEntry(entry: Omit<AuditEntry, 'keyId'>): Promise<void>
  insertTestAttempt(attempt: Attempt, content: AttemptContent): Promise<void>
}
