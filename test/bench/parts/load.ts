/** Deliveries for a bench, written directly to the tables: the bench measures the path from due to recorded. */
import { system } from '../../../src/runtime/system.ts'
import type { Sql } from './cluster.ts'
import { data, topic } from './sample.ts'

export interface Load {
  readonly projectId: string
  readonly webhookIds: readonly string[]
}

const pageSize = 5_000

export interface LoadOptions {
  /** Whether each event has its own order. */
  readonly orders: boolean
}

/** Inserts due deliveries, evenly over the webhooks, which are disabled until `releaseLoad`. */
export async function makeLoad(
  sql: Sql,
  load: Load,
  deliveries: number,
  options?: LoadOptions,
): Promise<void> {
  await sql`update webhooks set disabled_at = now() where project_id = ${load.projectId}`
  await insertDeliveries(sql, load, deliveries, options)
  await sql`analyze deliveries, due_deliveries, events, orders`
}

/** Inserts due deliveries, evenly over the webhooks. */
export async function insertDeliveries(
  sql: Sql,
  { projectId, webhookIds }: Load,
  deliveries: number,
  { orders }: LoadOptions = { orders: false },
): Promise<void> {
  for (let from = 0; from < deliveries; from += pageSize) {
    const count = Math.min(pageSize, deliveries - from)
    const eventIds = Array.from({ length: count }, () => system.newId('event'))
    const deliveryIds = eventIds.map(() => system.newId('delivery'))
    const owners = eventIds.map((_, index) => webhookIds[(from + index) % webhookIds.length] ?? '')
    const orderIds = eventIds.map(() => (orders ? system.newId('order') : null))
    if (orders) await insertOrders(sql, projectId, orderIds, 'ACCEPTED')
    await sql`
      insert into events (id, project_id, topic, order_id, sequence, data, delivery_count, created_at)
      select id, ${projectId}, ${topic}, order_id, case when order_id is not null then 1 end, ${data}, 1, now()
      from unnest(${eventIds}::text[], ${orderIds}::text[]) as e(id, order_id)`
    await sql`
      insert into deliveries (id, project_id, webhook_id, event_id, order_id, topic, state, due_at, created_at)
      select id, ${projectId}, webhook, event, order_id, ${topic}, 'PENDING', now(), now()
      from unnest(${deliveryIds}::text[], ${owners}::text[], ${eventIds}::text[], ${orderIds}::text[])
        as d(id, webhook, event, order_id)`
    await sql`
      insert into due_deliveries (delivery_id, webhook_id, due_at)
      select id, webhook, now() from unnest(${deliveryIds}::text[], ${owners}::text[]) as d(id, webhook)`
  }
}

/** Inserts orders of a new site. */
export async function insertOrders(
  sql: Sql,
  projectId: string,
  orderIds: readonly (string | null)[],
  state: 'CREATED' | 'ACCEPTED',
): Promise<void> {
  const siteId = system.newId('site')
  await sql`
    with known as (select coalesce(max(number), 0) as last from orders where project_id = ${projectId}),
    site as (
      insert into sites (id, project_id, number, name, created_at, updated_at)
      select ${siteId}, ${projectId}, coalesce(max(number), 0) + 1, 'bench', now(), now()
      from sites where project_id = ${projectId}
    )
    insert into orders (
      id, project_id, number, uid, state, customer_state, version, sequence, site_id, created_at, updated_at
    )
    select id, ${projectId}, last + place, gen_random_uuid(), ${state}, 'CREATED', 1, 1, ${siteId}, now(), now()
    from known, unnest(${orderIds}::text[]) with ordinality as o(id, place)`
}

/** Enables the webhooks. */
export async function releaseLoad(sql: Sql, { projectId }: Load): Promise<void> {
  await sql`update webhooks set disabled_at = null where project_id = ${projectId}`
}
