/**
 * Writes of sites and customers, as part of a project's transaction. Orders, and customers that are created with an order,
 * are written by `grouped/write-group.ts`.
 */
import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Customer, Site, NumberedKind } from '../../../domain/orders/order.ts'
import { wordsOfCustomer } from '../../../domain/orders/search-words.ts'
import { fromCustomer, toCustomer, toSite } from '../../shared/row-mapping.ts'
import { replaceWords } from '../../shared/search-words-sql.ts'
import type { WriteContext } from '../../shared/tenant-context.ts'
import { counters, customers, sites } from '../../schema/index.ts'

/** Transactions that take a number of the same kind in the same project wait for each other. */
export async function nextNumber(
  { tx, scope: { projectId } }: WriteContext,
  kind: Exclude<NumberedKind, 'order'>,
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

export async function insertSite({ tx, scope }: WriteContext, site: Site): Promise<void> {
  await tx.insert(sites).values({ ...site, projectId: scope.projectId })
}

export async function insertCustomer(context: WriteContext, customer: Customer): Promise<void> {
  const { tx, scope } = context
  await tx.insert(customers).values({ ...fromCustomer(customer), projectId: scope.projectId })
  await writeWords(context, customer)
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

export async function updateCustomer(context: WriteContext, customer: Customer): Promise<void> {
  const { tx, scope, conditions } = context
  const { id, ...values } = fromCustomer(customer)
  await tx
    .update(customers)
    .set(values)
    .where(and(eq(customers.projectId, scope.projectId), eq(customers.id, id), conditions.platformOnly))
  await writeWords(context, customer)
}

/** Writes the words by which the customer's orders are searched. Those that it had before are removed. */
async function writeWords({ tx, scope: { projectId } }: WriteContext, customer: Customer): Promise<void> {
  const owner = { ownerId: customer.id, words: wordsOfCustomer(customer) }
  await tx.execute(sql`with ${replaceWords([owner], projectId)} select`)
}
