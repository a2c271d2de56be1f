/**
 * The statements for a page of the attempt log that only this log has: one page of each log bucket, and the attempts of
 * few deliveries. `log-queries.ts` has the others, and `list-attempts.ts` chooses the statement.
 */
import { and, asc, desc, eq, gte, lte, min, ne, sql, type SQL } from 'drizzle-orm'
import { instantOf } from '../../domain/shared/ids.ts'
import type { Scope } from '../../domain/access/scope.ts'
import type { AttemptFilter } from '../../domain/lists/filters.ts'
import type { PageRequest } from '../../domain/lists/page.ts'
import { clockSlackMs } from '../shared/clock-slack.ts'
import { during, oneOf, ofTopics } from '../shared/filter-sql.ts'
import { rowsToRead } from '../shared/keyset-pages.ts'
import type { ReadContext } from '../shared/tenant-context.ts'
import { attempts, deliveries } from '../schema/index.ts'
import { allOf, inLogBucket, isAny, ofStatusClasses } from './log-filter-sql.ts'
import { eachBucket, readEach, type Log, type LogRequest } from './log-queries.ts'

export type AttemptRow = typeof attempts.$inferSelect

export const attemptLog: Log<typeof attempts, AttemptFilter> = {
  table: attempts,
  name: 'attempts',
  id: attempts.id,
  webhookId: attempts.webhookId,
  newestFirst,
  within,
  matching,
}

/** Reads one page of each log bucket, of the project or of each webhook, and returns the newest of these rows. */
export function readAttemptBuckets(
  context: ReadContext,
  { filter, page, webhookIds }: LogRequest<AttemptFilter>,
  buckets: readonly string[],
): Promise<readonly AttemptRow[]> {
  const condition = and(
    webhookIds === null ? undefined : sql`${attempts.webhookId} = wanted.id`,
    sql`${attempts.logBucket} = bucket.name`,
    // The bucket implies the other conditions of the filter. With redundant conditions PostgreSQL would underestimate
    // the number of rows.
    between(context.scope, filter, page),
    ofTopics(attempts.topic, filter.topics),
    isNumberedFrom(filter),
  )
  return readEach(context, attemptLog, page, eachBucket(buckets, webhookIds), condition)
}

/** Reads the attempts of few deliveries. `attempts` has no index on orders or topics; `deliveries` has both. */
export async function readAttemptsOfDeliveries(
  { db, scope }: ReadContext,
  { filter, page, webhookIds }: LogRequest<AttemptFilter>,
  condition: SQL,
): Promise<readonly AttemptRow[]> {
  const isSelected = and(
    eq(deliveries.projectId, scope.projectId),
    condition,
    isAny(deliveries.webhookId, webhookIds),
  )
  // No attempt starts before its delivery was created.
  const [found] = await db
    .select({ first: min(deliveries.createdAt) })
    .from(deliveries)
    .where(isSelected)
  if (found?.first == null) return []
  const earliest = new Date(found.first.getTime() - clockSlackMs)
  const ids = db.select({ id: deliveries.id }).from(deliveries).where(isSelected)
  const all = db
    .select()
    .from(attempts)
    .where(
      allOf(
        sql`${attempts.deliveryId} = any(array(${ids}))`,
        gte(attempts.startedAt, earliest),
        within(scope, filter, page),
        isAny(attempts.webhookId, webhookIds),
        matching(filter),
      ),
    )
    .as(attemptLog.name)
  return db
    .select()
    .from(all)
    .orderBy(...newestFirst(page))
    .limit(rowsToRead(page))
}

function within(scope: Scope, filter: AttemptFilter, page: PageRequest<string>): SQL | undefined {
  // Tests have no delivery.
  return and(sql`${attempts.deliveryId} is not null`, inLogBucket(filter), between(scope, filter, page))
}

function between(scope: Scope, filter: AttemptFilter, page: PageRequest<string>): SQL | undefined {
  return and(
    eq(attempts.projectId, scope.projectId),
    during(attempts.startedAt, filter.startedAt),
    betweenCursors(page),
  )
}

function matching(filter: AttemptFilter): SQL | undefined {
  return and(
    oneOf(attempts.orderId, filter.orderIds),
    ofTopics(attempts.topic, filter.topics),
    oneOf(attempts.outcome, filter.outcomes),
    ofStatusClasses(attempts.statusCode, filter.statusClasses),
    isNumberedFrom(filter),
    filter.finalOnly === null ? undefined : ne(attempts.nextStep, 'RETRY'),
    oneOf(attempts.trigger, filter.triggers),
  )
}

function isNumberedFrom({ attemptNumberFrom }: AttemptFilter): SQL | undefined {
  return attemptNumberFrom === null ? undefined : gte(attempts.number, attemptNumberFrom)
}

/** The row comparison makes the page exact. The plain comparison lets PostgreSQL prune partitions. */
function betweenCursors({ after, before }: PageRequest<string>): SQL | undefined {
  return and(
    after === null
      ? undefined
      : and(lte(attempts.startedAt, instantOf(after)), sql`${place} < ${placeOf(after)}`),
    before === null
      ? undefined
      : and(gte(attempts.startedAt, instantOf(before)), sql`${place} > ${placeOf(before)}`),
  )
}

const place = sql`(${attempts.startedAt}, ${attempts.id})`

function placeOf(id: string): SQL {
  return sql`(${instantOf(id).toISOString()}::timestamptz, ${id})`
}

function newestFirst({ backwards }: PageRequest<string>): readonly SQL[] {
  return backwards
    ? [asc(attempts.startedAt), asc(attempts.id)]
    : [desc(attempts.startedAt), desc(attempts.id)]
}
