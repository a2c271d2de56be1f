/**
 * Reads the order and event data that deliveries to a partner's webhooks contain. `domain/access/partner-view.ts`
 * decides which fields the partner sees.
 */
import { sql, type SQL } from 'drizzle-orm'
import type { Event } from '../../../domain/orders/event.ts'
import {
  viewData,
  viewOrder,
  type PartnerOrderView,
  type VisibleFields,
} from '../../../domain/access/partner-view.ts'
import type { Dialect } from '../../../domain/dialects/registry.ts'
import type { Scope } from '../../../domain/access/scope.ts'
import type { ReadContext } from '../../shared/tenant-context.ts'
import { textArray } from '../../shared/text-array.ts'
import { deliveries, events, webhooks } from '../../schema/index.ts'

/** The partner's views of the orders. Orders without a delivery to the partner are left out. In no particular order. */
export async function partnerOrderViews(
  { db, scope }: ReadContext,
  orderIds: readonly string[],
): Promise<readonly PartnerOrderView[]> {
  if (orderIds.length === 0) return []
  const rows = await db.execute<{ id: string; dialect: Dialect; topic: string; data: string }>(sql`
    select wanted.id, latest.dialect, latest.topic, latest.data
    from unnest(${textArray(orderIds)}) as wanted(id)
    cross join lateral (
      select distinct on (w.dialect) w.dialect, e.topic, e.data
      from ${deliveriesTo(scope)} join ${events} e on e.id = d.event_id and e.project_id = ${scope.projectId}
      where d.order_id = wanted.id
      order by w.dialect, e.sequence desc
    ) latest`)
  const visibleFields = new Map<string, VisibleFields[]>()
  for (const { id, dialect, topic, data } of rows) {
    const ofOrder = visibleFields.get(id) ?? []
    ofOrder.push({ dialect, event: { topic, data } })
    visibleFields.set(id, ofOrder)
  }
  return [...visibleFields.values()].flatMap((ofOrder) => viewOrder(ofOrder) ?? [])
}

/** By event id, the dialects of the partner's webhooks that have a delivery of the event. */
export async function deliveredDialects(
  { db, scope }: ReadContext,
  eventIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Dialect[]>> {
  if (eventIds.length === 0) return new Map()
  const rows = await db.execute<{ id: string; dialects: readonly Dialect[] }>(sql`
    select d.event_id as id, array_agg(distinct w.dialect) as dialects
    from ${deliveriesTo(scope)} where d.event_id = any(${textArray(eventIds)})
    group by d.event_id`)
  return new Map(rows.map(({ id, dialects }) => [id, dialects]))
}

/** The events' data that the scope may see: for a partner, only the fields that its deliveries contain. */
export async function visibleData(
  context: ReadContext,
  found: readonly Pick<Event, 'id' | 'topic' | 'data'>[],
): Promise<readonly Pick<Event, 'id' | 'data'>[]> {
  if (context.scope.partnerId === null) return found
  const dialects = await deliveredDialects(
    context,
    found.map(({ id }) => id),
  )
  return found.map((event) => ({ ...event, data: viewData(event, dialects.get(event.id) ?? []) }))
}

/** The deliveries `d` to the partner's webhooks `w`, without SKIPPED ones. */
function deliveriesTo({ projectId, partnerId }: Scope): SQL {
  return sql`${deliveries} d join ${webhooks} w on w.id = d.webhook_id
    and w.project_id = ${projectId} and w.partner_id = ${partnerId} and d.state <> 'SKIPPED'`
}
