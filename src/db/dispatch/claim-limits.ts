/**
 * A webhook's own limits, enforced across all processes: concurrent requests, and requests started per second. There is
 * no counter. The statements count leases and recorded attempts, so that a process that dies does not keep a slot.
 * Webhooks without limits do not use this file.
 */
import type postgres from 'postgres'

type Sql = postgres.ISql

/**
 * Serializes claims for webhooks with limits until the end of the transaction, so that the next claim sees the leases
 * of this one. Locks in id order. A waiting transaction gives up after 1 s. PostgreSQL ends a transaction that is idle
 * for 5 s, and releases its locks.
 */
export async function lockLimits(tx: Sql, webhookIds: readonly string[]): Promise<void> {
  await tx`
    select set_config('lock_timeout', '1s', true), set_config('idle_in_transaction_session_timeout', '5s', true)`
  await tx`
    select pg_advisory_xact_lock(hashtextextended('orderbell.limits.' || id, 0))
    from (select id from unnest(${[...webhookIds]}::text[]) as requested(id) order by id offset 0) as ordered`
}

/** How many more requests webhook `w` may start now. Null: it has no limits. */
export function allowance(sql: Sql) {
  return sql`least(
    case when w.max_concurrency is not null then greatest(0, w.max_concurrency - ${inProgress(sql)}) end,
    case when w.rate_per_second is not null then greatest(0, w.rate_per_second - (
      select count(*) from ${begun(sql)} as begun
    )) end
  )`
}

/** Whether webhook `w` has reached its limit of concurrent requests. */
export function isFull(sql: Sql) {
  return sql`case when w.max_concurrency is null then false else ${inProgress(sql)} >= w.max_concurrency end`
}

/** When the rate limit lets webhook `w` start the next request. Null: now. */
export function opensAt(sql: Sql) {
  // The oldest of the latest `rate_per_second` requests: the next request may start one second after it.
  return sql`case when w.rate_per_second is not null then (
    select at + interval '1 second' from ${begun(sql)} as begun order by at desc offset w.rate_per_second - 1 limit 1
  ) end`
}

// An expired lease does not count: its process no longer sends.
function inProgress(sql: Sql) {
  return sql`(
    select count(*) from due_deliveries
    where webhook_id = w.id and lease_token is not null and lease_until > statement_timestamp()
  )`
}

/** The requests that started within the last second: those in progress and those recorded. Tests do not count. */
function begun(sql: Sql) {
  return sql`(
    select lease_started_at as at from due_deliveries
    where webhook_id = w.id and lease_token is not null and lease_started_at > statement_timestamp() - interval '1 second'
      -- A lease lasts longer than a second, so this condition limits the range of the index that is read.
      and lease_until > statement_timestamp()
    union all
    select started_at from attempts
    where webhook_id = w.id and started_at > statement_timestamp() - interval '1 second' and delivery_id is not null
  )`
}
