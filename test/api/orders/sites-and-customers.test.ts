import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  aSite,
  aWebhook,
  anOrder,
  done,
  fingerprint,
  missingId,
  mutate,
  settled,
  type DocumentName,
  type Input,
} from '../support/fixtures.ts'

interface Customer {
  readonly id: string
  readonly number: number
  readonly createdAt: string
  readonly updatedAt: string
}

let server: TestServer
let acme: Tenant
let receiver: Receiver
let siteId: string

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
  receiver = await startReceiver()
  siteId = await aSite(acme, { partnerIdentifier: 'S-43' })
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

const brian = { name: 'Brian Johnson', carType: 'Ford Fiesta', carColor: 'Red', licensePlate: 'KLW-9104' }
const aCustomer = async (input: Input = {}, tenant = acme): Promise<Customer> =>
  (await done<{ customer: Customer }>(tenant, 'CustomerCreate', { ...brian, ...input })).customer

async function unchanged(document: DocumentName, input: Input, userErrors: readonly object[]) {
  const before = await fingerprint(server.connections)
  const answer = await mutate<Readonly<Record<string, unknown>>>(acme, document, input)
  expect(answer.userErrors).toMatchObject(userErrors)
  expect(answer.userErrors).toHaveLength(userErrors.length)
  for (const [name, value] of Object.entries(answer)) if (name !== 'userErrors') expect(value).toBeNull()
  expect(await fingerprint(server.connections)).toEqual(before)
}

describe('customerCreate', () => {
  test('adds a customer with the next number and makes no event', async () => {
    const fresh = await server.tenant()
    await aWebhook(fresh, receiver)
    const first = await aCustomer({}, fresh)
    // Nothing but spaces is an empty text, which is not null: receivers tell them apart.
    const second = await aCustomer({ name: ' Ann ', carType: ' ', carColor: null }, fresh)

    expect(first).toMatchObject({ ...brian, number: 1 })
    expect(second).toMatchObject({ name: 'Ann', carType: '', carColor: null, number: 2 })
    expect(second.updatedAt).toBe(second.createdAt)
    expect(await server.admin.countDeliveries(fresh.projectId)).toMatchObject({ events: 0, deliveries: 0 })
  })

  test.each<readonly [string, Input, object]>([
    ['no name', { name: ' ' }, { code: 'REQUIRED', field: ['name'] }],
    ['a long name', { name: 'x'.repeat(201) }, { code: 'TOO_LONG', field: ['name'] }],
    ['a long car', { carType: '🚗'.repeat(201) }, { code: 'TOO_LONG', field: ['carType'] }],
    ['an empty key', { idempotencyKey: ' ' }, { code: 'REQUIRED', field: ['idempotencyKey'] }],
  ])('refuses %s, and writes nothing', async (_, input, problem) => {
    await unchanged('CustomerCreate', { ...brian, ...input }, [problem])
  })

  test('tells all mistakes at once', async () => {
    await unchanged(
      'CustomerCreate',
      { name: '', carColor: 'x'.repeat(201), idempotencyKey: 'k'.repeat(256) },
      [
        { code: 'REQUIRED', field: ['name'] },
        { code: 'TOO_LONG', field: ['carColor'] },
        { code: 'TOO_LONG', field: ['idempotencyKey'] },
      ],
    )
  })
})

describe('a change', () => {
  test('of a site keeps what is left out, clears what is null, sets what is given', async () => {
    const id = await aSite(acme, { partnerIdentifier: 'S-1' })
    const change = async (input: Input) =>
      (await done<{ site: Input }>(acme, 'SiteUpdate', { id, ...input })).site
    expect(await change({ name: ' Second Street ' })).toMatchObject({
      id,
      name: 'Second Street',
      partnerIdentifier: 'S-1',
    })
    const cleared = await change({ partnerIdentifier: null })
    expect(cleared).toMatchObject({ name: 'Second Street', partnerIdentifier: null })
    expect(Date.parse(String(cleared['updatedAt']))).toBeGreaterThan(Date.parse(String(cleared['createdAt'])))
    // Nothing is different, so nothing was changed now.
    expect(await change({ partnerIdentifier: null, name: 'Second Street' })).toEqual(cleared)
    const { site } = await acme.gql('query ($id: ID!) { site(id: $id) { id name partnerIdentifier } }', {
      id,
    })
    expect(site).toEqual({ id, name: 'Second Street', partnerIdentifier: null })
  })

  test('of a customer keeps what is left out, clears what is null, sets what is given', async () => {
    const { id, number } = await aCustomer()
    const change = async (input: Input) =>
      (await done<{ customer: Input }>(acme, 'CustomerUpdate', { id, ...input })).customer
    expect(await change({ carColor: 'Blue', licensePlate: null })).toMatchObject({
      ...brian,
      id,
      number,
      carColor: 'Blue',
      licensePlate: null,
    })
    expect(await change({ name: 'Brian J.', carType: '  ' })).toMatchObject({
      name: 'Brian J.',
      carType: '',
      carColor: 'Blue',
    })
    const { customer } = await acme.gql('query ($id: ID!) { customer(id: $id) { name carColor carType } }', {
      id,
    })
    expect(customer).toEqual({ name: 'Brian J.', carColor: 'Blue', carType: '' })
  })

  test.each<readonly [string, DocumentName, Input, object]>([
    ['a name that is null', 'SiteUpdate', { name: null }, { code: 'REQUIRED', field: ['name'] }],
    ['a name that is empty', 'SiteUpdate', { name: '' }, { code: 'REQUIRED', field: ['name'] }],
    ['a long identifier', 'SiteUpdate', { partnerIdentifier: 'x'.repeat(201) }, { code: 'TOO_LONG' }],
    ['nothing', 'SiteUpdate', {}, { code: 'REQUIRED', field: [] }],
    ['a name that is null', 'CustomerUpdate', { name: null }, { code: 'REQUIRED', field: ['name'] }],
    ['a name of NUL', 'CustomerUpdate', { name: '\0' }, { code: 'REQUIRED', field: ['name'] }],
    ['nothing', 'CustomerUpdate', {}, { code: 'REQUIRED', field: [] }],
  ])('to %s is refused by %s, and writes nothing', async (_, document, input, problem) => {
    const id = document === 'SiteUpdate' ? siteId : (await aCustomer()).id
    await unchanged(document, { id, ...input }, [problem])
  })

  test('of what is not there is NOT_FOUND', async () => {
    for (const id of [missingId('sit'), missingId('cus'), '', 'x'])
      await unchanged('SiteUpdate', { id, name: 'x' }, [{ code: 'NOT_FOUND', field: ['id'] }])
    for (const id of [missingId('cus'), siteId, ''])
      await unchanged('CustomerUpdate', { id, name: 'x' }, [{ code: 'NOT_FOUND', field: ['id'] }])
  })

  test('makes no event, is in the events that follow, and leaves those that were as they were', async () => {
    const fresh = await server.tenant()
    const webhook = await aWebhook(fresh, receiver)
    const site = await aSite(fresh, { name: 'Old Street' })
    const customer = await aCustomer({}, fresh)
    const order = await anOrder(fresh, { siteId: site, customerId: customer.id })
    await done(fresh, 'SiteUpdate', { id: site, name: 'New Street' })
    await done(fresh, 'CustomerUpdate', { id: customer.id, carColor: 'Blue' })
    await done(fresh, 'OrderStateChange', { orderId: order.id, state: 'READY' })
    const deliveries = await settled(fresh, { webhookIds: [webhook.id] }, 2)

    expect(deliveries.map(({ event }) => event.topic)).toEqual(['order.state_changed', 'order.created'])
    const { events } = await fresh.gql<{ events: { nodes: unknown } }>('{ events { nodes { data } } }')
    expect(events.nodes).toMatchObject([
      { data: { site: { name: 'New Street' }, customer: { carColor: 'Blue' } } },
      { data: { site: { name: 'Old Street' }, customer: { carColor: 'Red' } } },
    ])
  })
})

test('a change of a site that is answered is in the next event, also when that has begun to wait before', async () => {
  const site = await aSite(acme, { name: 'Old Street' })
  const order = await anOrder(acme, { siteId: site })
  let letGo: () => void = () => undefined
  const told = new Promise<void>((resolve) => (letGo = resolve))
  let held = false
  const holding = server.connections.sql.begin(async (sql) => {
    await sql`select 1 from orders where id = ${order.id} for update`
    held = true
    await told
  })
  await waitFor(() => held, { what: 'the order to be held' })
  const moved = done<{ event: { id: string } }>(acme, 'OrderStateChange', {
    orderId: order.id,
    state: 'READY',
  })
  await waitFor(
    async () => {
      const rows = await server.connections.sql`
        select 1 from pg_stat_activity
        where datname = current_database() and application_name = 'orderbell-api' and wait_event_type = 'Lock'`
      return rows.length > 0
    },
    { what: 'the move to wait for the order' },
  )
  await done(acme, 'SiteUpdate', { id: site, name: 'New Street' })
  letGo()
  await holding

  const { event } = await moved
  const answer = await acme.gql('query ($id: ID!) { event(id: $id) { data } }', { id: event.id })
  expect(answer).toMatchObject({ event: { data: { site: { name: 'New Street' } } } })
})

describe('an order for a customer that is there', () => {
  test('names it and makes no other', async () => {
    const customer = await aCustomer()
    const { id } = await anOrder(acme, { siteId, customerId: customer.id })
    const { order, orders } = await acme.gql(
      `query ($id: ID!, $customer: ID!) { order(id: $id) { customer { id number name } }
        orders(filter: { customerIds: [$customer] }) { nodes { id } } }`,
      { id, customer: customer.id },
    )
    expect(order).toEqual({ customer: { id: customer.id, number: customer.number, name: brian.name } })
    expect(orders).toEqual({ nodes: [{ id }] })
    expect((await aCustomer()).number).toBe(customer.number + 1)
  })

  test('is refused when there is none, or a site instead', async () => {
    for (const customerId of [missingId('cus'), siteId, '', 'x', '\0'])
      await unchanged('OrderCreate', { siteId, customerId }, [{ code: 'NOT_FOUND', field: ['customerId'] }])
  })

  test('is refused together with a new one, whether or not it is there', async () => {
    const customer = await aCustomer()
    for (const customerId of [customer.id, missingId('cus')])
      await unchanged('OrderCreate', { siteId, customerId, customer: brian }, [
        { code: 'CONFLICT', field: ['customerId'] },
      ])
    // Null is as good as left out.
    const { id } = await anOrder(acme, { siteId, customerId: customer.id, customer: null })
    expect(id).toMatch(/^ord_/)
    expect((await anOrder(acme, { siteId, customerId: null, customer: brian })).id).toMatch(/^ord_/)
  })
})
