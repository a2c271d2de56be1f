/**
 * One event, and one delivery for each webhook that wants it, in the caller's transaction. A
 * webhook that is off gets a delivery too, SKIPPED with its reason: nothing vanishes silently.
 */
import type { Event, JudgedOrder } from '../../domain/orders/event.ts'
import { wants } from '../../domain/webhooks/webhook.ts'
import type { System } from '../../ports/platform.ts'
import type { NewDelivery, ProjectTx } from '../../ports/tenant-transaction.ts'

/** `order` is as the event's snapshot has it; null: the event is about none. Answers the webhooks that must be woken once the transaction has committed. */
export async function fanOut(
  tx: ProjectTx,
  event: Event,
  order: JudgedOrder | null,
  system: System,
): Promise<readonly string[]> {
  const subscribers = await tx.subscribers()
  const deliveries = subscribers
    .filter((webhook) => wants(webhook, event, order))
    .map((webhook): NewDelivery => {
      const owed = { id: system.newId('delivery'), webhookId: webhook.id }
      return webhook.disabledAt === null
        ? { ...owed, state: 'PENDING', skipReason: null, skippedSince: null }
        : { ...owed, state: 'SKIPPED', skipReason: 'WEBHOOK_DISABLED', skippedSince: webhook.disabledAt }
    })
  await tx.insertEvent(event, deliveries)
  return deliveries.filter((delivery) => delivery.state === 'PENDING').map((delivery) => delivery.webhookId)
}
