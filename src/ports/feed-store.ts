/** The ports of the feeds: notification of new items, reading from PostgreSQL, and following a feed. */
import type { FeedItem, FeedBounds, FeedName, WebhookFeedItem } from '../domain/feed/feed.ts'
import type { Sent } from '../domain/lists/filters.ts'

/** Notifies all processes of new items. */
export interface FeedNotifier {
  /** Call it after the commit. The notification contains no items. Never throws and never waits. */
  notify(feed: FeedName, projectIds: readonly string[]): void
}

/** An attempt in the feed ATTEMPTS. */
export interface AttemptFeedItem extends Sent, WebhookFeedItem {
  readonly position: number
  readonly webhookId: string
}

/** Reads a feed. A position becomes visible only after all lower positions of the project. */
export interface FeedStore<T extends FeedItem> {
  /** What a subscription can follow alone: the webhook of an attempt, the order of an event. Null: nothing. */
  subjectOf(item: T): string | null
  bounds(projectId: string): Promise<FeedBounds>
  /**
   * Returns up to `limit` items after `position`, ordered by position. Throws PositionExpired when retention has
   * removed items after `position`.
   */
  after(projectId: string, position: number, limit: number): Promise<readonly T[]>
}

/** The filter of a subscription to a feed. */
export interface FeedFilter<T> {
  /** Only items with these subjects (`FeedStore.subjectOf`); null: all items. No others are passed to the subscription. */
  readonly subjectIds: readonly string[] | null
  /** Called for each remaining item. */
  readonly passes: (item: T) => boolean
}

/** The recorded items of a project. Each item is delivered once, ordered by position. */
export interface Feed<T extends FeedItem> {
  /**
   * Iterates the items after position `after` that match `filter`; null: only new items. Ends when the caller returns the
   * iterator or the feed closes. Throws PositionExpired when retention has removed items that were not read yet.
   */
  follow(projectId: string, after: number | null, filter: FeedFilter<T>): AsyncIterableIterator<T>
  bounds(projectId: string): Promise<FeedBounds>
}
