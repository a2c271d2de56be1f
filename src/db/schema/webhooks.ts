/** Webhooks, their counters, and their pending replays. */
import { sql } from 'drizzle-orm'
import { index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { disabledReasons } from '../../domain/policies/disable.ts'
import type { PolicyOverrides } from '../../domain/policies/policy.ts'
import { presets } from '../../domain/webhooks/preset.ts'
import type { PausedPeriod } from '../../domain/deliveries/pause.ts'
import { dialects } from '../../domain/dialects/registry.ts'
import { orderings } from '../../domain/webhooks/ordering.ts'
import { noConditions, type CustomHeader, type OrderConditions } from '../../domain/webhooks/webhook.ts'
import { partners, projects } from './access.ts'
import { id, instant } from './columns.ts'

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
    encryptedSecret: text('sealed_secret'),
    /** The secret before the last rotation. Null, here and in the column below: there is none. */
    previousEncryptedSecret: text('previous_sealed_secret'),
    /** Until when requests are also signed with the previous secret. */
    previousSecretUntil: instant('previous_secret_until'),
    /** Encrypted with the project's data key. Null: no token is set. */
    encryptedToken: text('sealed_token'),
    headers: jsonb('headers').$type<readonly CustomHeader[]>().notNull().default([]),
    /** Null: only the lane's own limit applies. */
    maxConcurrency: integer('max_concurrency'),
    /** Null: no rate limit. */
    ratePerSecond: integer('rate_per_second'),
    /** Null: deliveries have no deadline. */
    expireAfterMs: integer('expire_after_ms'),
    ordering: text('ordering', { enum: orderings }).notNull().default('NONE'),
    /** Null, here and in the two columns below, while the webhook is enabled. */
    disabledReason: text('disabled_reason', { enum: disabledReasons }),
    disabledMessage: text('disabled_message'),
    disabledAt: instant('disabled_at'),
    /** Null: the webhook is not paused. */
    pausedSince: instant('paused_since'),
    /** When the pause ends; may be in the past, until the sweep has recorded the end. Null: not paused, or without an end. */
    pausedUntil: instant('paused_until'),
    /** The periods of earlier pauses, oldest first. */
    earlierPauses: jsonb('earlier_pauses').$type<readonly PausedPeriod[]>().notNull().default([]),
    version: integer('version').notNull(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    /** Null: not deleted. A deleted webhook keeps its row, because the log refers to it. */
    deletedAt: instant('deleted_at'),
  },
  (t) => [
    // whether a project has webhooks that select notices, for settles of failures; the list is that of `noticeTopics`
    index('webhooks_watchers')
      .on(t.projectId)
      .where(
        sql`deleted_at is null and topics && '{webhook.*,webhook.failing,webhook.disabled,webhook.enabled,delivery.*,delivery.exhausted}'::text[]`,
      ),
    // fan-out: the webhooks that may be subscribed to an event
    index('webhooks_project')
      .on(t.projectId, t.id)
      .where(sql`deleted_at is null`),
    // a partner's webhooks, deleted ones included
    index('webhooks_partner')
      .on(t.partnerId, t.id)
      .where(sql`partner_id is not null`),
    // the sweep: the pauses that have ended
    index('webhooks_paused_until')
      .on(t.pausedUntil)
      .where(sql`paused_until is not null`),
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
  countersStartAt: instant('counters_start_at'),
  /** The counts of that time's bucket when the webhook was enabled. Disable rules subtract them. */
  pendingSucceeded: integer('pending_succeeded').notNull().default(0),
  pendingFailed: integer('pending_failed').notNull().default(0),
  /** When the webhook's owner was last notified that the webhook fails. Null: never. */
  failingNotifiedAt: instant('failing_notified_at'),
  /** Probes since the webhook was disabled, see `domain/policies/recovery.ts`. */
  probes: integer('probes').notNull().default(0),
  /** When the next probe is due. Null: none was sent since the webhook was disabled. */
  probeDueAt: instant('probe_due_at'),
})

/**
 * Scheduled attempts, counted per webhook and bucket of ten minutes, for disable rules on failure shares and on days
 * and for the statistics of the API. Every settle updates a row within its page (fillfactor 50, by hand in the
 * migration). There is no foreign key, so that a settle does not wait for a transaction that changes the webhook.
 */
export const webhookAttemptCounts = pgTable(
  'webhook_attempt_counts',
  {
    webhookId: id('webhook_id').notNull(),
    /** The start of the bucket. */
    at: instant('at').notNull(),
    /** Milliseconds from `at` to the first attempt of the bucket; 0 in buckets that are older than this column. */
    firstMs: integer('first_ms').notNull().default(0),
    succeeded: integer('succeeded').notNull(),
    failed: integer('failed').notNull(),
    /**
     * The attempts by duration: one count for each of `latencyBounds` (`domain/deliveries/latency.ts`). Empty in buckets that
     * are older than this column.
     */
    latencies: integer('latencies').array().notNull().default([]),
  },
  (t) => [
    primaryKey({ columns: [t.webhookId, t.at] }),
    // remove old buckets
    index('webhook_attempt_counts_age').on(t.at),
  ],
)

/**
 * Pending replays: the periods in which a webhook was disabled and whose skipped deliveries are to be sent. The row
 * is deleted when all of them are pending again.
 */
export const pendingReplays = pgTable(
  'pending_replays',
  {
    webhookId: id('webhook_id')
      .notNull()
      .references(() => webhooks.id),
    /** When the webhook was disabled. The deliveries with this `skipped_since` are replayed. */
    skippedSince: instant('skipped_since').notNull(),
  },
  (t) => [primaryKey({ columns: [t.webhookId, t.skippedSince] })],
)
