/**
 * Reads the order and event data that deliveries to a partner's webhooks contain. `domain/access/partner-view.ts`
 * decides which fields the partner sees.
 */
import { sql } from 'drizzle-orm'
import type { Event } from '../../domain/orders/event.ts'
import {
  viewData,
  viewOrder,
  type PartnerOrderView,
  type VisibleFields,
} from '../../domain/access/partner-view.ts'
import type { Scope } from '../../domain/access/scope.ts'
import type { Reading } from '../connection/connect.ts'
import { deliveries, events, webhooks } from '../schema/index.ts'
import type { Dialect } from '../../domain/dialects/registry.ts'

/** The deliveries `d` to the partner's webhooks `w`, without SKIPPED ones. */
function owedTo({ projectId, partnerId }: Scope) {
  return sql`${deliveries} d join ${webhooks} w on w.id = d.webhook_id
    and w.project_id = ${projectId} and w.partner_id = ${partnerId} and d.state <> 'SKIPPED'`
}

function list(ids: readonly string[]) {
  return sql`${sql.param([...ids])}::text[]`
}

/** The partner's views of the orders. Orders without a delivery to the partner are left out. In no particular order. */
export async function partnerOrderViews(
  db: Reading,
  scope: Scope,
  orderIds: readonly string[],
): Promise<readonly PartnerOrderView[]> {
  if (orderIds.length === 0) return []
  const rows = await db.execute<{ id: string; dialect: Dialect; topic: string; data: string }>(sql`
    select asked.id, told.dialect, told.topic, told.data
    from unnest(${list(orderIds)}) as asked(id)
    cross join lateral (
      select distinct on (w.dialect) w.dialect, e.topic, e.data
      from ${owedTo(scope)} join ${events} e on e.id = d.event_id and e.project_id = ${scope.projectId}
      where d.order_id = asked.id
      order by w.dialect, e.sequence desc
    ) told`)
  const visibleFields = new Map<string, VisibleFields[]>()
  for (const { id, dialect, topic, data } of rows) {
    const ofOrder = visibleFields.get(id) ?? []
    ofOrder.push({ dialect, event: { topic, data } })
    visibleFields.set(id, ofOrder)
  }
  return [...visibleFields.values()].flatMap((ofOrder) => viewOrder(ofOrder) ?? [])
}

/** By event id, the dialects of the partner's webhooks that have a delivery of the event. */
export async function owedDialects(
  db: Reading,
  scope: Scope,
  eventIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Dialect[]>> {
  if (eventIds.length === 0) return new Map()
  const rows = await db.execute<{ id: string; dialects: readonly Dialect[] }>(sql`
    select d.event_id as id, array_agg(distinct w.dialect) as dialects
    from ${owedTo(scope)} where d.event_id = any(${list(eventIds)})
    group by d.event_id`)
  return new Map(rows.map(({ id, dialects }) => [id, dialects]))
}

/** The events' data that the scope may see: for a partner, only the fields that its deliveries contain. */
export async function shownData(
  db: Reading,
  scope: Scope,
  found: readonly Pick<Event, 'id' | 'topic' | 'data'>[],
): Promise<readonly Pick<Event, 'id' | 'data'>[]> {
  if (scope.partnerId === null) return found
  const dialects = await owedDialects(
    db,
    scope,
    found.map(({ id }) => id),
  )
  return found.map((event) => ({ ...event, data: viewData(event, dialects.get(event.id) ?? []) }))
}
