/**
 * The tables, as drizzle defines them. Enumerations come from `domain`. The migrations in `drizzle/` are generated from
 * this file. What drizzle cannot express (partitions, functions, fillfactor, and row-level security, which every table
 * has) is added to the migrations by hand and noted here.
 */
import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  customType,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import {
  attemptNextSteps,
  attemptTriggers,
  deliveryStates,
  manualRetries,
  skipReasons,
} from '../../domain/deliveries/delivery.ts'
import type { AuditedState } from '../../domain/audit/audit-entry.ts'
import { keyRoles } from '../../domain/access/key.ts'
import { customerStates, orderStates } from '../../domain/orders/order.ts'
import { attemptOutcomes } from '../../domain/deliveries/outcome.ts'
import { disabledReasons } from '../../domain/policies/disable.ts'
import type { PolicyOverrides } from '../../domain/policies/policy.ts'
import { presets } from '../../domain/webhooks/preset.ts'
import { dialects } from '../../domain/dialects/registry.ts'
import { webhookChangeKinds } from '../../domain/feed/webhook-change.ts'
import { noConditions, type CustomHeader, type OrderConditions } from '../../domain/webhooks/webhook.ts'

// Ids are compared byte by byte in every database locale, so that their order is their order of creation.
const id = customType<{ data: string }>({ dataType: () => 'text collate "C"' })
// Whole milliseconds, the precision of JavaScript dates: a value that is read and written back does not change.
const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' })
const bytes = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' })

/** One row, inserted by the migration. Its id distinguishes this installation from others that use the same Redis. */
export const installation = pgTable('installation', { id: text('id').primaryKey() })

/**
 * Running servers. Each server refreshes its row every few seconds and deletes it when it stops. Only the admin pool
 * reads this table.
 */
export const processes = pgTable('processes', {
  id: id('id').primaryKey(),
  roles: text('roles').array().notNull(),
  version: text('version').notNull(),
  host: text('host').notNull(),
  pid: integer('pid').notNull(),
  /** The fingerprints of the keys in the process's SECRETS_KEYS, in the order of that setting. */
  keyFingerprints: text('key_fingerprints').array().notNull(),
  startedAt: instant('started_at').notNull().defaultNow(),
  seenAt: instant('seen_at').notNull().defaultNow(),
})

export const projects = pgTable('projects', {
  id: id('id').primaryKey(),
  name: text('name').notNull(),
  /** Encrypts the project's secrets. Is itself encrypted with a key of SECRETS_KEYS. */
  encryptedDataKey: text('sealed_data_key').notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
})

/**
 * The last assigned position of each project's feed. Settles hold the row lock until they commit, so that positions
 * become visible in order.
 */
export const feeds = pgTable('feeds', {
  projectId: id('project_id').primaryKey(),
  position: bigint('position', { mode: 'number' }).notNull(),
  /** The newest position that retention has removed; 0 when it has removed none. */
  expiredPosition: bigint('expired_position', { mode: 'number' }).notNull().default(0),
})

/** Like `feeds`, for webhook changes. Transactions, settles included, lock this row after the webhook's row. */
export const webhookChangeFeeds = pgTable('webhook_change_feeds', {
  projectId: id('project_id').primaryKey(),
  position: bigint('position', { mode: 'number' }).notNull(),
  expiredPosition: bigint('expired_position', { mode: 'number' }).notNull().default(0),
})

/** The last number assigned to a site, a customer or an order of a project. */
export const counters = pgTable(
  'counters',
  {
    projectId: id('project_id')
      .notNull()
      .references(() => projects.id),
    kind: text('kind', { enum: ['site', 'customer', 'order'] }).notNull(),
    value: integer('value').notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.kind] })],
)

/** Integrators inside a project, who own webhooks. */
export const partners = pgTable(
  'partners',
  {
    id: id('id').primaryKey(),
    projectId: id('project_id')
      .notNull()
      .references(() => projects.id),
    name: text('name').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (t) => [
    // list a project's partners
    index('partners_project').on(t.projectId, t.id),
  ],
)

export const keys = pgTable(
  'keys',
  {
    id: id('id').primaryKey(),
    /** Null for an OPERATOR key. */
    projectId: id('project_id').references(() => projects.id),
    /** Null unless the role is PARTNER. */
    partnerId: id('partner_id').references(() => partners.id),
    role: text('role', { enum: keyRoles }).notNull(),
    /** Null: the key has no name. */
    name: text('name'),
    /** SHA-256 of the secret part, in hex. The secret has 256 random bits, so a fast hash is sufficient. */
    secretHash: text('secret_hash').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
    /** Null: the key does not expire. */
    expiresAt: instant('expires_at'),
    /** Null: the key is not revoked. */
    revokedAt: instant('revoked_at'),
    /** Updated at most once a minute. Null: the key has not been used. */
    lastUsedAt: instant('last_used_at'),
  },
  (t) => [
    // list a project's keys
    index('keys_project').on(t.projectId, t.id),
  ],
)

export const sites = pgTable(
  'sites',
  {
    id: id('id').primaryKey(),
    projectId: id('project_id')
      .notNull()
      .references(() => projects.id),
    number: integer('number').notNull(),
    name: text('name').notNull(),
    /** Null: the partner has no identifier for the site. */
    partnerIdentifier: text('partner_identifier'),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  (t) => [
    uniqueIndex('sites_number').on(t.projectId, t.number),
    // list a project's sites
    index('sites_project').on(t.projectId, t.id),
  ],
)

export const customers = pgTable(
  'customers',
  {
    id: id('id').primaryKey(),
    projectId: id('project_id')
      .notNull()
      .references(() => projects.id),
    number: integer('number').notNull(),
    name: text('name').notNull(),
    /** Null, here and in the two columns below: not known. */
    carType: text('car_type'),
    carColor: text('car_color'),
    licensePlate: text('license_plate'),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  (t) => [
    uniqueIndex('customers_number').on(t.projectId, t.number),
    // list a project's customers
    index('customers_project').on(t.projectId, t.id),
  ],
)

export const orders = pgTable(
  'orders',
  {
    id: id('id').primaryKey(),
    projectId: id('project_id')
      .notNull()
      .references(() => projects.id),
    number: integer('number').notNull(),
    uid: text('uid').notNull(),
    state: text('state', { enum: orderStates }).notNull(),
    customerState: text('customer_state', { enum: customerStates }).notNull(),
    version: integer('version').notNull(),
    /** The sequence of the order's latest event. */
    sequence: integer('sequence').notNull(),
    siteId: id('site_id')
      .notNull()
      .references(() => sites.id),
    /** Null: the order names no customer. */
    customerId: id('customer_id').references(() => customers.id),
    /** Null, here and in the columns below: not known, or not set. */
    partnerIdentifier: text('partner_identifier'),
    redemptionCode: text('redemption_code'),
    areaName: text('area_name'),
    pickupStartsAt: instant('pickup_starts_at'),
    pickupEndsAt: instant('pickup_ends_at'),
    etaAt: instant('eta_at'),
    arrivedAt: instant('arrived_at'),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    /** Null: not deleted. A deleted order keeps its row, because events refer to it. */
    deletedAt: instant('deleted_at'),
  },
  (t) => [
    uniqueIndex('orders_number').on(t.projectId, t.number),
    uniqueIndex('orders_uid').on(t.projectId, t.uid),
    // find orders by the partner's identifier, newest first
    index('orders_partner_identifier')
      .on(t.projectId, t.partnerIdentifier, t.id)
      .where(sql`partner_identifier is not null`),
    // list a project's, a site's and a customer's orders
    index('orders_project').on(t.projectId, t.id),
    index('orders_site').on(t.siteId, t.id),
    index('orders_customer')
      .on(t.customerId, t.id)
      .where(sql`customer_id is not null`),
  ],
)

export const events = pgTable(
  'events',
  {
    id: id('id').primaryKey(),
    projectId: id('project_id').notNull(),
    topic: text('topic').notNull(),
    /** Null: the event does not belong to an order. */
    orderId: id('order_id'),
    /** Null: the event does not belong to an order. */
    sequence: integer('sequence'),
    /** JSON stored as text, so that numbers keep all their digits. */
    data: text('data').notNull(),
    /**
     * The number of deliveries created for the event, minus those that retention removed. `verify-deliveries` compares
     * it with the number of rows.
     */
    deliveryCount: integer('delivery_count').notNull(),
    createdAt: instant('created_at').notNull(),
    /** When the customer's personal data were removed from `data`. Null: they were not removed. */
    erasedAt: instant('erased_at'),
  },
  (t) => [
    // list a project's events; verify-deliveries
    index('events_project').on(t.projectId, t.id),
    // the sequences of an order's events are dense: two transactions can never assign the same one
    uniqueIndex('events_sequence').on(t.orderId, t.sequence),
  ],
)

/**
 * The project's own topics, in addition to the built-in ones. They are never changed or deleted, because events and
 * webhooks refer to them.
 */
export const topics = pgTable(
  'topics',
  {
    projectId: id('project_id')
      .notNull()
      .references(() => projects.id),
    /** Compared byte by byte, which is how the built-in topics are sorted. */
    name: id('name').notNull(),
    description: text('description').notNull(),
    /** JSON Schema, as text. */
    schema: text('schema').notNull(),
    /** JSON, as text. */
    example: text('example').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.name] })],
)

export const webhooks = pgTable(
  'webhooks',
  {
    id: id('id').primaryKey(),
    projectId: id('project_id')
      .notNull()
      .references(() => projects.id),
    /** Null: the webhook belongs to the platform. */
    partnerId: id('partner_id').references(() => partners.id),
    name: text('name').notNull(),
    url: text('url').notNull(),
    topics: text('topics').array().notNull(),
    filters: jsonb('filters').$type<OrderConditions>().notNull().default(noConditions),
    preset: text('preset', { enum: presets }).notNull(),
    dialect: text('dialect', { enum: dialects }).notNull().default('STANDARD'),
    overrides: jsonb('overrides').$type<PolicyOverrides>().notNull(),
    /** Encrypted with the project's data key. Null: the dialect does not sign requests. */
    sealedSecret: text('sealed_secret'),
    /** The secret before the last rotation. Null, here and in the column below: there is none. */
    previousSealedSecret: text('previous_sealed_secret'),
    /** Until when requests are also signed with the previous secret. */
    previousSecretUntil: instant('previous_secret_until'),
    /** Encrypted with the project's data key. Null: no token is set. */
    sealedToken: text('sealed_token'),
    headers: jsonb('headers').$type<readonly CustomHeader[]>().notNull().default([]),
    /** Null: only the lane's own limit applies. */
    maxConcurrency: integer('max_concurrency'),
    /** Null: no rate limit. */
    ratePerSecond: integer('rate_per_second'),
    /** Null, here and in the two columns below, while the webhook is enabled. */
    disabledReason: text('disabled_reason', { enum: disabledReasons }),
    disabledMessage: text('disabled_message'),
    disabledAt: instant('disabled_at'),
    version: integer('version').notNull(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    /** Null: not deleted. A deleted webhook keeps its row, because the log refers to it. */
    deletedAt: instant('deleted_at'),
  },
  (t) => [
    // fan-out: the webhooks that may be subscribed to an event
    index('webhooks_project')
      .on(t.projectId, t.id)
      .where(sql`deleted_at is null`),
    // a partner's webhooks, deleted ones included
    index('webhooks_partner')
      .on(t.partnerId, t.id)
      .where(sql`partner_id is not null`),
  ],
)

/**
 * Counters that settles update. They are not columns of `webhooks`, so that settles do not wait for a transaction that
 * changes the webhook's settings.
 */
export const webhookHealth = pgTable('webhook_health', {
  webhookId: id('webhook_id')
    .primaryKey()
    .references(() => webhooks.id),
  consecutiveFailures: integer('consecutive_failures').notNull().default(0),
  /** Null: no failure since the last success. */
  failingSince: instant('failing_since'),
  /**
   * Attempts count for the disable rules from this time on: when the webhook was last enabled again. Null: all attempts
   * count.
   */
  countersStartAt: instant('counted_since'),
  /** The counts of that time's bucket when the webhook was enabled. Disable rules subtract them. */
  pendingSucceeded: integer('uncounted_succeeded').notNull().default(0),
  pendingFailed: integer('uncounted_failed').notNull().default(0),
  /** When the webhook's owner was last notified that the webhook fails. Null: never. */
  failingNotifiedAt: instant('failing_told_at'),
})

/** Webhook changes that the owners are notified of: created, failing, disabled, enabled. */
export const webhookChanges = pgTable(
  'webhook_changes',
  {
    projectId: id('project_id').notNull(),
    /** Dense and in commit order within the project. */
    position: bigint('position', { mode: 'number' }).notNull(),
    webhookId: id('webhook_id').notNull(),
    kind: text('kind', { enum: webhookChangeKinds }).notNull(),
    at: instant('at').notNull(),
    /** Null unless the kind is DISABLED. */
    reason: text('reason', { enum: disabledReasons }),
    message: text('message').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.projectId, t.position] }),
    // retention
    index('webhook_changes_age').on(t.at),
  ],
)

/**
 * Scheduled attempts, counted per webhook and bucket of ten minutes, for disable rules on failure shares and on days
 * and for the statistics of the API. Every settle updates a row within its page (fillfactor 50, by hand in the
 * migration). There is no foreign key, so that a settle does not wait for a transaction that changes the webhook.
 */
export const webhookAttemptCounts = pgTable(
  'webhook_tallies',
  {
    webhookId: id('webhook_id').notNull(),
    /** The start of the bucket. */
    at: instant('at').notNull(),
    /** Milliseconds from `at` to the first attempt of the bucket; 0 in buckets that are older than this column. */
    firstMs: integer('first_ms').notNull().default(0),
    succeeded: integer('succeeded').notNull(),
    failed: integer('failed').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.webhookId, t.at] }),
    // remove old buckets
    index('webhook_tallies_age').on(t.at),
  ],
)

/**
 * The log bucket of a delivery. Null for deliveries that wait for their first attempt and for deliveries that the first
 * scheduled attempt delivered. Otherwise the delivery's state, and the latest attempt's trigger, outcome, first digit
 * of the status code, and number (1, or 2 for every later one); '-' where there is no value. `log-buckets.ts` parses
 * it.
 */
const deliveryNotableAs = sql`case
  when state = 'PENDING' and attempt_count = 0 and last_outcome is null then null
  when state = 'DELIVERED' and attempt_count = 1 and last_outcome = 'SUCCEEDED' and last_trigger = 'SCHEDULE' then null
  else state || ' ' || coalesce(last_trigger, '-') || ' ' || coalesce(last_outcome, '-') || ' '
    || coalesce((last_status_code / 100)::text, '-') || ' ' || least(attempt_count, 2)::text
end`

export const deliveries = pgTable(
  'deliveries',
  {
    id: id('id').primaryKey(),
    projectId: id('project_id').notNull(),
    webhookId: id('webhook_id').notNull(),
    eventId: id('event_id').notNull(),
    /**
     * Copied from the event, so that the log is filtered without reading events. Null: the event does not belong to an
     * order.
     */
    orderId: id('order_id'),
    /** Copied from the event, so that the log is filtered without reading events. */
    topic: text('topic').notNull(),
    state: text('state', { enum: deliveryStates }).notNull(),
    /**
     * Why the delivery was SKIPPED. Kept while a manual retry may return the delivery to SKIPPED, but shown only in
     * that state. Null: the delivery was never skipped, or a replay brought it back.
     */
    skipReason: text('skip_reason', { enum: skipReasons }),
    /** Recorded attempts, interrupted ones included. */
    attemptCount: integer('attempt_count').notNull().default(0),
    /** Failed scheduled attempts. */
    failures: integer('failures').notNull().default(0),
    /** Consecutive interrupted attempts, up to the latest attempt. */
    interruptions: integer('interruptions').notNull().default(0),
    /** When the next attempt is due, for the API. Null: no attempt follows. Lanes use `dueDeliveries`. */
    dueAt: instant('due_at'),
    createdAt: instant('created_at').notNull(),
    /** When the delivery left PENDING. Null while it is PENDING. */
    finishedAt: instant('finished_at'),
    /**
     * When the webhook that skipped the delivery was disabled: identifies the period that a replay brings back. Null:
     * not skipped, or replayed.
     */
    skippedSince: instant('missed_since'),
    /** When a replay brought the delivery back. The retry window starts at this time. Null: not replayed. */
    replayedAt: instant('replayed_at'),
    /**
     * The state to which the delivery returns when a manual attempt fails. Null: the schedule continues, or no manual
     * attempt was requested.
     */
    resumeState: text('resume_state', { enum: deliveryStates }),
    /**
     * When the schedule continues after a failed manual attempt. Null: the schedule has ended, or no manual attempt was
     * requested.
     */
    resumeAt: instant('resume_at'),
    /**
     * Copied from the latest attempt, here and in the two columns below, so that the log is filtered without reading
     * attempts. Null: there was no attempt.
     */
    lastOutcome: text('last_outcome', { enum: attemptOutcomes }),
    /** Null also when no response was received. */
    lastStatusCode: integer('last_status_code'),
    lastTrigger: text('last_trigger', { enum: attemptTriggers }),
    /** Copied from the event. An attempt that was claimed before this time and is settled after it stores no body. */
    erasedAt: instant('erased_at'),
    /** Null: delivered by the first scheduled attempt, or not tried yet. Otherwise see `deliveryNotableAs`. */
    logBucket: text('notable_as').generatedAlwaysAs(deliveryNotableAs),
  },
  (t) => [
    // No index contains a column that settles change, so that a settle updates the row within its page (fillfactor 80,
    // by hand in the migration). A delivery that the first attempt delivers never gets a log bucket, so its settle does
    // not change `notable_as`.
    // the log of a project, of a webhook, of an order and of an event
    index('deliveries_project').on(t.projectId, t.id),
    index('deliveries_webhook').on(t.webhookId, t.id),
    index('deliveries_order')
      .on(t.orderId, t.id)
      .where(sql`order_id is not null`),
    index('deliveries_event').on(t.eventId, t.id),
    // the log filtered by topics: reads the few rows of a rare topic instead of the whole project
    index('deliveries_topic').on(t.projectId, t.topic, t.id),
    // replays: the deliveries that a webhook missed while it was disabled; only skipped deliveries are in this index
    index('deliveries_missed')
      .on(t.webhookId, t.skippedSince, t.id)
      .where(sql`missed_since is not null`),
    // the filtered log of a project and of a webhook: the few deliveries that need attention, each bucket in page order
    index('deliveries_project_notable_as')
      .on(t.projectId, t.logBucket, t.id)
      .where(sql`notable_as is not null`),
    index('deliveries_webhook_notable_as')
      .on(t.webhookId, t.logBucket, t.id)
      .where(sql`notable_as is not null`),
  ],
)

/**
 * Pending replays: the periods in which a webhook was disabled and whose skipped deliveries are to be brought back. The
 * row is deleted when all of them are back.
 */
export const replays = pgTable(
  'replays',
  {
    webhookId: id('webhook_id')
      .notNull()
      .references(() => webhooks.id),
    /** When the webhook was disabled. The deliveries with this `missed_since` are replayed. */
    skippedSince: instant('missed_since').notNull(),
  },
  (t) => [primaryKey({ columns: [t.webhookId, t.skippedSince] })],
)

/**
 * Pending erasures: customers whose data are to be removed from the events of their orders. The row is deleted when
 * that is done.
 */
export const erasures = pgTable('erasures', {
  customerId: id('customer_id')
    .primaryKey()
    .references(() => customers.id),
  projectId: id('project_id').notNull(),
  /** The erasure has processed all orders before this one; empty at the beginning. */
  afterOrderId: id('after_order_id').notNull(),
})

/**
 * The queue that lanes claim from: one narrow row for each delivery that is PENDING or under lease, so that claims and
 * leases update only a few bytes. The row is deleted when neither holds. A delivery that is cancelled under lease keeps
 * its row until the settle.
 */
export const dueDeliveries = pgTable(
  'due_deliveries',
  {
    deliveryId: id('delivery_id').primaryKey(),
    webhookId: id('webhook_id').notNull(),
    /** When the next attempt is due. Does not change while an attempt is in progress. */
    dueAt: instant('due_at').notNull(),
    /** The fencing token of the attempt in progress. Null: no attempt is in progress. */
    leaseToken: text('lease_token'),
    /** When the lease of the attempt in progress expires, on the database clock. Null: no attempt is in progress. */
    leaseUntil: instant('lease_until'),
    /** When the attempt in progress started. Null: no attempt is in progress. */
    leaseStartedAt: instant('lease_started_at'),
    /**
     * A manual retry: this attempt is manual (NOW), a manual attempt follows the scheduled one in progress (NEXT), or a
     * manual attempt follows the manual one in progress (AGAIN). Null: none was requested. With at most eight columns,
     * the row header with its null bitmap stays at 24 bytes.
     */
    asked: text('asked', { enum: manualRetries }),
  },
  (t) => [
    // claims, the next due time of a lane, and the sweep for lanes that lost their wake-up
    index('due_deliveries_lane')
      .on(t.webhookId, t.dueAt, t.deliveryId)
      .where(sql`lease_token is null`),
    // a webhook's requests in progress, for its limits; the sweep for expired leases reads the whole index, which is
    // short
    index('due_deliveries_under_way')
      .on(t.webhookId, t.leaseUntil)
      .where(sql`lease_token is not null`),
  ],
)

/**
 * Attempts other than a successful first attempt of the schedule. A statement that matches only such attempts repeats
 * this condition word for word, so that the planner uses the partial index.
 */
export const notable = sql`outcome <> 'SUCCEEDED' or number > 1 or trigger = 'PERSON'`

/**
 * The log bucket of an attempt, like that of a delivery. The first word says whether the schedule continues. Null also
 * for tests, which are not in the log.
 */
const attemptNotableAs = sql`case when delivery_id is not null and (${notable}) then
  case next_step when 'RETRY' then 'RETRY' else 'FINAL' end || ' ' || trigger || ' ' || outcome || ' '
    || coalesce((status_code / 100)::text, '-') || ' ' || least(number, 2)::text
end`

/**
 * Partitioned by day of `started_at` (by hand in the migration; ensure_attempt_partitions creates the partitions). The
 * id is a UUIDv7 with the same timestamp, so the id determines the partition. There are no foreign keys, because whole
 * days are dropped.
 */
export const attempts = pgTable(
  'attempts',
  {
    id: id('id').notNull(),
    projectId: id('project_id').notNull(),
    /** Dense and in commit order within the project. Null for a test. */
    position: bigint('position', { mode: 'number' }),
    /** Null for a test. */
    deliveryId: id('delivery_id'),
    webhookId: id('webhook_id').notNull(),
    /** Null: the event does not belong to an order. */
    orderId: id('order_id'),
    topic: text('topic').notNull(),
    number: integer('number').notNull(),
    trigger: text('trigger', { enum: attemptTriggers }).notNull(),
    outcome: text('outcome', { enum: attemptOutcomes }).notNull(),
    /** Null: nothing went wrong. */
    detail: text('detail'),
    /** Null: no status line was read. An attempt that received only part of a response may have a status code. */
    statusCode: integer('status_code'),
    startedAt: instant('started_at').notNull(),
    /** Null: the attempt was interrupted, so its duration is not known. */
    durationMs: integer('duration_ms'),
    /**
     * Null, here and in the three columns below: the connection was reused, or the attempt did not reach this phase.
     */
    dnsMs: integer('dns_ms'),
    connectMs: integer('connect_ms'),
    tlsMs: integer('tls_ms'),
    firstByteMs: integer('first_byte_ms'),
    /** Null: no connection was made, or the destination was refused. */
    resolvedAddress: text('resolved_address'),
    /** True: a reused connection was closed during the request, and the request was sent again on a new connection. */
    resentOnNewConnection: boolean('resent_on_new_connection').notNull().default(false),
    nextStep: text('next_step', { enum: attemptNextSteps }).notNull(),
    nextStepReason: text('next_step_reason').notNull(),
    /** Null: no attempt followed. */
    nextAttemptAt: instant('next_attempt_at'),
    /** Null: succeeded at the first scheduled attempt, or a test. Otherwise see `attemptNotableAs`. */
    logBucket: text('notable_as').generatedAlwaysAs(attemptNotableAs),
  },
  (t) => [
    primaryKey({ columns: [t.startedAt, t.id] }),
    // the feed: attempts after a position
    index('attempts_feed').on(t.projectId, t.position),
    // the log of a project
    index('attempts_project').on(t.projectId, t.startedAt, t.id),
    // the log of a webhook
    index('attempts_webhook').on(t.webhookId, t.startedAt, t.id),
    // the filtered log of a project and of a webhook: the few attempts that need attention, each bucket in page order
    index('attempts_project_notable_as')
      .on(t.projectId, t.logBucket, t.startedAt, t.id)
      .where(sql`notable_as is not null`),
    index('attempts_webhook_notable_as')
      .on(t.webhookId, t.logBucket, t.startedAt, t.id)
      .where(sql`notable_as is not null`),
    // the filtered log of many webhooks: all buckets together
    index('attempts_webhook_notable').on(t.webhookId, t.startedAt, t.id).where(notable),
    // the attempts of a delivery
    index('attempts_delivery').on(t.deliveryId, t.number),
  ],
)

/**
 * What attempts sent and received. Partitioned like `attempts`, and separate from it, so that a page of the log never
 * reads bodies.
 */
export const attemptContents = pgTable(
  'attempt_contents',
  {
    attemptId: id('attempt_id').notNull(),
    startedAt: instant('started_at').notNull(),
    projectId: id('project_id').notNull(),
    /** Null, here and in the two columns below: the attempt was interrupted, so it is not known what was sent. */
    requestUrl: text('request_url'),
    /** [[name, value], ...] in the order sent, with secrets masked. */
    requestHeaders: jsonb('request_headers').$type<readonly (readonly [string, string])[]>(),
    requestBody: text('request_body'),
    /**
     * Null, here and in the columns below: no response was received. Text instead of jsonb, to keep the headers as
     * received.
     */
    responseHeaders: text('response_headers'),
    responseBody: bytes('response_body'),
    /** Null also when the size is not known. */
    responseBodySize: bigint('response_body_size', { mode: 'number' }),
    responseTruncated: boolean('response_truncated'),
    /** Null in attempts that are older than this column: the body was not decompressed. */
    responseDecompressed: boolean('response_decompressed'),
    /**
     * Null in attempts that are older than this column: a valid response. True: the first bytes of data that could not
     * be parsed as a response.
     */
    responseMalformed: boolean('response_malformed'),
  },
  (t) => [primaryKey({ columns: [t.startedAt, t.attemptId] })],
)

/** The results of mutations that were called with an idempotency key. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    projectId: id('project_id').notNull(),
    mutation: text('mutation').notNull(),
    key: text('key').notNull(),
    /** SHA-256 of the input, in hex. */
    inputHash: text('input_hash').notNull(),
    /** JSON. Null only inside the transaction that will set it. */
    answer: text('answer'),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.projectId, t.mutation, t.key] }),
    // retention
    index('idempotency_keys_age').on(t.createdAt),
  ],
)

/**
 * Every change: which key made it, what, when, and the state before and after, without secrets. Written in the
 * transaction of the change.
 */
export const auditLog = pgTable(
  'audit_log',
  {
    id: id('id').primaryKey(),
    /** Null: the object belongs to no project, as OPERATOR keys do. */
    projectId: id('project_id'),
    at: instant('at').notNull(),
    /** Null: a command made the change, not a request. */
    keyId: id('key_id'),
    /** The name of the mutation. */
    operation: text('operation').notNull(),
    objectId: id('object_id').notNull(),
    /** Null: the object did not exist before. */
    before: jsonb('before').$type<AuditedState>(),
    /** Null: the object does not exist any more. */
    after: jsonb('after').$type<AuditedState>(),
  },
  (t) => [
    // list a project's entries, newest first
    index('audit_log_project').on(t.projectId, t.id),
    // list the entries of one object
    index('audit_log_object').on(t.projectId, t.objectId, t.id),
  ],
)
