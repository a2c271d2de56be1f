/** What the feed of webhooks' changes reads: a project's changes in the order of their positions. */
import { and, asc, eq, gt } from 'drizzle-orm'
import { PositionExpired } from '../domain/feed.ts'
import { wholeProject } from '../domain/scope.ts'
import type { WebhookChange } from '../domain/webhook-change.ts'
import type { FeedStore } from '../flow/feed-ports.ts'
import type { Database, Tx } from './connect.ts'
import { webhookChangeFeeds, webhookChanges, webhooks } from './schema.ts'
import { inScope } from './scope.ts'

export function makeWebhookChangeStore(db: Database): FeedStore<WebhookChange> {
  const within = <T>(projectId: string, work: (tx: Tx) => Promise<T>) =>
    inScope(db, wholeProject(projectId), work)
  const boundsIn = async (tx: Tx, projectId: string) => {
    const [row] = await tx
      .select({ last: webhookChangeFeeds.position, expired: webhookChangeFeeds.expiredPosition })
      .from(webhookChangeFeeds)
      .where(eq(webhookChangeFeeds.projectId, projectId))
    return row ?? { last: 0, expired: 0 }
  }
  return {
    bounds: (projectId) => within(projectId, (tx) => boundsIn(tx, projectId)),
    after: (projectId, position, limit) =>
      within(projectId, async (tx) => {
        const rows = await tx
          .select({ change: webhookChanges, partnerId: webhooks.partnerId })
          .from(webhookChanges)
          .innerJoin(webhooks, eq(webhooks.id, webhookChanges.webhookId))
          .where(and(eq(webhookChanges.projectId, projectId), gt(webhookChanges.position, position)))
          .orderBy(asc(webhookChanges.position))
          .limit(limit)
        // After the rows: what was removed before they were read is known by then.
        const { expired } = await boundsIn(tx, projectId)
        if (position < expired) throw new PositionExpired(position, expired)
        return rows.map(({ change, partnerId }) => ({ ...change, partnerId }))
      }),
  }
}
