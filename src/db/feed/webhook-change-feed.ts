/** Reads a project's or the installation's webhook changes in the order of their feed positions. */
import { and, asc, eq, gt, sql, type SQL } from 'drizzle-orm'
import type { WebhookChange } from '../../domain/feed/webhook-change.ts'
import type { FeedStore } from '../../ports/feed-store.ts'
import type { Database, Reading } from '../connection/connect.ts'
import { projectFeed } from './feed-position.ts'
import { webhookChangeFeeds, webhookChanges, webhooks } from '../schema/index.ts'

export function makeWebhookChangeStore(db: Database): FeedStore<WebhookChange> {
  return projectFeed(db, {
    subjectOf: ({ webhookId }) => webhookId,
    bounds: async (tx, projectId) => {
      const [row] = await tx
        .select({ last: webhookChangeFeeds.position, expired: webhookChangeFeeds.expiredPosition })
        .from(webhookChangeFeeds)
        .where(eq(webhookChangeFeeds.projectId, projectId))
      return row
    },
    after: async (tx, projectId, position, limit) => {
      const rows = await tx
        .select({ change: webhookChanges, partnerId: webhooks.partnerId })
        .from(webhookChanges)
        .innerJoin(webhooks, eq(webhooks.id, webhookChanges.webhookId))
        .where(and(eq(webhookChanges.projectId, projectId), gt(webhookChanges.position, position)))
        .orderBy(asc(webhookChanges.position))
        .limit(limit)
      return rows.map(({ change, partnerId }) => ({ ...change, partnerId }))
    },
  })
}

/** Reads webhook changes of several projects. See `installation-feed.ts`. */
export async function changesInPortions(tx: Reading, portions: SQL): Promise<readonly WebhookChange[]> {
  const rows = await tx
    .select({
      change: webhookChanges,
      partnerId: webhooks.partnerId,
      position: sql<number>`(${webhookChanges.position} + portion.shift)::float8`,
    })
    .from(portions)
    .innerJoin(
      webhookChanges,
      sql`${webhookChanges.projectId} = portion."projectId"
        and ${webhookChanges.position} between portion.first and portion.last`,
    )
    .innerJoin(webhooks, eq(webhooks.id, webhookChanges.webhookId))
  return rows.map(({ change, partnerId, position }) => ({ ...change, partnerId, position }))
}
