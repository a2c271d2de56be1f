/** Resolvers of the object fields that are not plain properties of the domain's object. */
import { isPaused } from '../../domain/deliveries/pause.ts'
import type { AuditedStates } from '../../domain/audit/audit-entry.ts'
import { attemptsOf, successShare } from '../../domain/policies/attempt-counts.ts'
import { percentile } from '../../domain/deliveries/latency.ts'
import { shownHeader } from '../../domain/webhooks/custom-headers.ts'
import { mask } from '../../domain/shared/mask.ts'
import { noProject } from '../../domain/feed/feed.ts'
import { isSortKey, noFigures, sortKeyOf, worstFirst } from '../../domain/installation/project-status.ts'
import { minPeriodOf } from '../../domain/policies/share-period.ts'
import type { Partner } from '../../domain/access/partner.ts'
import { samplesOf } from '../../domain/webhooks/samples.ts'
import { policyOf } from '../../domain/webhooks/webhook.ts'
import { forOperator, inProject, type Context } from '../core/context.ts'
import { toConnection, toPageRequest } from '../core/connection.ts'
import { existing } from '../core/errors.ts'
import { deliveriesOf, existsIn, listed } from './lists.ts'
import type {
  AuditEntryResolvers,
  DisableRuleResolvers,
  CustomerCreatePayloadResolvers,
  EventPublishPayloadResolvers,
  EventResolvers,
  InstallationResolvers,
  OrderCreatePayloadResolvers,
  OrderResolvers,
  PresetInfoResolvers,
  TopicResolvers,
  KeyResolvers,
  ViewerResolvers,
  WebhookResolvers,
  WebhookSeriesBucketResolvers,
  WebhookStatsResolvers,
} from '../core/generated/resolvers.ts'

export const Viewer: ViewerResolvers = {
  project: (_, _args, context) => (context.projectId === null ? null : context.store.project()),
  partner: ({ key }, _, context) => partnerOf(key, context),
}

export const Installation: InstallationResolvers = {
  projects: async (_, args, { admin, projectFigures }) => {
    const scope = { list: 'installation.projects', projectId: noProject, partnerId: null, filter: null }
    const request = toPageRequest(args, scope, isSortKey)
    const [projects, figures] = await Promise.all([forOperator(admin).allProjects(), projectFigures()])
    const statuses = projects.map((project) => ({ project, ...(figures.get(project.id) ?? noFigures) }))
    return toConnection(worstFirst(statuses, request), scope, sortKeyOf)
  },
  processes: (_, _args, { admin }) => forOperator(admin).liveProcesses(),
}

export const Key: KeyResolvers = {
  partner: (key, _, context) => partnerOf(key, context),
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
    'site' in order ? order.site : existing(await loaders.sites.load(order.siteId), order.siteId),
  customer: (order, _, { loaders }) => {
    if ('customer' in order) return order.customer
    return order.customerId === null ? null : loaders.customers.load(order.customerId)
  },
  events: (order, args, context) =>
    listed(
      context,
      { list: 'order.events', of: 'event', filter: order.id, isKept: existsIn(context.loaders.events) },
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
    return JSON.parse(existing(await loaders.eventData.load(event.id), event.id).data)
  },
  deliveries: (event, args, context) => deliveriesOf('event', event, args, context),
}

export const Topic: TopicResolvers = {
  schema: async (topic, _, { loaders, bytes }): Promise<unknown> => {
    if ('schema' in topic) return JSON.parse(topic.schema)
    bytes.take(topic.schemaBytes)
    return JSON.parse(existing(await loaders.topics.load(topic.name), topic.name).schema)
  },
  example: async (topic, _, { loaders, bytes }): Promise<unknown> => {
    if ('example' in topic) return JSON.parse(topic.example)
    bytes.take(topic.exampleBytes)
    return JSON.parse(existing(await loaders.topics.load(topic.name), topic.name).example)
  },
  builtIn: (topic) => topic.createdAt === null,
}

export const EventPublishPayload: Pick<EventPublishPayloadResolvers, 'event'> = {
  event: ({ event, eventId }, _, { loaders }) =>
    event ?? (eventId === null ? null : loaders.events.load(eventId)),
}

export const Webhook: WebhookResolvers = {
  partner: ({ partnerId }, _, { loaders }) => (partnerId === null ? null : loaders.partners.load(partnerId)),
  enabled: (webhook) => webhook.disabled === null,
  // As `previousSecretUntil`, compared with the clock of this process. Claims use the clock of PostgreSQL.
  paused: ({ pause }, _, { deps }) => (isPaused(pause, new Date(deps.system.clocks().wallMs)) ? pause : null),
  policy: (webhook, _, { sendAllowHttp }) => {
    const policy = policyOf(webhook)
    // The policy in force: if the installation does not allow plain http, every webhook is https only.
    return { ...policy, httpsOnly: policy.httpsOnly || !sendAllowHttp }
  },
  pendingCount: async ({ id }, _, { loaders }) => (await loaders.backlogs.load(id)).pendingCount,
  nextDueAt: async ({ id, disabled, deletedAt }, _, { loaders }) =>
    disabled === null && deletedAt === null ? (await loaders.backlogs.load(id)).earliestDueAt : null,
  stats: ({ id }, { window }, { loaders }) => loaders.attemptCounts.load({ webhookId: id, window }),
  series: ({ id }, { window }, { loaders }) => loaders.attemptSeries.load({ webhookId: id, window }),
  latestAttempt: ({ id }, _, { loaders }) => loaders.latestAttempts.load(id),
  headers: (webhook) => webhook.headers.map(shownHeader),
  secret: (webhook) => (webhook.hasSecret ? mask : null),
  previousSecretUntil: ({ previousSecretUntil: until }, _, { deps }) =>
    until !== null && until.getTime() > deps.system.clocks().wallMs ? until : null,
  token: (webhook) => (webhook.hasToken ? mask : null),
  deliveries: (webhook, args, context) => deliveriesOf('webhook', webhook, args, context),
}

export const WebhookStats: WebhookStatsResolvers = {
  attempts: (counts) => attemptsOf(counts),
  successShare: (counts) => successShare(counts),
}

export const PresetInfo: Pick<PresetInfoResolvers, 'samples'> = {
  samples: ({ dialect }, _, { deps }) => samplesOf(dialect, deps),
}

export const WebhookSeriesBucket: WebhookSeriesBucketResolvers = {
  latencyP50Ms: ({ latencies }) => percentile(latencies, 0.5),
  latencyP95Ms: ({ latencies }) => percentile(latencies, 0.95),
}

export const DisableRule: DisableRuleResolvers = {
  count: (rule) => ('count' in rule ? rule.count : null),
  share: (rule) => ('share' in rule ? rule.share : null),
  windowMs: (rule) => ('windowMs' in rule ? rule.windowMs : null),
  days: (rule) => ('days' in rule ? rule.days : null),
  minPeriodMs: (rule) => (rule.rule === 'FAILURE_SHARE' ? minPeriodOf(rule) : null),
  minVolume: (rule) => ('minVolume' in rule ? rule.minVolume : null),
}

/** A key of a partner belongs to a project. */
function partnerOf(
  { partnerId }: { readonly partnerId: string | null },
  context: Context,
): Promise<Partner | null> | null {
  return partnerId === null ? null : inProject(context).loaders.partners.load(partnerId)
}

async function statesOf(id: string, size: number, context: Context): Promise<AuditedStates> {
  const { loaders, bytes } = inProject(context)
  bytes.take(size)
  return existing(await loaders.auditedStates.load(id), id)
}

/** Shared by the payloads of all mutations that change an order. */
export const OrderPayload: Pick<OrderCreatePayloadResolvers, 'event'> = {
  event: ({ event, eventId }, _, { loaders }) =>
    event ?? (eventId === null ? null : loaders.events.load(eventId)),
}

/** Shared by the payloads of all mutations that change a customer. */
export const CustomerPayload: Pick<CustomerCreatePayloadResolvers, 'event'> = {
  event: ({ event, eventId }, _, { loaders }) =>
    event ?? (eventId === null ? null : loaders.events.load(eventId)),
}
