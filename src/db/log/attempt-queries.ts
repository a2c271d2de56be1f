/**
 * The candidate statements for a page of the attempt log, each by another index and in page order: all attempts of the
 * project, only its newest ones, one page of each webhook, or one page of each log bucket. `ofDeliveries` reads the
 * attempts of few deliveries instead. `list-attempts.ts` chooses the statement.
 */
import { and, asc, desc, eq, gte, lte, min, ne, sql, type SQL } from 'drizzle-orm'
import { instantOf } from '../../domain/shared/ids.ts'
import type { Scope } from '../../domain/access/scope.ts'
import type { Reading } from '../connection/connect.ts'
import {
  allOf,
  isAny,
  list,
  newestRows,
  inLogBucket,
  ofStatusClasses,
  untilEndOfNewest,
} from './log-filter-sql.ts'
import { clockSlackMs, during, oneOf, ofTopics } from '../shared/filter-sql.ts'
import { rowsToRead } from '../shared/keyset-pages.ts'
import { attempts, deliveries } from '../schema/index.ts'
import type { PageRequest } from '../../domain/lists/page.ts'
import type { AttemptFilter } from '../../domain/lists/filters.ts'

export type AttemptRow = typeof attempts.$inferSelect

export interface AttemptsAsked {
  readonly filter: AttemptFilter
  readonly page: PageRequest<string>
  /** Null: all webhooks of the project. */
  readonly webhookIds: readonly string[] | null
}

export function ofProject(
  db: Reading,
  scope: Scope,
  { filter, page }: AttemptsAsked,
): Promise<readonly AttemptRow[]> {
  return db
    .select()
    .from(attempts)
    .where(and(within(scope, filter, page), matching(filter)))
    .orderBy(...newestFirst(page))
    .limit(rowsToRead(page))
}

/** Searches the project's newest attempts. Returns fewer rows than the page needs when they contain too few matches. */
export async function amongNewest(
  db: Reading,
  scope: Scope,
  { filter, page, webhookIds }: AttemptsAsked,
): Promise<readonly AttemptRow[]> {
  const ids = db
    .select({ id: attempts.id })
    .from(attempts)
    .where(within(scope, filter, page))
    .orderBy(...newestFirst(page))
  const newest = db
    .select()
    .from(attempts)
    .where(within(scope, filter, await untilEndOfNewest(db, scope, page, ids)))
    .orderBy(...newestFirst(page))
    .limit(newestRows)
    // Has the name of the table, so that the conditions around the subquery are written like all others.
    .as('attempts')
  return db
    .select()
    .from(newest)
    .where(and(isAny(attempts.webhookId, webhookIds), matching(filter)))
    .orderBy(...newestFirst(page))
    .limit(rowsToRead(page))
}

/**
 * Reads one page of each webhook and returns the newest of these rows. A webhook with little traffic is read by its own
 * index, not by the project's.
 */
export function ofEachWebhook(
  db: Reading,
  scope: Scope,
  { filter, page }: AttemptsAsked,
  webhookIds: readonly string[],
): Promise<readonly AttemptRow[]> {
  const ofOne = and(sql`${attempts.webhookId} = wish.id`, within(scope, filter, page), matching(filter))
  return ofEach(db, page, sql`unnest(${list(webhookIds)}) as wish(id)`, ofOne)
}

/** Reads one page of each log bucket, of the project or of each webhook, and returns the newest of these rows. */
export function ofLogBuckets(
  db: Reading,
  scope: Scope,
  { filter, page, webhookIds }: AttemptsAsked,
  logBucket: readonly string[],
): Promise<readonly AttemptRow[]> {
  const kinds = sql`unnest(${list(logBucket)}) as kind(notable_as)`
  const wishes =
    webhookIds === null ? kinds : sql`${kinds} cross join unnest(${list(webhookIds)}) as wish(id)`
  const ofOne = and(
    webhookIds === null ? undefined : sql`${attempts.webhookId} = wish.id`,
    sql`${attempts.logBucket} = kind.notable_as`,
    // The bucket implies the other conditions of the filter. With redundant conditions PostgreSQL would underestimate
    // the number of rows.
    between(scope, filter, page),
    ofTopics(attempts.topic, filter.topics),
    tried(filter),
  )
  return ofEach(db, page, wishes, ofOne)
}

/** The newest rows of a page for each row of `wishes`, to which the condition refers. */
function ofEach(
  db: Reading,
  page: PageRequest<string>,
  wishes: SQL,
  condition: SQL | undefined,
): Promise<readonly AttemptRow[]> {
  const ofOne = db
    .select()
    .from(attempts)
    .where(condition)
    .orderBy(...newestFirst(page))
    .limit(rowsToRead(page))
    .as('attempts')
  return db
    .select(ofOne._.selectedFields)
    .from(wishes)
    .crossJoinLateral(ofOne)
    .orderBy(...newestFirst(page))
    .limit(rowsToRead(page))
}

/** Reads the attempts of few deliveries. `attempts` has no index on orders or topics; `deliveries` has both. */
export async function ofDeliveries(
  db: Reading,
  scope: Scope,
  { filter, page, webhookIds }: AttemptsAsked,
  condition: SQL,
): Promise<readonly AttemptRow[]> {
  const owed = and(
    eq(deliveries.projectId, scope.projectId),
    condition,
    isAny(deliveries.webhookId, webhookIds),
  )
  // No attempt starts before its delivery was created.
  const [found] = await db
    .select({ first: min(deliveries.createdAt) })
    .from(deliveries)
    .where(owed)
  if (found?.first == null) return []
  const earliest = new Date(found.first.getTime() - clockSlackMs)
  const ids = db.select({ id: deliveries.id }).from(deliveries).where(owed)
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
    .as('attempts')
  return db
    .select()
    .from(all)
    .orderBy(...newestFirst(page))
    .limit(rowsToRead(page))
}

/** The conditions that an index supports: the project, the range of time and the cursors. */
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

/** The conditions that PostgreSQL checks row by row. */
function matching(filter: AttemptFilter): SQL | undefined {
  return and(
    oneOf(attempts.orderId, filter.orderIds),
    ofTopics(attempts.topic, filter.topics),
    oneOf(attempts.outcome, filter.outcomes),
    ofStatusClasses(attempts.statusCode, filter.statusClasses),
    tried(filter),
    filter.finalOnly === null ? undefined : ne(attempts.nextStep, 'RETRY'),
    oneOf(attempts.trigger, filter.triggers),
  )
}

function tried({ attemptNumberFrom }: AttemptFilter): SQL | undefined {
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

/** Sort order in the direction in which the page is read. */
function newestFirst({ backwards }: PageRequest<string>): readonly SQL[] {
  return backwards
    ? [asc(attempts.startedAt), asc(attempts.id)]
    : [desc(attempts.startedAt), desc(attempts.id)]
}
