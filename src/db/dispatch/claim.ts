/**
 * The statements that claim due deliveries: one for webhooks without limits, and a transaction for webhooks with
 * limits. Webhooks with an ordering have their own (`claim-ordered.ts`). One round trip serves many lanes.
 */
import type postgres from 'postgres'
import type { DispatchStore } from '../../ports/dispatch-store.ts'
import type { System } from '../../ports/system.ts'
import type { Sql } from '../connection/connect.ts'
import { isLockNotAvailable } from '../../domain/shared/sqlstate.ts'
import { allowance, lockLimits } from './claim-limits.ts'
import { isNotPaused } from './paused.ts'
import { claimColumns, type ClaimedRow } from './claim-columns.ts'

/** The webhooks to claim for, each with the maximum number of deliveries. */
export type ClaimRequests = Parameters<DispatchStore['claim']>[0]
export type LeaseTimes = Parameters<DispatchStore['claim']>[1]

/** Claims for webhooks without limits. Webhooks with limits are ignored. */
export function claimUnlimited(
  sql: Sql,
  system: System,
  requests: ClaimRequests,
  lease: LeaseTimes,
): Promise<readonly ClaimedRow[]> {
  return sql<ClaimedRow[]>`
    with request as (${requestRows(sql, requests)}), due as (
      select d.delivery_id
      from request
      join webhooks w on w.id = request.webhook_id and w.disabled_at is null and w.deleted_at is null
        and ${isNotPaused(sql)} and w.max_concurrency is null and w.rate_per_second is null
        and w.ordering = 'NONE'
      cross join lateral (
        select delivery_id from due_deliveries
        where webhook_id = request.webhook_id and due_at <= now() and lease_token is null
        order by due_at, delivery_id
        limit request.max_count
        for update skip locked
      ) d
    ), ${leaseDue(sql, system, lease)}`
}

/**
 * Claims for webhooks with limits. Locking and claiming are separate statements, because the snapshot of a statement
 * that waits for the lock does not contain the leases that the previous holder has committed.
 */
export async function claimLimited(
  sql: Sql,
  system: System,
  requests: ClaimRequests,
  lease: LeaseTimes,
): Promise<readonly ClaimedRow[]> {
  const webhookIds = requests.map(({ webhookId }) => webhookId)
  try {
    return await sql.begin(async (tx) => {
      await lockLimits(tx, webhookIds)
      return tx<ClaimedRow[]>`
        with request as (${requestRows(sql, requests)}), due as (
          select d.delivery_id
          from request
          join webhooks w on w.id = request.webhook_id and w.disabled_at is null and w.deleted_at is null
            and ${isNotPaused(sql)} and w.ordering = 'NONE'
          cross join lateral (select least(request.max_count, ${allowance(sql)}) as max_count) allowed
          cross join lateral (
            select delivery_id from due_deliveries
            where webhook_id = request.webhook_id and due_at <= now() and lease_token is null
            order by due_at, delivery_id
            limit allowed.max_count
            for update skip locked
          ) d
        ), ${leaseDue(sql, system, lease)}`
    })
  } catch (error) {
    // The transaction gave up after waiting 1 s for the lock. The lane tries again later, so that the other lanes of
    // this claim do not wait longer.
    if (isLockNotAvailable(error)) return []
    throw error
  }
}

export function requestRows(sql: Sql, requests: ClaimRequests) {
  return sql`
    select * from unnest(
      ${requests.map(({ webhookId }) => webhookId)}::text[],
      ${requests.map(({ limit }) => limit)}::int[]
    ) as request(webhook_id, max_count)`
}

/**
 * Leases the deliveries that `due` selected, with a new token. A delivery that is claimed again gets another token. The
 * lease times use statement_timestamp(), because now() is the start of the transaction, before its wait for the lock.
 */
export function leaseDue(sql: postgres.ISql, system: System, lease: LeaseTimes) {
  return sql`
    leased as (
      update due_deliveries l set
        lease_token = ${system.newUuid()},
        lease_until = statement_timestamp() + interval '1 millisecond' * (${lease.marginMs}::float8 + (
          select coalesce((overrides->>'timeoutMs')::float8, ${lease.timeoutMs}::float8)
          from webhooks where id = l.webhook_id
        )),
        lease_started_at = statement_timestamp()
      -- As an array: the planner assumes few elements. With a join, it would use the LIMIT of "due" as the row estimate
      -- and scan whole tables.
      where delivery_id = any(array(select delivery_id from due))
      returning *
    )
    select ${claimColumns(sql)}
    from leased l
    join deliveries d on d.id = l.delivery_id
    join events e on e.id = d.event_id
    join webhooks w on w.id = d.webhook_id
    order by l.due_at, l.delivery_id`
}
