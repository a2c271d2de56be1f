/** What the feed of attempts reads: a project's attempts in the order of their positions. */
import { and, asc, eq, gt } from 'drizzle-orm'
import { PositionExpired } from '../domain/feed.ts'
import type { FedAttempt, FeedStore } from '../flow/feed-ports.ts'
import { wholeProject } from '../domain/scope.ts'
import type { Database, Tx } from './connect.ts'
import { toAttempt } from './rows.ts'
import { attempts, feeds, webhooks } from './schema.ts'
import { inScope } from './scope.ts'

export function makeAttemptFeedStore(db: Database): FeedStore<FedAttempt> {
  const within = <T>(projectId: string, work: (tx: Tx) => Promise<T>) =>
    inScope(db, wholeProject(projectId), work)
  const boundsIn = async (tx: Tx, projectId: string) => {
    const [row] = await tx
      .select({ last: feeds.position, expired: feeds.expiredPosition })
      .from(feeds)
      .where(eq(feeds.projectId, projectId))
    return row ?? { last: 0, expired: 0 }
  }
  return {
    bounds: (projectId) => within(projectId, (tx) => boundsIn(tx, projectId)),
    after: (projectId, position, limit) =>
      within(projectId, async (tx) => {
        const rows = await tx
          .select({ attempt: attempts, partnerId: webhooks.partnerId, preset: webhooks.preset })
          .from(attempts)
          // Whoever follows for a partner is brought its own: new webhooks included, without asking again.
          .innerJoin(webhooks, eq(webhooks.id, attempts.webhookId))
          .where(and(eq(attempts.projectId, projectId), gt(attempts.position, position)))
          .orderBy(asc(attempts.position))
          .limit(limit)
        // After the rows: what was removed before they were read is known by then.
        const { expired } = await boundsIn(tx, projectId)
        if (position < expired) throw new PositionExpired(position, expired)
        return rows.map(({ attempt, partnerId, preset }) => ({
          ...toAttempt(attempt),
          position: attempt.position ?? 0,
          partnerId,
          preset,
        }))
      }),
  }
}
