/** Erasing a customer: its name, car and plate are nowhere any more, what was owed is still delivered, and the deliveries are consistent. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { wholeProject } from '../../../src/domain/access/scope.ts'
import { makeProjectStore } from '../../../src/db/tenant/tenant-store.ts'
import { makeDispatchStore } from '../../../src/db/dispatch/dispatch-store.ts'
import { system } from '../../../src/runtime/system.ts'
import { rowsWith } from '../../support/database/dump.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import type { ServerResponse } from 'node:http'
import { startReceiver, type Received, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  aSite,
  aWebhook,
  anOrder,
  done,
  fingerprint,
  missingId,
  move,
  mutate,
  settled,
} from '../support/fixtures.ts'
import { attempted, longWait, newest } from '../support/manual-retry.ts'

let server: TestServer
let receiver: Receiver
let acme: Tenant
let siteId: string

beforeAll(async () => {
  server = await startTestServer()
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})
beforeEach(async () => {
  acme = await server.tenant()
  siteId = await aSite(acme)
})

const canaries = ['Zoë "Quill" Ōtsuka', 'Tatra 603', 'Ultraviolet', 'CNRY-7788']
const [name, carType, carColor, licensePlate] = canaries
const personal = { name, carType, carColor, licensePlate }
/** As they stand in JSON within JSON, too, and as a receiver may answer with parts of them. */
const traces = [...canaries.slice(1), 'Quill', 'tsuka']
const gone = { name: '[erased]', carType: null, carColor: null, licensePlate: null }

const found = () => rowsWith(server.connections, traces)
const echo = (status: number) => (request: Received, response: ServerResponse) =>
  void response
    .writeHead(status, request.body.includes('CNRY') ? { 'x-plate': 'CNRY-7788' } : {})
    .end(request.body)

async function aCustomer(input = {}): Promise<string> {
  const { customer } = await done<{ customer: { id: string } }>(acme, 'CustomerCreate', {
    ...personal,
    ...input,
  })
  return customer.id
}
const erase = (id: string) => done<{ customer: object }>(acme, 'CustomerErase', { id })

test('takes it out of every column of every table, and leaves all else', async () => {
  const other = await aCustomer({ name: 'Bob', carType: null, carColor: null, licensePlate: null })
  const id = await aCustomer({ idempotencyKey: 'make' })
  await done(acme, 'CustomerUpdate', { id, carType: 'Tatra 613' })
  await done(acme, 'CustomerUpdate', { id, carType })
  receiver.script(echo(200))
  await aWebhook(acme, receiver, { topics: ['order.*'] })
  const failing = await startReceiver()
  failing.script(echo(500))
  await aWebhook(acme, failing, { topics: ['order.*'], policy: longWait })
  await aWebhook(acme, failing, { topics: ['order.*'], enabled: false })
  const order = await anOrder(acme, { siteId, customerId: id, redemptionCode: 'R-1' })
  await anOrder(acme, { siteId, customerId: other })
  await move(acme, order.id, 'READY')
  const deleted = await anOrder(acme, { siteId, customerId: id })
  await done(acme, 'OrderDelete', { orderId: deleted.id })
  await waitFor(async () => (await settledCount()) >= 10, { what: 'all to be attempted' })
  expect((await found()).length).toBeGreaterThan(10)
  const before = await server.connections.sql<{ id: string; data: string }[]>`
    select id, data from events where project_id = ${acme.projectId} order by id`

  expect((await erase(id)).customer).toMatchObject({ id, ...gone })

  expect(await found()).toEqual([])
  expect(await server.admin.countDeliveries(acme.projectId)).toMatchObject({ consistent: true, events: 5 })
  const after = await server.connections.sql<{ id: string; data: string }[]>`
    select id, data from events where project_id = ${acme.projectId} order by id`
  for (const [index, event] of after.entries()) {
    const was = JSON.parse(before[index]?.data ?? '') as { customer: { id: string } }
    const wanted = was.customer.id === id ? { ...was, customer: { ...was.customer, ...gone } } : was
    // The same text, not only the same data.
    expect(event.data).toBe(JSON.stringify(wanted))
  }
  const { auditLog } = await acme.gql<{ auditLog: { nodes: { operation: string; after: object }[] } }>(
    'query ($filter: AuditLogFilter) { auditLog(filter: $filter) { nodes { operation before after } } }',
    { filter: { objectIds: [id] } },
  )
  expect(auditLog.nodes.map(({ operation }) => operation)).toEqual([
    ...['customerErase', 'customerUpdate', 'customerUpdate', 'customerCreate'],
  ])
  expect(auditLog.nodes.at(-1)?.after).toMatchObject({ name: '[erased]', licensePlate: '[erased]' })
  await failing.close()
})

async function settledCount(): Promise<number> {
  const [row] = await server.connections.sql<{ count: number }[]>`
    select count(*)::int from attempts where project_id = ${acme.projectId}`
  return row?.count ?? 0
}

test('what was sent is shown as [erased], with its status and time', async () => {
  receiver.script(echo(200))
  const { id: webhook } = await aWebhook(acme, receiver)
  const id = await aCustomer()
  await anOrder(acme, { siteId, customerId: id })
  await settled(acme, { webhookIds: [webhook] })
  await erase(id)
  const { deliveryAttempts } = await acme.gql<{ deliveryAttempts: { nodes: object[] } }>(
    '{ deliveryAttempts { nodes { outcome statusCode request { url body } response { body truncated headers { name } } } } }',
  )
  expect(deliveryAttempts.nodes).toEqual([
    {
      ...{ outcome: 'SUCCEEDED', statusCode: 200 },
      request: { url: `${receiver.url}/hook`, body: '[erased]' },
      response: { body: '[erased]', truncated: true, headers: [] },
    },
  ])
})

test('a repeat with the same idempotency key answers without them', async () => {
  const wish = { ...personal, idempotencyKey: 'again' }
  const { customer } = await done<{ customer: { id: string } }>(acme, 'CustomerCreate', wish)
  await erase(customer.id)
  expect((await done<{ customer: object }>(acme, 'CustomerCreate', wish)).customer).toMatchObject({
    id: customer.id,
    ...{ name: '[erased]', licensePlate: '[erased]' },
  })
})

test('what is pending is delivered without them', async () => {
  receiver.script(500)
  const { id: webhook } = await aWebhook(acme, receiver, { preset: 'FLYBUY', policy: longWait })
  const id = await aCustomer()
  await anOrder(acme, { siteId, customerId: id })
  const delivery = await newest(acme, { webhookIds: [webhook] })
  await attempted(acme, delivery, 1)
  await erase(id)
  receiver.script(200)
  await done(acme, 'Retry', { id: delivery })
  await settled(acme, { webhookIds: [webhook] })
  const sent = JSON.parse(receiver.requests.at(-1)?.body ?? '') as { data: object }
  expect(sent.data).toMatchObject({ customer_name: '[erased]', customer_license_plate: null })
  const content = await acme.gql<{ delivery: { attempts: { nodes: { request: { body: string } }[] } } }>(
    'query ($id: ID!) { delivery(id: $id) { attempts { nodes { request { body } } } } }',
    { id: delivery },
  )
  // What was sent since has nothing to hide.
  expect(content.delivery.attempts.nodes.map(({ request }) => request.body)).toEqual([
    '[erased]',
    receiver.requests.at(-1)?.body,
  ])
})

test('an attempt under way while it is erased does not bring them back', async () => {
  const slow = await startReceiver()
  let answer: () => void = () => undefined
  slow.script((request, response) => {
    answer = () => void response.writeHead(500).end(request.body)
  })
  const { id: webhook } = await aWebhook(acme, slow, { policy: longWait })
  const id = await aCustomer()
  await anOrder(acme, { siteId, customerId: id })
  await waitFor(() => slow.requests.length === 1, { what: 'the request to be there' })
  expect(slow.requests[0]?.body).toContain('CNRY-7788')
  await erase(id)
  expect(await found()).toEqual([])
  answer()
  await attempted(acme, await newest(acme, { webhookIds: [webhook] }), 1)
  expect(await found()).toEqual([])
  expect(await server.admin.countDeliveries(acme.projectId)).toMatchObject({ consistent: true, pending: 1 })
  await slow.close()
})

test('orders that change while it is erased bring nothing back', async () => {
  const id = await aCustomer()
  const orders = await Promise.all(Array.from({ length: 8 }, () => anOrder(acme, { siteId, customerId: id })))
  await Promise.all([
    ...orders.map((order) => move(acme, order.id, 'ACCEPTED')),
    ...orders.map((_, index) => anOrder(acme, { siteId, customerId: id, areaName: String(index) })),
    erase(id),
    ...orders.map((order) => done(acme, 'OrderUpdate', { orderId: order.id, areaName: 'A' })),
    erase(id),
  ])
  expect(await found()).toEqual([])
})

test('while its deliveries are attempted, nothing is left and nothing is lost', async () => {
  receiver.script(echo(200))
  const { id: webhook } = await aWebhook(acme, receiver)
  const customers = await Promise.all(Array.from({ length: 6 }, () => aCustomer()))
  const made = customers.flatMap((customerId) =>
    Array.from({ length: 5 }, () => anOrder(acme, { siteId, customerId })),
  )
  await Promise.all([...made, ...customers.map((id) => erase(id))])
  await Promise.all(customers.map((id) => erase(id)))
  await settled(acme, { webhookIds: [webhook] }, 30)
  expect(await found()).toEqual([])
  expect(await server.admin.countDeliveries(acme.projectId)).toMatchObject({
    consistent: true,
    delivered: 30,
  })
})

test('doing it again answers the same and changes nothing, until there is something new', async () => {
  const id = await aCustomer()
  const { id: order } = await anOrder(acme, { siteId, customerId: id })
  const first = await erase(id)
  const before = await fingerprint(server.connections, acme.projectId)
  expect(await erase(id)).toEqual(first)
  expect(await fingerprint(server.connections, acme.projectId)).toEqual(before)

  await done(acme, 'CustomerUpdate', { id, name: 'Quill' })
  await move(acme, order, 'READY')
  await done(acme, 'CustomerUpdate', { id, name: '[erased]' })
  expect(await found()).not.toEqual([])
  await erase(id)
  expect(await found()).toEqual([])
})

test('a history longer than a batch is done in steps, and what a request leaves the sweep does', async () => {
  const id = await aCustomer()
  const made = Array.from({ length: 30 }, () => anOrder(acme, { siteId, customerId: id }))
  await Promise.all(made)
  const store = makeProjectStore(server.connections.db, wholeProject(acme.projectId))
  const dispatch = makeDispatchStore(server.connections.sql, system)
  await store.transaction((tx) => tx.enqueueErasure(id))
  expect(await store.erasePending(id, 7)).toBe(7)
  expect(await store.erasePending(missingId('cus'), 7)).toBe(0)
  expect((await found()).some(({ table }) => table === 'public.events')).toBe(true)
  // Ours, or the house's own sweep: whichever comes to it.
  await waitFor(async () => (await dispatch.erasePending(7)) === 0, { what: 'nothing to be owed' })
  await waitFor(async () => (await server.connections.sql`select from erasures`).length === 0, {
    what: 'the house to be done',
  })
  expect((await found()).every(({ table }) => table !== 'public.events')).toBe(true)
  await erase(id)
  expect(await found()).toEqual([])
})

test("another project's customer, a missing one and what is no customer's id are not found, and stay", async () => {
  const id = await aCustomer()
  const other = await server.tenant('Other')
  for (const [tenant, wrong] of [
    [other, id],
    [acme, missingId('cus')],
    [acme, siteId],
    [acme, ''],
  ] as const)
    expect(await mutate(tenant, 'CustomerErase', { id: wrong })).toEqual({
      customer: null,
      userErrors: [
        { code: 'NOT_FOUND', field: ['id'], message: 'there is no such customer in this project' },
      ],
    })
  expect(await found()).not.toEqual([])
  await erase(id)
})
