/** Resolvers of the fields of deliveries, attempts and feed events that are not plain properties. */
import type DataLoader from 'dataloader'
import { redactedEvent } from '../../domain/access/partner-view.ts'
import { bodyText } from '../../domain/deliveries/body-text.ts'
import type { Attempt, ReadContent } from '../../domain/deliveries/delivery.ts'
import { PositionExpired } from '../../domain/feed/feed.ts'
import { existing, MissingRow } from '../core/errors.ts'
import type {
  DeliveryAttemptEventResolvers,
  DeliveryAttemptResolvers,
  DeliveryResolvers,
  WebhookChangeEventResolvers,
} from '../core/generated/resolvers.ts'
import type { ByteBudget } from '../core/read-bytes.ts'
import { numbered } from './lists.ts'

export const Delivery: DeliveryResolvers = {
  nextAttemptAt: (delivery) => delivery.dueAt,
  // The event is missing if a partner's webhook skipped it, or if retention removed both rows after the delivery was
  // read.
  event: async (delivery, _, { loaders }) =>
    (await loaders.events.load(delivery.eventId)) ?? redactedEvent(delivery),
  webhook: async (delivery, _, { loaders }) =>
    existing(await loaders.webhooks.load(delivery.webhookId), delivery.webhookId),
  attempts: (delivery, args, context) =>
    numbered(context, { list: 'delivery.attempts', filter: delivery.id }, args, (page) =>
      context.loaders.attemptsOf.load({ parent: delivery, page }),
    ),
}

export const DeliveryAttempt: DeliveryAttemptResolvers = {
  phases: ({ phases, durationMs }) =>
    phases === null || durationMs === null ? null : { ...phases, totalMs: durationMs },
  request: async (attempt, _, { loaders, bytes }) => {
    const request = await contentOf(attempt, loaders.requests, bytes)
    return request && { ...request, method: 'POST' }
  },
  response: async (attempt, _, { loaders, bytes }) => {
    const found = await contentOf(attempt, loaders.responses, bytes)
    if (found === null) return null
    const { body, ...response } = found
    return {
      ...response,
      statusCode: attempt.statusCode,
      body: bodyText(response.headers, body),
      bodyBase64: Buffer.from(body).toString('base64'),
    }
  },
  delivery: (attempt, _, { loaders }) =>
    attempt.deliveryId === null ? null : loaders.deliveries.load(attempt.deliveryId),
  webhook: async (attempt, _, { loaders }) =>
    existing(await loaders.webhooks.load(attempt.webhookId), attempt.webhookId),
}

export const WebhookChangeEvent: WebhookChangeEventResolvers = {
  project: async ({ projectId }, _, { loaders }) =>
    existing(await loaders.projects.load(projectId), projectId),
  webhook: async ({ change: { webhookId } }, _, { loaders }) =>
    existing(await loaders.webhooks.load(webhookId), webhookId),
}

export const DeliveryAttemptEvent: DeliveryAttemptEventResolvers = {
  project: async ({ projectId }, _, { loaders }) =>
    existing(await loaders.projects.load(projectId), projectId),
  delivery: async ({ attempt, feedOf }, _, { loaders, feed }) => {
    const { position } = attempt
    const id = attempt.deliveryId ?? ''
    const delivery = await loaders.deliveries.load(id)
    if (delivery !== null) return delivery
    // Retention removed the delivery after the attempt was read for a late subscriber, or the webhook was given to
    // another partner.
    const { expired } = await feed.bounds(feedOf)
    if (position <= expired) throw new PositionExpired(position, expired)
    throw new MissingRow(id)
  },
}

/** Counts the content in the byte budget as soon as its size is known. */
async function contentOf<Part>(
  attempt: Attempt,
  loader: DataLoader<Attempt, ReadContent<Part> | null, string>,
  bytes: ByteBudget,
): Promise<Part | null> {
  let found = await loader.load(attempt)
  if (found === null) return null
  bytes.take(found.bytes)
  // The statement had reached its limit of bytes. The contents before this one have been read by now.
  while (found?.isRead === false) {
    const refusal = bytes.refusal()
    if (refusal !== null) throw refusal
    found = await loader.clear(attempt).load(attempt)
  }
  return found?.content ?? null
}
