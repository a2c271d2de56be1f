/**
 * One event, and one delivery for each webhook that wants it, in the caller's transaction. A
 * webhook that is off gets a delivery too, SKIPPED with its reason: nothing vanishes silently.
 */
import type { Event } from '../domain/event.ts'
import { wants } from '../domain/webhook.ts'
import type { Chance } from './ports.ts'
import type { NewDelivery, ProjectTx } from './project-ports.ts'

/** The webhooks that must be woken once the transaction has committed. */
export async function fanOut(tx: ProjectTx, event: Event, chance: Chance): Promise<readonly string[]> {
  const subscribers = await tx.subscribers()
  const deliveries = subscribers
    .filter((webhook) => wants(webhook, event))
    .map((webhook): NewDelivery => {
      const owed = { id: chance.newId('delivery'), webhookId: webhook.id }
      return webhook.enabled
        ? { ...owed, state: 'PENDING', skipReason: null }
        : { ...owed, state: 'SKIPPED', skipReason: 'WEBHOOK_DISABLED' }
    })
  await tx.insertEvent(event, deliveries)
  return deliveries.filter((delivery) => delivery.state === 'PENDING').map((delivery) => delivery.webhookId)
}
