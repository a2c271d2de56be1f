/**
 * Finds orders by id or by name. A PLATFORM scope gets the orders' rows, a PARTNER scope the view that its deliveries
 * contain.
 */
import { and, desc, eq, exists, inArray, isNull, ne, type SQL } from 'drizzle-orm'
import type { PartnerOrderView, ShownOrder } from '../../../domain/access/partner-view.ts'
import { toOrder } from '../../shared/row-mapping.ts'
import type { ReadContext } from '../../shared/tenant-context.ts'
import { deliveries, orders } from '../../schema/index.ts'
import { withProjectScope } from '../../connection/tenant-scope.ts'
import { partnerOrderViews } from './partner-visible-data.ts'

/** The keys by which an order can be looked up, besides its id. */
export type OrderName =
  { readonly number: number } | { readonly uid: string } | { readonly partnerIdentifier: string }

/** At most this many orders with the same name are searched for one that the partner may see. */
const maxNamesakes = 20

/** Includes deleted orders, because their events name them. For a partner: the orders as its payloads show them. */
export async function ordersByIds(
  context: ReadContext,
  ids: readonly string[],
): Promise<readonly ShownOrder[]> {
  const { db, scope } = context
  if (scope.partnerId !== null) return partnerOrderViews(context, ids)
  const rows = await db
    .select()
    .from(orders)
    .where(and(eq(orders.projectId, scope.projectId), inArray(orders.id, [...ids])))
  return rows.map(toOrder)
}

/** Ignores deleted orders. If several orders have the same partner identifier, returns the newest. */
export async function orderBy(context: ReadContext, name: OrderName): Promise<ShownOrder | null> {
  const { db, scope } = context
  if (scope.partnerId !== null) return viewedOrderBy(context, name)
  const [row] = await db
    .select()
    .from(orders)
    .where(and(eq(orders.projectId, scope.projectId), isNull(orders.deletedAt), isNamed(name)))
    .orderBy(desc(orders.id))
    .limit(1)
  return row === undefined ? null : toOrder(row)
}

/** The newest order whose name in the partner's view is the given one. */
async function viewedOrderBy(context: ReadContext, name: OrderName): Promise<PartnerOrderView | null> {
  const { db, scope } = context
  // Row-level security hides all rows of `orders` from a partner. This statement runs in the project's scope and
  // reads only the ids of orders with a delivery to the partner.
  const rows = await withProjectScope(db, scope, () =>
    db
      .select({ id: orders.id })
      .from(orders)
      .where(and(eq(orders.projectId, scope.projectId), isNamed(name), hasDelivery(context)))
      .orderBy(desc(orders.id))
      .limit(maxNamesakes),
  )
  const views = await partnerOrderViews(
    context,
    rows.map(({ id }) => id),
  )
  const found = views.filter((order) => order.deletedAt === null && isNamedInView(order, name))
  return found.toSorted((one, other) => (one.id < other.id ? 1 : -1))[0] ?? null
}

function hasDelivery({ db, conditions }: ReadContext): SQL {
  const delivered = db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(
      and(
        eq(deliveries.orderId, orders.id),
        ne(deliveries.state, 'SKIPPED'),
        conditions.ofWebhook(deliveries.webhookId),
      ),
    )
  return exists(delivered)
}

function isNamed(name: OrderName): SQL {
  if ('number' in name) return eq(orders.number, name.number)
  if ('uid' in name) return eq(orders.uid, name.uid)
  return eq(orders.partnerIdentifier, name.partnerIdentifier)
}

/**
 * A partner's view of an order may be older than the order's row, so the identifier in the view is compared again. The
 * other names never change.
 */
function isNamedInView(order: PartnerOrderView, name: OrderName): boolean {
  return !('partnerIdentifier' in name) || order.partnerIdentifier === name.partnerIdentifier
}
