/** Bulk retries, their frozen sets of deliveries, and the deliveries whose retry has not ended. */
import { sql } from 'drizzle-orm'
import { boolean, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { bulkRetryStates } from '../../domain/deliveries/bulk-retry.ts'
import type { DeliveryFilter } from '../../domain/lists/filters.ts'
import { id, instant } from './columns.ts'

export const bulkRetries = pgTable(
  'bulk_retries',
  {
    id: id('id').primaryKey(),
    projectId: id('project_id').notNull(),
    /** The partner whose key created it. Null: the platform. */
    partnerId: id('partner_id'),
    keyId: id('key_id').notNull(),
    filter: jsonb('filter').$type<DeliveryFilter>().notNull(),
    ratePerSecond: integer('rate_per_second').notNull(),
    restartSchedule: boolean('restart_schedule').notNull(),
    dryRun: boolean('dry_run').notNull(),
    state: text('state', { enum: bulkRetryStates }).notNull(),
    total: integer('total').notNull(),
    /** How many deliveries were taken from the set. */
    position: integer('position').notNull().default(0),
    delivered: integer('delivered').notNull().default(0),
    failed: integer('failed').notNull().default(0),
    /** The deliveries that were not retried, here and in the three columns below. See `LeftAlone`. */
    leftDelivered: integer('left_delivered').notNull().default(0),
    leftPending: integer('left_pending').notNull().default(0),
    leftDisabled: integer('left_disabled').notNull().default(0),
    leftUnavailable: integer('left_unavailable').notNull().default(0),
    createdAt: instant('created_at').notNull(),
    /** Null: RUNNING or PAUSED. */
    finishedAt: instant('finished_at'),
    /** Deliveries were made due at the rate up to this time. */
    pacedAt: instant('paced_at').notNull(),
    /** When the dispatcher continues with it. Null: nothing is to be done. */
    runAt: instant('run_at'),
  },
  (t) => [
    // list a project's bulk retries, newest first
    index('bulk_retries_project').on(t.projectId, t.id),
    // the dispatcher: the bulk retries to continue with
    index('bulk_retries_run_at')
      .on(t.runAt)
      .where(sql`run_at is not null`),
    // the limit of unfinished bulk retries of a partner, and of the platform
    index('bulk_retries_unfinished')
      .on(t.projectId)
      .where(sql`finished_at is null`),
    // retention
    index('bulk_retries_finished')
      .on(t.finishedAt)
      .where(sql`finished_at is not null`),
  ],
)

/**
 * The frozen set of a bulk retry: pages of 1,000 delivery ids, oldest first. A row for each delivery would take ten times
 * the space and twice the time. Deleted when the bulk retry has finished.
 */
export const bulkRetryPages = pgTable(
  'bulk_retry_pages',
  {
    bulkRetryId: id('bulk_retry_id').notNull(),
    projectId: id('project_id').notNull(),
    /** From 0. Each page but the last has 1,000 ids. */
    page: integer('page').notNull(),
    deliveryIds: text('delivery_ids').array().notNull(),
  },
  (t) => [primaryKey({ columns: [t.bulkRetryId, t.page] })],
)

/**
 * The deliveries that a bulk retry has made due and whose retry has not ended. The dispatcher looks at them, so that a
 * settle need not know about bulk retries.
 */
export const bulkRetryInProgress = pgTable(
  'bulk_retry_in_progress',
  {
    bulkRetryId: id('bulk_retry_id').notNull(),
    projectId: id('project_id').notNull(),
    deliveryId: id('delivery_id').notNull(),
    /** The number of recorded attempts before the retry. */
    attemptsBefore: integer('attempts_before').notNull(),
  },
  (t) => [primaryKey({ columns: [t.bulkRetryId, t.deliveryId] })],
)
