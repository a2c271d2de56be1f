/** Reads a project's events in the order of their feed positions. */
import { and, asc, eq, gt, sql } from 'drizzle-orm'
import type { EventFeedItem } from '../../domain/feed/event-item.ts'
import type { FeedStore } from '../../ports/feed-store.ts'
import type { Database } from '../connection/connect.ts'
import { eventFeeds, events, orders } from '../schema/index.ts'
import { listedEvent } from '../shared/listed-columns.ts'
import { projectFeed } from './feed-position.ts'

/** The partners whose webhooks have a delivery of the event. A SKIPPED delivery does not count: it was not sent. */
const partnerIds = sql<string[]>`array(
  select distinct w.partner_id from deliveries d join webhooks w on w.id = d.webhook_id
  where d.event_id = ${events.id} and d.state <> 'SKIPPED' and w.partner_id is not null
)`

export function makeEventFeedStore(db: Database): FeedStore<EventFeedItem> {
  return projectFeed(db, {
    subjectOf: ({ orderId }) => orderId,
    bounds: async (tx, projectId) => {
      const [row] = await tx
        .select({ last: eventFeeds.position, expired: eventFeeds.expiredPosition })
        .from(eventFeeds)
        .where(eq(eventFeeds.projectId, projectId))
      return row
    },
    after: async (tx, projectId, position, limit) => {
      const rows = await tx
        .select({ ...listedEvent, position: events.position, siteId: orders.siteId, partnerIds })
        .from(events)
        .leftJoin(orders, eq(orders.id, events.orderId))
        .where(and(eq(events.projectId, projectId), gt(events.position, position)))
        .orderBy(asc(events.position))
        .limit(limit)
      return rows.map((row) => ({ ...row, position: row.position ?? 0 }))
    },
  })
}
