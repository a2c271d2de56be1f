/** Reads which webhooks have due deliveries, when the next one is due, and which leases have expired. */
import type { DueWebhook } from '../../ports/dispatch-store.ts'
import type { Sql } from '../connection/connect.ts'
import { allowance, isFull, opensAt } from './claim-limits.ts'
import { continues, isNotPaused } from './paused.ts'
import { claimColumns, type ClaimedRow } from './claim-columns.ts'

/** When a webhook's next delivery is due. */
export interface NextDue {
  readonly webhookId: string
  /** Whether the webhook has limits. */
  readonly isLimited: boolean
  readonly isOrdered: boolean
  /** Negative: overdue. Null: the webhook is at its concurrency limit. */
  readonly inMs: number | null
}

/**
 * When the webhooks' next deliveries are due, without regard to the webhooks' limits: not before the end of a pause.
 * Webhooks that are disabled, deleted or paused without an end, or have no waiting delivery, are left out.
 */
export async function readNextDue(sql: Sql, webhookIds: readonly string[]): Promise<readonly NextDue[]> {
  return sql<NextDue[]>`
    select w.id as "webhookId", w.max_concurrency is not null or w.rate_per_second is not null as "isLimited",
      w.ordering <> 'NONE' as "isOrdered",
      (extract(epoch from greatest(due.at, w.paused_until) - clock_timestamp()) * 1000)::float8 as "inMs"
    from webhooks w
    cross join lateral (${firstDue(sql)}) due
    where w.id = any(${[...webhookIds]}::text[])
      and w.disabled_at is null and w.deleted_at is null and ${continues(sql)} and due.at is not null`
}

/**
 * Like `readNextDue`, but later for webhooks whose limits allow no request yet. A statement of its own, because
 * PostgreSQL plans it with every partition of the attempts, 1.5 ms to 23 ms.
 */
export async function readNextDueLimited(
  sql: Sql,
  webhookIds: readonly string[],
): Promise<readonly NextDue[]> {
  return sql<NextDue[]>`
    select w.id as "webhookId", w.max_concurrency is not null or w.rate_per_second is not null as "isLimited",
      w.ordering <> 'NONE' as "isOrdered",
      case when not ${isFull(sql)}
        then (extract(epoch from greatest(due.at, w.paused_until, ${opensAt(sql)}) - clock_timestamp()) * 1000)::float8
      end as "inMs"
    from webhooks w
    cross join lateral (${firstDue(sql)}) due
    where w.id = any(${[...webhookIds]}::text[])
      and w.disabled_at is null and w.deleted_at is null and ${continues(sql)} and due.at is not null`
}

/** The earliest due time of webhook `w` that is not under lease. Null: the waiting deliveries are held. */
function firstDue(sql: Sql) {
  return sql`
    select nullif(min(due_at), 'infinity') as at from due_deliveries where webhook_id = w.id and lease_token is null`
}

/** See `DispatchStore.dueWebhooks`. */
export async function readDueWebhooks(
  sql: Sql,
  limit: number,
  overdueMs: number,
): Promise<readonly DueWebhook[]> {
  return sql<DueWebhook[]>`
    with waiting as (
      select w.id, w.project_id, due.at from webhooks w
      cross join lateral (
        select min(due_at) as at from due_deliveries
        where webhook_id = w.id and lease_token is null
      ) due
      where w.disabled_at is null and w.deleted_at is null and ${isNotPaused(sql)} and due.at <= now()
        and coalesce(${allowance(sql)}, 1) > 0
    )
    select id as "webhookId", at < now() - interval '1 millisecond' * ${overdueMs}::float8 and not exists (
      select from due_deliveries where webhook_id = waiting.id and lease_token is not null
    ) and not exists (
      -- A webhook with a rate limit of a few requests a second has old waiting deliveries while its lane runs.
      select from attempts
      where webhook_id = waiting.id and started_at > now() - interval '1 millisecond' * ${overdueMs}::float8
    ) as overdue
    from waiting
    order by row_number() over (partition by project_id order by at), at
    limit ${limit}`
}

export async function readExpiredLeases(sql: Sql, limit: number): Promise<readonly ClaimedRow[]> {
  return sql<ClaimedRow[]>`
    select ${claimColumns(sql)}
    from due_deliveries l
    join deliveries d on d.id = l.delivery_id
    join events e on e.id = d.event_id
    join webhooks w on w.id = d.webhook_id
    where l.lease_token is not null and l.lease_until < now()
    order by l.lease_until
    limit ${limit}`
}
