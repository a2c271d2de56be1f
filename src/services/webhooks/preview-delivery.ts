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
import { topicsOfProject, type TopicDeps } from '../events/change-topic.ts'
import { isPaused } from '../../domain/deliveries/pause.ts'
import { ok, problem, refused, type Result } from '../../domain/shared/problem.ts'
import type { Preview } from '../../db/tenant/reads/previews.ts'
import { exampleOf } from './example-event.ts'
import type { WebhookDeps } from './enable-disable-delete.ts'
import { dialectRules } from '../../domain/dialects/registry.ts'

export interface DeliveryPreview {
  readonly wouldDeliver: boolean
  /** A sentence for users that explains `wouldDeliver`. */
  readonly reason: string
  /** The request with its secrets masked; null when the webhook is deleted or its dialect has no form for the topic. */
  readonly request: AttemptContent['request']
}

/** What to preview: an event, or the example event of a topic. Both null: an example event that the webhook selects. */
export interface PreviewRequest {
  readonly webhookId: string
  readonly eventId: string | null
  readonly topic: string | null
}

/**
 * Returns null when the project has no such webhook or event. CONFLICT for both an event and a topic; UNKNOWN_TOPIC when
 * the webhook's dialect cannot represent the topic.
 */
export async function previewDelivery(
  deps: WebhookDeps & TopicDeps,
  { webhookId, eventId, topic }: PreviewRequest,
): Promise<Result<DeliveryPreview | null>> {
  if (eventId !== null && topic !== null)
    return refused(problem('CONFLICT', ['topic'], 'give eventId or topic, not both'))
  if (!isIdOf('webhook', webhookId) || (eventId !== null && !isIdOf('event', eventId))) return ok(null)
  const found = await deps.store.previewOf(webhookId, eventId)
  if (found === null || (eventId !== null && found.event === null)) return ok(null)
  if (topic === null)
    return ok(await previewOf(deps, found, found.event ?? (await exampleFor(deps, found.webhook, found.now))))
  const example = await exampleOf(deps, { topic, dialect: found.webhook.dialect })
  if (!example.ok) return example
  return ok(await previewOf(deps, found, { ...example.value, createdAt: found.now }))
}

async function previewOf(deps: WebhookDeps, found: Preview, event: Event): Promise<DeliveryPreview> {
  const { webhook, encrypted, now: at, delivery } = found
  const webhookId = webhook.id
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
