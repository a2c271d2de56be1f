/**
 * The candidate statements for a page of the delivery log, each by another index: all rows of a small set, all
 * deliveries of the project, only its newest ones, one page of each webhook, topic or log bucket, or the due
 * deliveries. `list-deliveries.ts` chooses the statement.
 */
import { and, eq, gte, ne, sql, type SQL } from 'drizzle-orm'
import type { Scope } from '../../domain/access/scope.ts'
import type { Reading } from '../connection/connect.ts'
import { allOf, isAny, list, newestRows, ofStatusClasses, untilEndOfNewest } from './log-filter-sql.ts'
import { betweenIds, createdDuring, newestFirst, oneOf, ofTopics } from '../shared/filter-sql.ts'
import { tenantConditions } from '../shared/tenant-conditions.ts'
import { rowsToRead } from '../shared/keyset-pages.ts'
import { deliveries, dueDeliveries, webhooks } from '../schema/index.ts'
import type { PageRequest } from '../../domain/lists/page.ts'
import type { DeliveryFilter } from '../../domain/lists/filters.ts'

export type DeliveryRow = typeof deliveries.$inferSelect

export interface DeliveriesAsked {
  readonly filter: DeliveryFilter
  readonly page: PageRequest<string>
  /** Null: all webhooks of the project. */
  readonly webhookIds: readonly string[] | null
}

/** For a small set: reads all matching deliveries, and then sorts them. */
export function ofAll(
  db: Reading,
  scope: Scope,
  { filter, page, webhookIds }: DeliveriesAsked,
  condition: SQL | undefined,
): Promise<readonly DeliveryRow[]> {
  const all = db
    .select()
    .from(deliveries)
    .where(
      allOf(
        condition,
        within(scope, filter, page),
        oneOf(deliveries.orderId, filter.orderIds),
        oneOf(deliveries.eventId, filter.eventIds),
        isAny(deliveries.webhookId, webhookIds),
        matching(filter),
      ),
    )
    .as('deliveries')
  return db.select().from(all).orderBy(newestFirst(deliveries.id, page)).limit(rowsToRead(page))
}

export function ofProject(
  db: Reading,
  scope: Scope,
  { filter, page }: DeliveriesAsked,
): Promise<readonly DeliveryRow[]> {
  return db
    .select()
    .from(deliveries)
    .where(and(within(scope, filter, page), matching(filter)))
    .orderBy(newestFirst(deliveries.id, page))
    .limit(rowsToRead(page))
}

/**
 * Searches the project's newest deliveries. Returns fewer rows than the page needs when they contain too few matches.
 */
export async function amongNewest(
  db: Reading,
  scope: Scope,
  { filter, page, webhookIds }: DeliveriesAsked,
): Promise<readonly DeliveryRow[]> {
  const ids = db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(within(scope, filter, page))
    .orderBy(newestFirst(deliveries.id, page))
  const newest = db
    .select()
    .from(deliveries)
    .where(within(scope, filter, await untilEndOfNewest(db, scope, page, ids)))
    .orderBy(newestFirst(deliveries.id, page))
    .limit(newestRows)
    // Has the name of the table, so that the conditions around the subquery are written like all others.
    .as('deliveries')
  return db
    .select()
    .from(newest)
    .where(and(isAny(deliveries.webhookId, webhookIds), matching(filter)))
    .orderBy(newestFirst(deliveries.id, page))
    .limit(rowsToRead(page))
}

/**
 * Reads one page of each webhook and returns the newest of these rows. A webhook with little traffic is read by its own
 * index, not by the project's.
 */
export function ofEachWebhook(
  db: Reading,
  scope: Scope,
  { filter, page }: DeliveriesAsked,
  webhookIds: readonly string[],
): Promise<readonly DeliveryRow[]> {
  const ofOne = and(sql`${deliveries.webhookId} = wish.name`, within(scope, filter, page), matching(filter))
  return ofEach(db, page, webhookIds, ofOne)
}

/**
 * Reads one page of each topic of the project and returns the newest of these rows. If all deliveries of a topic are
 * old, newer deliveries of other topics are not read.
 */
export function ofEachTopic(
  db: Reading,
  scope: Scope,
  { filter, page }: DeliveriesAsked,
  topics: readonly string[],
): Promise<readonly DeliveryRow[]> {
  const ofOne = and(
    sql`${deliveries.topic} = wish.name`,
    within(scope, filter, page),
    matching({ ...filter, topics: [] }),
  )
  return ofEach(db, page, topics, ofOne)
}

/** The newest rows of a page for each value of `wishes`. The condition refers to the value as `wish.name`. */
function ofEach(
  db: Reading,
  page: PageRequest<string>,
  wishes: readonly string[],
  condition: SQL | undefined,
): Promise<readonly DeliveryRow[]> {
  const ofOne = db
    .select()
    .from(deliveries)
    .where(condition)
    .orderBy(newestFirst(deliveries.id, page))
    .limit(rowsToRead(page))
    .as('deliveries')
  return db
    .select(ofOne._.selectedFields)
    .from(sql`unnest(${list(wishes)}) as wish(name)`)
    .crossJoinLateral(ofOne)
    .orderBy(newestFirst(deliveries.id, page))
    .limit(rowsToRead(page))
}

/**
 * For many pending deliveries: reads `due_deliveries` in the order of the delivery ids, whatever their age. The rows
 * include deliveries under lease, which may have left PENDING.
 */
export function ofDue(
  db: Reading,
  scope: Scope,
  { filter, page, webhookIds }: DeliveriesAsked,
): Promise<readonly DeliveryRow[]> {
  const ofOne = db
    .select()
    .from(deliveries)
    .where(allOf(eq(deliveries.id, dueDeliveries.deliveryId), within(scope, filter, page), matching(filter)))
    .as('deliveries')
  const ids = db
    .select({ id: webhooks.id })
    .from(webhooks)
    .where(
      and(
        eq(webhooks.projectId, scope.projectId),
        tenantConditions(scope).webhooks,
        isAny(webhooks.id, webhookIds),
      ),
    )
  return db
    .select(ofOne._.selectedFields)
    .from(dueDeliveries)
    .crossJoinLateral(ofOne)
    .where(
      and(sql`${dueDeliveries.webhookId} = any(array(${ids}))`, betweenIds(dueDeliveries.deliveryId, page)),
    )
    .orderBy(newestFirst(dueDeliveries.deliveryId, page))
    .limit(rowsToRead(page))
}

/**
 * Reads one page of each log bucket, of the project or of each webhook, and returns the newest of these rows. The inner
 * statement reads only ids, because most of them are discarded.
 */
export function ofLogBuckets(
  db: Reading,
  scope: Scope,
  { filter, page, webhookIds }: DeliveriesAsked,
  logBucket: readonly string[],
): Promise<readonly DeliveryRow[]> {
  const ofOne = db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(
      and(
        webhookIds === null ? undefined : sql`${deliveries.webhookId} = wish.id`,
        sql`${deliveries.logBucket} = kind.notable_as`,
        within(scope, filter, page),
        ofTopics(deliveries.topic, filter.topics),
        tried(filter),
      ),
    )
    .orderBy(newestFirst(deliveries.id, page))
    .limit(rowsToRead(page))
    .as('deliveries')
  const kinds = sql`unnest(${list(logBucket)}) as kind(notable_as)`
  const newest = db
    .select({ id: ofOne.id })
    .from(webhookIds === null ? kinds : sql`${kinds} cross join unnest(${list(webhookIds)}) as wish(id)`)
    .crossJoinLateral(ofOne)
    .orderBy(newestFirst(deliveries.id, page))
    .limit(rowsToRead(page))
  return db
    .select()
    .from(deliveries)
    .where(and(eq(deliveries.projectId, scope.projectId), sql`${deliveries.id} = any(array(${newest}))`))
    .orderBy(newestFirst(deliveries.id, page))
}

/** The conditions that an index supports: the project, the range of time and the cursors. */
function within(scope: Scope, filter: DeliveryFilter, page: PageRequest<string>): SQL | undefined {
  return and(
    eq(deliveries.projectId, scope.projectId),
    createdDuring(deliveries, 'delivery', filter.createdAt),
    betweenIds(deliveries.id, page),
  )
}

/** The conditions that PostgreSQL checks row by row. Conditions on attempts apply to the latest attempt. */
function matching(filter: DeliveryFilter): SQL | undefined {
  return and(
    ofTopics(deliveries.topic, filter.topics),
    oneOf(deliveries.state, filter.states),
    oneOf(deliveries.lastOutcome, filter.outcomes),
    ofStatusClasses(deliveries.lastStatusCode, filter.statusClasses),
    oneOf(deliveries.lastTrigger, filter.triggers),
    tried(filter),
    filter.finalOnly === null ? undefined : ne(deliveries.state, 'PENDING'),
  )
}

function tried({ attemptNumberFrom }: DeliveryFilter): SQL | undefined {
  return attemptNumberFrom === null ? undefined : gte(deliveries.attemptCount, attemptNumberFrom)
}
