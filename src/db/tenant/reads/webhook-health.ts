/**
 * Webhook health for the API: pending deliveries, attempt counts and the latest attempt. One statement each for any
 * number of webhooks.
 */
import { and, desc, eq, isNotNull, sql, type SQL } from 'drizzle-orm'
import type { Attempt } from '../../../domain/deliveries/delivery.ts'
import { latencyBounds } from '../../../domain/deliveries/latency.ts'
import {
  noAttempts,
  seriesBucketMs,
  statsWindowMs,
  type AttemptCounts,
  type SeriesBucket,
  type StatsWindow,
} from '../../../domain/policies/attempt-counts.ts'
import { toAttempt } from '../../shared/row-mapping.ts'
import type { ReadContext } from '../../shared/tenant-context.ts'
import { textArray } from '../../shared/text-array.ts'
import { attempts, deliveries, dueDeliveries, webhooks, webhookAttemptCounts } from '../../schema/index.ts'
import { bucketLength } from '../../dispatch/settle/attempt-counters.ts'

/** The PENDING deliveries of a webhook. */
export interface Backlog {
  readonly pendingCount: number
  /** The earliest due time, may be in the past; null when nothing is pending. Not before the end of a pause. */
  readonly earliestDueAt: Date | null
}

/** A webhook and the window of its statistics. */
export interface WebhookWindow {
  readonly webhookId: string
  readonly window: StatsWindow
}

/** Returns the pending deliveries of each webhook, in the order of `webhookIds`. */
export async function backlogsOf(
  context: ReadContext,
  webhookIds: readonly string[],
): Promise<readonly Backlog[]> {
  // Deliveries without a lease are counted in the lane's index. Deliveries under lease are few; their state is
  // checked, because they may have been cancelled.
  const rows = await context.db.execute<{ id: string; pending: number; due_ms: number | null }>(sql`
    with wanted as (
      select id, paused_since, paused_until from ${webhooks} where id = any(${textArray(webhookIds)}) and ${isInScope(context)}
    ), leased as (
      select l.webhook_id, count(*) as pending, min(l.due_at) as due_at
      from ${dueDeliveries} l join ${deliveries} d on d.id = l.delivery_id
      where l.lease_token is not null and l.webhook_id = any(${textArray(webhookIds)}) and d.state = 'PENDING'
      group by l.webhook_id
    )
    select wanted.id, (waiting.pending + coalesce(leased.pending, 0))::int as pending,
      (extract(epoch from least(case
        when wanted.paused_since is null or wanted.paused_until <= now() then waiting.due_at
        when waiting.due_at is not null and wanted.paused_until is not null
          then greatest(waiting.due_at, wanted.paused_until)
      end, leased.due_at)) * 1000)::float8 as due_ms
    from wanted
    left join leased on leased.webhook_id = wanted.id
    cross join lateral (
      select count(*) as pending, nullif(min(due_at), 'infinity') as due_at from ${dueDeliveries}
      where webhook_id = wanted.id and lease_token is null
    ) waiting`)
  const byId = new Map(rows.map((row) => [row.id, row]))
  return webhookIds.map((id) => {
    const row = byId.get(id)
    return {
      pendingCount: row?.pending ?? 0,
      earliestDueAt: row?.due_ms == null ? null : new Date(row.due_ms),
    }
  })
}

/** Returns the counts of scheduled attempts per webhook and window, in the order of `windows`. */
export async function attemptCountsOf(
  context: ReadContext,
  windows: readonly WebhookWindow[],
): Promise<readonly AttemptCounts[]> {
  const webhookIds = windows.map(({ webhookId }) => webhookId)
  const lengthsMs = windows.map(({ window }) => statsWindowMs[window])
  const rows = await context.db.execute<{ place: number; succeeded: number; failed: number }>(sql`
    select wanted.place::int, sum(t.succeeded)::float8 as succeeded, sum(t.failed)::float8 as failed
    from unnest(
      ${textArray(webhookIds)}, ${sql.param(lengthsMs)}::float8[]
    ) with ordinality as wanted(webhook_id, window_ms, place)
    join ${webhooks} on ${webhooks.id} = wanted.webhook_id and ${isInScope(context)}
    join ${webhookAttemptCounts} t on t.webhook_id = wanted.webhook_id
      and t.at >= date_bin(${bucketLength}, now() - wanted.window_ms * interval '1 millisecond', 'epoch')
    group by wanted.place`)
  const byPlace = new Map(rows.map(({ place, succeeded, failed }) => [place, { succeeded, failed }]))
  return windows.map((_, index) => byPlace.get(index + 1) ?? noAttempts)
}

/**
 * Returns the counts of scheduled attempts per webhook and window, by bucket, in the order of `windows`. The first bucket
 * contains the beginning of the window, the last one the present; there are empty buckets between.
 */
export async function attemptSeriesOf(
  context: ReadContext,
  windows: readonly WebhookWindow[],
): Promise<readonly (readonly SeriesBucket[])[]> {
  const webhookIds = windows.map(({ webhookId }) => webhookId)
  const lengthsMs = windows.map(({ window }) => statsWindowMs[window])
  const bucketsMs = windows.map(({ window }) => seriesBucketMs[window])
  const latencies = latencyBounds.map((_, index) => `coalesce(sum(latencies[${index + 1}]), 0)::float8`)
  const rows = await context.db.execute<SeriesRow>(sql`
    select wanted.place::int, (extract(epoch from bucket.at) * 1000)::float8 as from_ms, counted.*
    from unnest(
      ${textArray(webhookIds)}, ${sql.param(lengthsMs)}::float8[], ${sql.param(bucketsMs)}::float8[]
    ) with ordinality as wanted(webhook_id, window_ms, bucket_ms, place)
    join ${webhooks} on ${webhooks.id} = wanted.webhook_id and ${isInScope(context)}
    cross join lateral (select wanted.bucket_ms * interval '1 millisecond' as length) bin
    cross join lateral generate_series(
      date_bin(bin.length, now() - wanted.window_ms * interval '1 millisecond', 'epoch'), now(), bin.length
    ) as bucket(at)
    cross join lateral (
      select coalesce(sum(succeeded), 0)::float8 as succeeded, coalesce(sum(failed), 0)::float8 as failed,
        array[${sql.raw(latencies.join(', '))}] as latencies
      from ${webhookAttemptCounts} t
      where t.webhook_id = wanted.webhook_id and t.at >= bucket.at and t.at < bucket.at + bin.length
    ) counted
    order by wanted.place, bucket.at`)
  return windows.map((_, index) =>
    rows
      .filter(({ place }) => place === index + 1)
      .map(({ from_ms: fromMs, succeeded, failed, latencies: counts }) => ({
        from: new Date(fromMs),
        succeeded,
        failed,
        latencies: counts,
      })),
  )
}

type SeriesRow = {
  place: number
  from_ms: number
  succeeded: number
  failed: number
  latencies: number[]
}

/** Returns the attempt of each webhook that began last, without tests, in the order of `webhookIds`; null: none. */
export async function latestAttemptsOf(
  { db, scope, conditions }: ReadContext,
  webhookIds: readonly string[],
): Promise<readonly (Attempt | null)[]> {
  const latest = db
    .select()
    .from(attempts)
    .where(
      and(
        eq(attempts.projectId, scope.projectId),
        sql`${attempts.webhookId} = wanted.id`,
        conditions.ofWebhook(attempts.webhookId),
        // Tests have no delivery.
        isNotNull(attempts.deliveryId),
      ),
    )
    .orderBy(desc(attempts.startedAt), desc(attempts.id))
    .limit(1)
    .as('latest')
  const rows = await db
    .select({ webhookId: sql<string>`wanted.id`, attempt: latest._.selectedFields })
    .from(sql`unnest(${textArray(webhookIds)}) as wanted(id)`)
    .crossJoinLateral(latest)
  const byId = new Map(rows.map(({ webhookId, attempt }) => [webhookId, toAttempt(attempt)]))
  return webhookIds.map((id) => byId.get(id) ?? null)
}

function isInScope({ scope, conditions }: ReadContext): SQL {
  return sql`${and(eq(webhooks.projectId, scope.projectId), conditions.webhooks)}`
}
