/** Writes when the events `order.arriving` of orders are due. */
import { sql, type SQL } from 'drizzle-orm'
import type { Order } from '../../../domain/orders/order.ts'

/**
 * Returns further queries for the WITH list of the group's statement: none unless the ETA of an order has changed. An ETA
 * that has passed has no due times.
 */
export function writeArrivingTimes(
  { movedOrders }: { readonly movedOrders: readonly Order[] },
  projectId: string,
): SQL {
  if (movedOrders.length === 0) return sql``
  const rows = movedOrders.map(({ id, etaAt, arrivingSent }) => ({ id, eta_at: etaAt, sent: arrivingSent }))
  return sql`, moved_orders as (
      select * from json_to_recordset(${JSON.stringify(rows)}::json) as n(id text, eta_at timestamptz, sent int[])
    ), arriving_times_set as (
      insert into arriving_times (order_id, minutes, project_id, due_at)
      select n.id, m.minutes, ${projectId}, n.eta_at - m.minutes * interval '1 minute'
      from moved_orders n
      cross join unnest((select arriving_minutes from projects where id = ${projectId})) as m(minutes)
      where n.eta_at > now() and not m.minutes = any(n.sent)
      on conflict (order_id, minutes) do update set due_at = excluded.due_at
    ), arriving_times_dropped as (
      delete from arriving_times t using moved_orders n
      where t.order_id = n.id and t.project_id = ${projectId} and (n.eta_at is null or n.eta_at <= now())
    )`
}
