/** The port for the rows of one project inside a transaction. Reads outside a transaction are in `tenant-store.ts`. */
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

/** A delivery that is created with its event. */
export interface NewDelivery {
  readonly id: string
  readonly webhookId: string
  readonly state: Extract<DeliveryState, 'PENDING' | 'SKIPPED'>
  readonly skipReason: SkipReason | null
  /** When the webhook was disabled; null unless the delivery is SKIPPED because of that. */
  readonly skippedSince: Date | null
}

/** The lane's entry of a delivery that is PENDING or under lease. */
export interface DueDelivery {
  /** The requested manual retry; null: none. */
  readonly asked: ManualRetry | null
  /** Whether an attempt is running. */
  readonly underWay: boolean
}

/** A delivery that is locked until the transaction ends. */
export interface LockedDelivery {
  readonly delivery: Delivery
  /** Null: the delivery is not PENDING and no attempt is running. */
  readonly due: DueDelivery | null
  readonly webhook: { readonly enabled: boolean; readonly deleted: boolean }
}

/**
 * The result of looking up an idempotency key. NEW: the key is unused. SAME_INPUT: the stored response. OTHER_INPUT:
 * the key was used with another input.
 */
export type Recalled =
  | { readonly kind: 'NEW' }
  | { readonly kind: 'SAME_INPUT'; readonly answer: string }
  | { readonly kind: 'OTHER_INPUT' }

/** A change of a webhook's credentials, encrypted. */
export interface EncryptedCredentials {
  /** The new signing secret. Undefined: not changed. */
  readonly secret: string | undefined
  /** Until when the replaced secret also signs; null: not at all. Ignored when `secret` is undefined. */
  readonly previousUntil: Date | null
  /** The new token. Null: removed. Undefined: not changed. */
  readonly token: string | null | undefined
}

/** Statements of one transaction, restricted to its scope. Locks are held until the transaction ends. */
export interface ProjectTx {
  /** Start of the transaction on the database's clock. */
  readonly now: Date
  /** Inserts the idempotency key or reads it. Waits for another transaction that has inserted the same key. */
  recall(mutation: string, key: string, inputHash: string): Promise<Recalled>
  /** Stores the response with an idempotency key. */
  remember(mutation: string, key: string, answer: string): Promise<void>
  nextNumber(kind: 'site' | 'customer' | 'order'): Promise<number>
  siteById(id: string): Promise<Site | null>
  /** Returns those of the ids that name a site of the project. */
  knownSites(ids: readonly string[]): Promise<readonly string[]>
  /** Locks the customer against changes (FOR SHARE), so that a snapshot of it is current at the commit. */
  customerById(id: string): Promise<Customer | null>
  insertSite(site: Site): Promise<void>
  insertCustomer(customer: Customer): Promise<void>
  /** Locks the site for an update. */
  lockSite(id: string): Promise<Site | null>
  /** Locks the customer for an update. */
  lockCustomer(id: string): Promise<Customer | null>
  updateSite(site: Site): Promise<void>
  updateCustomer(customer: Customer): Promise<void>
  /** Erases the customer's data from the audit log and from stored responses. Returns the number of changed rows. */
  eraseRecords(customerId: string): Promise<number>
  /** Returns whether events of the customer's orders still contain personal data of the customer. */
  hasPersonalEvents(customerId: string): Promise<boolean>
  /** Enqueues the erasure of the customer's data from the events of its orders. `erasePending` carries it out. */
  enqueueErasure(customerId: string): Promise<void>
  insertOrder(order: Order): Promise<void>
  /** Locks the order for an update and its customer against changes. Also returns deleted orders. */
  lockOrder(
    id: string,
  ): Promise<{ readonly order: Order; readonly site: Site; readonly customer: Customer | null } | null>
  updateOrder(order: Order): Promise<void>
  /** Returns the names of the project's custom topics. No other transaction can add a topic until this one ends. */
  lockTopics(): Promise<readonly string[]>
  insertTopic(topic: Topic): Promise<void>
  /** Returns the webhooks without deleted ones. No other transaction can add or delete one until this one ends. */
  subscribers(): Promise<readonly Subscriber[]>
  insertEvent(event: Event, deliveries: readonly NewDelivery[]): Promise<void>
  /** Counts the webhooks without deleted ones. No other transaction can add or delete one until this one ends. */
  countWebhooks(): Promise<Readonly<Record<'all' | Preset, number>>>
  insertWebhook(webhook: Webhook, encrypted: EncryptedSecrets): Promise<void>
  /**
   * Locks the webhook for an update. No event is fanned out in the project until the transaction ends. Also returns
   * deleted webhooks. `withHealth`: also locks the webhook's health, so that no attempt is counted; `resetHealth` needs
   * that lock.
   */
  lockWebhook(id: string, lock?: { readonly withHealth: boolean }): Promise<Webhook | null>
  updateWebhook(webhook: Webhook): Promise<void>
  /** Resets the webhook's health: earlier failures no longer count. */
  resetHealth(webhookId: string): Promise<void>
  /**
   * Adds a change at the next position of the project's feed. It locks the feed until the transaction ends, so call it
   * last. The caller notifies the feed after the commit.
   */
  insertWebhookChange(change: NewWebhookChange): Promise<void>
  /** Enqueues the replay of the deliveries with this `skippedSince`. `replaySkipped` carries it out. */
  enqueueReplay(webhookId: string, skippedSince: Date): Promise<void>
  /** Sets the webhook's credentials. Undefined members are not changed. */
  setCredentials(webhookId: string, credentials: EncryptedCredentials): Promise<void>
  /** Returns the credentials that are valid at `now`. */
  webhookSecrets(webhookId: string): Promise<EncryptedSecrets>
  /** Locks the delivery: no attempt of it begins or is settled, and no client can change its webhook. */
  lockDelivery(id: string): Promise<LockedDelivery | null>
  /** Makes a manual attempt due, before all other deliveries of the lane. No attempt may be running. */
  requestRetryNow(delivery: Delivery): Promise<Delivery>
  /** Requests a manual attempt after the running attempt, unless that one succeeds. */
  queueRetryAfterCurrent(delivery: Delivery): Promise<Delivery>
  /** Ends a PENDING delivery: CANCELLED, or its final state from before the manual retry. */
  cancelDelivery(delivery: Delivery): Promise<Delivery>
  /** The project must be that of the transaction's scope. */
  insertProject(project: Project, encryptedDataKey: string): Promise<void>
  /** Locks the project for an update. */
  lockProject(): Promise<Project>
  updateProject(project: Project): Promise<void>
  /** No other transaction can add a partner until this one ends. */
  countPartners(): Promise<number>
  partnerById(id: string): Promise<Partner | null>
  insertPartner(partner: Partner): Promise<void>
  /** Counts the valid keys. No other transaction can add a key until this one ends. */
  countLiveKeys(): Promise<number>
  insertKey(key: Key, secretHash: string): Promise<void>
  /** Locks the key for an update. */
  lockKey(id: string): Promise<Key | null>
  /** Notifies every process after the commit. */
  revokeKey(id: string, at: Date): Promise<void>
  /** The transaction adds the key id of its scope. */
  insertAuditEntry(entry: Omit<AuditEntry, 'keyId'>): Promise<void>
  insertTestAttempt(attempt: Attempt, content: AttemptContent): Promise<void>
}
