/** The feeds: cursors in and out. What is brought, and that nothing is missed or repeated, is `live/feed`. */
import { passes } from '../../domain/attempt-filter.ts'
import { readCursor, writeCursor, type CursorScope } from '../../domain/cursor.ts'
import { PositionExpired, type Fed } from '../../domain/feed.ts'
import { passesChange } from '../../domain/webhook-change.ts'
import type { Feed } from '../../flow/feed-ports.ts'
import { expiredCursor, invalidCursor } from '../connection.ts'
import type { Context } from '../context.ts'
import { toAttemptFilter, toWebhookChangeFilter } from '../filters.ts'
import type { SubscriptionResolvers } from '../generated/resolvers.ts'
import type { AttemptNews, WebhookChangeNews } from '../payloads.ts'

export const Subscription: Required<SubscriptionResolvers> = {
  deliveryAttempts: {
    subscribe: (_, args, context) => {
      const filter = toAttemptFilter(args.filter)
      return followed(context, context.feed, {
        ...{ list: 'feed', filter, after: args.after },
        passes: (attempt) => passes(filter, attempt),
        toNews: (cursor, attempt): AttemptNews => ({ cursor, attempt }),
      })
    },
    resolve: (news: AttemptNews) => news,
  },
  webhookChanges: {
    subscribe: (_, args, context) => {
      const filter = toWebhookChangeFilter(args.filter)
      return followed(context, context.webhookFeed, {
        ...{ list: 'webhookChanges', filter, after: args.after },
        passes: (change) => passesChange(filter, change),
        toNews: (cursor, change): WebhookChangeNews => ({ cursor, change }),
      })
    },
    resolve: (news: WebhookChangeNews) => news,
  },
}

interface Following<T extends Fed, News> {
  readonly list: string
  readonly filter: { readonly webhookIds: readonly string[] }
  readonly after: string | null | undefined
  readonly passes: (item: T) => boolean
  readonly toNews: (cursor: string, item: T) => News
}

/** Throws CURSOR_INVALID and CURSOR_EXPIRED, at the beginning or as soon as what follows is not whole any more. */
async function followed<T extends Fed, News>(
  { scope: { projectId, partnerId } }: Pick<Context, 'scope'>,
  feed: Feed<T>,
  { list, filter, after, passes: passesFilter, toNews }: Following<T, News>,
): Promise<AsyncIterableIterator<News>> {
  const scope = { list, projectId, partnerId, filter }
  const position = after == null ? null : await toPosition(feed, scope, after)
  const items = feed.follow(projectId, position, {
    webhookIds: filter.webhookIds.length === 0 ? null : filter.webhookIds,
    passes: (item) => (partnerId === null || item.partnerId === partnerId) && passesFilter(item),
  })
  return mapped(items, (item) => toNews(writeCursor(scope, String(item.position)), item))
}

async function toPosition<T extends Fed>(feed: Feed<T>, scope: CursorScope, cursor: string): Promise<number> {
  const position = Number(readCursor(scope, cursor) ?? Number.NaN)
  if (!Number.isSafeInteger(position) || position < 0) throw invalidCursor('after')
  const { expired, last } = await feed.bounds(scope.projectId)
  // A position that was not given out yet cannot have been seen.
  if (position > last) throw invalidCursor('after')
  if (position < expired) throw expiredCursor('after')
  return position
}

/** Ends what it maps as soon as it is ended itself, also while it waits. */
function mapped<T, News>(
  items: AsyncIterableIterator<T>,
  map: (item: T) => News,
): AsyncIterableIterator<News> {
  return {
    next: async () => {
      try {
        const result = await items.next()
        return result.done === true
          ? { done: true, value: undefined }
          : { done: false, value: map(result.value) }
      } catch (error) {
        throw error instanceof PositionExpired ? expiredCursor('after') : error
      }
    },
    return: async () => {
      await items.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
