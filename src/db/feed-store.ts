/** What the feed reads: a project's attempts in the order of their positions. */
import { and, asc, eq, gt } from 'drizzle-orm'
import type { FeedStore } from '../flow/ports.ts'
import { wholeProject } from '../domain/scope.ts'
import type { Database, Tx } from './connect.ts'
import { toAttempt } from './rows.ts'
import { attempts, feeds, webhooks } from './schema.ts'
import { inScope } from './scope.ts'

export function makeFeedStore(db: Database): FeedStore {
  const within = <T>(projectId: string, work: (tx: Tx) => Promise<T>) =>
    inScope(db, wholeProject(projectId), work)
  return {
    lastPosition: async (projectId) => {
      const [row] = await within(projectId, (tx) =>
        tx.select({ position: feeds.position }).from(feeds).where(eq(feeds.projectId, projectId)),
      )
      return row?.position ?? 0
    },
    attemptsAfter: async (projectId, position, limit) => {
      const rows = await within(projectId, (tx) =>
        tx
          .select({ attempt: attempts, partnerId: webhooks.partnerId })
          .from(attempts)
          // Whoever follows for a partner is brought its own: new webhooks included, without asking again.
          .leftJoin(webhooks, eq(webhooks.id, attempts.webhookId))
          .where(and(eq(attempts.projectId, projectId), gt(attempts.position, position)))
          .orderBy(asc(attempts.position))
          .limit(limit),
      )
      return rows.map(({ attempt, partnerId }) => ({ ...toAttempt(attempt), partnerId }))
    },
  }
}
