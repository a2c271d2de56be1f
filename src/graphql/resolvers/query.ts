/** Queries. An id of the wrong kind, an unknown id and an id of another project all return null. */
import { describePreset } from '../../domain/webhooks/catalogue.ts'
import { wholeProject } from '../../domain/access/scope.ts'
import { isIdOf, type IdKind } from '../../domain/shared/ids.ts'
import type { ShownOrder } from '../../domain/access/partner-view.ts'
import { presets } from '../../domain/webhooks/preset.ts'
import { cleanIdentifier, isStorable, withoutSpaceAround } from '../../domain/shared/text.ts'
import { builtInTopics } from '../../domain/orders/built-in-topics.ts'
import { previewDelivery } from '../../services/webhooks/preview-delivery.ts'
import { forOperator, noProject, type Context } from '../core/context.ts'
import { codedError } from '../core/errors.ts'
import { feedCursors } from '../core/feed-cursors.ts'
import {
  toAttemptFilter,
  toAuditLogFilter,
  toCustomerFilter,
  toDeliveryFilter,
  toEventFilter,
  toOrderFilter,
  toSiteFilter,
  toWebhookChangeFilter,
  toWebhookFilter,
} from './filters.ts'
import type { QueryOrderArgs, QueryResolvers } from '../core/generated/resolvers.ts'
import { isThere, listed } from './lists.ts'
import type { Loaders } from '../core/loaders.ts'
import type { ShownEntry } from '../core/payloads.ts'
import { maySee } from '../auth/permissions.ts'

/** Maximum number of ids in one `nodes` field. */
const maxNodes = 100

export const Query: Required<QueryResolvers> = {
  viewer: (_, _args, { key }) => ({ key }),
  project: (_, _args, { store }) => store.project(),
  projects: (_, args, { admin, world }) =>
    listed(
      { scope: wholeProject(noProject), world },
      { list: 'projects', of: 'project', filter: null },
      args,
      (page) => forOperator(admin).listProjects(page),
    ),
  partner: (_, { id }, context) => byId(context, 'partner', id),
  partners: (_, args, context) =>
    listed(context, { list: 'partners', of: 'partner', filter: null }, args, (page) =>
      context.store.listPartners(page),
    ),
  keys: (_, args, context) =>
    listed(context, { list: 'keys', of: 'key', filter: null }, args, (page) =>
      context.projectId === noProject
        ? forOperator(context.admin).listOperatorKeys(page)
        : context.store.listKeys(page),
    ),
  auditLog: (_, args, context) => {
    const filter = toAuditLogFilter(args.filter)
    const isKept = async (id: string): Promise<boolean> =>
      context.projectId === noProject
        ? forOperator(context.admin).hasOperatorEntry(id)
        : (await context.loaders.auditEntries.load(id)) !== null
    return listed<ShownEntry>(
      context,
      { list: 'auditLog', of: 'auditEntry', filter, isKept },
      args,
      (page) =>
        context.projectId === noProject
          ? forOperator(context.admin).listOperatorEntries(filter, page)
          : context.store.listAuditEntries(filter, page),
    )
  },
  node: (_, { id }, context) => nodeById(context, id),
  nodes: (_, { ids }, context) => {
    if (ids.length > maxNodes)
      throw codedError('BAD_USER_INPUT', `ids has ${ids.length} members; the maximum is ${maxNodes}`)
    return Promise.all(ids.map((id) => nodeById(context, id)))
  },
  site: (_, args, context) => {
    const { id, number } = exactlyOne(args, 'id, number')
    if (id != null) return byId(context, 'site', id)
    return number == null ? null : context.store.siteByNumber(number)
  },
  sites: (_, args, context) => {
    const filter = toSiteFilter(args.filter)
    return listed(context, { list: 'sites', of: 'site', filter }, args, (page) =>
      context.store.listSites(filter, page),
    )
  },
  customer: (_, args, context) => {
    const { id, number } = exactlyOne(args, 'id, number')
    if (id != null) return byId(context, 'customer', id)
    return number == null ? null : context.store.customerByNumber(number)
  },
  customers: (_, args, context) => {
    const filter = toCustomerFilter(args.filter)
    return listed(context, { list: 'customers', of: 'customer', filter }, args, (page) =>
      context.store.listCustomers(filter, page),
    )
  },
  order: (_, args, context) => orderBy(context, exactlyOne(args, 'id, number, uid, partnerIdentifier')),
  orders: (_, args, context) => {
    const filter = toOrderFilter(args.filter)
    return listed(context, { list: 'orders', of: 'order', filter }, args, (page) =>
      context.store.listOrders(filter, page),
    )
  },
  event: (_, { id }, context) => byId(context, 'event', id),
  events: (_, args, context) => {
    const filter = toEventFilter(args.filter)
    return listed(
      context,
      { list: 'events', of: 'event', filter, isKept: isThere(context.loaders.events) },
      args,
      (page) => context.store.listEvents(filter, page),
    )
  },
  topics: async (_, _args, { store }) => [...builtInTopics, ...(await store.topics())],
  webhook: (_, { id }, context) => byId(context, 'webhook', id),
  webhooks: (_, args, context) => {
    const filter = toWebhookFilter(args.filter)
    return listed(context, { list: 'webhooks', of: 'webhook', filter }, args, (page) =>
      context.store.listWebhooks(filter, page),
    )
  },
  delivery: (_, { id }, context) => byId(context, 'delivery', id),
  deliveryPreview: async (_, { webhookId, eventId }, { world }) => {
    const preview = await previewDelivery(world, { webhookId, eventId: eventId ?? null })
    return preview && { ...preview, request: preview.request && { ...preview.request, method: 'POST' } }
  },
  deliveryAttempt: (_, { id }, context) => byId(context, 'attempt', id),
  deliveries: (_, args, context) => {
    const filter = toDeliveryFilter(args.filter)
    return listed(
      context,
      { list: 'deliveries', of: 'delivery', filter, isKept: isThere(context.loaders.deliveries) },
      args,
      (page) => context.store.listDeliveries(filter, page),
    )
  },
  deliveryAttempts: (_, args, context) => {
    const filter = toAttemptFilter(args.filter)
    return listed(
      context,
      { list: 'deliveryAttempts', of: 'attempt', filter, isKept: isThere(context.loaders.attempts) },
      args,
      (page) => context.store.listAttempts(filter, page),
    )
  },
  deliveryAttemptsCursor: (_, args, context) =>
    feedCursors(context, {
      ...({ list: 'feed', feed: context.feed, filter: toAttemptFilter(args.filter) } as const),
    }).now(),
  webhookChangesCursor: (_, args, context) =>
    feedCursors(context, {
      ...({ list: 'webhookChanges', feed: context.webhookFeed } as const),
      filter: toWebhookChangeFilter(args.filter),
    }).now(),
  presets: () => presets.map(describePreset),
}

async function orderBy(
  context: Context,
  { id, number, uid, partnerIdentifier }: Partial<QueryOrderArgs>,
): Promise<ShownOrder | null> {
  if (id != null) return byId(context, 'order', id)
  if (number != null) return context.store.orderBy({ number })
  if (uid != null) return byUid(context, withoutSpaceAround(uid))
  const cleaned = cleanIdentifier(partnerIdentifier ?? '')
  // Many orders may have the empty identifier, so it identifies none of them.
  return cleaned === '' ? null : context.store.orderBy({ partnerIdentifier: cleaned })
}

async function byUid(context: Context, uid: string): Promise<ShownOrder | null> {
  return isStorable(uid) ? context.store.orderBy({ uid: uid.toLowerCase() }) : null
}

/** Throws BAD_USER_INPUT unless the client gives exactly one of the arguments of a look-up. */
function exactlyOne<Args extends object>(args: Args, names: string): Args {
  const given = Object.values(args).filter((value) => value != null).length
  if (given !== 1) throw codedError('BAD_USER_INPUT', `give exactly one of ${names}; ${given} were given`)
  return args
}

const loaderOf = {
  project: 'projects',
  key: 'keys',
  partner: 'partners',
  site: 'sites',
  customer: 'customers',
  order: 'orders',
  event: 'events',
  webhook: 'webhooks',
  delivery: 'deliveries',
  attempt: 'attempts',
  auditEntry: 'auditEntries',
} as const satisfies Record<IdKind, keyof Loaders>
type Loaded<K extends IdKind> = Awaited<ReturnType<Loaders[(typeof loaderOf)[K]]['load']>>

/** Returns null for a deleted object, although objects of the log can still refer to it. */
async function byId<K extends IdKind>(context: Context, kind: K, id: string): Promise<Loaded<K> | null> {
  if (!isIdOf(kind, id) || !maySee(context.key.role, kind)) return null
  const found = await context.loaders[loaderOf[kind]].load(id)
  return found !== null && 'deletedAt' in found && found.deletedAt !== null ? null : (found as Loaded<K>)
}

async function nodeById(context: Context, id: string): Promise<Loaded<IdKind> | null> {
  const kind = (Object.keys(loaderOf) as IdKind[]).find((each) => isIdOf(each, id))
  return kind === undefined ? null : byId(context, kind, id)
}
