/** Reads a project's attempts in the order of their feed positions. */
import { and, asc, eq, gt } from 'drizzle-orm'
import type { AttemptFeedItem, FeedStore } from '../../ports/feed-store.ts'
import type { Database } from '../connection/connect.ts'
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
        .select({ attempt: attempts, partnerId: webhooks.partnerId, preset: webhooks.preset })
        .from(attempts)
        // The join returns the partner of each attempt's webhook, so that a subscription filters by partner without
        // another query, also for webhooks that are created later.
        .innerJoin(webhooks, eq(webhooks.id, attempts.webhookId))
        .where(and(eq(attempts.projectId, projectId), gt(attempts.position, position)))
        .orderBy(asc(attempts.position))
        .limit(limit)
      return rows.map(({ attempt, partnerId, preset }) => ({
        ...toAttempt(attempt),
        position: attempt.position ?? 0,
        partnerId,
        preset,
      }))
    },
  })
}
