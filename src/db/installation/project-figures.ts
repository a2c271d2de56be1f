/**
 * The figures of every project for the operator. The cost grows with the number of webhooks and with the attempts of the
 * last minute, not with the size of the log: counts stop at a maximum, and shares come from the counters of attempts.
 */
import { sql } from 'drizzle-orm'
import {
  maxCountedAttempts,
  maxCountedPending,
  type ProjectFigures,
} from '../../domain/installation/project-status.ts'
import { successShare } from '../../domain/policies/attempt-counts.ts'
import type { Database } from '../connection/connect.ts'
import { bucketLength } from '../dispatch/settle/attempt-counters.ts'

type Row = {
  id: string
  attempts: number
  succeeded: number
  failed: number
  pending: number
  due_ms: number | null
  is_late: boolean
  disabled: number
}

/** `db` sees the rows of all projects. A project without webhooks has no figures. */
export async function projectFigures(db: Database): Promise<ReadonlyMap<string, ProjectFigures>> {
  const rows = await db.execute<Row>(sql`
    select p.id, a.attempts::float8, coalesce(c.succeeded, 0)::float8 as succeeded, coalesce(c.failed, 0)::float8 as failed,
      coalesce(w.pending, 0)::float8 as pending, (extract(epoch from w.due_at) * 1000)::float8 as due_ms,
      coalesce(w.due_at < now() - interval '1 minute', false) as is_late, w.disabled::float8
    from (select distinct project_id as id from webhooks) p
    cross join lateral (
      select count(*) as attempts from (
        select from attempts
        where project_id = p.id and started_at >= now() - interval '1 minute' and position is not null
        limit ${maxCountedAttempts}
      ) recent
    ) a
    cross join lateral (
      select sum(t.succeeded) as succeeded, sum(t.failed) as failed
      from webhooks w join webhook_attempt_counts t on t.webhook_id = w.id
        and t.at >= date_bin(${bucketLength}, now() - interval '1 hour', 'epoch')
      where w.project_id = p.id
    ) c
    cross join lateral (
      select sum(q.waiting + q.leased) as pending, count(*) filter (where w.disabled_at is not null) as disabled,
        min(q.due_at) filter (where w.disabled_at is null and (w.paused_since is null or w.paused_until <= now())) as due_at
      from webhooks w
      cross join lateral (
        select
          (select count(*) from (
            select from due_deliveries d where d.webhook_id = w.id and d.lease_token is null limit ${maxCountedPending}
          ) counted) as waiting,
          (select count(*) from due_deliveries d where d.webhook_id = w.id and d.lease_token is not null) as leased,
          (select nullif(min(due_at), 'infinity') from due_deliveries d where d.webhook_id = w.id and d.lease_token is null) as due_at
      ) q
      where w.project_id = p.id and w.deleted_at is null
    ) w`)
  const figures = rows.map((row) => [row.id, toFigures(row)] as const)
  return new Map(figures)
}

function toFigures(row: Row): ProjectFigures {
  return {
    attemptsLastMinute: row.attempts,
    successShare: successShare(row),
    pendingCount: row.pending,
    oldestDueAt: row.due_ms === null ? null : new Date(row.due_ms),
    isLate: row.is_late,
    disabledWebhooks: row.disabled,
  }
}
