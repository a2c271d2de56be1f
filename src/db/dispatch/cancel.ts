/**
 * Cancels the pending deliveries of deleted webhooks in batches. Each batch is one transaction, so that other
 * transactions do not wait for a large backlog. Locked rows are skipped until a later batch, so that no deadlock can
 * occur.
 */
import type postgres from 'postgres'

/**
 * Cancels one batch. `whose` selects webhook ids; webhooks that are not deleted are ignored. Returns how many
 * deliveries were cancelled.
 */
export async function cancelPending(
  sql: postgres.ISql,
  whose: postgres.PendingQuery<postgres.Row[]>,
  limit: number,
): Promise<number> {
  const [row] = await sql<{ cancelled: number }[]>`
    with deleted as (
      select id from webhooks where id in (${whose}) and deleted_at is not null
    ), waiting as (
      select delivery_id from due_deliveries
      where webhook_id = any(array(select id from deleted)) and lease_token is null
      limit ${limit} for update skip locked
    ), leased as (
      -- Their leases stay: their attempts are still recorded, but no longer change the state.
      select d.id from due_deliveries l
      join deliveries d on d.id = l.delivery_id
      where l.webhook_id = any(array(select id from deleted)) and l.lease_token is not null and d.state = 'PENDING'
      limit ${limit} for update of d skip locked
    ), cancelled as (
      -- A delivery that was PENDING only because of a manual retry returns to its former final state.
      update deliveries set
        state = coalesce(resume_state, 'CANCELLED'), due_at = null, finished_at = now(),
        resume_state = null, resume_at = null
      where id = any(array(select delivery_id from waiting union all select id from leased))
        and state = 'PENDING'
      returning id
    ), removed as (
      delete from due_deliveries where delivery_id = any(array(select delivery_id from waiting))
    )
    select count(*)::int as cancelled from cancelled`
  return row?.cancelled ?? 0
}
