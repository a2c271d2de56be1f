/** Reads. An id of the wrong kind, one that is not there and another project's all answer null. */
import { isIdOf, type IdKind } from '../../domain/ids.ts'
import type { Context } from '../context.ts'
import { toConnection, toPageRequest } from '../connection.ts'
import { toAttemptFilter, toDeliveryFilter } from '../filters.ts'
import type { QueryResolvers } from '../generated/resolvers.ts'
import type { Loaders } from '../loaders.ts'

export const Query: Required<QueryResolvers> = {
  viewer: (_, _args, { key, projectId }) => ({ key, projectId }),
  site: (_, { id }, context) => byId(context, 'site', 'sites', id),
  customer: (_, { id }, context) => byId(context, 'customer', 'customers', id),
  order: (_, { id }, context) => byId(context, 'order', 'orders', id),
  event: (_, { id }, context) => byId(context, 'event', 'events', id),
  webhook: async (_, { id }, context) => {
    const webhook = await byId(context, 'webhook', 'webhooks', id)
    return webhook?.deletedAt === null ? webhook : null
  },
  delivery: (_, { id }, context) => byId(context, 'delivery', 'deliveries', id),
  deliveryAttempt: (_, { id }, context) => byId(context, 'attempt', 'attempts', id),
  deliveries: async (_, args, { store, projectId }) => {
    const filter = toDeliveryFilter(args.filter)
    const scope = { list: 'deliveries', projectId, filter }
    const page = await store.listDeliveries(
      filter,
      toPageRequest(args, scope, (key) => isIdOf('delivery', key)),
    )
    return toConnection(page, scope, (delivery) => delivery.id)
  },
  deliveryAttempts: async (_, args, { store, projectId }) => {
    const filter = toAttemptFilter(args.filter)
    const scope = { list: 'deliveryAttempts', projectId, filter }
    const page = await store.listAttempts(
      filter,
      toPageRequest(args, scope, (key) => isIdOf('attempt', key)),
    )
    return toConnection(page, scope, (attempt) => attempt.id)
  },
}

type ByIdLoader = 'sites' | 'customers' | 'orders' | 'events' | 'webhooks' | 'deliveries' | 'attempts'
type Loaded<L extends ByIdLoader> = Awaited<ReturnType<Loaders[L]['load']>>

async function byId<L extends ByIdLoader>(
  context: Context,
  kind: IdKind,
  loader: L,
  id: string,
): Promise<Loaded<L> | null> {
  return isIdOf(kind, id) ? ((await context.loaders[loader].load(id)) as Loaded<L>) : null
}
