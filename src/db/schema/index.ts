/**
 * The tables, as drizzle sees them. Closed lists come from `domain`. The migrations below
 * `drizzle/` are generated from this file; what drizzle cannot say (partitions, functions, and
 * row-level security, which every table has) is written into them by hand and noted here.
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

// Ids compare byte by byte whatever the database's locale, so that their order is their time of creation.
const id = customType<{ data: string }>({ dataType: () => 'text collate "C"' })
// Whole milliseconds, as JavaScript has them: what is read and written back is the same instant.
const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' })
const bytes = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' })

/** One row, made by hand in the migration: tells this installation from others that share its Redis. */
export const installation = pgTable('installation', { id: text('id').primaryKey() })

/** Running servers. Each refreshes its row every few seconds and removes it when it stops. Read through the admin pool alone. */
export const processes = pgTable('processes', {
  id: id('id').primaryKey(),
  roles: text('roles').array().notNull(),
  version: text('version').notNull(),
  host: text('host').notNull(),
  pid: integer('pid').notNull(),
  /** Of the keys in its SECRETS_KEYS, the first one first. */
  keyFingerprints: text('key_fingerprints').array().notNull(),
  startedAt: instant('started_at').notNull().defaultNow(),
  seenAt: instant('seen_at').notNull().defaultNow(),
})

export const projects = pgTable('projects', {
  id: id('id').primaryKey(),
  name: text('name').notNull(),
  /** Seals the project's secrets; itself sealed by a key of SECRETS_KEYS. */
  encryptedDataKey: text('sealed_data_key').notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
})

/** The last position given out in a project's feed. The row lock orders the commits of settles, so that positions become visible in order. */
export const feeds = pgTable('feeds', {
  projectId: id('project_id').primaryKey(),
  position: bigint('position', { mode: 'number' }).notNull(),
  /** The newest position that retention has removed; 0 when it has removed none. */
  expiredPosition: bigint('expired_position', { mode: 'number' }).notNull().default(0),
})

/** As `feeds`, for what happens to a project's webhooks. Locked after the webhook's own row, by settles too. */
export const webhookChangeFeeds = pgTable('webhook_change_feeds', {
  projectId: id('project_id').primaryKey(),
  position: bigint('position', { mode: 'number' }).notNull(),
  expiredPosition: bigint('expired_position', { mode: 'number' }).notNull().default(0),
})

/** The last number given to a site, a customer or an order of a project. */
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
    // the list of a project's partners
    index('partners_project').on(t.projectId, t.id),
  ],
)

export const keys = pgTable(
  'keys',
  {
    id: id('id').primaryKey(),
    /** Null for an OPERATOR. */
    projectId: id('project_id').references(() => projects.id),
    /** Null but for a PARTNER. */
    partnerId: id('partner_id').references(() => partners.id),
    role: text('role', { enum: keyRoles }).notNull(),
    /** Null: it was not named. */
    name: text('name'),
    /** SHA-256 of the secret part, in hex; the secret has 256 bits, so that a fast hash is right. */
    secretHash: text('secret_hash').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
    /** Null: never. */
    expiresAt: instant('expires_at'),
    /** Null: it was not. */
    revokedAt: instant('revoked_at'),
    /** Written once a minute at the most; null: it was not used yet. */
    lastUsedAt: instant('last_used_at'),
  },
  (t) => [
    // the list of a project's keys
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
    /** Null: the partner has no name for it. */
    partnerIdentifier: text('partner_identifier'),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  (t) => [
    uniqueIndex('sites_number').on(t.projectId, t.number),
    // the list of a project's sites
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
    /** Null, here and in the two below: not known. */
    carType: text('car_type'),
    carColor: text('car_color'),
    licensePlate: text('license_plate'),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  (t) => [
    uniqueIndex('customers_number').on(t.projectId, t.number),
    // the list of a project's customers
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
    /** The sequence of the latest event. */
    sequence: integer('sequence').notNull(),
    siteId: id('site_id')
      .notNull()
      .references(() => sites.id),
    /** Null: nobody was named. */
    customerId: id('customer_id').references(() => customers.id),
    /** Null, here and in those below: not known, or none. */
    partnerIdentifier: text('partner_identifier'),
    redemptionCode: text('redemption_code'),
    areaName: text('area_name'),
    pickupStartsAt: instant('pickup_starts_at'),
    pickupEndsAt: instant('pickup_ends_at'),
    etaAt: instant('eta_at'),
    arrivedAt: instant('arrived_at'),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    /** Null: it exists. A deleted one stays for the events that name it. */
    deletedAt: instant('deleted_at'),
  },
  (t) => [
    uniqueIndex('orders_number').on(t.projectId, t.number),
    uniqueIndex('orders_uid').on(t.projectId, t.uid),
    // look-up by what the partner calls it, the newest first
    index('orders_partner_identifier')
      .on(t.projectId, t.partnerIdentifier, t.id)
      .where(sql`partner_identifier is not null`),
    // the lists of a project's orders: all, of a site, of a customer
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
    /** Null: it is about no order. */
    orderId: id('order_id'),
    /** Null: it is about no order. */
    sequence: integer('sequence'),
    /** JSON kept as text: numbers keep their digits. */
    data: text('data').notNull(),
    /** How many webhooks wanted it, less the deliveries that retention removed: so that `verify-deliveries` can check the count. */
    deliveryCount: integer('delivery_count').notNull(),
    createdAt: instant('created_at').notNull(),
    /** When the customer's personal data were taken out of it; null: they were not. */
    erasedAt: instant('erased_at'),
  },
  (t) => [
    // the list of a project's events, and verify-deliveries
    index('events_project').on(t.projectId, t.id),
    // an order's events have dense sequences: two writers can never give out the same one
    uniqueIndex('events_sequence').on(t.orderId, t.sequence),
  ],
)

/** What a project added to the built-in topics. Neither changed nor removed: its events and webhooks rely on it. */
export const topics = pgTable(
  'topics',
  {
    projectId: id('project_id')
      .notNull()
      .references(() => projects.id),
    /** Byte by byte, as the built-in ones are sorted. */
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
    /** Null: the platform's own. */
    partnerId: id('partner_id').references(() => partners.id),
    name: text('name').notNull(),
    url: text('url').notNull(),
    topics: text('topics').array().notNull(),
    filters: jsonb('filters').$type<OrderConditions>().notNull().default(noConditions),
    preset: text('preset', { enum: presets }).notNull(),
    dialect: text('dialect', { enum: dialects }).notNull().default('STANDARD'),
    overrides: jsonb('overrides').$type<PolicyOverrides>().notNull(),
    /** Sealed with the project's data key; null where the dialect does not sign. */
    sealedSecret: text('sealed_secret'),
    /** The secret before the last rotation; null, with the one below, when there is none. */
    previousSealedSecret: text('previous_sealed_secret'),
    /** Until when it signs too. */
    previousSecretUntil: instant('previous_secret_until'),
    /** Sealed with the project's data key; null where none is set. */
    sealedToken: text('sealed_token'),
    headers: jsonb('headers').$type<readonly CustomHeader[]>().notNull().default([]),
    /** Null: as many as a lane sends. */
    maxConcurrency: integer('max_concurrency'),
    /** Null: no limit of its own. */
    ratePerSecond: integer('rate_per_second'),
    /** Null, with the two below, while it is enabled. */
    disabledReason: text('disabled_reason', { enum: disabledReasons }),
    disabledMessage: text('disabled_message'),
    disabledAt: instant('disabled_at'),
    version: integer('version').notNull(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    /** Null: it exists. A deleted one stays for the log that names it. */
    deletedAt: instant('deleted_at'),
  },
  (t) => [
    // fan-out: whom to ask whether they want an event
    index('webhooks_project')
      .on(t.projectId, t.id)
      .where(sql`deleted_at is null`),
    // what a partner may see, deleted ones included
    index('webhooks_partner')
      .on(t.partnerId, t.id)
      .where(sql`partner_id is not null`),
  ],
)

/** What settles count of a webhook; apart from it, so that counting never waits for its configuration. */
export const webhookHealth = pgTable('webhook_health', {
  webhookId: id('webhook_id')
    .primaryKey()
    .references(() => webhooks.id),
  consecutiveFailures: integer('consecutive_failures').notNull().default(0),
  /** Null: no failure since the last success. */
  failingSince: instant('failing_since'),
  /** Since when attempts count for its disable rules: when it was last enabled again. Null: since ever. */
  countersStartAt: instant('counted_since'),
  /** What the bucket of that instant had counted by then, which rules do not see. */
  pendingSucceeded: integer('uncounted_succeeded').notNull().default(0),
  pendingFailed: integer('uncounted_failed').notNull().default(0),
  /** When its owner was last told that it fails; null: never. */
  failingNotifiedAt: instant('failing_told_at'),
})

/** What happened to webhooks that their owners are told at once. */
export const webhookChanges = pgTable(
  'webhook_changes',
  {
    projectId: id('project_id').notNull(),
    /** Dense and commit-ordered within the project. */
    position: bigint('position', { mode: 'number' }).notNull(),
    webhookId: id('webhook_id').notNull(),
    kind: text('kind', { enum: webhookChangeKinds }).notNull(),
    at: instant('at').notNull(),
    /** Null unless DISABLED. */
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
 * Attempts of the schedule by webhook and bucket of ten minutes, for rules on shares and days and for the figures
 * that people see. Every settle rewrites a row of it, within its page (fillfactor, by hand in the migration). No foreign
 * key: a settle may not wait for who changes the webhook.
 */
export const webhookAttemptCounts = pgTable(
  'webhook_tallies',
  {
    webhookId: id('webhook_id').notNull(),
    /** The bucket's first instant. */
    at: instant('at').notNull(),
    /** Milliseconds from there to the bucket's first attempt; 0 of buckets that were counted before this was known. */
    firstMs: integer('first_ms').notNull().default(0),
    succeeded: integer('succeeded').notNull(),
    failed: integer('failed').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.webhookId, t.at] }),
    // the sweep for those that are too old
    index('webhook_tallies_age').on(t.at),
  ],
)

/**
 * Null of what waits for its first attempt, and of what that one delivered by the schedule. Of all else its state, and of
 * its latest attempt the trigger, the outcome, the hundreds of the status code and the number, of which 2 stands for
 * all further ones; '-' where there is none. `notable.ts` reads it.
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
    /** The event's, so that the log is filtered without it; null as there. */
    orderId: id('order_id'),
    /** The event's, so that the log is filtered without it. */
    topic: text('topic').notNull(),
    state: text('state', { enum: deliveryStates }).notNull(),
    /** Why it was SKIPPED; kept while a person's attempt may bring it back there, shown only there. Null: it never was. */
    skipReason: text('skip_reason', { enum: skipReasons }),
    /** Attempts recorded, interrupted ones included. */
    attemptCount: integer('attempt_count').notNull().default(0),
    /** Failed attempts of the schedule. */
    failures: integer('failures').notNull().default(0),
    /** Interrupted attempts since the last that was not. */
    interruptions: integer('interruptions').notNull().default(0),
    /** When the next attempt is due, for people; null when none will follow. Lanes work from `dueDeliveries`. */
    dueAt: instant('due_at'),
    createdAt: instant('created_at').notNull(),
    /** When it left PENDING; null before. */
    finishedAt: instant('finished_at'),
    /** Since when its webhook was off that skipped it: which of its off-times missed it. Null: none, or it was brought back. */
    skippedSince: instant('missed_since'),
    /** When it was brought back after it had been skipped; null: it was not. The retry window counts from then. */
    replayedAt: instant('replayed_at'),
    /** The state it goes back to when a person's attempt fails; null where its schedule goes on, or nobody asked. */
    resumeState: text('resume_state', { enum: deliveryStates }),
    /** When its schedule goes on after a person's attempt that fails; null where it has ended, or nobody asked. */
    resumeAt: instant('resume_at'),
    /** The latest attempt's, in the three below, so that the log is filtered without it; null: there was none. */
    lastOutcome: text('last_outcome', { enum: attemptOutcomes }),
    /** Null also when no answer came. */
    lastStatusCode: integer('last_status_code'),
    lastTrigger: text('last_trigger', { enum: attemptTriggers }),
    /** The event's: an attempt that was claimed before and settled after it keeps no body. */
    erasedAt: instant('erased_at'),
    /** As what it is met in the log of what did not go well at once (`notable.ts`); null: it did, or is not tried yet. */
    logBucket: text('notable_as').generatedAlwaysAs(deliveryNotableAs),
  },
  (t) => [
    // None on what settles change: they rewrite a row within its page then (fillfactor 80, by hand in the migration).
    // What was sent at once never comes to be notable, so that `notable_as` is not changed by its settle.
    // the log: of a project, of a webhook, of an order, of an event
    index('deliveries_project').on(t.projectId, t.id),
    index('deliveries_webhook').on(t.webhookId, t.id),
    index('deliveries_order')
      .on(t.orderId, t.id)
      .where(sql`order_id is not null`),
    index('deliveries_event').on(t.eventId, t.id),
    // the log of topics: one that is rare has its few read, not the project's
    index('deliveries_topic').on(t.projectId, t.topic, t.id),
    // replays: what a webhook missed while it was off; nothing of what was never skipped is in here
    index('deliveries_missed')
      .on(t.webhookId, t.skippedSince, t.id)
      .where(sql`missed_since is not null`),
    // the log of what did not go well at once, of a project and of a webhook: few among many, each kind in the log's order
    index('deliveries_project_notable_as')
      .on(t.projectId, t.logBucket, t.id)
      .where(sql`notable_as is not null`),
    index('deliveries_webhook_notable_as')
      .on(t.webhookId, t.logBucket, t.id)
      .where(sql`notable_as is not null`),
  ],
)

/** What webhooks missed while they were off, and is owed to them again: a row is gone once all of it was brought back. */
export const replays = pgTable(
  'replays',
  {
    webhookId: id('webhook_id')
      .notNull()
      .references(() => webhooks.id),
    /** Since when it was off: the deliveries with this `missed_since` are meant. */
    skippedSince: instant('missed_since').notNull(),
  },
  (t) => [primaryKey({ columns: [t.webhookId, t.skippedSince] })],
)

/** Customers whose data are still to be taken out of their orders' events: a row is gone once it is done. */
export const erasures = pgTable('erasures', {
  customerId: id('customer_id')
    .primaryKey()
    .references(() => customers.id),
  projectId: id('project_id').notNull(),
  /** The orders before this one are done; empty at the beginning. */
  afterOrderId: id('after_order_id').notNull(),
})

/**
 * What lanes work from: one narrow row for each delivery that is PENDING or under lease, gone when it is neither, so
 * that claims and leases rewrite a row of a few bytes. Cancelled under lease, a delivery keeps its row until the settle.
 */
export const dueDeliveries = pgTable(
  'due_deliveries',
  {
    deliveryId: id('delivery_id').primaryKey(),
    webhookId: id('webhook_id').notNull(),
    /** When the next attempt is due. Stays while one is under way. */
    dueAt: instant('due_at').notNull(),
    /** The fencing token of the attempt under way; null when none is. */
    leaseToken: text('lease_token'),
    /** Until when that attempt may take, on the database's clock; null when none is under way. */
    leaseUntil: instant('lease_until'),
    /** When that attempt began; null when none is under way. */
    leaseStartedAt: instant('lease_started_at'),
    /**
     * A person asked, for this attempt (NOW), for one after the schedule's that is under way (NEXT), or after a
     * person's that is (AGAIN). Null: nobody did. Up to eight columns a row has no more than its 24 bytes of header.
     */
    asked: text('asked', { enum: manualRetries }),
  },
  (t) => [
    // claim, the lane's next due time, and the sweep for lanes that lost their wake
    index('due_deliveries_lane')
      .on(t.webhookId, t.dueAt, t.deliveryId)
      .where(sql`lease_token is null`),
    // what a webhook has under way, for its limits; the sweep for leases that ran out reads all of it, which is short
    index('due_deliveries_under_way')
      .on(t.webhookId, t.leaseUntil)
      .where(sql`lease_token is not null`),
  ],
)

/** Attempts that were no first success of the schedule. Statements that mean only such say so in these words, for the planner to see it. */
export const notable = sql`outcome <> 'SUCCEEDED' or number > 1 or trigger = 'PERSON'`

/** As that of deliveries, but that the first word says whether the schedule goes on. Null of tests too, which have no place in the log. */
const attemptNotableAs = sql`case when delivery_id is not null and (${notable}) then
  case next_step when 'RETRY' then 'RETRY' else 'FINAL' end || ' ' || trigger || ' ' || outcome || ' '
    || coalesce((status_code / 100)::text, '-') || ' ' || least(number, 2)::text
end`

/**
 * Partitioned by day of `started_at` (by hand in the migration; partitions are made by
 * ensure_attempt_partitions). The id is a UUIDv7 of the same instant, so that an id leads to its day.
 * No foreign keys: a log that must be dropped by the day may not be held.
 */
export const attempts = pgTable(
  'attempts',
  {
    id: id('id').notNull(),
    projectId: id('project_id').notNull(),
    /** Dense and commit-ordered within the project; null for a test. */
    position: bigint('position', { mode: 'number' }),
    /** Null for a test. */
    deliveryId: id('delivery_id'),
    webhookId: id('webhook_id').notNull(),
    /** Null: the event is about no order. */
    orderId: id('order_id'),
    topic: text('topic').notNull(),
    number: integer('number').notNull(),
    trigger: text('trigger', { enum: attemptTriggers }).notNull(),
    outcome: text('outcome', { enum: attemptOutcomes }).notNull(),
    /** Null: nothing went wrong. */
    detail: text('detail'),
    /** Null: none could be read. An attempt without an answer may have one, from a response that broke off. */
    statusCode: integer('status_code'),
    startedAt: instant('started_at').notNull(),
    /** Null: it was interrupted, so nobody knows. */
    durationMs: integer('duration_ms'),
    /** Where the time went; null, here and in the three below: a kept connection made it needless, or it was not reached. */
    dnsMs: integer('dns_ms'),
    connectMs: integer('connect_ms'),
    tlsMs: integer('tls_ms'),
    firstByteMs: integer('first_byte_ms'),
    /** Null: no connection was made, or it was refused. */
    resolvedAddress: text('resolved_address'),
    /** A kept connection ended under the request, which was sent once more on a new one. */
    resentOnNewConnection: boolean('resent_on_new_connection').notNull().default(false),
    nextStep: text('next_step', { enum: attemptNextSteps }).notNull(),
    nextStepReason: text('next_step_reason').notNull(),
    /** Null: no attempt followed. */
    nextAttemptAt: instant('next_attempt_at'),
    /** As what it is met in the log of what did not go well at once (`notable.ts`); null: it did, or is a test. */
    logBucket: text('notable_as').generatedAlwaysAs(attemptNotableAs),
  },
  (t) => [
    primaryKey({ columns: [t.startedAt, t.id] }),
    // the feed: what came after a position
    index('attempts_feed').on(t.projectId, t.position),
    // the log of a project
    index('attempts_project').on(t.projectId, t.startedAt, t.id),
    // the log of a webhook
    index('attempts_webhook').on(t.webhookId, t.startedAt, t.id),
    // what did not go well at once, of a project and of a webhook: few among many, each kind in the log's order
    index('attempts_project_notable_as')
      .on(t.projectId, t.logBucket, t.startedAt, t.id)
      .where(sql`notable_as is not null`),
    index('attempts_webhook_notable_as')
      .on(t.webhookId, t.logBucket, t.startedAt, t.id)
      .where(sql`notable_as is not null`),
    // what did not, of many webhooks
    index('attempts_webhook_notable').on(t.webhookId, t.startedAt, t.id).where(notable),
    // the attempts of a delivery
    index('attempts_delivery').on(t.deliveryId, t.number),
  ],
)

/** What attempts sent and got, partitioned as they are; apart from them, so that a log page never reads bodies. */
export const attemptContents = pgTable(
  'attempt_contents',
  {
    attemptId: id('attempt_id').notNull(),
    startedAt: instant('started_at').notNull(),
    projectId: id('project_id').notNull(),
    /** Null, with the two below: it was interrupted, so what was sent is not known. */
    requestUrl: text('request_url'),
    /** [[name, value], ...] in the order sent, secrets masked. */
    requestHeaders: jsonb('request_headers').$type<readonly (readonly [string, string])[]>(),
    requestBody: text('request_body'),
    /** Null, with those below: nothing came. As received, so not jsonb. */
    responseHeaders: text('response_headers'),
    responseBody: bytes('response_body'),
    /** Null also when the size is not known. */
    responseBodySize: bigint('response_body_size', { mode: 'number' }),
    responseTruncated: boolean('response_truncated'),
    /** Null as in attempts of before: the body is as it came. */
    responseDecompressed: boolean('response_decompressed'),
    /** Null as in attempts of before: a response. True: the first bytes of what could not be read as one. */
    responseMalformed: boolean('response_malformed'),
  },
  (t) => [primaryKey({ columns: [t.startedAt, t.attemptId] })],
)

/** What was answered to a mutation with an idempotency key. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    projectId: id('project_id').notNull(),
    mutation: text('mutation').notNull(),
    key: text('key').notNull(),
    /** SHA-256 of the input, in hex. */
    inputHash: text('input_hash').notNull(),
    /** JSON; null only inside the transaction that will fill it. */
    answer: text('answer'),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.projectId, t.mutation, t.key] }),
    // retention
    index('idempotency_keys_age').on(t.createdAt),
  ],
)

/** Every change that was asked for: who, what, when, before and after, without secrets. Written with the change itself. */
export const auditLog = pgTable(
  'audit_log',
  {
    id: id('id').primaryKey(),
    /** Null: of no project, as OPERATOR keys are. */
    projectId: id('project_id'),
    at: instant('at').notNull(),
    /** Null: a command, not a request. */
    keyId: id('key_id'),
    /** The mutation's name. */
    operation: text('operation').notNull(),
    objectId: id('object_id').notNull(),
    /** Null: there was nothing. */
    before: jsonb('before').$type<AuditedState>(),
    /** Null: there is nothing any more. */
    after: jsonb('after').$type<AuditedState>(),
  },
  (t) => [
    // the list of a project, newest first
    index('audit_log_project').on(t.projectId, t.id),
    // what was done to one thing
    index('audit_log_object').on(t.projectId, t.objectId, t.id),
  ],
)
