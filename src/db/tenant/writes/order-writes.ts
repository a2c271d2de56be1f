/** Writes of sites, customers and orders, as part of a project's transaction. */
import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Customer, Order, Site } from '../../../domain/orders/order.ts'
import { fromOrder, toCustomer, toOrder, toSite } from '../../shared/row-mapping.ts'
import type { WriteContext } from '../../shared/tenant-context.ts'
import { counters, customers, orders, sites } from '../../schema/index.ts'

/** An order that is locked until the transaction ends, with the objects that its snapshot contains. */
export interface LockedOrder {
  readonly order: Order
  readonly site: Site
  readonly customer: Customer | null
}

/** Transactions that take a number of the same kind in the same project wait for each other. */
export async function nextNumber(
  { tx, scope: { projectId } }: WriteContext,
  kind: 'site' | 'customer' | 'order',
): Promise<number> {
  const [row] = await tx
    .insert(counters)
    .values({ projectId, kind, value: 1 })
    .onConflictDoUpdate({
      target: [counters.projectId, counters.kind],
      set: { value: sql`${counters.value} + 1` },
    })
    .returning({ value: counters.value })
  if (row === undefined) throw new Error(`expected a next ${kind} number in ${projectId}, found none`)
  return row.value
}

export async function siteById({ tx, scope, conditions }: WriteContext, id: string): Promise<Site | null> {
  const [row] = await tx
    .select()
    .from(sites)
    .where(and(eq(sites.projectId, scope.projectId), eq(sites.id, id), conditions.platformOnly))
  return row === undefined ? null : toSite(row)
}

/**
 * Returns those of the ids that name a site of the project. Without a condition for partners: a partner's filters may
 * name any site of the project, and the partner learns only whether the site exists.
 */
export async function knownSites(
  { tx, scope }: WriteContext,
  ids: readonly string[],
): Promise<readonly string[]> {
  const rows = await tx
    .select({ id: sites.id })
    .from(sites)
    .where(and(eq(sites.projectId, scope.projectId), inArray(sites.id, [...ids])))
  return rows.map((row) => row.id)
}

/** Locks the customer against changes (FOR SHARE), so that a snapshot of it is current at the commit. */
export async function customerById(
  { tx, scope, conditions }: WriteContext,
  id: string,
): Promise<Customer | null> {
  const [row] = await tx
    .select()
    .from(customers)
    .where(and(eq(customers.projectId, scope.projectId), eq(customers.id, id), conditions.platformOnly))
    .for('share')
  return row === undefined ? null : toCustomer(row)
}

export async function insertSite({ tx, scope }: WriteContext, site: Site): Promise<void> {
  await tx.insert(sites).values({ ...site, projectId: scope.projectId })
}

export async function insertCustomer({ tx, scope }: WriteContext, customer: Customer): Promise<void> {
  await tx.insert(customers).values({ ...customer, projectId: scope.projectId })
}

/** Locks the site for an update. FOR NO KEY UPDATE: transactions that write orders of the site do not wait. */
export async function lockSite({ tx, scope, conditions }: WriteContext, id: string): Promise<Site | null> {
  const [row] = await tx
    .select()
    .from(sites)
    .where(and(eq(sites.projectId, scope.projectId), eq(sites.id, id), conditions.platformOnly))
    .for('no key update')
  return row === undefined ? null : toSite(row)
}

/** Locks the customer for an update. FOR NO KEY UPDATE: transactions that write orders of the customer do not wait. */
export async function lockCustomer(
  { tx, scope, conditions }: WriteContext,
  id: string,
): Promise<Customer | null> {
  const [row] = await tx
    .select()
    .from(customers)
    .where(and(eq(customers.projectId, scope.projectId), eq(customers.id, id), conditions.platformOnly))
    .for('no key update')
  return row === undefined ? null : toCustomer(row)
}

export async function updateSite(
  { tx, scope, conditions }: WriteContext,
  { id, ...values }: Site,
): Promise<void> {
  await tx
    .update(sites)
    .set(values)
    .where(and(eq(sites.projectId, scope.projectId), eq(sites.id, id), conditions.platformOnly))
}

export async function updateCustomer(
  { tx, scope, conditions }: WriteContext,
  { id, ...values }: Customer,
): Promise<void> {
  await tx
    .update(customers)
    .set(values)
    .where(and(eq(customers.projectId, scope.projectId), eq(customers.id, id), conditions.platformOnly))
}

export async function insertOrder({ tx, scope }: WriteContext, order: Order): Promise<void> {
  await tx.insert(orders).values(fromOrder(order, scope.projectId))
}

/** Locks the order for an update and its customer against changes. Also returns deleted orders. */
export async function lockOrder(
  { tx, scope, conditions }: WriteContext,
  id: string,
): Promise<LockedOrder | null> {
  const { projectId } = scope
  const [row] = await tx
    .select()
    .from(orders)
    .where(and(eq(orders.projectId, projectId), eq(orders.id, id), conditions.platformOnly))
    .for('update')
  if (row === undefined) return null
  // Separate statements: a statement that waits for a row lock reads that row as it is after the wait, but all other
  // tables as they were before.
  const [[site], [customer]] = await Promise.all([
    tx
      .select()
      .from(sites)
      .where(and(eq(sites.projectId, projectId), eq(sites.id, row.siteId))),
    row.customerId === null
      ? []
      : tx
          .select()
          .from(customers)
          .where(and(eq(customers.projectId, projectId), eq(customers.id, row.customerId)))
          .for('share'),
  ])
  if (site === undefined) throw new Error(`expected order ${id} to have a site, it has none`)
  return {
    order: toOrder(row),
    site: toSite(site),
    customer: customer === undefined ? null : toCustomer(customer),
  }
}

export async function updateOrder({ tx, scope, conditions }: WriteContext, order: Order): Promise<void> {
  const { id, ...values } = fromOrder(order, scope.projectId)
  await tx
    .update(orders)
    .set(values)
    .where(and(eq(orders.projectId, scope.projectId), eq(orders.id, id), conditions.platformOnly))
}
