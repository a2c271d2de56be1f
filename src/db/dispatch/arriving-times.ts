import type { ArrivingStore, DueArrival } from '../../ports/arriving-store.ts'
import type { Sql } from '../connection/connect.ts'

export function makeArrivingStore(sql: Sql): ArrivingStore {
  return {
    due: async (limit) => [
      ...(await sql<DueArrival[]>`
        select project_id as "projectId", order_id as "orderId", minutes, due_at::text as "dueAt" from arriving_times
        where due_at <= now() order by due_at limit ${limit}`),
    ],
    remove: async (arrivals) => {
      if (arrivals.length === 0) return
      await sql`
        delete from arriving_times t using ${named(sql, arrivals)}
        where t.order_id = n.order_id and t.minutes = n.minutes and t.due_at = n.due_at::timestamptz`
    },
    postpone: async (arrivals, byMs) => {
      if (arrivals.length === 0) return
      await sql`
        update arriving_times t set due_at = now() + ${byMs} * interval '1 millisecond'
        from ${named(sql, arrivals)}
        where t.order_id = n.order_id and t.minutes = n.minutes and t.due_at = n.due_at::timestamptz`
    },
  }
}

function named(sql: Sql, arrivals: readonly DueArrival[]) {
  const orderIds = arrivals.map(({ orderId }) => orderId)
  const minutes = arrivals.map((arrival) => arrival.minutes)
  const dueAts = arrivals.map(({ dueAt }) => dueAt)
  return sql`unnest(${orderIds}::text[], ${minutes}::int[], ${dueAts}::text[]) as n(order_id, minutes, due_at)`
}
