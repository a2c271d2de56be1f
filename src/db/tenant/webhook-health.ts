/**
 * Webhook health for the API: pending deliveries, attempt counts and the latest attempt. One statement each for any
 * number of webhooks.
 */
import { and, desc, eq, isNotNull, sql } from 'drizzle-orm'
import { noAttempts, statsWindowMs } from '../../domain/policies/attempt-counts.ts'
import type { ProjectStore } from '../../ports/tenant-store.ts'
import type { Scope } from '../../domain/access/scope.ts'
import type { Reading } from '../connection/connect.ts'
import { tenantConditions } from '../shared/tenant-conditions.ts'
import { toAttempt } from '../shared/row-mapping.ts'
import { attempts, deliveries, dueDeliveries, webhooks, webhookAttemptCounts } from '../schema/index.ts'
import { bucketLength } from '../dispatch/attempt-counters.ts'

export function makeWebhookHealth(
  db: Reading,
  scope: Scope,
): Pick<ProjectStore, 'backlogsOf' | 'attemptCountsOf' | 'latestAttemptsOf'> {
  const { projectId } = scope
  const conditions = tenantConditions(scope)
  const mine = sql`${and(eq(webhooks.projectId, projectId), conditions.webhooks)}`

  return {
    backlogsOf: async (webhookIds) => {
      // Deliveries without a lease are counted in the lane's index. Deliveries under lease are few; their state is
      // checked, because they may have been cancelled.
      const rows = await db.execute<{ id: string; pending: number; due_ms: number | null }>(sql`
        with asked as (
          select id from ${webhooks} where id = any(${ids(webhookIds)}) and ${mine}
        ), under_way as (
          select l.webhook_id, count(*) as pending, min(l.due_at) as due_at
          from ${dueDeliveries} l join ${deliveries} d on d.id = l.delivery_id
          where l.lease_token is not null and l.webhook_id = any(${ids(webhookIds)}) and d.state = 'PENDING'
          group by l.webhook_id
        )
        select a.id, (free.pending + coalesce(u.pending, 0))::int as pending,
          (extract(epoch from least(free.due_at, u.due_at)) * 1000)::float8 as due_ms
        from asked a
        left join under_way u on u.webhook_id = a.id
        cross join lateral (
          select count(*) as pending, min(due_at) as due_at from ${dueDeliveries}
          where webhook_id = a.id and lease_token is null
        ) free`)
      const byId = new Map(rows.map((row) => [row.id, row]))
      return webhookIds.map((id) => {
        const row = byId.get(id)
        return {
          pendingCount: row?.pending ?? 0,
          earliestDueAt: row?.due_ms == null ? null : new Date(row.due_ms),
        }
      })
    },

    attemptCountsOf: async (wanted) => {
      const windows = wanted.map(({ window }) => statsWindowMs[window])
      const rows = await db.execute<{ place: number; succeeded: number; failed: number }>(sql`
        select wish.place::int, sum(t.succeeded)::float8 as succeeded, sum(t.failed)::float8 as failed
        from unnest(
          ${ids(wanted.map(({ webhookId }) => webhookId))}, ${sql.param(windows)}::float8[]
        ) with ordinality as wish(webhook_id, window_ms, place)
        join ${webhooks} on ${webhooks.id} = wish.webhook_id and ${mine}
        join ${webhookAttemptCounts} t on t.webhook_id = wish.webhook_id
          and t.at >= date_bin(${bucketLength}, now() - wish.window_ms * interval '1 millisecond', 'epoch')
        group by wish.place`)
      const byPlace = new Map(rows.map(({ place, succeeded, failed }) => [place, { succeeded, failed }]))
      return wanted.map((_, index) => byPlace.get(index + 1) ?? noAttempts)
    },

    latestAttemptsOf: async (webhookIds) => {
      const latest = db
        .select()
        .from(attempts)
        .where(
          and(
            eq(attempts.projectId, projectId),
            sql`${attempts.webhookId} = wish.id`,
            conditions.ofWebhook(attempts.webhookId),
            // Tests have no delivery.
            isNotNull(attempts.deliveryId),
          ),
        )
        .orderBy(desc(attempts.startedAt), desc(attempts.id))
        .limit(1)
        .as('latest')
      const rows = await db
        .select({ webhookId: sql<string>`wish.id`, attempt: latest._.selectedFields })
        .from(sql`unnest(${ids(webhookIds)}) as wish(id)`)
        .crossJoinLateral(latest)
      const byId = new Map(rows.map(({ webhookId, attempt }) => [webhookId, toAttempt(attempt)]))
      return webhookIds.map((id) => byId.get(id) ?? null)
    },
  }
}

function ids(values: readonly string[]) {
  return sql`${sql.param([...values])}::text[]`
}
