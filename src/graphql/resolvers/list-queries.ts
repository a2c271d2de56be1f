/** Queries that return a list of the project, or a list of the installation for an OPERATOR that names no project. */
import { noProject } from '../../domain/feed/feed.ts'
import { wholeProject } from '../../domain/access/scope.ts'
import { builtInTopics } from '../../domain/orders/built-in-topics.ts'
import { withCount } from '../core/connection.ts'
import { forOperator } from '../core/context.ts'
import type { QueryResolvers } from '../core/generated/resolvers.ts'
import type { ShownEntry } from '../core/payloads.ts'
import {
  toAttemptFilter,
  toAuditLogFilter,
  toCustomerFilter,
  toDeliveryFilter,
  toEventFilter,
  toOrderFilter,
  toSiteFilter,
  toWebhookFilter,
  withKnownTopics,
} from './filters.ts'
import { existsIn, listed } from './lists.ts'

type Queries = Required<QueryResolvers>

export const projects: Queries['projects'] = (_, args, { admin, deps }) =>
  listed(
    { scope: wholeProject(noProject), deps },
    { list: 'projects', of: 'project', filter: null },
    args,
    (page) => forOperator(admin).listProjects(page),
  )

export const partners: Queries['partners'] = (_, args, context) =>
  listed(context, { list: 'partners', of: 'partner', filter: null }, args, (page) =>
    context.store.listPartners(page),
  )

export const keys: Queries['keys'] = (_, args, context) =>
  listed(context, { list: 'keys', of: 'key', filter: null }, args, (page) =>
    context.projectId === null ? context.admin.listOperatorKeys(page) : context.store.listKeys(page),
  )

export const auditLog: Queries['auditLog'] = (_, args, context) => {
  const filter = toAuditLogFilter(args.filter)
  const isKept = async (id: string): Promise<boolean> =>
    context.projectId === null
      ? context.admin.hasOperatorEntry(id)
      : (await context.loaders.auditEntries.load(id)) !== null
  return listed<ShownEntry>(context, { list: 'auditLog', of: 'auditEntry', filter, isKept }, args, (page) =>
    context.projectId === null
      ? context.admin.listOperatorEntries(filter, page)
      : context.store.listAuditEntries(filter, page),
  )
}

export const sites: Queries['sites'] = (_, args, context) => {
  const filter = toSiteFilter(args.filter)
  return listed(context, { list: 'sites', of: 'site', filter }, args, (page) =>
    context.store.listSites(filter, page),
  )
}

export const customers: Queries['customers'] = (_, args, context) => {
  const filter = toCustomerFilter(args.filter)
  return listed(context, { list: 'customers', of: 'customer', filter }, args, (page) =>
    context.store.listCustomers(filter, page),
  )
}

export const orders: Queries['orders'] = async (_, args, context) => {
  const filter = toOrderFilter(args.filter)
  const page = await listed(context, { list: 'orders', of: 'order', filter }, args, (request) =>
    context.store.listOrders(filter, request),
  )
  return withCount(page, (max) => context.store.countOrders(filter, max))
}

export const events: Queries['events'] = async (_, args, context) => {
  const filter = await withKnownTopics(context, toEventFilter(args.filter))
  const isKept = existsIn(context.loaders.events)
  return listed(context, { list: 'events', of: 'event', filter, isKept }, args, (page) =>
    context.store.listEvents(filter, page),
  )
}

export const topics: Queries['topics'] = async (_, _args, { store }) => [
  ...builtInTopics,
  ...(await store.topics()),
]

export const webhooks: Queries['webhooks'] = async (_, args, context) => {
  const filter = toWebhookFilter(args.filter)
  const page = await listed(context, { list: 'webhooks', of: 'webhook', filter }, args, (request) =>
    context.store.listWebhooks(filter, request),
  )
  return withCount(page, (max) => context.store.countWebhooks(filter, max))
}

export const deliveries: Queries['deliveries'] = async (_, args, context) => {
  const filter = await withKnownTopics(context, toDeliveryFilter(args.filter))
  const isKept = existsIn(context.loaders.deliveries)
  const page = await listed(
    context,
    { list: 'deliveries', of: 'delivery', filter, isKept },
    args,
    (request) => context.store.listDeliveries(filter, request),
  )
  return withCount(page, (max) => context.store.countDeliveries(filter, max))
}

export const bulkRetries: Queries['bulkRetries'] = (_, args, context) =>
  listed(
    context,
    { list: 'bulkRetries', of: 'bulkRetry', filter: null, isKept: existsIn(context.loaders.bulkRetries) },
    args,
    (page) => context.store.listBulkRetries(page),
  )

export const deliveryAttempts: Queries['deliveryAttempts'] = async (_, args, context) => {
  const filter = await withKnownTopics(context, toAttemptFilter(args.filter))
  const isKept = existsIn(context.loaders.attempts)
  return listed(context, { list: 'deliveryAttempts', of: 'attempt', filter, isKept }, args, (page) =>
    context.store.listAttempts(filter, page),
  )
}
