/**
 * Webhooks with the ordering LATEST_ONLY: a delivery is superseded when the webhook has a delivery, in any state, of a newer
 * event of the same order.
 */
import type postgres from 'postgres'
import type { SettledAttempt } from '../../../ports/dispatch-store.ts'

/** Maximum deliveries of one order that one claim skips. The remainder is skipped by the next claims. */
const maxSkipped = 500

/**
 * Skips the superseded deliveries of the orders of these due deliveries, also those that are not due yet. Those under lease
 * and those that wait for a manual attempt are left out.
 */
export async function skipSuperseded(tx: postgres.ISql, deliveryIds: readonly string[]): Promise<void> {
  await tx`
    with touched as (
      select distinct webhook_id, left(order_place, -11) as order_id from due_deliveries
      where delivery_id = any(${[...deliveryIds]}::text[]) and order_place is not null
    ), latest as (
      select webhook_id, order_id, (
        select e.sequence from events e
        where e.order_id = touched.order_id and exists (
          select from deliveries d where d.event_id = e.id and d.webhook_id = touched.webhook_id
        )
        order by e.sequence desc limit 1
      ) as sequence
      from touched
    ), superseded as (
      select l.delivery_id from latest
      cross join lateral (
        select delivery_id from due_deliveries
        where webhook_id = latest.webhook_id and order_place >= latest.order_id || ':'
          and order_place < latest.order_id || ':' || lpad(latest.sequence::text, 10, '0')
          and lease_token is null and manual_retry is null
        order by order_place
        limit ${maxSkipped}
        for update skip locked
      ) l
    ), skipped as (
      update deliveries set
        state = 'SKIPPED', skip_reason = 'SUPERSEDED', due_at = null, finished_at = now(),
        resume_state = null, resume_at = null
      where id = any(array(select delivery_id from superseded)) and state = 'PENDING'
    )
    delete from due_deliveries where delivery_id = any(array(select delivery_id from superseded))`
}

/** Returns the ids of the deliveries of these attempts that are superseded. */
export async function readSuperseded(
  tx: postgres.ISql,
  attempts: readonly SettledAttempt[],
): Promise<ReadonlySet<string>> {
  const claims = attempts
    .map(({ claimed }) => claimed)
    .filter(({ webhook, event }) => webhook.ordering === 'LATEST_ONLY' && event.orderId !== null)
  if (claims.length === 0) return new Set()
  const rows = await tx<{ id: string }[]>`
    select c.id from unnest(
      ${claims.map((claimed) => claimed.deliveryId)}::text[], ${claims.map((claimed) => claimed.webhookId)}::text[],
      ${claims.map(({ event }) => event.orderId)}::text[], ${claims.map(({ event }) => event.sequence)}::int[]
    ) as c(id, webhook_id, order_id, sequence)
    where exists (
      select from events e join deliveries d on d.event_id = e.id and d.webhook_id = c.webhook_id
      where e.order_id = c.order_id and e.sequence > c.sequence
    )`
  return new Set(rows.map(({ id }) => id))
}
