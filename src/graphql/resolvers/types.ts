/** Resolvers of the object fields that are not plain properties of the domain's object. */
import { bodyText } from '../../domain/deliveries/body-text.ts'
import type DataLoader from 'dataloader'
import type { AuditedStates } from '../../domain/audit/audit-entry.ts'
import type { Attempt, ReadContent } from '../../domain/deliveries/delivery.ts'
import { PositionExpired } from '../../domain/feed/feed.ts'
import { attemptsOf, successShare } from '../../domain/policies/attempt-counts.ts'
import { shownHeader } from '../../domain/webhooks/custom-headers.ts'
import { mask } from '../../domain/shared/mask.ts'
import { redactedEvent } from '../../domain/access/partner-view.ts'
import { minPeriodOf } from '../../domain/policies/share-period.ts'
import { policyOf } from '../../domain/webhooks/webhook.ts'
import { noProject, type Context } from '../core/context.ts'
import type { PageArgs } from '../core/connection.ts'
import type { DeliveryParent } from '../../db/tenant/reads/child-lists.ts'
import { NotThere } from '../core/errors.ts'
import { isThere, listed, numbered } from './lists.ts'
import type { ByteBudget } from '../core/read-bytes.ts'
import type {
  AuditEntryResolvers,
  DeliveryAttemptEventResolvers,
  DeliveryAttemptResolvers,
  DeliveryResolvers,
  DisableRuleResolvers,
  EventPublishPayloadResolvers,
  EventResolvers,
  OrderCreatePayloadResolvers,
  OrderResolvers,
  TopicResolvers,
  KeyResolvers,
  ViewerResolvers,
  WebhookChangeEventResolvers,
  WebhookResolvers,
  WebhookStatsResolvers,
} from '../core/generated/resolvers.ts'

export const Viewer: ViewerResolvers = {
  project: (_, _args, { projectId, store }) => (projectId === noProject ? null : store.project()),
  partner: ({ key }, _, { loaders }) =>
    key.partnerId === null ? null : loaders.partners.load(key.partnerId),
}

export const Key: KeyResolvers = {
  partner: ({ partnerId }, _, { loaders }) => (partnerId === null ? null : loaders.partners.load(partnerId)),
}

export const AuditEntry: AuditEntryResolvers = {
  before: async (entry, _, context) => {
    if ('before' in entry) return entry.before
    return entry.beforeBytes === 0 ? null : (await statesOf(entry.id, entry.beforeBytes, context)).before
  },
  after: async (entry, _, context) => {
    if ('after' in entry) return entry.after
    return entry.afterBytes === 0 ? null : (await statesOf(entry.id, entry.afterBytes, context)).after
  },
  key: ({ keyId }, _, { loaders }) => (keyId === null ? null : loaders.actingKeys.load(keyId)),
}

export const Order: OrderResolvers = {
  // An order that a PARTNER reads contains its site and customer as the partner's payloads showed them, which may be
  // older than the current rows.
  site: async (order, _, { loaders }) =>
    'site' in order ? order.site : there(await loaders.sites.load(order.siteId), order.siteId),
  customer: (order, _, { loaders }) => {
    if ('customer' in order) return order.customer
    return order.customerId === null ? null : loaders.customers.load(order.customerId)
  },
  events: (order, args, context) =>
    listed(
      context,
      {
        ...{ list: 'order.events', of: 'event', filter: order.id },
        isKept: isThere(context.loaders.events),
      },
      args,
      (page) => context.loaders.eventsOf.load({ parent: order, page }),
    ),
  deliveries: (order, args, context) => deliveriesOf('order', order, args, context),
}

export const Event: EventResolvers = {
  order: (event, _, { loaders }) => (event.orderId === null ? null : loaders.orders.load(event.orderId)),
  data: async (event, _, { loaders, bytes }): Promise<unknown> => {
    if ('data' in event) return JSON.parse(event.data)
    bytes.take(event.dataBytes)
    return JSON.parse(there(await loaders.eventData.load(event.id), event.id).data)
  },
  deliveries: (event, args, context) => deliveriesOf('event', event, args, context),
}

export const Topic: TopicResolvers = {
  schema: async (topic, _, { loaders, bytes }): Promise<unknown> => {
    if ('schema' in topic) return JSON.parse(topic.schema)
    bytes.take(topic.schemaBytes)
    return JSON.parse(there(await loaders.topics.load(topic.name), topic.name).schema)
  },
  example: async (topic, _, { loaders, bytes }): Promise<unknown> => {
    if ('example' in topic) return JSON.parse(topic.example)
    bytes.take(topic.exampleBytes)
    return JSON.parse(there(await loaders.topics.load(topic.name), topic.name).example)
  },
  builtIn: (topic) => topic.createdAt === null,
}

export const EventPublishPayload: Pick<EventPublishPayloadResolvers, 'event'> = {
  event: ({ eventId }, _, { loaders }) => (eventId === null ? null : loaders.events.load(eventId)),
}

export const Webhook: WebhookResolvers = {
  partner: ({ partnerId }, _, { loaders }) => (partnerId === null ? null : loaders.partners.load(partnerId)),
  enabled: (webhook) => webhook.disabled === null,
  policy: (webhook, _, { sendAllowHttp }) => {
    const policy = policyOf(webhook)
    // The policy in force: if the installation does not allow plain http, every webhook is https only.
    return { ...policy, httpsOnly: policy.httpsOnly || !sendAllowHttp }
  },
  pendingCount: async ({ id }, _, { loaders }) => (await loaders.backlogs.load(id)).pendingCount,
  nextDueAt: async ({ id, disabled, deletedAt }, _, { loaders }) =>
    disabled === null && deletedAt === null ? (await loaders.backlogs.load(id)).earliestDueAt : null,
  stats: ({ id }, { window }, { loaders }) => loaders.attemptCounts.load({ webhookId: id, window }),
  latestAttempt: ({ id }, _, { loaders }) => loaders.latestAttempts.load(id),
  headers: (webhook) => webhook.headers.map(shownHeader),
  secret: (webhook) => (webhook.hasSecret ? mask : null),
  previousSecretUntil: ({ previousSecretUntil: until }, _, { world }) =>
    until !== null && until.getTime() > world.system.clocks().wallMs ? until : null,
  token: (webhook) => (webhook.hasToken ? mask : null),
  deliveries: (webhook, args, context) => deliveriesOf('webhook', webhook, args, context),
}

export const WebhookStats: WebhookStatsResolvers = {
  attempts: (tally) => attemptsOf(tally),
  successShare: (tally) => successShare(tally),
}

export const DisableRule: DisableRuleResolvers = {
  count: (rule) => ('count' in rule ? rule.count : null),
  share: (rule) => ('share' in rule ? rule.share : null),
  windowMs: (rule) => ('windowMs' in rule ? rule.windowMs : null),
  days: (rule) => ('days' in rule ? rule.days : null),
  minPeriodMs: (rule) => (rule.rule === 'FAILURE_SHARE' ? minPeriodOf(rule) : null),
  minVolume: (rule) => ('minVolume' in rule ? rule.minVolume : null),
}

export const Delivery: DeliveryResolvers = {
  nextAttemptAt: (delivery) => delivery.dueAt,
  // The event is missing if a partner's webhook skipped it, or if retention removed both rows after the delivery was
  // read.
  event: async (delivery, _, { loaders }) =>
    (await loaders.events.load(delivery.eventId)) ?? redactedEvent(delivery),
  webhook: async (delivery, _, { loaders }) =>
    there(await loaders.webhooks.load(delivery.webhookId), delivery.webhookId),
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
    there(await loaders.webhooks.load(attempt.webhookId), attempt.webhookId),
}

export const WebhookChangeEvent: WebhookChangeEventResolvers = {
  webhook: async ({ change: { webhookId } }, _, { loaders }) =>
    there(await loaders.webhooks.load(webhookId), webhookId),
}

export const DeliveryAttemptEvent: DeliveryAttemptEventResolvers = {
  delivery: async ({ attempt }, _, { loaders, feed, projectId }) => {
    const { position } = attempt
    const id = attempt.deliveryId ?? ''
    const delivery = await loaders.deliveries.load(id)
    if (delivery !== null) return delivery
    // Retention removed the delivery after the attempt was read for a late subscriber, or the webhook was given to
    // another partner.
    const { expired } = await feed.bounds(projectId)
    if (position <= expired) throw new PositionExpired(position, expired)
    throw new NotThere(id)
  },
}

async function statesOf(id: string, size: number, { loaders, bytes }: Context): Promise<AuditedStates> {
  bytes.take(size)
  return there(await loaders.auditedStates.load(id), id)
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

/** Shared by the payloads of all mutations that change an order. */
export const OrderPayload: Pick<OrderCreatePayloadResolvers, 'event'> = {
  event: ({ eventId }, _, { loaders }) => (eventId === null ? null : loaders.events.load(eventId)),
}

function deliveriesOf(
  parent: DeliveryParent,
  { id }: { readonly id: string },
  args: PageArgs,
  context: Context,
) {
  const isKept = isThere(context.loaders.deliveries)
  const name = { list: `${parent}.deliveries`, of: 'delivery', filter: id, isKept } as const
  return listed(context, name, args, (page) =>
    context.loaders.deliveriesOf[parent].load({ parent: { id }, page }),
  )
}

// A row is kept as long as any row that refers to it, so a missing row is a fault of ours. The exception is an event of
// a subscription: its webhook may have been given to another partner since the feed was read. The subscription then
// skips the event.
function there<T>(thing: T | null, id: string): T {
  if (thing === null) throw new NotThere(id)
  return thing
}
