/** The events of customers, which changes of customers store in their own transactions. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rowsWith } from '../../support/database/dump.ts'
import { sharedTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { waitFor } from '../../support/wait-for.ts'
import { followEvents } from '../../feed/support/follow-events.ts'
import {
  createOrder,
  createSite,
  createWebhook,
  fingerprint,
  mutate,
  mutateOrThrow,
  type Input,
} from '../support/fixtures.ts'
import { closeReceivers, openReceiver } from '../support/receivers.ts'

interface Changed {
  readonly customer: { readonly id: string; readonly number: number; readonly marketing: object }
  readonly event: { readonly id: string; readonly topic: string; readonly data: Input } | null
}

let server: TestServer
beforeAll(async () => {
  server = await sharedTestServer()
})
afterAll(async () => {
  await closeReceivers()
  await server.close()
})

const brian = { name: 'Brian Johnson', carType: 'Ford Fiesta', carColor: 'Red', licensePlate: 'KLW-9104' }
const selection =
  '{ customer { id number name marketing { email sms } createdAt updatedAt } event { id topic data } userErrors { code field message } }'

async function call(tenant: Tenant, mutation: string, type: string, input: Input): Promise<Changed> {
  const answer = await tenant.gql<Record<string, Changed & { userErrors: readonly object[] }>>(
    `mutation ($input: ${type}!) { ${mutation}(input: $input) ${selection} }`,
    { input },
  )
  const payload = answer[mutation]
  if (payload === undefined || payload.userErrors.length > 0) throw new Error(JSON.stringify(answer))
  return payload
}
const create = (tenant: Tenant, input: Input = {}) =>
  call(tenant, 'customerCreate', 'CustomerCreateInput', { ...brian, ...input })
const update = (tenant: Tenant, input: Input) => call(tenant, 'customerUpdate', 'CustomerUpdateInput', input)
const erase = (tenant: Tenant, id: string) => call(tenant, 'customerErase', 'CustomerEraseInput', { id })

const topicsOf = async (tenant: Tenant): Promise<readonly string[]> => {
  const { events } = await tenant.gql<{ events: { nodes: { topic: string }[] } }>(
    '{ events { nodes { topic } } }',
  )
  return events.nodes.map(({ topic }) => topic).toReversed()
}

describe('events of customers', () => {
  test('a customer who signs up, changes and is erased makes one event each, which webhooks and subscribers get', async () => {
    const acme = await server.tenant()
    const receiver = await openReceiver()
    await createWebhook(acme, receiver, { preset: 'FLIPDISH', topics: ['customer.*'] })
    await createWebhook(acme, receiver, { topics: ['order.*'] })
    const following = followEvents(acme.socket(), {
      after: (await acme.gql<{ eventsCursor: string }>('{ eventsCursor }')).eventsCursor,
    })

    const { customer, event } = await create(acme, { marketing: { email: true } })
    const { id, number } = customer
    expect(customer.marketing).toEqual({ email: true, sms: false })
    expect(event).toMatchObject({
      topic: 'customer.created',
      data: { id, number, ...brian, marketing: { email: true, sms: false } },
    })
    const moved = await update(acme, { id, marketing: { email: false } })
    const renamed = await update(acme, { id, carColor: 'Blue', marketing: { sms: true } })
    const gone = await erase(acme, id)
    expect(moved.event).toMatchObject({
      topic: 'customer.marketing_changed',
      data: { name: brian.name, marketing: { email: false, sms: false } },
    })
    expect(renamed.event).toMatchObject({
      topic: 'customer.updated',
      data: { carColor: 'Blue', marketing: { email: false, sms: true } },
    })
    expect(gone.customer).toMatchObject({ name: '[erased]', marketing: { email: false, sms: false } })
    expect(Object.keys(gone.event?.data ?? {})).toEqual(['id', 'number', 'deletedAt'])
    expect(gone.event).toMatchObject({ topic: 'customer.deleted', data: { id, number } })

    const topics = ['customer.created', 'customer.marketing_changed', 'customer.updated', 'customer.deleted']
    const live = await following.received(4)
    expect(live.map((each) => [each.event.topic, each.event.sequence, each.event.order])).toEqual(
      topics.map((topic) => [topic, null, null]),
    )
    await waitFor(() => receiver.requests.length === 4, { what: 'the four requests' })
    const sent = receiver.requests.map(({ body }) => JSON.parse(body) as { type: string; data: Input })
    expect(new Set(sent.map(({ type }) => type))).toEqual(new Set(topics))
    expect(sent.find(({ type }) => type === 'customer.deleted')?.data).toEqual(gone.event?.data)
    expect((await server.admin.countDeliveries(acme.projectId)).consistent).toBe(true)
  })

  test('a change that changes nothing, and a second erasure, make no event', async () => {
    const acme = await server.tenant()
    const { customer } = await create(acme)
    const { id } = customer
    expect((await update(acme, { id, carColor: 'Red', marketing: { sms: false } })).event).toBeNull()
    expect((await update(acme, { id, name: brian.name, marketing: {} })).event).toBeNull()
    await erase(acme, id)
    expect((await erase(acme, id)).event).toBeNull()
    expect(await topicsOf(acme)).toEqual(['customer.created', 'customer.deleted'])
  })

  test('a repeated customerCreate with its key returns the customer and its event, and makes no second one', async () => {
    const acme = await server.tenant()
    const input = { idempotencyKey: 'sign-up', marketing: { sms: true } }
    const [first, ...others] = await Promise.all(Array.from({ length: 10 }, () => create(acme, input)))
    for (const other of others) expect(other).toEqual(first)
    expect(first?.event?.topic).toBe('customer.created')
    expect(await topicsOf(acme)).toEqual(['customer.created'])
    const reused = await mutate(acme, 'CustomerCreate', { ...brian, ...input, marketing: { sms: false } })
    expect(reused.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_REUSED' }])
  })

  test('a customer that is created with an order has no event of its own', async () => {
    const acme = await server.tenant()
    await createOrder(acme, { siteId: await createSite(acme), customer: brian })
    expect(await topicsOf(acme)).toEqual(['order.created'])
  })

  test('events of customers may still be published by hand', async () => {
    const acme = await server.tenant()
    for (const topic of ['customer.created', 'customer.marketing_changed'])
      await mutateOrThrow(acme, 'EventPublish', { topic, data: { customerId: 7, marketing: true } })
    expect(await topicsOf(acme)).toEqual(['customer.created', 'customer.marketing_changed'])
  })

  test('a disabled webhook gets SKIPPED deliveries of the events of customers', async () => {
    const acme = await server.tenant()
    const { id } = await createWebhook(acme, await openReceiver(), { topics: ['customer.*'], enabled: false })
    await create(acme)
    const { deliveries } = await acme.gql<{ deliveries: { nodes: unknown } }>(
      '{ deliveries { nodes { state skipReason webhook { id } event { topic } } } }',
    )
    expect(deliveries.nodes).toEqual([
      {
        ...{ state: 'SKIPPED', skipReason: 'WEBHOOK_DISABLED' },
        ...{ webhook: { id }, event: { topic: 'customer.created' } },
      },
    ])
  })

  test('an erasure removes the personal data from the events of the customer, and from their requests', async () => {
    const acme = await server.tenant()
    const receiver = await openReceiver()
    await createWebhook(acme, receiver, { topics: ['customer.*'] })
    const canaries = ['Quillfeather', 'Tatra 607', 'CNRY-3311']
    const [name, carType, licensePlate] = canaries
    const { customer } = await create(acme, { name, carType, licensePlate, idempotencyKey: 'k' })
    await update(acme, { id: customer.id, carColor: 'Ultra' })
    await waitFor(async () => (await server.admin.countDeliveries(acme.projectId)).delivered === 2, {
      what: 'both deliveries',
    })
    await erase(acme, customer.id)
    await waitFor(async () => (await rowsWith(server.connections, canaries)).length === 0, {
      what: 'no row with personal data',
    })
    const { events } = await acme.gql<{ events: { nodes: { topic: string; data: Input }[] } }>(
      '{ events(filter: { topics: ["customer.created"] }) { nodes { topic data } } }',
    )
    expect(events.nodes[0]?.data).toMatchObject({
      ...{ id: customer.id, name: '[erased]', carType: null, licensePlate: null },
      marketing: { email: false, sms: false },
    })
  })

  test('an erasure removes what marketing the customer wanted from the audit log, stored answers and events', async () => {
    const acme = await server.tenant()
    const { customer } = await create(acme, { marketing: { email: true }, idempotencyKey: 'k' })
    const { id } = customer
    await erase(acme, id)
    await update(acme, { id, marketing: { sms: true } })
    expect((await erase(acme, id)).event?.topic).toBe('customer.deleted')
    expect(
      (await create(acme, { marketing: { email: true }, idempotencyKey: 'k' })).customer.marketing,
    ).toEqual({
      ...{ email: false, sms: false },
    })
    const { sql } = server.connections
    await waitFor(
      async () => {
        const rows = await sql`
          select from events where customer_id = ${id} and data ~ '"(sms|email)":true'
          union all
          select from audit_log where object_id = ${id} and concat(before, after) ~ '"(sms|email)": true'`
        return rows.length === 0
      },
      { what: 'no trace of the marketing' },
    )
  })

  test('events of a customer and of its orders are in the order of the changes, for concurrent changes too', async () => {
    const acme = await server.tenant()
    const { customer } = await create(acme)
    const order = await createOrder(acme, { siteId: await createSite(acme), customerId: customer.id })
    await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        index % 2 === 0
          ? update(acme, { id: customer.id, carColor: `Colour ${index}` })
          : mutate(acme, 'OrderUpdate', { orderId: order.id, areaName: `Bay ${index}` }),
      ),
    )
    const rows = await server.connections.sql<{ topic: string; data: string }[]>`
      select topic, data from events where project_id = ${acme.projectId} order by position`
    let color = brian.carColor
    for (const { topic, data } of rows) {
      const { carColor, customer: ofOrder } = JSON.parse(data) as {
        carColor: string
        customer?: { carColor: string }
      }
      if (topic.startsWith('customer.')) color = carColor
      else expect(ofOrder?.carColor).toBe(color)
    }
    expect(rows).toHaveLength(2 + 12)
  })

  test.each<readonly [string, string, Input, object]>([
    ['customerUpdate', 'a null marketing', { marketing: null }, { code: 'REQUIRED', field: ['marketing'] }],
    [
      'customerUpdate',
      'a null member of marketing',
      { marketing: { email: null } },
      { code: 'REQUIRED', field: ['marketing', 'email'] },
    ],
    ['customerUpdate', 'an empty marketing alone', { marketing: {} }, { code: 'REQUIRED', field: [] }],
    [
      'customerCreate',
      'a null member of marketing',
      { ...brian, marketing: { sms: null } },
      { code: 'REQUIRED', field: ['marketing', 'sms'] },
    ],
  ])('%s refuses %s and writes nothing', async (mutation, _, input, problem) => {
    const acme = await server.tenant()
    const { customer } = await create(acme)
    const before = await fingerprint(server.connections, acme.projectId)
    const document = mutation === 'customerCreate' ? 'CustomerCreate' : 'CustomerUpdate'
    const given = mutation === 'customerCreate' ? input : { id: customer.id, ...input }
    expect((await mutate(acme, document, given)).userErrors).toMatchObject([problem])
    expect(await fingerprint(server.connections, acme.projectId)).toEqual(before)
  })
})
