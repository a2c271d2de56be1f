/**
 * The events of orders, and the deliveries of orders, events or webhooks: one page for each parent, newest first. One
 * statement reads the pages of all parents, and no more rows than these pages have.
 */
import { and, eq, sql, type Column, type SQL } from 'drizzle-orm'
import type { Delivery } from '../../../domain/deliveries/delivery.ts'
import type { Page, PageRequest } from '../../../domain/lists/page.ts'
import type { ListedEvent } from '../../../domain/orders/event.ts'
import { betweenIds, newestFirst } from '../../shared/filter-sql.ts'
import { pagesOf, rowsToRead } from '../../shared/keyset-pages.ts'
import { listedEvent } from '../../shared/listed-columns.ts'
import { toDelivery } from '../../shared/row-mapping.ts'
import type { ReadContext } from '../../shared/tenant-context.ts'
import { textArray } from '../../shared/text-array.ts'
import { deliveries, events } from '../../schema/index.ts'

/** The kinds of objects that deliveries are listed for. */
export type DeliveryParent = 'order' | 'event' | 'webhook'

const deliveryParents = {
  order: deliveries.orderId,
  event: deliveries.eventId,
  webhook: deliveries.webhookId,
} as const satisfies Record<DeliveryParent, Column>

/** Returns one page of events per order, newest first, in the order of `orderIds`. */
export async function eventsOf(
  { db, scope, conditions }: ReadContext,
  orderIds: readonly string[],
  page: PageRequest<string>,
): Promise<readonly Page<ListedEvent>[]> {
  const child = db
    .select(listedEvent)
    .from(events)
    .where(
      and(
        eq(events.projectId, scope.projectId),
        conditions.hasDelivery(events.id),
        isOfParent(events.orderId),
        betweenIds(events.id, page),
      ),
    )
    .orderBy(newestFirst(events.id, page))
    .limit(rowsToRead(page))
    .as('child')
  const rows = await db
    .select({ parentId, row: child._.selectedFields })
    .from(parents(orderIds))
    .crossJoinLateral(child)
  return pagesOf(page, orderIds, rows, (event) => event)
}

/** Returns one page of deliveries per order, event or webhook, newest first, in the order of `ids`. */
export async function deliveriesOf(
  { db, scope, conditions }: ReadContext,
  parent: DeliveryParent,
  ids: readonly string[],
  page: PageRequest<string>,
): Promise<readonly Page<Delivery>[]> {
  const child = db
    .select()
    .from(deliveries)
    .where(
      and(
        eq(deliveries.projectId, scope.projectId),
        conditions.ofWebhook(deliveries.webhookId),
        isOfParent(deliveryParents[parent]),
        betweenIds(deliveries.id, page),
      ),
    )
    .orderBy(newestFirst(deliveries.id, page))
    .limit(rowsToRead(page))
    .as('child')
  const rows = await db
    .select({ parentId, row: child._.selectedFields })
    .from(parents(ids))
    .crossJoinLateral(child)
  return pagesOf(page, ids, rows, toDelivery)
}

/** Returns the number of deliveries per order, event or webhook, in the order of `ids`; `max` for those with more. */
export async function deliveryCountsOf(
  { db, scope, conditions }: ReadContext,
  parent: DeliveryParent,
  ids: readonly string[],
  max: number,
): Promise<readonly number[]> {
  const child = db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(
      and(
        eq(deliveries.projectId, scope.projectId),
        conditions.ofWebhook(deliveries.webhookId),
        isOfParent(deliveryParents[parent]),
      ),
    )
    .limit(max)
  const rows = await db
    .select({ parentId, count: sql<number>`found.count::int` })
    .from(parents(ids))
    .crossJoinLateral(sql`(select count(*) from ${child} child) found`)
  const counts = new Map(rows.map((row) => [row.parentId, row.count]))
  return ids.map((id) => counts.get(id) ?? 0)
}

const parentId = sql<string>`parent.id`

function parents(ids: readonly string[]): SQL {
  return sql`unnest(${textArray(ids)}) as parent(id)`
}

function isOfParent(column: Column): SQL {
  return sql`${column} = parent.id`
}
