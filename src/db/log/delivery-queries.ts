/**
 * The statements for a page of the delivery log that only this log has: all rows of a small set, one page of each topic
 * or log bucket, and the due deliveries. `log-queries.ts` has the others, and `list-deliveries.ts` chooses the
 * statement.
 */
import { and, eq, gte, ne, sql, type SQL } from 'drizzle-orm'
import type { Scope } from '../../domain/access/scope.ts'
import type { DeliveryFilter } from '../../domain/lists/filters.ts'
import type { PageRequest } from '../../domain/lists/page.ts'
import { betweenIds, createdDuring, newestFirst, oneOf, ofTopics } from '../shared/filter-sql.ts'
import { rowsToRead } from '../shared/keyset-pages.ts'
import type { ReadContext } from '../shared/tenant-context.ts'
import { textArray } from '../shared/text-array.ts'
import { deliveries, dueDeliveries, webhooks } from '../schema/index.ts'
import { allOf, isAny, ofStatusClasses } from './log-filter-sql.ts'
import { eachBucket, readEach, type Log, type LogRequest } from './log-queries.ts'

export type DeliveryRow = typeof deliveries.$inferSelect

export const deliveryLog: Log<typeof deliveries, DeliveryFilter> = {
  table: deliveries,
  name: 'deliveries',
  id: deliveries.id,
  webhookId: deliveries.webhookId,
  newestFirst: (page) => [newestFirst(deliveries.id, page)],
  within,
  matching,
}

/** For a small set: reads all matching deliveries, and then sorts them. */
export async function readAllDeliveries(
  { db, scope }: ReadContext,
  { filter, page, webhookIds }: LogRequest<DeliveryFilter>,
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
    .as(deliveryLog.name)
  return db.select().from(all).orderBy(newestFirst(deliveries.id, page)).limit(rowsToRead(page))
}

/**
 * Reads one page of each topic of the project and returns the newest of these rows. If all deliveries of a topic are
 * old, newer deliveries of other topics are not read.
 */
export function readEachTopic(
  context: ReadContext,
  { filter, page }: LogRequest<DeliveryFilter>,
  topics: readonly string[],
): Promise<readonly DeliveryRow[]> {
  const condition = and(
    sql`${deliveries.topic} = wanted.topic`,
    within(context.scope, filter, page),
    matching({ ...filter, topics: [] }),
  )
  const each = sql`unnest(${textArray(topics)}) as wanted(topic)`
  return readEach(context, deliveryLog, page, each, condition)
}

/**
 * For many pending deliveries: reads `due_deliveries` in the order of the delivery ids, whatever their age. The rows
 * include deliveries under lease, which may have left PENDING.
 */
export async function readDueDeliveries(
  { db, scope, conditions }: ReadContext,
  { filter, page, webhookIds }: LogRequest<DeliveryFilter>,
): Promise<readonly DeliveryRow[]> {
  const ofOne = db
    .select()
    .from(deliveries)
    .where(allOf(eq(deliveries.id, dueDeliveries.deliveryId), within(scope, filter, page), matching(filter)))
    .as(deliveryLog.name)
  const ids = db
    .select({ id: webhooks.id })
    .from(webhooks)
    .where(and(eq(webhooks.projectId, scope.projectId), conditions.webhooks, isAny(webhooks.id, webhookIds)))
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
export async function readDeliveryBuckets(
  { db, scope }: ReadContext,
  { filter, page, webhookIds }: LogRequest<DeliveryFilter>,
  buckets: readonly string[],
): Promise<readonly DeliveryRow[]> {
  const ofOne = db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(
      and(
        webhookIds === null ? undefined : sql`${deliveries.webhookId} = wanted.id`,
        sql`${deliveries.logBucket} = bucket.name`,
        within(scope, filter, page),
        ofTopics(deliveries.topic, filter.topics),
        isNumberedFrom(filter),
      ),
    )
    .orderBy(newestFirst(deliveries.id, page))
    .limit(rowsToRead(page))
    .as(deliveryLog.name)
  const newest = db
    .select({ id: ofOne.id })
    .from(eachBucket(buckets, webhookIds))
    .crossJoinLateral(ofOne)
    .orderBy(newestFirst(deliveries.id, page))
    .limit(rowsToRead(page))
  return db
    .select()
    .from(deliveries)
    .where(and(eq(deliveries.projectId, scope.projectId), sql`${deliveries.id} = any(array(${newest}))`))
    .orderBy(newestFirst(deliveries.id, page))
}

function within(scope: Scope, filter: DeliveryFilter, page: PageRequest<string>): SQL | undefined {
  return and(
    eq(deliveries.projectId, scope.projectId),
    createdDuring(deliveries, 'delivery', filter.createdAt),
    betweenIds(deliveries.id, page),
  )
}

/** Conditions on attempts apply to the latest attempt. */
export function matching(filter: DeliveryFilter): SQL | undefined {
  return and(
    ofTopics(deliveries.topic, filter.topics),
    oneOf(deliveries.state, filter.states),
    oneOf(deliveries.lastOutcome, filter.outcomes),
    ofStatusClasses(deliveries.lastStatusCode, filter.statusClasses),
    oneOf(deliveries.lastTrigger, filter.triggers),
    isNumberedFrom(filter),
    filter.finalOnly === null ? undefined : ne(deliveries.state, 'PENDING'),
  )
}

function isNumberedFrom({ attemptNumberFrom }: DeliveryFilter): SQL | undefined {
  return attemptNumberFrom === null ? undefined : gte(deliveries.attemptCount, attemptNumberFrom)
}
