/** One order, or those of some ids: to the platform their rows, to a partner what its webhooks were told of them. */
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

/** Orders of one name that are looked through for one that a partner was told of. */
const maxNamesakes = 20

/** What a partner was told of an order may be older than its row. */
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

  /** The newest of those that the partner was told of under that name. */
  async function seenOrderBy(name: OrderName): Promise<PartnerOrderView | null> {
    // The second wall shows a partner no order's row: its id alone is looked for here, of those that it was owed.
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
