/**
 * A page of the project's orders, newest first, and their number up to a limit. A searched word and a recent `updatedAt` are
 * looked up in indexes: if few orders match, all of these are read and then sorted. If many match, the orders are read in
 * page order, because matches occur often. `updatedAt` itself has no index: every change would have to write to it.
 */
import { and, eq, gte, isNull, lt, sql, type SQL } from 'drizzle-orm'
import type { OrderFilter, TimeRange } from '../../../domain/lists/filters.ts'
import type { Page, PageRequest } from '../../../domain/lists/page.ts'
import type { Order } from '../../../domain/orders/order.ts'
import { numberOf, rangeOf } from '../../../domain/orders/search-words.ts'
import { firstIdAt } from '../../../domain/shared/ids.ts'
import { allOf } from '../../log/log-filter-sql.ts'
import { clockSlackMs } from '../../shared/clock-slack.ts'
import { betweenIds, createdDuring, during, newestFirst, oneOf } from '../../shared/filter-sql.ts'
import { rowsToRead, toPage } from '../../shared/keyset-pages.ts'
import { toOrder } from '../../shared/row-mapping.ts'
import type { ReadContext } from '../../shared/tenant-context.ts'
import { events, orders, searchWords } from '../../schema/index.ts'

/** A set of at most this many orders is read completely and then sorted. */
export const maxFoundOrders = 5_000
/** At most this many events are searched for changed orders. */
export const maxRecentEvents = 10_000
/** Retention removes no event that is younger than a day. Half of it leaves room for clocks that differ. */
const keptEvents = sql`interval '12 hours'`

/** Without deleted orders. */
export async function listOrders(
  context: ReadContext,
  filter: OrderFilter,
  page: PageRequest<string>,
): Promise<Page<Order>> {
  const rows = await select(context, filter, page, await fewOrders(context, filter))
  return toPage(page, rows.map(toOrder))
}

/** The number of orders in the list; `max` when there are more. */
export async function countOrders(context: ReadContext, filter: OrderFilter, max: number): Promise<number> {
  const first = { limit: max - 1, backwards: false, after: null, before: null }
  const found = select(context, filter, first, await fewOrders(context, filter)).as('found')
  const [row] = await context.db.select({ count: sql<number>`count(*)::int` }).from(found)
  return row?.count ?? 0
}

/** `few`: a small set of orders that contains all that match. Null: the orders are read in page order. */
function select(context: ReadContext, filter: OrderFilter, page: PageRequest<string>, few: FewOrders | null) {
  const words = filter.search.filter((word) => word !== few?.word)
  const conditions = [
    eq(orders.projectId, context.scope.projectId),
    context.conditions.platformOnly,
    isNull(orders.deletedAt),
    oneOf(orders.siteId, filter.siteIds),
    oneOf(orders.customerId, filter.customerIds),
    oneOf(orders.state, filter.states),
    oneOf(orders.customerState, filter.customerStates),
    oneOf(orders.partnerIdentifier, filter.partnerIdentifiers),
    oneOf(orders.source, filter.sources),
    createdDuring(orders, 'order', filter.createdAt),
    updatedDuring(filter.updatedAt),
    betweenIds(orders.id, page),
    ...words.map((word) => hasWord(context, word)),
  ]
  const matching = context.db.select().from(orders)
  if (few === null)
    return matching
      .where(and(...conditions))
      .orderBy(newestFirst(orders.id, page))
      .limit(rowsToRead(page))
  const all = matching.where(allOf(sql`${orders.id} = any(array(${few.ids}))`, ...conditions)).as('orders')
  return context.db.select().from(all).orderBy(newestFirst(orders.id, page)).limit(rowsToRead(page))
}

/** A small set of orders that contains all that match. */
interface FewOrders {
  readonly ids: SQL
  /** The searched word that all of them have. Null: they were not found by a word. */
  readonly word: string | null
}

async function fewOrders(context: ReadContext, filter: OrderFilter): Promise<FewOrders | null> {
  return (
    (await ordersOfRarestWord(context, filter.search)) ?? (await recentlyChanged(context, filter.updatedAt))
  )
}

async function ordersOfRarestWord(context: ReadContext, words: readonly string[]): Promise<FewOrders | null> {
  if (words.length === 0) return null
  const counts = words.map(
    (word) =>
      sql`(select count(*)::int from (${ordersWithWord(context, word)} limit ${maxFoundOrders + 1}) found)`,
  )
  const [row] = await context.db.execute<{ counts: readonly number[] }>(
    sql`select array[${sql.join(counts, sql`, `)}] as counts`,
  )
  const [rarest] = words
    .map((word, index) => ({ word, count: row?.counts[index] ?? 0 }))
    .toSorted((one, other) => one.count - other.count)
  if (rarest === undefined || rarest.count > maxFoundOrders) return null
  return { ids: ordersWithWord(context, rarest.word), word: rarest.word }
}

/** The ids of the orders with a word, and of customers with the word that have no order. */
function ordersWithWord({ scope: { projectId } }: ReadContext, word: string): SQL {
  const range = rangeOf(word)
  const number = numberOf(word)
  // The limits are more than any set that is read. Because of them and the sort order PostgreSQL uses the indexes, and reads
  // no more than that of a frequent word.
  const byWord = range && [
    sql`select coalesce(of_customer.id, found.owner_id) as id
    from (
      select owner_id from ${searchWords}
      where project_id = ${projectId} and word >= ${range.from} and word < ${range.until}
      order by word, owner_id limit ${maxFoundOrders + 1}
    ) found
    left join lateral (
      select o.id from ${orders} o where o.customer_id = found.owner_id limit ${maxFoundOrders + 1}
    ) of_customer on true`,
  ]
  const byNumber =
    number === null
      ? []
      : [sql`select n.id from ${orders} n where n.project_id = ${projectId} and n.number = ${number}`]
  return sql.join([...(byWord ?? []), ...byNumber], sql` union all `)
}

/**
 * Whether the order or its customer has the word. The subquery has a limit, so that it is evaluated for each order. The
 * comparison is of an expression, so that PostgreSQL reads the few words of the owner, not all that begin with the word.
 */
function hasWord({ scope: { projectId } }: ReadContext, word: string): SQL {
  const range = rangeOf(word)
  const number = numberOf(word)
  const byNumber = number === null ? undefined : eq(orders.number, number)
  if (range === null) return byNumber ?? sql`false`
  const byWord = sql`(
    select true from ${searchWords} own
    where own.owner_id = any(array[${orders.id}, ${orders.customerId}]) and own.project_id = ${projectId}
      and own.word || '' >= ${range.from} and own.word || '' < ${range.until}
    limit 1
  )`
  return byNumber === undefined ? byWord : sql`(${byNumber} or ${byWord})`
}

/**
 * The orders of the events in the period, because every change of an order stores an event at the same time. Null: the
 * period begins so early that events may have been removed, or has too many events.
 */
async function recentlyChanged(
  { db, scope: { projectId } }: ReadContext,
  range: TimeRange,
): Promise<FewOrders | null> {
  if (range.from === null) return null
  const inPeriod = and(
    eq(events.projectId, projectId),
    gte(events.id, firstIdAt('event', new Date(Math.max(0, range.from.getTime() - clockSlackMs)))),
    range.until === null
      ? undefined
      : lt(events.id, firstIdAt('event', new Date(range.until.getTime() + clockSlackMs))),
  )
  const [row] = await db.execute<{ found: number | null }>(sql`
    select case when ${range.from.toISOString()}::timestamptz >= now() - ${keptEvents} then (
      select count(*)::int from (
        select from ${events} where ${inPeriod} order by ${events.id} limit ${maxRecentEvents + 1}
      ) found
    ) end as found`)
  const found = row?.found ?? null
  if (found === null || found > maxRecentEvents) return null
  return {
    ids: sql`select ${events.orderId} from ${events} where ${and(inPeriod, gte(events.createdAt, range.from))}`,
    word: null,
  }
}

/** An order was created before it was updated. */
function updatedDuring(range: TimeRange): SQL | undefined {
  return and(
    during(orders.updatedAt, range),
    range.until === null
      ? undefined
      : lt(orders.id, firstIdAt('order', new Date(range.until.getTime() + clockSlackMs))),
  )
}
