/** Changes the ordering of a webhook with waiting deliveries, as part of a project's transaction. */
import { sql } from 'drizzle-orm'
import type { WriteContext } from '../../shared/tenant-context.ts'
import { deliveries, dueDeliveries } from '../../schema/index.ts'
import { lockWebhookSet } from './webhook-writes.ts'

/**
 * Locks the waiting deliveries of a webhook, before its row, the order that settles use. No delivery of it is claimed or
 * settled until the transaction ends.
 */
export async function lockDueDeliveries(context: WriteContext, webhookId: string): Promise<void> {
  await lockWebhookSet(context)
  await context.tx.execute(sql`
    select from ${dueDeliveries} where webhook_id = ${webhookId} order by delivery_id for update`)
}

/**
 * Writes the places of the waiting deliveries in their orders, by the webhook's present ordering, and ends the hold of those
 * that were held. A claim holds them again where the ordering says so.
 */
export async function placeDueDeliveries({ tx }: WriteContext, webhookId: string): Promise<void> {
  await tx.execute(sql`
    update ${dueDeliveries} l set
      order_place = order_place(l.delivery_id),
      due_at = case when l.due_at = 'infinity' then coalesce(d.due_at, now()) else l.due_at end
    from ${deliveries} d
    where l.webhook_id = ${webhookId} and d.id = l.delivery_id`)
}
