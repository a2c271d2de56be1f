import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  createSite,
  createWebhook,
  createOrder,
  mutateOrThrow,
  fingerprint,
  missingId,
  mutate,
  waitForSettled,
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
  siteId = await createSite(acme, { partnerIdentifier: 'S-43' })
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

const brian = { name: 'Brian Johnson', carType: 'Ford Fiesta', carColor: 'Red', licensePlate: 'KLW-9104' }
const createCustomer = async (input: Input = {}, tenant = acme): Promise<Customer> =>
  (await mutateOrThrow<{ customer: Customer }>(tenant, 'CustomerCreate', { ...brian, ...input })).customer

async function expectRefused(document: DocumentName, input: Input, userErrors: readonly object[]) {
  const before = await fingerprint(server.connections)
  const answer = await mutate<Readonly<Record<string, unknown>>>(acme, document, input)
  expect(answer.userErrors).toMatchObject(userErrors)
  expect(answer.userErrors).toHaveLength(userErrors.length)
  for (const [name, value] of Object.entries(answer)) if (name !== 'userErrors') expect(value).toBeNull()
  expect(await fingerprint(server.connections)).toEqual(before)
}

describe('customerCreate', () => {
  test('customerCreate adds a customer with the next number and creates customer.created', async () => {
    const fresh = await server.tenant()
    await createWebhook(fresh, receiver)
    const first = await createCustomer({}, fresh)
    // A text of spaces is stored as an empty text, not as null: receivers distinguish the two.
    const second = await createCustomer({ name: ' Ann ', carType: ' ', carColor: null }, fresh)

    expect(first).toMatchObject({ ...brian, number: 1 })
    expect(second).toMatchObject({ name: 'Ann', carType: '', carColor: null, number: 2 })
    expect(second.updatedAt).toBe(second.createdAt)
    expect(await server.admin.countDeliveries(fresh.projectId)).toMatchObject({ events: 2, deliveries: 0 })
  })

  test.each<readonly [string, Input, object]>([
    ['an empty name', { name: ' ' }, { code: 'REQUIRED', field: ['name'] }],
    ['a name of 201 characters', { name: 'x'.repeat(201) }, { code: 'TOO_LONG', field: ['name'] }],
    ['a car type of 201 characters', { carType: '🚗'.repeat(201) }, { code: 'TOO_LONG', field: ['carType'] }],
    ['an empty idempotency key', { idempotencyKey: ' ' }, { code: 'REQUIRED', field: ['idempotencyKey'] }],
  ])('customerCreate refuses %s and writes nothing', async (_, input, problem) => {
    await expectRefused('CustomerCreate', { ...brian, ...input }, [problem])
  })

  test('customerCreate reports all problems of an input together', async () => {
    await expectRefused(
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

describe('siteUpdate and customerUpdate', () => {
  test('siteUpdate keeps fields that are left out, clears fields that are null, and sets the others', async () => {
    const id = await createSite(acme, { partnerIdentifier: 'S-1' })
    const change = async (input: Input) =>
      (await mutateOrThrow<{ site: Input }>(acme, 'SiteUpdate', { id, ...input })).site
    expect(await change({ name: ' Second Street ' })).toMatchObject({
      id,
      name: 'Second Street',
      partnerIdentifier: 'S-1',
    })
    const cleared = await change({ partnerIdentifier: null })
    expect(cleared).toMatchObject({ name: 'Second Street', partnerIdentifier: null })
    expect(Date.parse(String(cleared['updatedAt']))).toBeGreaterThan(Date.parse(String(cleared['createdAt'])))
    // The values are the same, so nothing changes, not even updatedAt.
    expect(await change({ partnerIdentifier: null, name: 'Second Street' })).toEqual(cleared)
    const { site } = await acme.gql('query ($id: ID!) { site(id: $id) { id name partnerIdentifier } }', {
      id,
    })
    expect(site).toEqual({ id, name: 'Second Street', partnerIdentifier: null })
  })

  test('customerUpdate keeps fields that are left out, clears fields that are null, and sets the others', async () => {
    const { id, number } = await createCustomer()
    const change = async (input: Input) =>
      (await mutateOrThrow<{ customer: Input }>(acme, 'CustomerUpdate', { id, ...input })).customer
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
    ['a null name', 'SiteUpdate', { name: null }, { code: 'REQUIRED', field: ['name'] }],
    ['an empty name', 'SiteUpdate', { name: '' }, { code: 'REQUIRED', field: ['name'] }],
    [
      'an identifier of 201 characters',
      'SiteUpdate',
      { partnerIdentifier: 'x'.repeat(201) },
      { code: 'TOO_LONG' },
    ],
    ['no field', 'SiteUpdate', {}, { code: 'REQUIRED', field: [] }],
    ['a null name', 'CustomerUpdate', { name: null }, { code: 'REQUIRED', field: ['name'] }],
    ['a name of a NUL', 'CustomerUpdate', { name: '\0' }, { code: 'REQUIRED', field: ['name'] }],
    ['no field', 'CustomerUpdate', {}, { code: 'REQUIRED', field: [] }],
  ])('%s is refused by %s and writes nothing', async (_, document, input, problem) => {
    const id = document === 'SiteUpdate' ? siteId : (await createCustomer()).id
    await expectRefused(document, { id, ...input }, [problem])
  })

  test('siteUpdate and customerUpdate of an unknown id are NOT_FOUND and write nothing', async () => {
    for (const id of [missingId('sit'), missingId('cus'), '', 'x'])
      await expectRefused('SiteUpdate', { id, name: 'x' }, [{ code: 'NOT_FOUND', field: ['id'] }])
    for (const id of [missingId('cus'), siteId, ''])
      await expectRefused('CustomerUpdate', { id, name: 'x' }, [{ code: 'NOT_FOUND', field: ['id'] }])
  })

  test('a change of a site and a customer is in later events of orders, and not in earlier ones', async () => {
    const fresh = await server.tenant()
    const webhook = await createWebhook(fresh, receiver)
    const site = await createSite(fresh, { name: 'Old Street' })
    const customer = await createCustomer({}, fresh)
    const order = await createOrder(fresh, { siteId: site, customerId: customer.id })
    await mutateOrThrow(fresh, 'SiteUpdate', { id: site, name: 'New Street' })
    await mutateOrThrow(fresh, 'CustomerUpdate', { id: customer.id, carColor: 'Blue' })
    await mutateOrThrow(fresh, 'OrderStateChange', { orderId: order.id, state: 'READY' })
    const deliveries = await waitForSettled(fresh, { webhookIds: [webhook.id] }, 2)

    expect(deliveries.map(({ event }) => event.topic)).toEqual(['order.state_changed', 'order.created'])
    const { events } = await fresh.gql<{ events: { nodes: unknown } }>(
      '{ events(filter: { topics: "order.*" }) { nodes { data } } }',
    )
    expect(events.nodes).toMatchObject([
      { data: { site: { name: 'New Street' }, customer: { carColor: 'Blue' } } },
      { data: { site: { name: 'Old Street' }, customer: { carColor: 'Red' } } },
    ])
  })
})

test('an event contains a site change that was committed while the event waited for the lock of its order', async () => {
  const site = await createSite(acme, { name: 'Old Street' })
  const order = await createOrder(acme, { siteId: site })
  let release: () => void = () => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  let held = false
  const holding = server.connections.sql.begin(async (sql) => {
    await sql`select 1 from orders where id = ${order.id} for update`
    held = true
    await released
  })
  await waitFor(() => held, { what: 'the order to be held' })
  const moved = mutateOrThrow<{ event: { id: string } }>(acme, 'OrderStateChange', {
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
  await mutateOrThrow(acme, 'SiteUpdate', { id: site, name: 'New Street' })
  release()
  await holding

  const { event } = await moved
  const answer = await acme.gql('query ($id: ID!) { event(id: $id) { data } }', { id: event.id })
  expect(answer).toMatchObject({ event: { data: { site: { name: 'New Street' } } } })
})

describe('orderCreate for an existing customer', () => {
  test('an order for an existing customer names that customer and creates no other', async () => {
    const customer = await createCustomer()
    const { id } = await createOrder(acme, { siteId, customerId: customer.id })
    const { order, orders } = await acme.gql(
      `query ($id: ID!, $customer: ID!) { order(id: $id) { customer { id number name } }
        orders(filter: { customerIds: [$customer] }) { nodes { id } } }`,
      { id, customer: customer.id },
    )
    expect(order).toEqual({ customer: { id: customer.id, number: customer.number, name: brian.name } })
    expect(orders).toEqual({ nodes: [{ id }] })
    expect((await createCustomer()).number).toBe(customer.number + 1)
  })

  test('an order for an unknown customer id is refused with NOT_FOUND', async () => {
    for (const customerId of [missingId('cus'), siteId, '', 'x', '\0'])
      await expectRefused('OrderCreate', { siteId, customerId }, [
        { code: 'NOT_FOUND', field: ['customerId'] },
      ])
  })

  test('an order with a customerId and a new customer is refused with CONFLICT, also if the customerId is unknown', async () => {
    const customer = await createCustomer()
    for (const customerId of [customer.id, missingId('cus')])
      await expectRefused('OrderCreate', { siteId, customerId, customer: brian }, [
        { code: 'CONFLICT', field: ['customerId'] },
      ])
    // Null counts as left out.
    const { id } = await createOrder(acme, { siteId, customerId: customer.id, customer: null })
    expect(id).toMatch(/^ord_/)
    expect((await createOrder(acme, { siteId, customerId: null, customer: brian })).id).toMatch(/^ord_/)
  })
})
