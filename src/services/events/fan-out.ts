/**
 * Stores an event and one delivery for each webhook that matches it, in the caller's transaction. A disabled webhook
 * also gets a delivery, in state SKIPPED with the reason, so that every matching event is accounted for.
 */
import type { Event, FilterableOrder } from '../../domain/orders/event.ts'
import { wants } from '../../domain/webhooks/webhook.ts'
import type { System } from '../../ports/system.ts'
import type { NewDelivery } from '../../db/tenant/writes/event-writes.ts'
import type { ProjectTx } from '../../db/tenant/transaction.ts'

/**
 * `order` has the values of the event's snapshot; null when the event is not about an order. Returns the ids of the
 * webhooks whose lanes the caller must wake after the commit.
 */
export async function fanOut(
  tx: ProjectTx,
  event: Event,
  order: FilterableOrder | null,
  system: System,
): Promise<readonly string[]> {
  const subscribers = await tx.subscribers()
  const deliveries = subscribers
    .filter((webhook) => wants(webhook, event, order))
    .map((webhook): NewDelivery => {
      const delivery = { id: system.newId('delivery'), webhookId: webhook.id }
      return webhook.disabledAt === null
        ? { ...delivery, state: 'PENDING', skipReason: null, skippedSince: null }
        : { ...delivery, state: 'SKIPPED', skipReason: 'WEBHOOK_DISABLED', skippedSince: webhook.disabledAt }
    })
  await tx.insertEvent(event, deliveries)
  return deliveries.filter((delivery) => delivery.state === 'PENDING').map((delivery) => delivery.webhookId)
}
