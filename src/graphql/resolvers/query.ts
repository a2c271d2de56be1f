/** Queries. An id of the wrong kind, an unknown id and an id of another project all return null. */
import { describePreset } from '../../domain/webhooks/catalogue.ts'
import type { ShownOrder } from '../../domain/access/partner-view.ts'
import { presets } from '../../domain/webhooks/preset.ts'
import { cleanIdentifier, isStorable, withoutSpaceAround } from '../../domain/shared/text.ts'
import { previewDelivery } from '../../services/webhooks/preview-delivery.ts'
import type { Context, ProjectContext } from '../core/context.ts'
import { codedError } from '../core/errors.ts'
import { currentCursor } from '../core/feed-cursors.ts'
import type { QueryOrderArgs, QueryResolvers } from '../core/generated/resolvers.ts'
import { byId, nodeById } from './by-id.ts'
import { toAttemptFilter, toEventFilter, toWebhookChangeFilter, withKnownTopics } from './filters.ts'
import * as lists from './list-queries.ts'

type Queries = Required<QueryResolvers>

/** Maximum number of ids in one `nodes` field. */
const maxNodes = 100

export const Query: Queries = {
  ...lists,
  viewer: (_, _args, { key }) => ({ key }),
  project: (_, _args, { store }) => store.project(),
  installation: (_, _args, { version }) => ({ version }),
  partner: (_, { id }, context) => byId(context, 'partner', id),
  node: (_, { id }, context) => nodeById(context, id),
  nodes: (_, { ids }, context) => nodesByIds(context, ids),
  site: (_, args, context) => siteBy(context, exactlyOne(args, 'id, number')),
  customer: (_, args, context) => customerBy(context, exactlyOne(args, 'id, number')),
  order: (_, args, context) => orderBy(context, exactlyOne(args, 'id, number, uid, partnerIdentifier')),
  event: (_, { id }, context) => byId(context, 'event', id),
  webhook: (_, { id }, context) => byId(context, 'webhook', id),
  delivery: (_, { id }, context) => byId(context, 'delivery', id),
  deliveryAttempt: (_, { id }, context) => byId(context, 'attempt', id),
  bulkRetry: (_, { id }, context) => byId(context, 'bulkRetry', id),
  deliveryPreview: async (_, { webhookId, eventId, topic }, { deps }) => {
    const wanted = { webhookId, eventId: eventId ?? null, topic: topic ?? null }
    const result = await previewDelivery(deps, wanted)
    if (!result.ok)
      throw codedError('BAD_USER_INPUT', result.problems.map(({ message }) => message).join('; '))
    const preview = result.value
    return preview && { ...preview, request: preview.request && { ...preview.request, method: 'POST' } }
  },
  deliveryAttemptsCursor: (_, args, context) => {
    const filter = toAttemptFilter(args.filter)
    return checkedCursor(context, { list: 'feed', feed: context.feed, filter })
  },
  eventsCursor: (_, args, context) => {
    const filter = toEventFilter(args.filter)
    return checkedCursor(context, { list: 'eventFeed', feed: context.eventFeed, filter })
  },
  webhookChangesCursor: (_, args, context) =>
    currentCursor(context, {
      list: 'webhookChanges',
      feed: context.webhookFeed,
      filter: toWebhookChangeFilter(args.filter),
    }),
  presets: () => presets.map(describePreset),
}

/** Reads the position at once, so that the pages of the same query are read after it, and checks the topics meanwhile. */
async function checkedCursor(
  context: Context,
  of: Parameters<typeof currentCursor>[1] & { readonly filter: { readonly topics: readonly string[] } },
): Promise<string> {
  const [cursor] = await Promise.all([currentCursor(context, of), withKnownTopics(context, of.filter)])
  return cursor
}

function nodesByIds(context: ProjectContext, ids: readonly string[]) {
  if (ids.length > maxNodes)
    throw codedError('BAD_USER_INPUT', `ids has ${ids.length} members; the maximum is ${maxNodes}`)
  return Promise.all(ids.map((id) => nodeById(context, id)))
}

/** The arguments of a look-up by id or number. */
interface IdOrNumber {
  readonly id?: string | null | undefined
  readonly number?: number | null | undefined
}

async function siteBy(context: ProjectContext, { id, number }: IdOrNumber) {
  if (id != null) return byId(context, 'site', id)
  return number == null ? null : context.store.siteByNumber(number)
}

async function customerBy(context: ProjectContext, { id, number }: IdOrNumber) {
  if (id != null) return byId(context, 'customer', id)
  return number == null ? null : context.store.customerByNumber(number)
}

async function orderBy(
  context: ProjectContext,
  { id, number, uid, partnerIdentifier }: Partial<QueryOrderArgs>,
): Promise<ShownOrder | null> {
  if (id != null) return byId(context, 'order', id)
  if (number != null) return context.store.orderBy({ number })
  if (uid != null) return byUid(context, withoutSpaceAround(uid))
  const cleaned = cleanIdentifier(partnerIdentifier ?? '')
  // Many orders may have the empty identifier, so it identifies none of them.
  return cleaned === '' ? null : context.store.orderBy({ partnerIdentifier: cleaned })
}

async function byUid(context: ProjectContext, uid: string): Promise<ShownOrder | null> {
  return isStorable(uid) ? context.store.orderBy({ uid: uid.toLowerCase() }) : null
}

/** Throws BAD_USER_INPUT unless the client gives exactly one of the arguments of a look-up. */
function exactlyOne<Args extends object>(args: Args, names: string): Args {
  const given = Object.values(args).filter((value) => value != null).length
  if (given !== 1) throw codedError('BAD_USER_INPUT', `give exactly one of ${names}; ${given} were given`)
  return args
}
