/** The request that a webhook's receiver would get for an event, and whether it would; nothing is sent or written. */
import type { AttemptContent } from '../domain/delivery.ts'
import { dialectRules } from '../domain/dialect/dialect.ts'
import { exampleEvent, judgedOrder } from '../domain/event.ts'
import { isIdOf } from '../domain/ids.ts'
import { whyNot } from '../domain/webhook.ts'
import { renderRequest } from './attempt.ts'
import type { WebhookWorld } from './change-webhook.ts'

export interface DeliveryPreview {
  readonly wouldDeliver: boolean
  /** For people: why, in a sentence. */
  readonly reason: string
  /** Secrets masked; null where nothing could be sent. */
  readonly request: AttemptContent['request']
}

/** `eventId` null: of an example. Null where the project has no such webhook or event. */
export async function previewDelivery(
  world: WebhookWorld,
  { webhookId, eventId }: { readonly webhookId: string; readonly eventId: string | null },
): Promise<DeliveryPreview | null> {
  if (!isIdOf('webhook', webhookId) || (eventId !== null && !isIdOf('event', eventId))) return null
  const found = await world.store.previewOf(webhookId, eventId)
  if (found === null || (eventId !== null && found.event === null)) return null
  const { webhook, sealed, now: at, delivery } = found
  const event = found.event ?? exampleEvent(world.chance.newId('event'), at)
  const hindrance = whyNot(webhook, event, judgedOrder(event))
  const taken = delivery === null ? '' : `; its delivery ${delivery.id} is ${delivery.state}`
  const verdict = {
    wouldDeliver: hindrance === null,
    reason: (hindrance ?? `the webhook is enabled and asks for ${event.topic}`) + taken,
  }
  if (webhook.deletedAt !== null || !dialectRules[webhook.dialect].carries(event.topic))
    return { ...verdict, request: null }
  const { shown } = await renderRequest(world, {
    projectId: world.projectId,
    webhookId,
    webhook: { ...webhook, sealed },
    deliveryId: delivery?.id ?? world.chance.newId('delivery', at),
    requestId: world.chance.newId('attempt', at),
    event,
    at,
  })
  return { ...verdict, request: shown }
}
