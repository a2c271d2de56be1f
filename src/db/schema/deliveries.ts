/** Deliveries, and the queue of those that are due. */
import { sql } from 'drizzle-orm'
import { index, integer, pgTable, text } from 'drizzle-orm/pg-core'
import {
  attemptTriggers,
  deliveryStates,
  manualRetries,
  skipReasons,
} from '../../domain/deliveries/delivery.ts'
import { attemptOutcomes } from '../../domain/deliveries/outcome.ts'
import { id, instant } from './columns.ts'

/**
 * The log bucket of a delivery. Null for deliveries that wait for their first attempt and for deliveries that the first
 * scheduled attempt delivered. Otherwise the delivery's state, and the latest attempt's trigger, outcome, first digit
 * of the status code, and number (1, or 2 for every later one); '-' where there is no value. `log-buckets.ts` parses
 * it.
 */
const deliveryLogBucket = sql`case
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
     * that state. Null: the delivery was never skipped, or a replay made it PENDING again.
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
     * When the webhook that skipped the delivery was disabled: identifies the period that a replay covers. Null:
     * not skipped, or replayed.
     */
    skippedSince: instant('skipped_since'),
    /** When a replay made the delivery PENDING again. The retry window starts at this time. Null: not replayed. */
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
    /** Null: delivered by the first scheduled attempt, or not tried yet. Otherwise see `deliveryLogBucket`. */
    logBucket: text('log_bucket').generatedAlwaysAs(deliveryLogBucket),
  },
  (t) => [
    // No index contains a column that settles change, so that a settle updates the row within its page (fillfactor 45,
    // by hand in the migration: a batch updates all rows of a page in one transaction). A delivery that the first
    // attempt delivers never gets a log bucket, so its settle does not change `log_bucket`.
    // the log of a project, of a webhook, of an order and of an event
    index('deliveries_project').on(t.projectId, t.id),
    index('deliveries_webhook').on(t.webhookId, t.id),
    index('deliveries_order')
      .on(t.orderId, t.id)
      .where(sql`order_id is not null`),
    index('deliveries_event').on(t.eventId, t.id),
    // the log filtered by topics: reads the few rows of a rare topic instead of the whole project
    index('deliveries_topic').on(t.projectId, t.topic, t.id),
    // replays: the deliveries that were skipped while their webhook was disabled; only skipped deliveries are in this index
    index('deliveries_skipped')
      .on(t.webhookId, t.skippedSince, t.id)
      .where(sql`skipped_since is not null`),
    // the filtered log of a project and of a webhook: the few deliveries that need attention, each bucket in page order
    index('deliveries_project_log_bucket')
      .on(t.projectId, t.logBucket, t.id)
      .where(sql`log_bucket is not null`),
    index('deliveries_webhook_log_bucket')
      .on(t.webhookId, t.logBucket, t.id)
      .where(sql`log_bucket is not null`),
  ],
)

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
    /**
     * When the next attempt is due. Does not change while an attempt is in progress. 'infinity': the delivery is held,
     * because an earlier one of its order is in this table.
     */
    dueAt: instant('due_at').notNull(),
    /** The fencing token of the attempt in progress. Null: no attempt is in progress. */
    leaseToken: text('lease_token'),
    /** When the lease of the attempt in progress expires, on the database clock. Null: no attempt is in progress. */
    leaseUntil: instant('lease_until'),
    /** When the attempt in progress started. Null: no attempt is in progress. */
    leaseStartedAt: instant('lease_started_at'),
    /**
     * A manual retry: this attempt is manual (NOW), a manual attempt follows the scheduled one in progress (NEXT), or a
     * manual attempt follows the manual one in progress (AGAIN). Null: none was requested.
     */
    manualRetry: text('manual_retry', { enum: manualRetries }),
    /**
     * The order and the sequence of the event, see `orderPlaceOf`. Null: the webhook has no ordering, or the event has no
     * order. With at most eight columns, the row header with its null bitmap stays at 24 bytes.
     */
    orderPlace: id('order_place'),
  },
  (t) => [
    // claims, the next due time of a lane, and the sweep for lanes that lost their wake-up
    index('due_deliveries_lane')
      .on(t.webhookId, t.dueAt, t.deliveryId)
      .where(sql`lease_token is null`),
    // the deliveries of an order, for webhooks with an ordering; the others are not in this index
    index('due_deliveries_order')
      .on(t.webhookId, t.orderPlace)
      .where(sql`order_place is not null`),
    // a webhook's requests in progress, for its limits; the sweep for expired leases reads the whole index, which is
    // short
    index('due_deliveries_leased')
      .on(t.webhookId, t.leaseUntil)
      .where(sql`lease_token is not null`),
  ],
)
