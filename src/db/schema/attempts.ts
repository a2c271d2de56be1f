/** Attempts, and what they sent and received. Both tables are partitioned by day. */
import { sql } from 'drizzle-orm'
import { bigint, boolean, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { attemptNextSteps, attemptTriggers } from '../../domain/deliveries/delivery.ts'
import { attemptOutcomes } from '../../domain/deliveries/outcome.ts'
import { bytes, id, instant } from './columns.ts'

/**
 * Attempts other than a successful first attempt of the schedule. A statement that matches only such attempts repeats
 * this condition word for word, so that the planner uses the partial index.
 */
export const bucketedAttempt = sql`outcome <> 'SUCCEEDED' or number > 1 or trigger = 'MANUAL'`

/**
 * The log bucket of an attempt, like that of a delivery. The first word says whether the schedule continues. Null also
 * for tests, which are not in the log.
 */
const attemptLogBucket = sql`case when delivery_id is not null and (${bucketedAttempt}) then
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
    /** Null: succeeded at the first scheduled attempt, or a test. Otherwise see `attemptLogBucket`. */
    logBucket: text('log_bucket').generatedAlwaysAs(attemptLogBucket),
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
    index('attempts_project_log_bucket')
      .on(t.projectId, t.logBucket, t.startedAt, t.id)
      .where(sql`log_bucket is not null`),
    index('attempts_webhook_log_bucket')
      .on(t.webhookId, t.logBucket, t.startedAt, t.id)
      .where(sql`log_bucket is not null`),
    // the filtered log of many webhooks: all buckets together
    index('attempts_webhook_bucketed').on(t.webhookId, t.startedAt, t.id).where(bucketedAttempt),
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
