/**
 * Finds orders by id or by name. A PLATFORM scope gets the orders' rows, a PARTNER scope the view that its deliveries
 * contain.
 */
import { and, desc, eq, exists, inArray, isNull, ne, type SQL } from 'drizzle-orm'
import type { PartnerOrderView } from '../../domain/access/partner-view.ts'
import type { Scope } from '../../domain/access/scope.ts'
import type { OrderName, ProjectStore } from '../../ports/tenant-store.ts'
import type { Reading } from '../connection/connect.ts'
import { tenantConditions } from '../shared/tenant-conditions.ts'
import { partnerOrderViews } from './partner-view.ts'
import { toOrder } from '../shared/row-mapping.ts'
import { deliveries, orders } from '../schema/index.ts'
import { withProjectScope } from '../connection/tenant-scope.ts'

type LookUps = Pick<ProjectStore, 'ordersByIds' | 'orderBy'>

/** At most this many orders with the same name are searched for one that the partner may see. */
const maxNamesakes = 20

/**
 * A partner's view of an order may be older than the order's row, so the identifier in the view is compared again. The
 * other names never change.
 */
function isCalled(order: PartnerOrderView, name: OrderName): boolean {
  return !('partnerIdentifier' in name) || order.partnerIdentifier === name.partnerIdentifier
}

export function makeOrderLookUps(db: Reading, scope: Scope): LookUps {
  const { projectId } = scope
  const conditions = tenantConditions(scope)
  return {
    ordersByIds: async (ids) =>
      scope.partnerId === null
        ? (
            await db
              .select()
              .from(orders)
              .where(and(eq(orders.projectId, projectId), inArray(orders.id, [...ids])))
          ).map(toOrder)
        : partnerOrderViews(db, scope, ids),
    orderBy: async (name) => {
      if (scope.partnerId !== null) return seenOrderBy(name)
      const [row] = await db
        .select()
        .from(orders)
        .where(and(eq(orders.projectId, projectId), isNull(orders.deletedAt), isNamed(name)))
        .orderBy(desc(orders.id))
        .limit(1)
      return row === undefined ? null : toOrder(row)
    },
  }

  /** The newest order whose name in the partner's view is the given one. */
  async function seenOrderBy(name: OrderName): Promise<PartnerOrderView | null> {
    // Row-level security hides all rows of `orders` from a partner. This statement runs in the project's scope and
    // reads only the ids of orders with a delivery to the partner.
    const rows = await withProjectScope(db, scope, () =>
      db
        .select({ id: orders.id })
        .from(orders)
        .where(and(eq(orders.projectId, projectId), isNamed(name), owedOrder()))
        .orderBy(desc(orders.id))
        .limit(maxNamesakes),
    )
    const seen = await partnerOrderViews(
      db,
      scope,
      rows.map(({ id }) => id),
    )
    const found = seen.filter((order) => order.deletedAt === null && isCalled(order, name))
    return found.toSorted((one, other) => (one.id < other.id ? 1 : -1))[0] ?? null
  }

  function owedOrder(): SQL | undefined {
    const owed = db
      .select({ id: deliveries.id })
      .from(deliveries)
      .where(
        and(
          eq(deliveries.orderId, orders.id),
          ne(deliveries.state, 'SKIPPED'),
          conditions.ofWebhook(deliveries.webhookId),
        ),
      )
    return exists(owed)
  }
}

function isNamed(name: OrderName): SQL {
  if ('number' in name) return eq(orders.number, name.number)
  if ('uid' in name) return eq(orders.uid, name.uid)
  return eq(orders.partnerIdentifier, name.partnerIdentifier)
}
