/** What can be done to one project's rows inside a transaction, as types. Reading them is `project-ports.ts`. */
import type { AuditEntry } from '../domain/audit/audit-entry.ts'
import type {
  Attempt,
  AttemptContent,
  Delivery,
  DeliveryState,
  ManualRetry,
  SkipReason,
} from '../domain/deliveries/delivery.ts'
import type { Event } from '../domain/orders/event.ts'
import type { Key } from '../domain/access/key.ts'
import type { Customer, Order, Site } from '../domain/orders/order.ts'
import type { Partner } from '../domain/access/partner.ts'
import type { Topic } from '../domain/orders/topic.ts'
import type { Preset } from '../domain/webhooks/preset.ts'
import type { EncryptedSecrets } from './dispatch-store.ts'
import type { Subscriber, Webhook } from '../domain/webhooks/webhook.ts'
import type { NewWebhookChange } from '../domain/feed/webhook-change.ts'
import type { Project } from '../domain/access/project.ts'

export interface NewDelivery {
  readonly id: string
  readonly webhookId: string
  readonly state: Extract<DeliveryState, 'PENDING' | 'SKIPPED'>
  readonly skipReason: SkipReason | null
  /** Since when the webhook was off that skipped it; null unless it was. */
  readonly skippedSince: Date | null
}

/** What the lanes have of a delivery that is PENDING or under lease. */
export interface DueDelivery {
  readonly asked: ManualRetry | null
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
export interface EncryptedCredentials {
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
  enqueueErasure(customerId: string): Promise<void>
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
  insertWebhook(webhook: Webhook, encrypted: EncryptedSecrets): Promise<void>
  /**
   * Deleted ones too. Nobody else changes it, and no event is fanned out, until the transaction ends. `withHealth`: nor
   * is any attempt counted for or against it, as whoever will reset its health needs it.
   */
  lockWebhook(id: string, lock?: { readonly withHealth: boolean }): Promise<Webhook | null>
  updateWebhook(webhook: Webhook): Promise<void>
  /** The webhook begins anew: no failure is held against it. */
  resetHealth(webhookId: string): Promise<void>
  /**
   * What its owner is told, at the next place of the project's feed, which nobody else is given until the transaction
   * ends: the last that is asked of it. The feed is told after the commit.
   */
  insertWebhookChange(change: NewWebhookChange): Promise<void>
  /** What the webhook missed since it went off then is to be brought back, by whoever comes to it. */
  enqueueReplay(webhookId: string, skippedSince: Date): Promise<void>
  /** Sets what proves the webhook's requests; what is undefined stays. */
  setCredentials(webhookId: string, credentials: EncryptedCredentials): Promise<void>
  /** What it signs with at the transaction's instant. */
  webhookSecrets(webhookId: string): Promise<EncryptedSecrets>
  /** No attempt of it begins or ends, and its webhook stays as it is, until the transaction ends. */
  lockDelivery(id: string): Promise<LockedDelivery | null>
  /** A person's attempt is due, before what waits in its lane; nothing may be under way. */
  requestRetryNow(delivery: Delivery): Promise<Delivery>
  /** A person's attempt follows the one under way, unless that one succeeds. */
  queueRetryAfterCurrent(delivery: Delivery): Promise<Delivery>
  /** A PENDING delivery is attempted no more: CANCELLED, or as it had ended before a person asked. */
  cancelDelivery(delivery: Delivery): Promise<Delivery>
  /** The transaction's own project, which is new. */
  insertProject(project: Project, encryptedDataKey: string): Promise<void>
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
