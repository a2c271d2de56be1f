/** Objects: the fields that need more than a look at the domain's object. */
import { dialectOf, policyOf } from '../../domain/webhook.ts'
import type { Context } from '../context.ts'
import { toConnection, toPageRequest, type PageArgs } from '../connection.ts'
import type { Delivery as DeliveryRow } from '../../domain/delivery.ts'
import type { PageRequest } from '../../flow/ports.ts'
import type {
  DeliveryAttemptEventResolvers,
  DeliveryAttemptResolvers,
  DeliveryResolvers,
  DisableRuleResolvers,
  EventResolvers,
  OrderCreatePayloadResolvers,
  OrderResolvers,
  ViewerResolvers,
  WebhookResolvers,
} from '../generated/resolvers.ts'

export const Viewer: ViewerResolvers = {
  project: (_, _args, { store }) => store.project(),
}

export const Order: OrderResolvers = {
  site: async (order, _, { loaders }) => there(await loaders.sites.load(order.siteId), order.siteId),
  customer: (order, _, { loaders }) =>
    order.customerId === null ? null : loaders.customers.load(order.customerId),
}

export const Event: EventResolvers = {
  order: (event, _, { loaders }) => (event.orderId === null ? null : loaders.orders.load(event.orderId)),
}

export const Webhook: WebhookResolvers = {
  enabled: (webhook) => webhook.disabled === null,
  dialect: (webhook) => dialectOf(webhook),
  policy: (webhook, _, { sendAllowHttp }) => {
    const policy = policyOf(webhook)
    // What is in force here: an installation that does not send to plain http has no webhook that does.
    return { ...policy, httpsOnly: policy.httpsOnly || !sendAllowHttp }
  },
}

export const DisableRule: DisableRuleResolvers = {
  windowMs: (rule) => ('windowMs' in rule ? rule.windowMs : null),
}

export const Delivery: DeliveryResolvers = {
  nextAttemptAt: (delivery) => delivery.dueAt,
  event: async (delivery, _, { loaders }) =>
    there(await loaders.events.load(delivery.eventId), delivery.eventId),
  webhook: async (delivery, _, { loaders }) =>
    there(await loaders.webhooks.load(delivery.webhookId), delivery.webhookId),
  attempts: (delivery, args, context) => attemptsOf(delivery, args, context),
}

export const DeliveryAttempt: DeliveryAttemptResolvers = {
  request: async (attempt, _, { loaders }) => {
    const content = await loaders.contents.load(attempt)
    return content?.request ? { ...content.request, method: 'POST' } : null
  },
  response: async (attempt, _, { loaders }) => {
    const content = await loaders.contents.load(attempt)
    if (content?.response == null || attempt.statusCode === null) return null
    const { headers, body, bodySize, truncated } = content.response
    const bytes = Buffer.from(body)
    return {
      statusCode: attempt.statusCode,
      headers,
      body: bytes.toString('utf8'),
      bodyBase64: bytes.toString('base64'),
      bodySize,
      truncated,
    }
  },
  delivery: (attempt, _, { loaders }) =>
    attempt.deliveryId === null ? null : loaders.deliveries.load(attempt.deliveryId),
  webhook: async (attempt, _, { loaders }) =>
    there(await loaders.webhooks.load(attempt.webhookId), attempt.webhookId),
}

export const DeliveryAttemptEvent: DeliveryAttemptEventResolvers = {
  delivery: async ({ attempt }, _, { loaders }) => {
    const id = attempt.deliveryId ?? ''
    return there(await loaders.deliveries.load(id), id)
  },
}

/** The four mutations that change an order answer alike. */
export const OrderPayload: Pick<OrderCreatePayloadResolvers, 'event'> = {
  event: ({ eventId }, _, { loaders }) => (eventId === null ? null : loaders.events.load(eventId)),
}

async function attemptsOf(delivery: DeliveryRow, args: PageArgs, { loaders, projectId }: Context) {
  const scope = { list: 'delivery.attempts', projectId, filter: delivery.id }
  const { after, before, ...page } = toPageRequest(args, scope, (key) => /^\d{1,9}$/.test(key))
  const numbers: PageRequest<number> = { ...page, after: toNumber(after), before: toNumber(before) }
  return toConnection(await loaders.attemptsOf.load({ delivery, page: numbers }), scope, ({ number }) =>
    String(number),
  )
}

// What another row names is kept as long as that row: that it is missing would be our fault.
function there<T>(thing: T | null, id: string): T {
  if (thing === null) throw new Error(`expected ${id} to be there, it is not`)
  return thing
}

function toNumber(key: string | null): number | null {
  return key === null ? null : Number(key)
}
