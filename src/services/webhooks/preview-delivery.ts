/**
 * Shows the request that a webhook's receiver would get for an event, and whether the event would be delivered. Nothing
 * is sent or written.
 */
import type { AttemptContent } from '../../domain/deliveries/delivery.ts'
import { exampleEvent, filterableOrder, type Event } from '../../domain/orders/event.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import { builtInTopic } from '../../domain/orders/built-in-topics.ts'
import { isOrderTopic } from '../../domain/orders/topic.ts'
import { selects, skipReason, type Webhook } from '../../domain/webhooks/webhook.ts'
import { previewRequest } from '../../dispatch/write-request.ts'
import { topicsOfProject } from '../events/change-topic.ts'
import { isPaused } from '../../domain/deliveries/pause.ts'
import type { WebhookDeps } from './enable-disable-delete.ts'
import { dialectRules } from '../../domain/dialects/registry.ts'

export interface DeliveryPreview {
  readonly wouldDeliver: boolean
  /** A sentence for users that explains `wouldDeliver`. */
  readonly reason: string
  /** The request with its secrets masked; null when the webhook is deleted or its dialect has no form for the topic. */
  readonly request: AttemptContent['request']
}

/** `eventId` null previews an example event. Returns null when the project has no such webhook or event. */
export async function previewDelivery(
  deps: WebhookDeps,
  { webhookId, eventId }: { readonly webhookId: string; readonly eventId: string | null },
): Promise<DeliveryPreview | null> {
  if (!isIdOf('webhook', webhookId) || (eventId !== null && !isIdOf('event', eventId))) return null
  const found = await deps.store.previewOf(webhookId, eventId)
  if (found === null || (eventId !== null && found.event === null)) return null
  const { webhook, encrypted, now: at, delivery } = found
  const event = found.event ?? (await exampleFor(deps, webhook, at))
  // The order of an example event does not exist, so the webhook's filters do not apply.
  const reasonToSkip = skipReason(webhook, event, found.event === null ? null : filterableOrder(event))
  const taken = delivery === null ? '' : `; its delivery ${delivery.id} is ${delivery.state}`
  const verdict = {
    wouldDeliver: reasonToSkip === null,
    reason: (reasonToSkip ?? reasonToDeliver(webhook, event.topic, at)) + taken,
  }
  if (webhook.deletedAt !== null || !dialectRules[webhook.dialect].carries(event.topic))
    return { ...verdict, request: null }
  const request = await previewRequest(deps, {
    projectId: deps.projectId,
    webhookId,
    webhook: { ...webhook, encrypted },
    deliveryId: delivery?.id ?? deps.system.newId('delivery', at),
    requestId: deps.system.newId('attempt', at),
    event,
    at,
  })
  return { ...verdict, request }
}

function reasonToDeliver({ pause }: Webhook, topic: string, at: Date): string {
  return isPaused(pause, at)
    ? `the webhook is paused and selects ${topic}: the delivery would wait as PENDING`
    : `the webhook is enabled and selects ${topic}`
}

/**
 * An example event of the first topic that the webhook selects; of the default example's topic when it selects none.
 */
async function exampleFor(deps: WebhookDeps, webhook: Webhook, at: Date): Promise<Event> {
  const example = exampleEvent(deps.system.newId('event'), at)
  const known = [example.topic, ...(await topicsOfProject(deps.store))]
  const topic = known.find((name) => selects(webhook, name))
  if (topic === undefined || topic === example.topic) return example
  if (isOrderTopic(topic)) return { ...example, topic }
  const shown = builtInTopic(topic) ?? (await deps.store.topicByName(topic))
  return { ...example, topic, orderId: null, sequence: null, data: shown?.example ?? example.data }
}
