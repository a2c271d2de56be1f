/**
 * Limits that a webhook sets itself, kept for all processes at once: requests under way, and requests begun in a
 * second. Nothing is counted up or down: leases and recorded attempts are what is counted, so that no process that
 * dies leaves a place taken. Webhooks without limits never come here.
 */
import type postgres from 'postgres'

type Sql = postgres.ISql

/**
 * One who claims for a webhook with limits does so alone until the transaction's end: the next sees what this one has
 * taken. In the order of their ids. Who stands still in the middle loses the lock, and who waits for it gives up before.
 */
export async function lockLimits(tx: Sql, webhookIds: readonly string[]): Promise<void> {
  await tx`
    select set_config('lock_timeout', '1s', true), set_config('idle_in_transaction_session_timeout', '5s', true)`
  await tx`
    select pg_advisory_xact_lock(hashtextextended('orderbell.limits.' || id, 0))
    from (select id from unnest(${[...webhookIds]}::text[]) as wish(id) order by id offset 0) as wishes`
}

/** How many more requests webhook `w` may begin now; null where it has no limits. */
export function allowance(sql: Sql) {
  return sql`least(
    case when w.max_concurrency is not null then greatest(0, w.max_concurrency - ${underWay(sql)}) end,
    case when w.rate_per_second is not null then greatest(0, w.rate_per_second - (
      select count(*) from ${begun(sql)} as begun
    )) end
  )`
}

/** Whether webhook `w` has as many requests under way as it may. */
export function isFull(sql: Sql) {
  return sql`case when w.max_concurrency is null then false else ${underWay(sql)} >= w.max_concurrency end`
}

/** When webhook `w` may begin a request by its rate; null: now. */
export function opensAt(sql: Sql) {
  // Of as many as a second may have, the oldest: the next may begin once a second has passed since then.
  return sql`case when w.rate_per_second is not null then (
    select at + interval '1 second' from ${begun(sql)} as begun order by at desc offset w.rate_per_second - 1 limit 1
  ) end`
}

// A lease that ran out holds no place: whoever had it sends no more.
function underWay(sql: Sql) {
  return sql`(
    select count(*) from due_deliveries
    where webhook_id = w.id and lease_token is not null and lease_until > statement_timestamp()
  )`
}

/** The requests that began within the last second, those under way and those recorded; tests do not count. */
function begun(sql: Sql) {
  return sql`(
    select lease_started_at as at from due_deliveries
    where webhook_id = w.id and lease_token is not null and lease_started_at > statement_timestamp() - interval '1 second'
      -- Any lease lasts longer than a second: so the index is read from there on.
      and lease_until > statement_timestamp()
    union all
    select started_at from attempts
    where webhook_id = w.id and started_at > statement_timestamp() - interval '1 second' and delivery_id is not null
  )`
}
