import type { FeedItem, FeedBounds, FeedName } from '../domain/feed/feed.ts'
import type { Sent } from '../domain/lists/filters.ts'

/** Tells, after the commit, that there is more in a feed of these projects. Carries no data. Never throws and never waits. */
export interface FeedNotifier {
  tell(feed: FeedName, projectIds: readonly string[]): void
}

/** An attempt as the feed brings it. */
export interface AttemptFeedItem extends Sent, FeedItem {
  readonly position: number
  readonly webhookId: string
}

/** What a feed reads. A position becomes visible only after all smaller ones of its project. */
export interface FeedStore<T extends FeedItem> {
  bounds(projectId: string): Promise<FeedBounds>
  /** In the order of their positions, those greater than `position`. Throws PositionExpired where some of them were removed. */
  after(projectId: string, position: number, limit: number): Promise<readonly T[]>
}

/** What somebody follows of a feed. */
export interface Wish<T> {
  /** Only what happens to these webhooks; null: to any. Others cost a follower nothing. */
  readonly webhookIds: readonly string[] | null
  readonly passes: (item: T) => boolean
}

/** What is recorded in a project, each once, in the order of their positions. */
export interface Feed<T extends FeedItem> {
  /**
   * What comes after `after` (null: from now on) and is wished for. Ends when it is returned, or when the feed closes;
   * throws PositionExpired where what follows is not whole any more.
   */
  follow(projectId: string, after: number | null, wish: Wish<T>): AsyncIterableIterator<T>
  bounds(projectId: string): Promise<FeedBounds>
}
