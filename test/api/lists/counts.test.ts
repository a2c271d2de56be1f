/** `count` of connections. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { maxExactCount } from '../../../src/graphql/core/connection.ts'
import { asPartner } from '../../support/keys.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { sharedTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import {
  changeOrderState,
  createOrder,
  createWebhook,
  waitForSettled,
  type Input,
} from '../support/fixtures.ts'

let server: TestServer
let receiver: Receiver
let acme: Tenant
let courier: Tenant
let orderId: string
let webhookId: string

beforeAll(async () => {
  server = await sharedTestServer()
  receiver = await startReceiver()
  acme = await server.tenant()
  courier = await asPartner(server, acme)
  webhookId = (await createWebhook(acme, receiver)).id
  await createWebhook(courier, receiver, { topics: ['order.created'] })
  orderId = (await createOrder(acme)).id
  await createOrder(acme)
  await changeOrderState(acme, orderId, 'READY')
  const eve = await server.tenant('Eve')
  await createWebhook(eve, receiver)
  await createOrder(eve)
  await waitForSettled(acme, {}, 5)
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

interface Counted {
  readonly count: { readonly value: number; readonly isExact: boolean }
}

async function countOf(tenant: Tenant, field: string, type: string, filter: Input = {}): Promise<unknown> {
  const query = `query ($filter: ${type}) { it: ${field}(filter: $filter, first: 1) { count { value isExact } } }`
  return (await tenant.gql<{ it: Counted }>(query, { filter })).it.count
}

const exactly = (value: number) => ({ value, isExact: true })

describe('count of a connection', () => {
  test('orders, webhooks and deliveries are counted under their filter, whatever the page', async () => {
    expect(await countOf(acme, 'orders', 'OrderFilter')).toEqual(exactly(2))
    expect(await countOf(acme, 'orders', 'OrderFilter', { states: ['READY'] })).toEqual(exactly(1))
    expect(await countOf(acme, 'orders', 'OrderFilter', { states: ['DELIVERED'] })).toEqual(exactly(0))
    expect(await countOf(acme, 'webhooks', 'WebhookFilter')).toEqual(exactly(2))
    expect(await countOf(acme, 'webhooks', 'WebhookFilter', { enabled: false })).toEqual(exactly(0))
    expect(await countOf(acme, 'deliveries', 'DeliveryFilter')).toEqual(exactly(5))
    const created = { topics: ['order.created'] }
    expect(await countOf(acme, 'deliveries', 'DeliveryFilter', created)).toEqual(exactly(4))
    expect(await countOf(acme, 'deliveries', 'DeliveryFilter', { states: ['PENDING'] })).toEqual(exactly(0))
    const ofWebhook = { webhookIds: [webhookId] }
    expect(await countOf(acme, 'deliveries', 'DeliveryFilter', ofWebhook)).toEqual(exactly(3))
  })

  test('the deliveries of an order, an event and a webhook are counted, for all of a page', async () => {
    const found = await acme.gql(
      `query ($id: ID!) {
        order(id: $id) { deliveries(first: 1) { nodes { id } count { value isExact } }
          events { nodes { topic deliveries { count { value } } } } }
        webhooks { nodes { id deliveries { count { value } } } }
      }`,
      { id: orderId },
    )
    expect(found).toMatchObject({
      order: {
        deliveries: { nodes: [{}], count: exactly(3) },
        events: {
          nodes: [
            { topic: 'order.state_changed', deliveries: { count: { value: 1 } } },
            { topic: 'order.created', deliveries: { count: { value: 2 } } },
          ],
        },
      },
      webhooks: {
        nodes: [
          { deliveries: { count: { value: 2 } } },
          { id: webhookId, deliveries: { count: { value: 3 } } },
        ],
      },
    })
  })

  test('a PARTNER counts its own webhooks and deliveries only', async () => {
    expect(await countOf(courier, 'webhooks', 'WebhookFilter')).toEqual(exactly(1))
    expect(await countOf(courier, 'deliveries', 'DeliveryFilter')).toEqual(exactly(2))
    const foreign = { webhookIds: [webhookId] }
    expect(await countOf(courier, 'deliveries', 'DeliveryFilter', foreign)).toEqual(exactly(0))
  })

  test('a list of 1,000 is counted exactly, one of 1,001 is 1,000 and not exact', async () => {
    const tenant = await server.tenant()
    const { id } = await createOrder(tenant)
    const hook = await createWebhook(tenant, receiver, { enabled: false })
    const { sql } = server.connections
    const insert = async (from: number, until: number) => {
      await sql`
        insert into orders (id, project_id, number, uid, state, customer_state, version, sequence, site_id, created_at, updated_at)
        select substr(id, 1, 20) || lpad(n::text, 10, '0'), project_id, n, n::text, state, customer_state, 1, 1, site_id, created_at, updated_at
        from orders, generate_series(${from}::int, ${until}::int) n where id = ${id}`
      await sql`
        insert into deliveries (id, project_id, webhook_id, event_id, order_id, topic, state, created_at)
        select substr(replace(o.id, 'ord_', 'dlv_'), 1, 20) || lpad(n::text, 10, '0'), o.project_id, ${hook.id}, 'evt_none', o.id,
          'order.created', 'CANCELLED', now()
        from orders o, generate_series(${from}::int, ${until}::int) n where o.id = ${id}`
    }
    await insert(2, maxExactCount)
    await sql`
      insert into deliveries (id, project_id, webhook_id, event_id, order_id, topic, state, created_at)
      select replace(id, 'ord_', 'dlv_'), project_id, ${hook.id}, 'evt_none', id, 'order.created', 'CANCELLED', now()
      from orders where id = ${id}`
    const counts = async () => [
      await countOf(tenant, 'orders', 'OrderFilter'),
      await countOf(tenant, 'deliveries', 'DeliveryFilter'),
      await countOf(tenant, 'deliveries', 'DeliveryFilter', { states: ['CANCELLED'], topics: ['order.*'] }),
      (
        await tenant.gql<{ webhook: { deliveries: Counted } }>(
          'query ($id: ID!) { webhook(id: $id) { deliveries { count { value isExact } } } }',
          { id: hook.id },
        )
      ).webhook.deliveries.count,
    ]
    expect(await counts()).toEqual(Array(4).fill(exactly(1_000)))
    await insert(maxExactCount + 1, maxExactCount + 1)
    expect(await counts()).toEqual(Array(4).fill({ value: 1_000, isExact: false }))
  })

  test('a count is priced, and an operation with a hundred counts of deliveries is refused', async () => {
    const costOf = async (query: string) => {
      const { body } = await acme.post({ query })
      const { extensions } = body as { extensions?: { cost?: { requested: number } } }
      return { cost: extensions?.cost?.requested, code: body.errors?.[0]?.extensions?.['code'] }
    }
    const plain = await costOf('{ orders(first: 1) { nodes { id } } }')
    const counted = await costOf('{ orders(first: 1) { nodes { id } count { value } } }')
    expect((counted.cost ?? 0) - (plain.cost ?? 0)).toBe(5)
    const many = `{ orders(first: 100) { nodes { a: deliveries(first: 1) { count { value } } b: deliveries(first: 1) { count { value } } } } }`
    expect((await costOf(many)).code).toBe('QUERY_TOO_COMPLEX')
  })
})
