/** Loads of the API: requests over 32 connections, and the rows that they write, inserted without the API. */
import { system } from '../../../src/runtime/system.ts'
import type { Ceiling } from '../frame/beside.ts'
import { measureUsage, rateByCpu } from '../frame/usage.ts'
import { connectTo } from './cluster.ts'
import { insertOrders } from './load.ts'
import { data, topic } from './sample.ts'
import type { BenchServer } from './server.ts'

export const connections = 32

const stateChange = `mutation ($input: OrderStateChangeInput!) {
  orderStateChange(input: $input) { order { id state version } event { id } userErrors { code field message } }
}`
const publish = `mutation ($input: EventPublishInput!) {
  eventPublish(input: $input) { event { id } userErrors { code field message } }
}`

export type Change = 'orderStateChange' | 'eventPublish'

/** The bodies of the requests that make this many changes: each accepts a new order, or publishes an event of 1 KB. */
export async function bodiesOf(
  change: Change,
  { sql }: BenchServer,
  projectId: string,
  count: number,
): Promise<readonly string[]> {
  if (change === 'eventPublish') {
    const input = { topic: 'menu.updated', data: JSON.parse(data) as unknown }
    return [JSON.stringify({ query: publish, variables: { input } })]
  }
  const orderIds = Array.from({ length: count }, () => system.newId('order'))
  await insertOrders(sql, projectId, orderIds, 'CREATED')
  return orderIds.map((orderId) =>
    JSON.stringify({ query: stateChange, variables: { input: { orderId, state: 'ACCEPTED' } } }),
  )
}

/** Transactions per second as measured, and as the CPU time of the client and of PostgreSQL alone would allow. */
export type InsertCeiling = Ceiling<'perSecond' | 'byCpu'>

/**
 * Inserts the rows of this many events with a delivery to each of the webhooks of a new project, one transaction each.
 * Removes them afterwards.
 */
export async function bareInserts(
  server: BenchServer,
  transactions: number,
  webhooks: number,
): Promise<InsertCeiling> {
  const { projectId, webhookIds } = await server.tenant(webhooks, () => 'http://127.0.0.1:61999/')
  // A dispatcher leaves the deliveries of disabled webhooks alone.
  await server.sql`update webhooks set disabled_at = now() where project_id = ${projectId}`
  const sql = connectTo(server.database.benchUrl, connections)
  await Promise.all(Array.from({ length: connections }, () => sql`select pg_sleep(0.05)`))
  let left = transactions
  const insert = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      const eventId = system.newId('event')
      const deliveryIds = webhookIds.map(() => system.newId('delivery'))
      await sql.begin(
        (tx) => tx`
          with bare_event as (
            insert into events (id, project_id, topic, data, delivery_count, created_at)
            values (${eventId}, ${projectId}, ${topic}, ${data}, ${webhookIds.length}, now())
          ), bare_deliveries as (
            insert into deliveries (id, project_id, webhook_id, event_id, topic, state, due_at, created_at)
            select id, ${projectId}, webhook, ${eventId}, ${topic}, 'PENDING', now(), now()
            from unnest(${deliveryIds}::text[], ${[...webhookIds]}::text[]) as d(id, webhook)
          )
          insert into due_deliveries (delivery_id, webhook_id, due_at)
          select id, webhook, now() from unnest(${deliveryIds}::text[], ${[...webhookIds]}::text[]) as d(id, webhook)`,
      )
    }
  }
  const { usage } = await measureUsage({ ...server.measured(), pids: { client: process.pid } }, () =>
    Promise.all(Array.from({ length: connections }, insert)),
  )
  await sql.end()
  await server.sql`delete from due_deliveries where webhook_id = any(${[...webhookIds]})`
  await server.sql`delete from deliveries where project_id = ${projectId}`
  await server.sql`delete from events where project_id = ${projectId}`
  const { Redis: _, ...cpu } = usage.cpuUs
  return { perSecond: transactions / usage.seconds, byCpu: rateByCpu(cpu) * transactions }
}
