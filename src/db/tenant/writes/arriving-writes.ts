/** The due times of `order.arriving` after a change of the project's minutes. */
import { sql } from 'drizzle-orm'
import { firstIdAt } from '../../../domain/shared/ids.ts'
import type { WriteContext } from '../../shared/tenant-context.ts'
import { webhookSetLock } from './webhook-writes.ts'

/** Older orders do not follow a change of the minutes. Their number has no bound. */
const followedDays = 7
const dayMs = 24 * 60 * 60 * 1_000

/**
 * Removes the due times of minutes that the project does not have any more, and adds those of new minutes for open orders
 * of the last seven days with a future ETA. Changes of orders hold the lock of the webhooks when they read the project's minutes:
 * those in progress are waited for, so that no order keeps old minutes or misses new ones.
 */
export async function rescheduleArriving(
  { tx, scope, now }: WriteContext,
  minutes: readonly number[],
): Promise<void> {
  const { projectId } = scope
  const wanted = sql`${sql.param([...minutes])}::int[]`
  const since = firstIdAt('order', new Date(now.getTime() - followedDays * dayMs))
  await tx.execute(sql`select pg_advisory_xact_lock(${webhookSetLock(scope)})`)
  await tx.execute(sql`
    delete from arriving_times where project_id = ${projectId} and not minutes = any(${wanted})`)
  await tx.execute(sql`
    insert into arriving_times (order_id, minutes, project_id, due_at)
    select o.id, m.minutes, ${projectId}, o.eta_at - m.minutes * interval '1 minute'
    from orders o cross join unnest(${wanted}) as m(minutes)
    where o.project_id = ${projectId} and o.id >= ${since} and o.eta_at > now() and o.deleted_at is null
      and o.arrived_at is null and o.state not in ('COMPLETED', 'CANCELLED') and not m.minutes = any(o.arriving_sent)
    on conflict (order_id, minutes) do nothing`)
}
