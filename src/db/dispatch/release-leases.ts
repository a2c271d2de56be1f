/** Ends the leases of deliveries that were not sent. */
import type { DispatchStore } from '../../ports/dispatch-store.ts'
import type { Sql } from '../connection/connect.ts'
import { isPastDeadline } from './deadlines.ts'

export async function releaseLeases(
  sql: Sql,
  leases: Parameters<DispatchStore['release']>[0],
): Promise<void> {
  const lease = sql`unnest(
    ${leases.map(({ deliveryId }) => deliveryId)}::text[],
    ${leases.map(({ leaseToken }) => leaseToken)}::text[]
  ) as lease(delivery_id, token)`
  await sql.begin(async (tx) => {
    // Locks the rows in the order that settles use. The second statement has a new snapshot, so it sees a cancellation
    // that this one waited for.
    await tx`
      select from due_deliveries l join ${lease} on lease.delivery_id = l.delivery_id and lease.token = l.lease_token
      order by l.delivery_id
      for update of l`
    await tx`
      with ours as (
        select l.delivery_id, past.deadline, d.state = 'PENDING' and not (past.deadline and l.manual_retry is null) as stays
        from due_deliveries l
        join ${lease} on lease.delivery_id = l.delivery_id and lease.token = l.lease_token
        join deliveries d on d.id = l.delivery_id
        join webhooks w on w.id = d.webhook_id
        cross join lateral (select ${isPastDeadline(sql)} as deadline) past
      ), ended as (
        -- A delivery that was cancelled under lease, or whose deadline has passed, is not due any more.
        delete from due_deliveries using ours
        where due_deliveries.delivery_id = ours.delivery_id and not ours.stays
      ), expired as (
        update deliveries d set
          state = 'EXPIRED', due_at = null, finished_at = now(), resume_state = null, resume_at = null
        from ours
        where d.id = ours.delivery_id and not ours.stays and d.state = 'PENDING'
      )
      update due_deliveries l set
        lease_token = null, lease_until = null, lease_started_at = null,
        -- The scheduled attempt that the manual one was to follow does not begin.
        manual_retry = case when ours.deadline and l.manual_retry = 'NEXT' then 'NOW' else l.manual_retry end
      from ours where l.delivery_id = ours.delivery_id and ours.stays`
  })
}
