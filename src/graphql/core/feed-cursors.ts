/**
 * Cursors of the feeds: bound to the feed, the project, the partner and the filter, as those of lists are. What the
 * feeds bring is `live/feed`; who follows them is `resolvers/subscription`.
 */
import type { GraphQLFieldResolver } from 'graphql'
import { readCursor, writeCursor } from '../../domain/lists/cursor.ts'
import type { FeedItem } from '../../domain/feed/feed.ts'
import type { Feed } from '../../ports/feed-store.ts'
import type { Context } from './context.ts'
import { codedError } from './errors.ts'

type Asker = Pick<Context, 'scope'>

/** A feed, narrowed by a filter. */
export interface NarrowedFeed<T extends FeedItem> {
  /** Stands in its cursors, so that those of other feeds and lists are refused. */
  readonly list: 'feed' | 'webhookChanges'
  readonly feed: Feed<T>
  readonly filter: object
}

export interface FeedCursors {
  write(position: number): string
  /** Throws CURSOR_INVALID for what is none of this feed's, CURSOR_EXPIRED where what follows is not whole any more. */
  read(cursor: string): Promise<number>
  /** Of the newest position that can be seen. */
  now(): Promise<string>
}

export function feedCursors<T extends FeedItem>(
  asker: Asker,
  { list, feed, filter }: NarrowedFeed<T>,
): FeedCursors {
  const { projectId, partnerId } = asker.scope
  const scope = { list, projectId, partnerId, filter }
  const write = (position: number): string => writeCursor(scope, String(position))
  return {
    write,
    read: async (cursor) => {
      const key = readCursor(scope, cursor)
      // Whoever reads our source can make a cursor with a check that is right.
      const position = key !== null && /^(0|[1-9]\d*)$/.test(key) ? Number(key) : Number.NaN
      if (!Number.isSafeInteger(position)) throw invalidPosition(list)
      const { expired, last } = await feed.bounds(projectId)
      // A position that was not given out yet cannot have been seen.
      if (position > last) throw invalidPosition(list)
      if (position < expired) throw expiredPosition(list)
      return position
    },
    now: async () => write(await standing(asker, feed)),
  }
}

/** The query that answers where a feed stands now. */
const standingOf = { feed: 'deliveryAttemptsCursor', webhookChanges: 'webhookChangesCursor' } as const

function invalidPosition(list: NarrowedFeed<FeedItem>['list']) {
  return codedError(
    'CURSOR_INVALID',
    `after is no cursor of this feed, project and filter: give the last one that it brought with the same filter, or begin anew from ${standingOf[list]} with that filter`,
  )
}

export function expiredPosition(list: NarrowedFeed<FeedItem>['list']) {
  return codedError(
    'CURSOR_EXPIRED',
    `after is older than what is kept, and some of what followed it was removed: load what there is by a query, and begin anew from ${standingOf[list]}`,
  )
}

/** Where feeds stood that an operation has asked about. */
const standings = new WeakMap<Asker, Map<object, Promise<number>>>()

/** Read once for an operation, however often it asks. */
function standing(asker: Asker, feed: Feed<FeedItem>): Promise<number> {
  const known = standings.get(asker) ?? new Map<object, Promise<number>>()
  standings.set(asker, known)
  const found = known.get(feed) ?? feed.bounds(asker.scope.projectId).then(({ last }) => last)
  known.set(feed, found)
  return found
}

/** Root fields that answer where a feed stands: the first thing that an operation does. */
export const cursorFields: readonly string[] = ['deliveryAttemptsCursor', 'webhookChangesCursor']

type Resolve = GraphQLFieldResolver<unknown, Context>

/**
 * The resolver of another root field, once the cursors that the same operation asks for are read, wherever they stand in
 * its document: what it answers is no older than they are, so that whoever follows from there misses nothing in between.
 */
export function afterCursors(resolve: Resolve): Resolve {
  return async (parent, args, context, info): Promise<unknown> => {
    // All root fields of a query are begun before the next microtask.
    await Promise.resolve()
    await Promise.allSettled([...(standings.get(context)?.values() ?? [])])
    return resolve(parent, args, context, info)
  }
}
