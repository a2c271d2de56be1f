/**
 * Cursors of the feeds. Like a list cursor, a feed cursor is bound to the feed, the project, the partner and the
 * filter, and the server refuses it anywhere else. This module does not read the items of a feed.
 */
import type { GraphQLFieldResolver } from 'graphql'
import { readCursor, writeCursor } from '../../domain/lists/cursor.ts'
import type { FeedItem } from '../../domain/feed/feed.ts'
import type { Feed } from '../../ports/feed-store.ts'
import type { Context } from './context.ts'
import { codedError } from './errors.ts'

/** A feed with a filter. */
export interface NarrowedFeed<T extends FeedItem> {
  /** Part of every cursor, so that the server refuses cursors of other feeds and lists. */
  readonly list: 'feed' | 'eventFeed' | 'webhookChanges'
  readonly feed: Feed<T>
  readonly filter: object
}

export interface FeedCursors {
  write(position: number): string
  /**
   * The position of a cursor. Throws CURSOR_INVALID for a cursor that is not of this feed, and CURSOR_EXPIRED when
   * retention has removed items after the cursor.
   */
  read(cursor: string): Promise<number>
}

export function feedCursors<T extends FeedItem>(
  { scope: { projectId, partnerId } }: Pick<Context, 'scope'>,
  { list, feed, filter }: NarrowedFeed<T>,
): FeedCursors {
  const cursorScope = { list, projectId, partnerId, filter }
  const write = (position: number): string => writeCursor(cursorScope, String(position))
  return {
    write,
    read: async (cursor) => {
      const key = readCursor(cursorScope, cursor)
      // The checksum in a cursor is not a signature: a client can compute one for any key, so the key is checked too.
      const position = key !== null && /^(0|[1-9]\d*)$/.test(key) ? Number(key) : Number.NaN
      if (!Number.isSafeInteger(position)) throw invalidPosition(list)
      const { expired, last } = await feed.bounds(projectId)
      // No client can have received a position that is not assigned yet.
      if (position > last) throw invalidPosition(list)
      if (position < expired) throw expiredPosition(list)
      return position
    },
  }
}

/** The cursor of the newest visible position. */
export async function currentCursor(
  context: Pick<Context, 'scope' | 'feedPositions'>,
  narrowed: NarrowedFeed<FeedItem>,
): Promise<string> {
  return feedCursors(context, narrowed).write(await newestPosition(context, narrowed.feed))
}

/** Reads the newest position once per operation, however many fields request it. */
function newestPosition(
  { scope, feedPositions }: Pick<Context, 'scope' | 'feedPositions'>,
  feed: Feed<FeedItem>,
): Promise<number> {
  const position = feedPositions.get(feed) ?? feed.bounds(scope.projectId).then(({ last }) => last)
  feedPositions.set(feed, position)
  return position
}

/** The query that returns the current cursor of each feed. */
const currentCursorOf = {
  feed: 'deliveryAttemptsCursor',
  eventFeed: 'eventsCursor',
  webhookChanges: 'webhookChangesCursor',
} as const

function invalidPosition(list: NarrowedFeed<FeedItem>['list']) {
  return codedError(
    'CURSOR_INVALID',
    `after is not a cursor of this feed, project and filter: send the last cursor received with the same filter, or start from ${currentCursorOf[list]} with that filter`,
  )
}

export function expiredPosition(list: NarrowedFeed<FeedItem>['list']) {
  return codedError(
    'CURSOR_EXPIRED',
    `after is older than the retained data, and some of the items after it were removed: load the present state by a query, and start from ${currentCursorOf[list]}`,
  )
}

/** Root fields that return the current cursor of a feed. An operation resolves them before all other root fields. */
export const currentCursorFields: readonly string[] = Object.values(currentCursorOf)

type Resolve = GraphQLFieldResolver<unknown, Context>

/**
 * Wraps the resolver of another root field: it runs after the feed cursors of the same operation are read, wherever
 * they appear in the document. The field's data is therefore not older than the cursors, and a client that subscribes
 * from a cursor misses no item between the two.
 */
export function afterCursors(resolve: Resolve): Resolve {
  return async (parent, args, context, info): Promise<unknown> => {
    // graphql starts all root fields of a query before the next microtask.
    await Promise.resolve()
    await Promise.allSettled(context.feedPositions.values())
    return resolve(parent, args, context, info)
  }
}
