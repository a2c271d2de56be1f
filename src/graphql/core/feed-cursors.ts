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

type Asker = Pick<Context, 'scope'>

/** A feed with a filter. */
export interface NarrowedFeed<T extends FeedItem> {
  /** Part of every cursor, so that the server refuses cursors of other feeds and lists. */
  readonly list: 'feed' | 'webhookChanges'
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
  /** The cursor of the newest visible position. */
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
      // The checksum in a cursor is not a signature: a client can compute one for any key, so the key is checked too.
      const position = key !== null && /^(0|[1-9]\d*)$/.test(key) ? Number(key) : Number.NaN
      if (!Number.isSafeInteger(position)) throw invalidPosition(list)
      const { expired, last } = await feed.bounds(projectId)
      // No client can have received a position that is not assigned yet.
      if (position > last) throw invalidPosition(list)
      if (position < expired) throw expiredPosition(list)
      return position
    },
    now: async () => write(await standing(asker, feed)),
  }
}

/** The query that returns the current cursor of each feed. */
const standingOf = { feed: 'deliveryAttemptsCursor', webhookChanges: 'webhookChangesCursor' } as const

function invalidPosition(list: NarrowedFeed<FeedItem>['list']) {
  return codedError(
    'CURSOR_INVALID',
    `after is not a cursor of this feed, project and filter: send the last cursor received with the same filter, or start from ${standingOf[list]} with that filter`,
  )
}

export function expiredPosition(list: NarrowedFeed<FeedItem>['list']) {
  return codedError(
    'CURSOR_EXPIRED',
    `after is older than the retained data, and some of the items after it were removed: load the present state by a query, and start from ${standingOf[list]}`,
  )
}

/** The feed positions that an operation has read, by the operation's context and by feed. */
const standings = new WeakMap<Asker, Map<object, Promise<number>>>()

/** Reads the newest position once per operation, however many fields request it. */
function standing(asker: Asker, feed: Feed<FeedItem>): Promise<number> {
  const known = standings.get(asker) ?? new Map<object, Promise<number>>()
  standings.set(asker, known)
  const found = known.get(feed) ?? feed.bounds(asker.scope.projectId).then(({ last }) => last)
  known.set(feed, found)
  return found
}

/** Root fields that return the current cursor of a feed. An operation resolves them before all other root fields. */
export const cursorFields: readonly string[] = ['deliveryAttemptsCursor', 'webhookChangesCursor']

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
    await Promise.allSettled([...(standings.get(context)?.values() ?? [])])
    return resolve(parent, args, context, info)
  }
}
