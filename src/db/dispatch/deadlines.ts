/**
 * Deadlines of deliveries: `expireAfterMs` milliseconds after the event, whether or not the webhook is disabled or paused.
 * A claim may lease a delivery whose deadline has passed; its request does not begin, and its release ends it.
 */
import type postgres from 'postgres'
import type { Sql } from '../connection/connect.ts'

/** Whether the deadline of delivery `d` to webhook `w` has passed. */
export function isPastDeadline(sql: postgres.ISql) {
  return sql`coalesce(d.created_at + interval '1 millisecond' * w.expire_after_ms <= now(), false)`
}

/** See `DispatchStore.expireDue`. */
export async function expireDue(sql: Sql, limit: number): Promise<number> {
  const [row] = await sql<{ expired: number }[]>`
    with past as (
      select l.delivery_id from webhooks w
      join due_deliveries l on l.webhook_id = w.id and l.lease_token is null and l.manual_retry is null
      join deliveries d on d.id = l.delivery_id
      where w.expire_after_ms is not null and w.deleted_at is null and ${isPastDeadline(sql)}
      limit ${limit}
      for update of l skip locked
    ), expired as (
      update deliveries set state = 'EXPIRED', due_at = null, finished_at = now(), resume_state = null, resume_at = null
      where id = any(array(select delivery_id from past)) and state = 'PENDING'
      returning id
    ), removed as (
      delete from due_deliveries where delivery_id = any(array(select delivery_id from past))
    )
    select count(*)::int as expired from expired`
  return row?.expired ?? 0
}
