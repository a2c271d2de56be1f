/**
 * A page of one scope's attempts, newest first: from which index it is read. Attempts lie in partitions by day; a
 * page costs the same however many there are, because each way reads them in an index's order, or few of them:
 * of the orders that are asked for, or of a topic that is rare; of each webhook, where a filter or a partner's scope
 * comes down to some; of the project. Where a filter takes none that succeeded at once, the partial indexes stand in for the whole ones.
 */
import { and, asc, desc, eq, gte, inArray, lte, min, ne, sql, type SQL } from 'drizzle-orm'
import type { AttemptFilter } from '../domain/attempt-filter.ts'
import type { Attempt } from '../domain/delivery.ts'
import { instantOf } from '../domain/ids.ts'
import type { Scope } from '../domain/scope.ts'
import type { Page, PageRequest } from '../flow/project-ports.ts'
import type { Reading } from './connect.ts'
import {
  allOf,
  isAny,
  isOfMany,
  list,
  newestRows,
  notableIf,
  ofRareTopics,
  ofStatusClasses,
  untilEndOfNewest,
  webhooksWanted,
} from './log-narrow.ts'
import { clockSlackMs, during, oneOf, ofTopics } from './narrow.ts'
import { rowsToRead, toPage } from './pages.ts'
import { toAttempt } from './rows.ts'
import { attempts, deliveries } from './schema.ts'

type Row = typeof attempts.$inferSelect

interface Asked {
  readonly filter: AttemptFilter
  readonly page: PageRequest<string>
  /** Null: all of the project. */
  readonly webhookIds: readonly string[] | null
}

export async function listAttempts(
  db: Reading,
  scope: Scope,
  filter: AttemptFilter,
  page: PageRequest<string>,
): Promise<Page<Attempt>> {
  const webhookIds = await webhooksWanted(db, scope, filter)
  if (webhookIds?.length === 0) return toPage(page, [])
  const rows = await read(db, scope, { filter, page, webhookIds })
  return toPage(page, rows.map(toAttempt))
}

async function read(db: Reading, scope: Scope, asked: Asked): Promise<readonly Row[]> {
  const { filter, page, webhookIds } = asked
  if (filter.orderIds.length > 0)
    return ofDeliveries(db, scope, asked, inArray(deliveries.orderId, [...filter.orderIds]))
  const isOfTopics = filter.topics.length > 0
  if ((isOfTopics || webhookIds !== null) && isOfMany(webhookIds)) {
    const newest = await amongNewest(db, scope, asked)
    if (newest.length === rowsToRead(page)) return newest
  }
  if (isOfTopics) {
    const rare = await ofRareTopics(db, scope, filter)
    if (rare !== null) return ofDeliveries(db, scope, asked, sql`${deliveries.id} = any(array(${rare}))`)
  }
  return webhookIds === null ? ofProject(db, scope, asked) : ofEachWebhook(db, scope, asked, webhookIds)
}

function ofProject(db: Reading, scope: Scope, { filter, page }: Asked): Promise<readonly Row[]> {
  return db
    .select()
    .from(attempts)
    .where(and(within(scope, filter, page), matching(filter)))
    .orderBy(...newestFirst(page))
    .limit(rowsToRead(page))
}

/** The page where the project's newest attempts fill it; less of it where they do not. */
async function amongNewest(
  db: Reading,
  scope: Scope,
  { filter, page, webhookIds }: Asked,
): Promise<readonly Row[]> {
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
function ofEachWebhook(
  db: Reading,
  scope: Scope,
  { filter, page }: Asked,
  webhookIds: readonly string[],
): Promise<readonly Row[]> {
  const ofOne = db
    .select()
    .from(attempts)
    .where(and(sql`${attempts.webhookId} = wish.id`, within(scope, filter, page), matching(filter)))
    .orderBy(...newestFirst(page))
    .limit(rowsToRead(page))
    .as('attempts')
  return db
    .select(ofOne._.selectedFields)
    .from(sql`unnest(${list(webhookIds)}) as wish(id)`)
    .crossJoinLateral(ofOne)
    .orderBy(...newestFirst(page))
    .limit(rowsToRead(page))
}

/** Through deliveries that are few: attempts have an index neither on orders nor on topics. */
async function ofDeliveries(
  db: Reading,
  scope: Scope,
  { filter, page, webhookIds }: Asked,
  condition: SQL,
): Promise<readonly Row[]> {
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
  return and(
    eq(attempts.projectId, scope.projectId),
    // A test belongs to no delivery.
    sql`${attempts.deliveryId} is not null`,
    notableIf(filter),
    during(attempts.startedAt, filter.startedAt),
    between(page),
  )
}

/** What is looked at row by row. */
function matching(filter: AttemptFilter): SQL | undefined {
  return and(
    oneOf(attempts.orderId, filter.orderIds),
    ofTopics(attempts.topic, filter.topics),
    oneOf(attempts.outcome, filter.outcomes),
    ofStatusClasses(attempts.statusCode, filter.statusClasses),
    filter.attemptNumberFrom === null ? undefined : gte(attempts.number, filter.attemptNumberFrom),
    filter.finalOnly === null ? undefined : ne(attempts.nextStep, 'RETRY'),
    oneOf(attempts.trigger, filter.triggers),
  )
}

/** The row comparison keeps the page exact; the plain one is what prunes partitions. */
function between({ after, before }: PageRequest<string>): SQL | undefined {
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
