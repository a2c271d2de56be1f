/**
 * The attempts of one scope: the log, and the attempts of given deliveries. Partitions that are older than the oldest
 * given delivery are not read.
 */
import { and, asc, desc, eq, gt, inArray, lt, lte, sql } from 'drizzle-orm'
import type { Attempt, Delivery } from '../../domain/deliveries/delivery.ts'
import type { ProjectStore } from '../../ports/tenant-store.ts'
import type { Scope } from '../../domain/access/scope.ts'
import { listAttempts } from './list-attempts.ts'
import type { Reading } from '../connection/connect.ts'
import { tenantConditions } from '../shared/tenant-conditions.ts'
import { rowsToRead, toPage } from '../shared/keyset-pages.ts'
import { toAttempt } from '../shared/row-mapping.ts'
import { attempts } from '../schema/index.ts'
import type { Page, PageRequest } from '../../domain/lists/page.ts'

export function makeAttemptLists(
  db: Reading,
  scope: Scope,
): Pick<ProjectStore, 'listAttempts' | 'attemptsOf'> {
  return {
    listAttempts: (filter, page) => listAttempts(db, scope, filter, page),
    attemptsOf: (wanted, page) => attemptsOf(db, scope, wanted, page),
  }
}

// One statement for all deliveries, so that a page of the delivery log needs the same number of statements however many
// deliveries it shows.
async function attemptsOf(
  db: Reading,
  scope: Scope,
  wanted: readonly Delivery[],
  page: PageRequest<number>,
): Promise<readonly Page<Attempt>[]> {
  if (wanted.length === 0) return []
  const oldest = new Date(Math.min(...wanted.map((delivery) => delivery.createdAt.getTime())))
  const number = page.backwards ? desc(attempts.number) : asc(attempts.number)
  const ranked = db.$with('ranked').as(
    db
      .select({
        id: sql<string>`${attempts.id}`.as('ranked_id'),
        startedAt: sql<Date>`${attempts.startedAt}`.as('ranked_at'),
        rank: sql<number>`row_number() over (partition by ${attempts.deliveryId} order by ${number})`.as(
          'rank',
        ),
      })
      .from(attempts)
      .where(
        and(
          eq(attempts.projectId, scope.projectId),
          tenantConditions(scope).ofWebhook(attempts.webhookId),
          inArray(
            attempts.deliveryId,
            wanted.map((delivery) => delivery.id),
          ),
          sql`${attempts.startedAt} >= ${oldest.toISOString()}`,
          page.after === null ? undefined : gt(attempts.number, page.after),
          page.before === null ? undefined : lt(attempts.number, page.before),
        ),
      ),
  )
  const rows = await db
    .with(ranked)
    .select({ attempt: attempts })
    .from(ranked)
    .innerJoin(attempts, and(eq(attempts.startedAt, ranked.startedAt), eq(attempts.id, ranked.id)))
    .where(lte(ranked.rank, rowsToRead(page)))
    .orderBy(number)
  const byDelivery = new Map<string, Attempt[]>()
  for (const { attempt } of rows) {
    const list = byDelivery.get(attempt.deliveryId ?? '') ?? []
    list.push(toAttempt(attempt))
    byDelivery.set(attempt.deliveryId ?? '', list)
  }
  return wanted.map((delivery) => toPage(page, byDelivery.get(delivery.id) ?? []))
}
