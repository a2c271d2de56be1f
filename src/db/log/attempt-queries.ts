/**
 * The ways to a page of attempts, each a statement that reads them by another index, in its order: of the project, among
 * its newest, of each webhook, of what did not go well at once; and through deliveries that are few. Which is gone is
 * `attempt-log.ts`.
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
  /** Null: all of the project. */
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

/** The page where the project's newest attempts fill it; less of it where they do not. */
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
    // Under the table's own name: the conditions around it are written like all others.
    .as('attempts')
  return db
    .select()
    .from(newest)
    .where(and(isAny(attempts.webhookId, webhookIds), matching(filter)))
    .orderBy(...newestFirst(page))
    .limit(rowsToRead(page))
}

/** A page of each webhook, of which the newest are the page: a webhook with little traffic never has its project's read. */
export function ofEachWebhook(
  db: Reading,
  scope: Scope,
  { filter, page }: AttemptsAsked,
  webhookIds: readonly string[],
): Promise<readonly AttemptRow[]> {
  const ofOne = and(sql`${attempts.webhookId} = wish.id`, within(scope, filter, page), matching(filter))
  return ofEach(db, page, sql`unnest(${list(webhookIds)}) as wish(id)`, ofOne)
}

/** Of what is notable as each of these: a page of each, of the project or of each webhook, of which the newest are the page. */
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
    // What else the filter says is said by that: once more, and PostgreSQL would expect fewer than there are.
    between(scope, filter, page),
    ofTopics(attempts.topic, filter.topics),
    tried(filter),
  )
  return ofEach(db, page, wishes, ofOne)
}

/** The newest of a page for each of the wishes, which the condition names. */
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

/** Through deliveries that are few: attempts have an index neither on orders nor on topics. */
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
  // No attempt begins before its delivery is owed.
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

/** Whose attempts, and between which: what an index is read by. */
function within(scope: Scope, filter: AttemptFilter, page: PageRequest<string>): SQL | undefined {
  // A test belongs to no delivery.
  return and(sql`${attempts.deliveryId} is not null`, inLogBucket(filter), between(scope, filter, page))
}

function between(scope: Scope, filter: AttemptFilter, page: PageRequest<string>): SQL | undefined {
  return and(
    eq(attempts.projectId, scope.projectId),
    during(attempts.startedAt, filter.startedAt),
    betweenCursors(page),
  )
}

/** What is looked at row by row. */
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

/** The row comparison keeps the page exact; the plain one is what prunes partitions. */
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

/** In the direction in which the page is read. */
function newestFirst({ backwards }: PageRequest<string>): readonly SQL[] {
  return backwards
    ? [asc(attempts.startedAt), asc(attempts.id)]
    : [desc(attempts.startedAt), desc(attempts.id)]
}
