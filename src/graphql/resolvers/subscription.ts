/** Subscriptions: turns the items of a feed that match a filter into events with cursors. */
import { PositionExpired, type FeedItem, type WebhookFeedItem } from '../../domain/feed/feed.ts'
import { passesEvent } from '../../domain/feed/event-item.ts'
import { passesChange } from '../../domain/feed/webhook-change.ts'
import type { Context } from '../core/context.ts'
import { expiredPosition, feedCursors, type NarrowedFeed } from '../core/feed-cursors.ts'
import { toAttemptFilter, toEventFilter, toWebhookChangeFilter, withKnownTopics } from './filters.ts'
import type { SubscriptionResolvers } from '../core/generated/resolvers.ts'
import type { AttemptEvent, LiveEvent, WebhookChangeEvent } from '../core/payloads.ts'
import { passes } from '../../domain/lists/filters.ts'

export const Subscription: Required<SubscriptionResolvers> = {
  deliveryAttempts: {
    subscribe: async (_, args, context) => {
      const filter = await withKnownTopics(context, toAttemptFilter(args.filter))
      return follow(context, {
        list: 'feed',
        feed: context.feed,
        filter,
        after: args.after,
        subjectIds: filter.webhookIds,
        isOf: isOfWebhook,
        passes: (attempt) => passes(filter, attempt),
        toFeedEvent: (cursor, attempt): AttemptEvent => ({
          ...{ cursor, attempt, projectId: attempt.projectId, feedOf: context.scope.projectId },
        }),
      })
    },
    resolve: (event: AttemptEvent) => event,
  },
  events: {
    subscribe: async (_, args, context) => {
      const filter = await withKnownTopics(context, toEventFilter(args.filter))
      return follow(context, {
        list: 'eventFeed',
        feed: context.eventFeed,
        filter,
        after: args.after,
        subjectIds: filter.orderIds,
        isOf: (event, partnerId) => event.partnerIds.includes(partnerId),
        passes: (event) => passesEvent(filter, event),
        toFeedEvent: (cursor, event): LiveEvent => ({ cursor, event }),
      })
    },
    resolve: (event: LiveEvent) => event,
  },
  webhookChanges: {
    subscribe: (_, args, context) => {
      const filter = toWebhookChangeFilter(args.filter)
      return follow(context, {
        list: 'webhookChanges',
        feed: context.webhookFeed,
        filter,
        after: args.after,
        subjectIds: filter.webhookIds,
        isOf: isOfWebhook,
        passes: (change) => passesChange(filter, change),
        toFeedEvent: (cursor, change): WebhookChangeEvent => ({
          ...{ cursor, change, projectId: change.projectId },
        }),
      })
    },
    resolve: (event: WebhookChangeEvent) => event,
  },
}

function isOfWebhook(item: WebhookFeedItem, partnerId: string): boolean {
  return item.partnerId === partnerId
}

interface FollowOptions<T extends FeedItem, FeedEvent> extends NarrowedFeed<T> {
  readonly after: string | null | undefined
  /** The subjects that the filter names; empty: any. */
  readonly subjectIds: readonly string[]
  /** Whether a partner may see the item. */
  readonly isOf: (item: T, partnerId: string) => boolean
  readonly passes: (item: T) => boolean
  readonly toFeedEvent: (cursor: string, item: T) => FeedEvent
}

/**
 * Throws CURSOR_INVALID or CURSOR_EXPIRED when the subscription begins, and CURSOR_EXPIRED later when retention removes
 * items that the subscription has not read yet.
 */
async function follow<T extends FeedItem, FeedEvent>(
  { scope }: Pick<Context, 'scope'>,
  { after, subjectIds, isOf, passes: passesFilter, toFeedEvent, ...narrowed }: FollowOptions<T, FeedEvent>,
): Promise<AsyncIterableIterator<FeedEvent>> {
  const { projectId, partnerId } = scope
  const { feed } = narrowed
  const cursors = feedCursors({ scope }, narrowed)
  const position = after == null ? null : await cursors.read(after)
  const items = feed.follow(projectId, position, {
    subjectIds: subjectIds.length === 0 ? null : subjectIds,
    passes: (item) => (partnerId === null || isOf(item, partnerId)) && passesFilter(item),
  })
  const mapError = (error: unknown) =>
    error instanceof PositionExpired ? expiredPosition(narrowed.list) : error
  return mapped(items, (item) => toFeedEvent(cursors.write(item.position), item), mapError)
}

/** Maps the items. `return` ends the mapped iterator at once, even while a call of `next` waits. */
function mapped<T, FeedEvent>(
  items: AsyncIterableIterator<T>,
  map: (item: T) => FeedEvent,
  mapError: (error: unknown) => unknown,
): AsyncIterableIterator<FeedEvent> {
  return {
    next: async () => {
      try {
        const result = await items.next()
        return result.done === true
          ? { done: true, value: undefined }
          : { done: false, value: map(result.value) }
      } catch (error) {
        throw mapError(error)
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
