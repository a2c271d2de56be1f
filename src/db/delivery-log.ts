/**
 * A page of one scope's deliveries, newest first: from which index it is read, so that it costs the same however many
 * there are. Of the orders and events that are asked for; of what is due, where only what is PENDING is asked for and
 * that is little; of each webhook, where a filter or a partner's scope comes down to some; of the project.
 */
import { and, eq, gte, ne, sql, type SQL } from 'drizzle-orm'
import type { Delivery } from '../domain/delivery.ts'
import type { DeliveryFilter } from '../domain/list-filter.ts'
import type { Scope } from '../domain/scope.ts'
import type { Page, PageRequest } from '../flow/project-ports.ts'
import type { Reading } from './connect.ts'
import {
  allOf,
  fewWebhooks,
  isAny,
  list,
  newestRows,
  ofStatusClasses,
  takesTestsOnly,
  webhooksWanted,
} from './log-narrow.ts'
import { betweenIds, createdDuring, newestFirst, oneOf, ofTopics } from './narrow.ts'
import { ownOf } from './own.ts'
import { rowsToRead, toPage } from './pages.ts'
import { toDelivery } from './rows.ts'
import { deliveries, dueDeliveries, webhooks } from './schema.ts'

/** Of more that is due, the log is read as it lies: so many are met soon. */
const littleDue = 10_000

type Row = typeof deliveries.$inferSelect

interface Asked {
  readonly filter: DeliveryFilter
  readonly page: PageRequest<string>
  /** Null: all of the project. */
  readonly webhookIds: readonly string[] | null
}

export async function listDeliveries(
  db: Reading,
  scope: Scope,
  filter: DeliveryFilter,
  page: PageRequest<string>,
): Promise<Page<Delivery>> {
  if (takesTestsOnly(filter)) return toPage(page, [])
  const webhookIds = await webhooksWanted(db, scope, filter)
  if (webhookIds?.length === 0) return toPage(page, [])
  const rows = await read(db, scope, { filter, page, webhookIds })
  return toPage(page, rows.map(toDelivery))
}

async function read(db: Reading, scope: Scope, asked: Asked): Promise<readonly Row[]> {
  const { filter, page, webhookIds } = asked
  if (filter.orderIds.length > 0 || filter.eventIds.length > 0) return ofAll(db, scope, asked, undefined)
  if (filter.finalOnly === null && takesPendingOnly(filter)) {
    const due = dueOf(scope, webhookIds)
    if (await isLittle(db, due)) return ofAll(db, scope, asked, sql`${deliveries.id} = any(array(${due}))`)
  }
  if (webhookIds === null) return ofProject(db, scope, asked)
  if (webhookIds.length > fewWebhooks) {
    const newest = await amongNewest(db, scope, asked, webhookIds)
    if (newest.length === rowsToRead(page)) return newest
  }
  return ofEachWebhook(db, scope, asked, webhookIds)
}

function takesPendingOnly({ states }: DeliveryFilter): boolean {
  return states.length > 0 && states.every((state) => state === 'PENDING')
}

/** What is due of the webhooks, and what is under lease, which may not be PENDING any more; `littleDue` and one at the most. */
function dueOf(scope: Scope, webhookIds: readonly string[] | null): SQL {
  const whose = and(
    eq(webhooks.projectId, scope.projectId),
    ownOf(scope).webhooks,
    isAny(webhooks.id, webhookIds),
  )
  // Each half by an index of its own.
  const half = (lease: SQL) =>
    sql`(select delivery_id from ${dueDeliveries} where webhook_id = ${webhooks.id} and ${lease} limit ${littleDue + 1})`
  return sql`
    select due.delivery_id from ${webhooks}
    cross join lateral (${half(sql`lease_token is null`)} union all ${half(sql`lease_token is not null`)}) due
    where ${whose} limit ${littleDue + 1}`
}

async function isLittle(db: Reading, due: SQL): Promise<boolean> {
  const [row] = await db.execute<{ found: number }>(sql`select count(*)::int as found from (${due}) due`)
  return (row?.found ?? 0) <= littleDue
}

/** Where what is asked for is little: all of it is read, and then the newest of it taken. */
function ofAll(
  db: Reading,
  scope: Scope,
  { filter, page, webhookIds }: Asked,
  condition: SQL | undefined,
): Promise<readonly Row[]> {
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

function ofProject(db: Reading, scope: Scope, { filter, page }: Asked): Promise<readonly Row[]> {
  return db
    .select()
    .from(deliveries)
    .where(and(within(scope, filter, page), matching(filter)))
    .orderBy(newestFirst(deliveries.id, page))
    .limit(rowsToRead(page))
}

/** The page where the project's newest deliveries fill it; less of it where they do not. */
function amongNewest(
  db: Reading,
  scope: Scope,
  { filter, page }: Asked,
  webhookIds: readonly string[],
): Promise<readonly Row[]> {
  const newest = db
    .select()
    .from(deliveries)
    .where(within(scope, filter, page))
    .orderBy(newestFirst(deliveries.id, page))
    .limit(newestRows)
    // Under the table's own name: the conditions around it are written like all others.
    .as('deliveries')
  return db
    .select()
    .from(newest)
    .where(and(isAny(deliveries.webhookId, webhookIds), matching(filter)))
    .orderBy(newestFirst(deliveries.id, page))
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
    .from(deliveries)
    .where(and(sql`${deliveries.webhookId} = wish.id`, within(scope, filter, page), matching(filter)))
    .orderBy(newestFirst(deliveries.id, page))
    .limit(rowsToRead(page))
    .as('deliveries')
  return db
    .select(ofOne._.selectedFields)
    .from(sql`unnest(${list(webhookIds)}) as wish(id)`)
    .crossJoinLateral(ofOne)
    .orderBy(newestFirst(deliveries.id, page))
    .limit(rowsToRead(page))
}

/** Whose deliveries, and between which: what an index is read by. */
function within(scope: Scope, filter: DeliveryFilter, page: PageRequest<string>): SQL | undefined {
  return and(
    eq(deliveries.projectId, scope.projectId),
    createdDuring(deliveries, 'delivery', filter.createdAt),
    betweenIds(deliveries.id, page),
  )
}

/** What is looked at row by row; what is said of attempts is said of the latest. */
function matching(filter: DeliveryFilter): SQL | undefined {
  return and(
    ofTopics(deliveries.topic, filter.topics),
    oneOf(deliveries.state, filter.states),
    oneOf(deliveries.lastOutcome, filter.outcomes),
    ofStatusClasses(deliveries.lastStatusCode, filter.statusClasses),
    oneOf(deliveries.lastTrigger, filter.triggers),
    filter.attemptNumberFrom === null ? undefined : gte(deliveries.attemptCount, filter.attemptNumberFrom),
    filter.finalOnly === null ? undefined : ne(deliveries.state, 'PENDING'),
  )
}
