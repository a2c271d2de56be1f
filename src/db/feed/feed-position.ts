/**
 * What the stores of all feeds share: they read within one project, and refuse a position whose items retention has
 * removed.
 */
import { PositionExpired, type FeedItem, type FeedBounds } from '../../domain/feed/feed.ts'
import { wholeProject } from '../../domain/access/scope.ts'
import type { FeedStore } from '../../ports/feed-store.ts'
import type { Database, Tx } from '../connection/connect.ts'
import { withScope } from '../connection/tenant-scope.ts'

interface Reads<T> {
  /** See `FeedStore`. */
  subjectOf(item: T): string | null
  /** Undefined: the project's feed has no items yet. */
  bounds(tx: Tx, projectId: string): Promise<FeedBounds | undefined>
  after(tx: Tx, projectId: string, position: number, limit: number): Promise<readonly T[]>
}

export function projectFeed<T extends FeedItem>(db: Database, reads: Reads<T>): FeedStore<T> {
  const within = <R>(projectId: string, work: (tx: Tx) => Promise<R>): Promise<R> =>
    withScope(db, wholeProject(projectId), work)
  const bounds = async (tx: Tx, projectId: string): Promise<FeedBounds> =>
    (await reads.bounds(tx, projectId)) ?? { last: 0, expired: 0 }
  return {
    subjectOf: (item) => reads.subjectOf(item),
    bounds: (projectId) => within(projectId, (tx) => bounds(tx, projectId)),
    after: (projectId, position, limit) =>
      within(projectId, async (tx) => {
        const items = await reads.after(tx, projectId, position, limit)
        // Read after the rows, so that an item that was removed before the rows were read is noticed.
        const { expired } = await bounds(tx, projectId)
        if (position < expired) throw new PositionExpired(position, expired)
        return items
      }),
  }
}
