/** What the feed reads: a project's attempts in the order of their positions. */
import { and, asc, eq, gt } from 'drizzle-orm'
import type { FeedStore } from '../flow/ports.ts'
import type { Database } from './connect.ts'
import { toAttempt } from './rows.ts'
import { attempts, feeds } from './schema.ts'

export function makeFeedStore(db: Database): FeedStore {
  return {
    lastPosition: async (projectId) => {
      const [row] = await db
        .select({ position: feeds.position })
        .from(feeds)
        .where(eq(feeds.projectId, projectId))
      return row?.position ?? 0
    },
    attemptsAfter: async (projectId, position, limit) => {
      const rows = await db
        .select()
        .from(attempts)
        .where(and(eq(attempts.projectId, projectId), gt(attempts.position, position)))
        .orderBy(asc(attempts.position))
        .limit(limit)
      return rows.map(toAttempt)
    },
  }
}
