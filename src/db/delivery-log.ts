/**
 * A page of one scope's deliveries, newest first: from which index it is read, so that it costs the same however many
 * there are. Of the orders and events that are asked for; of what is due, of what did not go well at once, or of a topic,
 * where that is asked for and is little; of each webhook, where a filter or a partner's scope comes down to some; of the project.
 */
import { and, eq, gte, lt, ne, sql, type SQL } from 'drizzle-orm'
import type { Delivery, DeliveryState } from '../domain/delivery.ts'
import { firstIdAt } from '../domain/ids.ts'
import type { DeliveryFilter } from '../domain/list-filter.ts'
import type { Scope } from '../domain/scope.ts'
import type { Page, PageRequest } from '../flow/project-ports.ts'
import type { Reading } from './connect.ts'
import {
  allOf,
  isAny,
  isLittle,
  isOfMany,
  list,
  littleEnough,
  newestRows,
  ofStatusClasses,
  ofRareTopics,
  takesNotableOnly,
  takesTestsOnly,
  webhooksWanted,
} from './log-narrow.ts'
import { betweenIds, clockSlackMs, createdDuring, newestFirst, oneOf, ofTopics } from './narrow.ts'
import { ownOf } from './own.ts'
import { rowsToRead, toPage } from './pages.ts'
import { toDelivery } from './rows.ts'
import { attempts, deliveries, dueDeliveries, notable, webhooks } from './schema.ts'

/** As `littleEnough`, of attempts: most of them were followed by others, and their deliveries are not met as soon. */
const littleTried = 50_000

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
  // What is pending is not final.
  if (filter.finalOnly !== null && takesOnly(filter, 'PENDING')) return []
  if (filter.orderIds.length > 0 || filter.eventIds.length > 0) return ofAll(db, scope, asked, undefined)
  const few = await thoseOfFew(db, scope, asked)
  if (few !== null) return few
  if (webhookIds !== null && isOfMany(webhookIds)) {
    const newest = await amongNewest(db, scope, asked)
    if (newest.length === rowsToRead(page)) return newest
  }
  return webhookIds === null ? ofProject(db, scope, asked) : ofEachWebhook(db, scope, asked, webhookIds)
}

/** The page of what may be rare, where it is; null where nothing of that kind is asked for, or there is much of it. */
async function thoseOfFew(db: Reading, scope: Scope, asked: Asked): Promise<readonly Row[] | null> {
  const { filter, page, webhookIds } = asked
  if (takesOnly(filter, 'PENDING')) {
    const due = dueOf(scope, webhookIds)
    return (await isLittle(db, due, littleEnough)) ? ofAll(db, scope, asked, isAmong(due)) : null
  }
  const isOfNotable = takesNotableOnly(filter) || takesOnly(filter, 'EXHAUSTED')
  if (!isOfNotable && filter.topics.length === 0) return null
  if (isOfMany(webhookIds)) {
    const newest = await amongNewest(db, scope, asked)
    if (newest.length === rowsToRead(page)) return newest
  }
  if (isOfNotable) {
    const tried = triedOf(scope, asked, await oldestDay(db))
    if (await isLittle(db, tried, littleTried)) return ofAll(db, scope, asked, isAmong(tried))
  }
  if (filter.topics.length > 0) {
    const rare = await ofRareTopics(db, scope, filter)
    if (rare !== null) return ofAll(db, scope, asked, isAmong(rare))
  }
  return null
}

function takesOnly({ states }: DeliveryFilter, wanted: DeliveryState): boolean {
  return states.length > 0 && states.every((state) => state === wanted)
}

function isAmong(ids: SQL): SQL {
  return sql`${deliveries.id} = any(array(${ids}))`
}

/**
 * The deliveries of attempts that may be their latest, as the filter wants it: of those that did not succeed at once,
 * as the latest of one that is EXHAUSTED did not. And all from before the days of which attempts are kept: what they
 * were tried is gone, and there are few of them, which were pending when the others went.
 */
function triedOf(scope: Scope, { filter, webhookIds }: Asked, oldest: Date): SQL {
  return sql`(select ${attempts.deliveryId} from ${attempts} where ${and(
    eq(attempts.projectId, scope.projectId),
    sql`(${notable})`,
    isAny(attempts.webhookId, webhookIds),
    oneOf(attempts.outcome, filter.outcomes),
    ofStatusClasses(attempts.statusCode, filter.statusClasses),
    oneOf(attempts.trigger, filter.triggers),
    ofTopics(attempts.topic, filter.topics),
    filter.attemptNumberFrom === null ? undefined : gte(attempts.number, filter.attemptNumberFrom),
    takesOnly(filter, 'EXHAUSTED') ? ne(attempts.outcome, 'SUCCEEDED') : undefined,
    sql`${attempts.deliveryId} is not null`,
  )}) union all (select ${deliveries.id} from ${deliveries} where ${and(
    eq(deliveries.projectId, scope.projectId),
    isAny(deliveries.webhookId, webhookIds),
    lt(deliveries.id, firstIdAt('delivery', new Date(oldest.getTime() + clockSlackMs))),
  )})`
}

/** The first day of which attempts are kept. */
async function oldestDay(db: Reading): Promise<Date> {
  const [row] = await db.execute<{ day: string | null }>(sql`
    select min(right(inhrelid::regclass::text, 8)) as day
    from pg_inherits where inhparent = 'public.attempts'::regclass`)
  const day = row?.day ?? '19700101'
  return new Date(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T00:00:00Z`)
}

/** What is due of the webhooks, and what is under lease, which may not be PENDING any more. */
function dueOf(scope: Scope, webhookIds: readonly string[] | null): SQL {
  const whose = and(
    eq(webhooks.projectId, scope.projectId),
    ownOf(scope).webhooks,
    isAny(webhooks.id, webhookIds),
  )
  // Each half by an index of its own. Where one ends here it is much anyway, and more than is written while a page is read.
  const half = (lease: SQL) =>
    sql`(select delivery_id from ${dueDeliveries} where webhook_id = ${webhooks.id} and ${lease} limit ${2 * littleEnough})`
  return sql`
    select due.delivery_id from ${webhooks}
    cross join lateral (${half(sql`lease_token is null`)} union all ${half(sql`lease_token is not null`)}) due
    where ${whose}`
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
  { filter, page, webhookIds }: Asked,
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
