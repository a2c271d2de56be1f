/**
 * Claims for webhooks with an ordering. A delivery is claimed only when no earlier one of its order is in `due_deliveries`,
 * waiting or under lease. The others are held: they are not due until the trigger `release_next_in_order` makes the next of
 * the order due again, when an earlier one leaves the table. So a claim looks at each waiting delivery once, however many
 * an order has.
 */
import type postgres from 'postgres'
import type { Ordering } from '../../domain/webhooks/ordering.ts'
import type { System } from '../../ports/system.ts'
import { isDeadlock, isLockNotAvailable } from '../../domain/shared/sqlstate.ts'
import type { Sql } from '../connection/connect.ts'
import { leaseDue, requestRows, type ClaimRequests, type LeaseTimes } from './claim.ts'
import type { ClaimedRow } from './claim-columns.ts'
import { allowance, lockLimits } from './claim-limits.ts'
import { isNotPaused } from './paused.ts'
import { skipSuperseded } from './ordering/superseded.ts'

/** Waiting deliveries that a claim looks at, in addition to four times those that it may claim. */
const lookedAt = 100

interface Candidate {
  readonly delivery_id: string
  readonly ordering: Ordering
  readonly is_placed: boolean
}

/**
 * Claims for webhooks with an ordering; others are ignored. Claims for one webhook are serialized. `withLimits`: some of
 * the webhooks have limits.
 *
 * So that no delivery stays held, a claim holds one only with a share lock on an earlier one: the end of the earlier one
 * then waits for the claim, and its trigger sees the decision. An earlier one that a transaction is about to end is locked
 * by it; a delivery with no other earlier one is neither claimed nor held, and the lane looks again after the settle. The
 * candidates are locked by a statement of their own, so that the next one has a snapshot of what they wait for now.
 */
export async function claimOrdered(
  sql: Sql,
  system: System,
  requests: ClaimRequests,
  lease: LeaseTimes,
  withLimits: boolean,
): Promise<readonly ClaimedRow[]> {
  try {
    return await sql.begin(async (tx): Promise<readonly ClaimedRow[]> => {
      await lockLimits(
        tx,
        requests.map(({ webhookId }) => webhookId),
      )
      const candidates = await lockCandidates(sql, tx, requests, withLimits)
      const ids = candidates.map((one) => one.delivery_id)
      if (ids.length === 0) return []
      if (candidates.some((one) => !one.is_placed)) await place(tx, ids)
      const latestOnly = candidates.filter(({ ordering }) => ordering === 'LATEST_ONLY')
      if (latestOnly.length > 0)
        await skipSuperseded(
          tx,
          latestOnly.map((one) => one.delivery_id),
        )
      return tx<ClaimedRow[]>`
        with request as (${requestRows(sql, requests)}), judged as (
          select l.delivery_id, l.webhook_id, l.due_at, l.order_place is not null and exists (
            select from due_deliveries e where ${isEarlier(sql)}
          ) as waits, holder.delivery_id is not null as is_held
          from due_deliveries l
          left join lateral (
            select e.delivery_id from due_deliveries e where ${isEarlier(sql)}
            order by e.order_place desc limit 1
            for share skip locked
          ) holder on true
          where l.delivery_id = any(${ids}::text[])
        ), held as (
          update due_deliveries set due_at = 'infinity'
          where delivery_id = any(array(select delivery_id from judged where is_held))
        ), due as (
          select d.delivery_id
          from request
          join webhooks w on w.id = request.webhook_id
          cross join lateral (
            select least(request.max_count, ${withLimits ? allowance(sql) : sql`null::int`}) as max_count
          ) allowed
          cross join lateral (
            select delivery_id from judged
            where webhook_id = request.webhook_id and not waits
            order by due_at, delivery_id
            limit allowed.max_count
          ) d
        ), ${leaseDue(sql, system, lease)}`
    })
  } catch (error) {
    // The transaction gave up after waiting 1 s for the lock, or met a settle of the same deliveries. The lane tries again.
    if (isLockNotAvailable(error) || isDeadlock(error)) return []
    throw error
  }
}

/** Whether row `e` is earlier in the order of row `l`. */
function isEarlier(sql: Sql) {
  return sql`
    e.webhook_id = l.webhook_id and e.order_place < l.order_place and e.order_place >= left(l.order_place, -10)`
}

function lockCandidates(
  sql: Sql,
  tx: postgres.ISql,
  requests: ClaimRequests,
  withLimits: boolean,
): Promise<readonly Candidate[]> {
  return tx<Candidate[]>`
    with request as (${requestRows(sql, requests)})
    select d.delivery_id, w.ordering, d.order_place is not null as is_placed
    from request
    join webhooks w on w.id = request.webhook_id and w.disabled_at is null and w.deleted_at is null
      and ${isNotPaused(sql)} and w.ordering <> 'NONE'
      and (${withLimits} or (w.max_concurrency is null and w.rate_per_second is null))
    cross join lateral (
      select delivery_id, order_place from due_deliveries
      where webhook_id = request.webhook_id and due_at <= now() and lease_token is null
      order by due_at, delivery_id
      limit 4 * request.max_count + ${lookedAt}
      for update skip locked
    ) d`
}

/** For deliveries that became due while the webhook got its ordering, by a statement that still read the former one. */
async function place(tx: postgres.ISql, ids: readonly string[]): Promise<void> {
  await tx`
    update due_deliveries l set order_place = p.place
    from (select id, order_place(id) as place from unnest(${[...ids]}::text[]) as given(id)) p
    where l.delivery_id = p.id and l.order_place is null and p.place is not null`
}
