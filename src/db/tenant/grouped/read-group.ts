/** Reads what a group of changes needs, and locks what it changes. */
import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import type { Customer, NumberedKind, Order, Site } from '../../../domain/orders/order.ts'
import { counters, customers, orders, sites } from '../../schema/index.ts'
import { toCustomer, toOrder, toSite } from '../../shared/row-mapping.ts'
import { textArray } from '../../shared/text-array.ts'
import type { GroupContext } from './group-context.ts'

/** An order that is locked until the transaction ends, with the objects that its snapshot contains. */
export interface LockedOrder {
  readonly order: Order
  readonly site: Site
  readonly customer: Customer | null
}

/** `busy`: the ids of rows that other transactions have locked. Empty when the group waits for them. */
export interface Locked<T> {
  readonly found: ReadonlyMap<string, T>
  readonly busy: ReadonlySet<string>
}

/**
 * Locks orders for an update and their customers against changes. Also returns deleted orders. An order is busy also
 * when its customer is.
 */
export async function lockOrders(
  context: GroupContext,
  ids: readonly string[],
): Promise<Locked<LockedOrder>> {
  if (ids.length === 0) return { found: new Map(), busy: new Set() }
  const { tx, projectId, waits } = context
  const wanted = and(eq(orders.projectId, projectId), anyOf(orders.id, ids))
  const rowsOf = (column: typeof orders.siteId | typeof orders.customerId) =>
    tx.select({ id: column }).from(orders).where(wanted)
  // Sent together. Separate statements, because a statement that waits for a row lock reads that row as it is after the
  // wait, but all other tables as they were before. Rows are locked in the order of their ids, against deadlocks.
  const [rows, siteRows, customerRows] = await Promise.all([
    tx
      .select()
      .from(orders)
      .where(wanted)
      .orderBy(asc(orders.id))
      .for('update', waits ? {} : { skipLocked: true }),
    tx
      .select()
      .from(sites)
      .where(and(eq(sites.projectId, projectId), inArray(sites.id, rowsOf(orders.siteId)))),
    tx
      .select()
      .from(customers)
      .where(and(eq(customers.projectId, projectId), inArray(customers.id, rowsOf(orders.customerId))))
      .orderBy(asc(customers.id))
      .for('share', waits ? {} : { skipLocked: true }),
  ])
  const sitesById = new Map(siteRows.map((row) => [row.id, toSite(row)]))
  const customersById = new Map(customerRows.map((row) => [row.id, toCustomer(row)]))
  const found = new Map<string, LockedOrder>()
  const busy = new Set<string>()
  for (const row of rows) {
    const site = sitesById.get(row.siteId)
    if (site === undefined) throw new Error(`expected order ${row.id} to have a site, it has none`)
    const customer = row.customerId === null ? null : customersById.get(row.customerId)
    if (customer === undefined) busy.add(row.id)
    else found.set(row.id, { order: toOrder(row), site, customer })
  }
  for (const id of await lockedByOthers(context, orders, missing(ids, rows))) busy.add(id)
  return { found, busy }
}

export async function sitesByIds(
  { tx, projectId }: GroupContext,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Site>> {
  if (ids.length === 0) return new Map()
  const rows = await tx
    .select()
    .from(sites)
    .where(and(eq(sites.projectId, projectId), anyOf(sites.id, ids)))
  return new Map(rows.map((row) => [row.id, toSite(row)]))
}

/** Locks the customers against changes (FOR SHARE), so that their snapshots are current at the commit. */
export async function customersByIds(
  context: GroupContext,
  ids: readonly string[],
): Promise<Locked<Customer>> {
  if (ids.length === 0) return { found: new Map(), busy: new Set() }
  const { tx, projectId, waits } = context
  const rows = await tx
    .select()
    .from(customers)
    .where(and(eq(customers.projectId, projectId), anyOf(customers.id, ids)))
    .orderBy(asc(customers.id))
    .for('share', waits ? {} : { skipLocked: true })
  const busy = await lockedByOthers(context, customers, missing(ids, rows))
  return { found: new Map(rows.map((row) => [row.id, toCustomer(row)])), busy }
}

/**
 * Locks the counters of these kinds until the transaction ends, and returns their values: the numbers that were taken
 * last. Transactions that take numbers of the same kind in the same project wait for each other. A kind of which there is
 * no number yet is 0; if two transactions take its first number, one of them fails by the unique index of the numbers.
 */
export async function lockCounters(
  { tx, projectId }: GroupContext,
  kinds: readonly NumberedKind[],
): Promise<ReadonlyMap<NumberedKind, number>> {
  if (kinds.length === 0) return new Map()
  const rows = await tx
    .select({ kind: counters.kind, value: counters.value })
    .from(counters)
    .where(and(eq(counters.projectId, projectId), sql`${counters.kind} = any(${textArray(kinds)})`))
    .orderBy(asc(counters.kind))
    .for('update')
  const values = new Map(rows.map(({ kind, value }) => [kind, value]))
  return new Map(kinds.map((kind) => [kind, values.get(kind) ?? 0]))
}

/** Those of the ids that are there. A group that waits for locks has found all that are. */
async function lockedByOthers(
  { tx, projectId, waits }: GroupContext,
  table: typeof orders | typeof customers,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (waits || ids.length === 0) return new Set()
  const rows = await tx
    .select({ id: table.id })
    .from(table)
    .where(and(eq(table.projectId, projectId), anyOf(table.id, ids)))
  return new Set(rows.map(({ id }) => id))
}

function anyOf(column: typeof orders.id | typeof sites.id | typeof customers.id, ids: readonly string[]) {
  return sql`${column} = any(${textArray(ids)})`
}

function missing(ids: readonly string[], rows: readonly { readonly id: string }[]): readonly string[] {
  const present = new Set(rows.map(({ id }) => id))
  return ids.filter((id) => !present.has(id))
}
