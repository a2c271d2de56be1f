/** Reads a project's or the installation's attempts in the order of their feed positions. */
import { and, asc, eq, gt, sql, type SQL } from 'drizzle-orm'
import type { AttemptFeedItem, FeedStore } from '../../ports/feed-store.ts'
import type { Database, Reading } from '../connection/connect.ts'
import { projectFeed } from './feed-position.ts'
import { toAttempt } from '../shared/row-mapping.ts'
import { attempts, feeds, webhooks } from '../schema/index.ts'

export function makeAttemptFeedStore(db: Database): FeedStore<AttemptFeedItem> {
  return projectFeed(db, {
    subjectOf: ({ webhookId }) => webhookId,
    bounds: async (tx, projectId) => {
      const [row] = await tx
        .select({ last: feeds.position, expired: feeds.expiredPosition })
        .from(feeds)
        .where(eq(feeds.projectId, projectId))
      return row
    },
    after: async (tx, projectId, position, limit) => {
      const rows = await tx
        .select({ ...columns, position: attempts.position })
        .from(attempts)
        // The join returns the partner of each attempt's webhook, so that a subscription filters by partner without
        // another query, also for webhooks that are created later.
        .innerJoin(webhooks, eq(webhooks.id, attempts.webhookId))
        .where(and(eq(attempts.projectId, projectId), gt(attempts.position, position)))
        .orderBy(asc(attempts.position))
        .limit(limit)
      return rows.map((row) => toItem({ ...row, position: row.position ?? 0 }))
    },
  })
}

/** Reads attempts of several projects. See `installation-feed.ts`. */
export async function attemptsInPortions(tx: Reading, portions: SQL): Promise<readonly AttemptFeedItem[]> {
  const rows = await tx
    .select({ ...columns, position: sql<number>`(${attempts.position} + portion.shift)::float8` })
    .from(portions)
    .innerJoin(
      attempts,
      sql`${attempts.projectId} = portion."projectId" and ${attempts.position} between portion.first and portion.last`,
    )
    .innerJoin(webhooks, eq(webhooks.id, attempts.webhookId))
  return rows.map(toItem)
}

const columns = { attempt: attempts, partnerId: webhooks.partnerId, preset: webhooks.preset }

type Row = Pick<AttemptFeedItem, 'partnerId' | 'preset' | 'position'> & {
  readonly attempt: typeof attempts.$inferSelect
}

function toItem({ attempt, ...of }: Row): AttemptFeedItem {
  return { ...toAttempt(attempt), projectId: attempt.projectId, ...of }
}
