/**
 * The statements for a page that both logs share, each by another index and in page order: all rows of the project,
 * only its newest rows, or one page of each webhook. `attempt-queries.ts` and `delivery-queries.ts` add the statements
 * of one log.
 */
import { and, sql, type SQL } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import type { Scope } from '../../domain/access/scope.ts'
import type { PageRequest } from '../../domain/lists/page.ts'
import { rowsToRead } from '../shared/keyset-pages.ts'
import type { ReadContext } from '../shared/tenant-context.ts'
import { textArray } from '../shared/text-array.ts'
import { isAny, newestRows, untilEndOfNewest } from './log-filter-sql.ts'

/** The page that a caller requests of a log. */
export interface LogRequest<Filter> {
  readonly filter: Filter
  readonly page: PageRequest<string>
  /** Null: all webhooks of the project. */
  readonly webhookIds: readonly string[] | null
}

/** A log: its table, its order, and its filter as SQL. */
export interface Log<Table extends PgTable, Filter> {
  readonly table: Table
  /** The name of the table. Subqueries have it too, so that the conditions around a subquery are the same. */
  readonly name: string
  readonly id: PgColumn
  readonly webhookId: PgColumn
  /** Sort order in the direction in which the page is read. */
  newestFirst(page: PageRequest<string>): readonly SQL[]
  /** The conditions that an index supports: the project, the range of time and the cursors. */
  within(scope: Scope, filter: Filter, page: PageRequest<string>): SQL | undefined
  /** The conditions that PostgreSQL checks row by row. */
  matching(filter: Filter): SQL | undefined
}

type Row<Table extends PgTable> = Table['$inferSelect']

export async function readProject<Table extends PgTable, Filter>(
  { db, scope }: ReadContext,
  log: Log<Table, Filter>,
  { filter, page }: LogRequest<Filter>,
): Promise<readonly Row<Table>[]> {
  return db
    .select()
    .from<PgTable>(log.table)
    .where(and(log.within(scope, filter, page), log.matching(filter)))
    .orderBy(...log.newestFirst(page))
    .limit(rowsToRead(page))
}

/** Searches the project's newest rows. Returns fewer rows than the page needs when they contain too few matches. */
export async function readNewest<Table extends PgTable, Filter>(
  context: ReadContext,
  log: Log<Table, Filter>,
  { filter, page, webhookIds }: LogRequest<Filter>,
): Promise<readonly Row<Table>[]> {
  const { db, scope } = context
  const order = log.newestFirst(page)
  const ids = db
    .select({ id: log.id })
    .from<PgTable>(log.table)
    .where(log.within(scope, filter, page))
    .orderBy(...order)
  const newest = db
    .select()
    .from<PgTable>(log.table)
    .where(log.within(scope, filter, await untilEndOfNewest(context, page, ids)))
    .orderBy(...order)
    .limit(newestRows)
    .as(log.name)
  return db
    .select()
    .from(newest)
    .where(and(isAny(log.webhookId, webhookIds), log.matching(filter)))
    .orderBy(...order)
    .limit(rowsToRead(page))
}

/**
 * Reads one page of each webhook and returns the newest of these rows. A webhook with little traffic is read by its own
 * index, not by the project's.
 */
export function readEachWebhook<Table extends PgTable, Filter>(
  context: ReadContext,
  log: Log<Table, Filter>,
  { filter, page }: LogRequest<Filter>,
  webhookIds: readonly string[],
): Promise<readonly Row<Table>[]> {
  const condition = and(
    sql`${log.webhookId} = wanted.id`,
    log.within(context.scope, filter, page),
    log.matching(filter),
  )
  return readEach(context, log, page, sql`unnest(${textArray(webhookIds)}) as wanted(id)`, condition)
}

/** The newest rows of a page for each row of `each`, to which the condition refers. */
export async function readEach<Table extends PgTable, Filter>(
  { db }: ReadContext,
  log: Log<Table, Filter>,
  page: PageRequest<string>,
  each: SQL,
  condition: SQL | undefined,
): Promise<readonly Row<Table>[]> {
  const order = log.newestFirst(page)
  const ofOne = db
    .select()
    .from<PgTable>(log.table)
    .where(condition)
    .orderBy(...order)
    .limit(rowsToRead(page))
    .as(log.name)
  return db
    .select(ofOne._.selectedFields)
    .from(each)
    .crossJoinLateral(ofOne)
    .orderBy(...order)
    .limit(rowsToRead(page))
}

/** A row for each log bucket, `bucket.name`; with webhooks, for each pair of a bucket and a webhook, `wanted.id`. */
export function eachBucket(buckets: readonly string[], webhookIds: readonly string[] | null): SQL {
  const ofBuckets = sql`unnest(${textArray(buckets)}) as bucket(name)`
  if (webhookIds === null) return ofBuckets
  return sql`${ofBuckets} cross join unnest(${textArray(webhookIds)}) as wanted(id)`
}
