/**
 * The deliveries of an event: one for each webhook that matches it. A disabled webhook also gets a delivery, in state
 * SKIPPED with the reason, so that every matching event is accounted for.
 */
import type { Event, FilterableOrder } from '../../domain/orders/event.ts'
import { orderPlaceOf } from '../../domain/webhooks/ordering.ts'
import { wants, type Subscriber } from '../../domain/webhooks/webhook.ts'
import type { System } from '../../ports/system.ts'
import type { NewDelivery } from '../../db/tenant/grouped/write-group.ts'

/** `order` has the values of the event's snapshot; null when the event is not about an order. */
export function deliveriesOf(
  event: Event,
  order: FilterableOrder | null,
  subscribers: readonly Subscriber[],
  system: Pick<System, 'newId'>,
): readonly NewDelivery[] {
  return subscribers
    .filter((webhook) => wants(webhook, event, order))
    .map((webhook): NewDelivery => {
      const orderPlace = webhook.ordering === 'NONE' ? null : orderPlaceOf(event)
      const delivery = { id: system.newId('delivery'), webhookId: webhook.id, orderPlace }
      return webhook.disabledAt === null
        ? { ...delivery, state: 'PENDING', skipReason: null, skippedSince: null }
        : { ...delivery, state: 'SKIPPED', skipReason: 'WEBHOOK_DISABLED', skippedSince: webhook.disabledAt }
    })
}

/** The webhooks whose lanes have a new delivery to send. */
export function dueOf(deliveries: readonly NewDelivery[]): readonly string[] {
  return deliveries.filter(({ state }) => state === 'PENDING').map(({ webhookId }) => webhookId)
}
