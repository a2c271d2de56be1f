/**
 * customerErase removes the name, car and plate from all tables. Pending events are still delivered, and deliveries
 * stay consistent.
 */
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
  createSite,
  createWebhook,
  createOrder,
  mutateOrThrow,
  fingerprint,
  missingId,
  changeOrderState,
  mutate,
  waitForSettled,
} from '../support/fixtures.ts'
import { waitForAttempts, longWait, newestDeliveryId } from '../support/manual-retry.ts'

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
  siteId = await createSite(acme)
})

const canaries = ['Zoë "Quill" Ōtsuka', 'Tatra 603', 'Ultraviolet', 'CNRY-7788']
const [name, carType, carColor, licensePlate] = canaries
const personal = { name, carType, carColor, licensePlate }
/**
 * Parts of the texts that stay the same in JSON within JSON and in responses of receivers that return a part of a
 * request.
 */
const traces = [...canaries.slice(1), 'Quill', 'tsuka']
const erased = { name: '[erased]', carType: null, carColor: null, licensePlate: null }

const rowsWithTraces = () => rowsWith(server.connections, traces)
const echoRequest = (status: number) => (request: Received, response: ServerResponse) =>
  void response
    .writeHead(status, request.body.includes('CNRY') ? { 'x-plate': 'CNRY-7788' } : {})
    .end(request.body)

async function createCustomer(input = {}): Promise<string> {
  const { customer } = await mutateOrThrow<{ customer: { id: string } }>(acme, 'CustomerCreate', {
    ...personal,
    ...input,
  })
  return customer.id
}
const erase = (id: string) => mutateOrThrow<{ customer: object }>(acme, 'CustomerErase', { id })

test('customerErase removes the personal data from every column of every table, and changes nothing else', async () => {
  const other = await createCustomer({ name: 'Bob', carType: null, carColor: null, licensePlate: null })
  const id = await createCustomer({ idempotencyKey: 'make' })
  await mutateOrThrow(acme, 'CustomerUpdate', { id, carType: 'Tatra 613' })
  await mutateOrThrow(acme, 'CustomerUpdate', { id, carType })
  receiver.script(echoRequest(200))
  await createWebhook(acme, receiver, { topics: ['order.*'] })
  const failing = await startReceiver()
  failing.script(echoRequest(500))
  await createWebhook(acme, failing, { topics: ['order.*'], policy: longWait })
  await createWebhook(acme, failing, { topics: ['order.*'], enabled: false })
  const order = await createOrder(acme, { siteId, customerId: id, redemptionCode: 'R-1' })
  await createOrder(acme, { siteId, customerId: other })
  await changeOrderState(acme, order.id, 'READY')
  const deleted = await createOrder(acme, { siteId, customerId: id })
  await mutateOrThrow(acme, 'OrderDelete', { orderId: deleted.id })
  await waitFor(async () => (await attemptCount()) >= 10, { what: 'attempts of all deliveries' })
  expect((await rowsWithTraces()).length).toBeGreaterThan(10)
  const before = await server.connections.sql<{ id: string; data: string }[]>`
    select id, data from events where project_id = ${acme.projectId} and order_id is not null order by id`

  expect((await erase(id)).customer).toMatchObject({ id, ...erased })

  expect(await rowsWithTraces()).toEqual([])
  expect(await server.admin.countDeliveries(acme.projectId)).toMatchObject({ consistent: true, events: 10 })
  const after = await server.connections.sql<{ id: string; data: string }[]>`
    select id, data from events where project_id = ${acme.projectId} and order_id is not null order by id`
  for (const [index, event] of after.entries()) {
    const was = JSON.parse(before[index]?.data ?? '') as { customer: { id: string } }
    const wanted = was.customer.id === id ? { ...was, customer: { ...was.customer, ...erased } } : was
    // The text itself is unchanged, not only the data.
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

async function attemptCount(): Promise<number> {
  const [row] = await server.connections.sql<{ count: number }[]>`
    select count(*)::int from attempts where project_id = ${acme.projectId}`
  return row?.count ?? 0
}

test('the requests and responses of earlier attempts are shown as [erased], with their outcome, status and URL', async () => {
  receiver.script(echoRequest(200))
  const { id: webhook } = await createWebhook(acme, receiver)
  const id = await createCustomer()
  await createOrder(acme, { siteId, customerId: id })
  await waitForSettled(acme, { webhookIds: [webhook] })
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

test('a repeated customerCreate with the same idempotency key returns the erased customer', async () => {
  const input = { ...personal, idempotencyKey: 'again' }
  const { customer } = await mutateOrThrow<{ customer: { id: string } }>(acme, 'CustomerCreate', input)
  await erase(customer.id)
  expect((await mutateOrThrow<{ customer: object }>(acme, 'CustomerCreate', input)).customer).toMatchObject({
    id: customer.id,
    ...{ name: '[erased]', licensePlate: '[erased]' },
  })
})

test('a pending delivery is sent with the erased customer, and its new request is not erased', async () => {
  receiver.script(500)
  const { id: webhook } = await createWebhook(acme, receiver, { preset: 'FLYBUY', policy: longWait })
  const id = await createCustomer()
  await createOrder(acme, { siteId, customerId: id })
  const delivery = await newestDeliveryId(acme, { webhookIds: [webhook] })
  await waitForAttempts(acme, delivery, 1)
  await erase(id)
  receiver.script(200)
  await mutateOrThrow(acme, 'Retry', { id: delivery })
  await waitForSettled(acme, { webhookIds: [webhook] })
  const sent = JSON.parse(receiver.requests.at(-1)?.body ?? '') as { data: object }
  expect(sent.data).toMatchObject({ customer_name: '[erased]', customer_license_plate: null })
  const content = await acme.gql<{ delivery: { attempts: { nodes: { request: { body: string } }[] } } }>(
    'query ($id: ID!) { delivery(id: $id) { attempts { nodes { request { body } } } } }',
    { id: delivery },
  )
  // The request after the erasure contains no personal data.
  expect(content.delivery.attempts.nodes.map(({ request }) => request.body)).toEqual([
    '[erased]',
    receiver.requests.at(-1)?.body,
  ])
})

test('an attempt that ends after the erasure stores no personal data', async () => {
  const slow = await startReceiver()
  let answer: () => void = () => undefined
  slow.script((request, response) => {
    answer = () => void response.writeHead(500).end(request.body)
  })
  const { id: webhook } = await createWebhook(acme, slow, { policy: longWait })
  const id = await createCustomer()
  await createOrder(acme, { siteId, customerId: id })
  await waitFor(() => slow.requests.length === 1, { what: 'the request to arrive' })
  expect(slow.requests[0]?.body).toContain('CNRY-7788')
  await erase(id)
  expect(await rowsWithTraces()).toEqual([])
  answer()
  await waitForAttempts(acme, await newestDeliveryId(acme, { webhookIds: [webhook] }), 1)
  expect(await rowsWithTraces()).toEqual([])
  expect(await server.admin.countDeliveries(acme.projectId)).toMatchObject({ consistent: true, pending: 1 })
  await slow.close()
})

test('orders that are created and changed during the erasure store no personal data', async () => {
  const id = await createCustomer()
  const orders = await Promise.all(
    Array.from({ length: 8 }, () => createOrder(acme, { siteId, customerId: id })),
  )
  await Promise.all([
    ...orders.map((order) => changeOrderState(acme, order.id, 'ACCEPTED')),
    ...orders.map((_, index) => createOrder(acme, { siteId, customerId: id, areaName: String(index) })),
    erase(id),
    ...orders.map((order) => mutateOrThrow(acme, 'OrderUpdate', { orderId: order.id, areaName: 'A' })),
    erase(id),
  ])
  expect(await rowsWithTraces()).toEqual([])
})

test('an erasure during attempts leaves no personal data, and all 30 events are delivered', async () => {
  receiver.script(echoRequest(200))
  const { id: webhook } = await createWebhook(acme, receiver)
  const customers = await Promise.all(Array.from({ length: 6 }, () => createCustomer()))
  const made = customers.flatMap((customerId) =>
    Array.from({ length: 5 }, () => createOrder(acme, { siteId, customerId })),
  )
  await Promise.all([...made, ...customers.map((id) => erase(id))])
  await Promise.all(customers.map((id) => erase(id)))
  await waitForSettled(acme, { webhookIds: [webhook] }, 30)
  expect(await rowsWithTraces()).toEqual([])
  expect(await server.admin.countDeliveries(acme.projectId)).toMatchObject({
    consistent: true,
    delivered: 30,
  })
})

test('a repeated erasure returns the same and changes nothing, until there is new personal data', async () => {
  const id = await createCustomer()
  const { id: order } = await createOrder(acme, { siteId, customerId: id })
  const first = await erase(id)
  const before = await fingerprint(server.connections, acme.projectId)
  expect(await erase(id)).toEqual(first)
  expect(await fingerprint(server.connections, acme.projectId)).toEqual(before)

  await mutateOrThrow(acme, 'CustomerUpdate', { id, name: 'Quill' })
  await changeOrderState(acme, order, 'READY')
  await mutateOrThrow(acme, 'CustomerUpdate', { id, name: '[erased]' })
  expect(await rowsWithTraces()).not.toEqual([])
  await erase(id)
  expect(await rowsWithTraces()).toEqual([])
})

test('a long history is erased in batches, and the sweep erases what a request has left', async () => {
  const id = await createCustomer()
  const made = Array.from({ length: 30 }, () => createOrder(acme, { siteId, customerId: id }))
  await Promise.all(made)
  const store = makeProjectStore(server.connections.db, wholeProject(acme.projectId))
  const dispatch = makeDispatchStore(server.connections.sql, system)
  await store.transaction((tx) => tx.enqueueErasure(id))
  // The customer's own event first, then those of its orders.
  expect(await store.erasePending(id, 7)).toBe(1)
  expect(await store.erasePending(id, 7)).toBe(7)
  expect(await store.erasePending(missingId('cus'), 7)).toBe(0)
  expect((await rowsWithTraces()).some(({ table }) => table === 'public.events')).toBe(true)
  // Either this call or the sweep of the server erases the rest.
  await waitFor(async () => (await dispatch.erasePending(7)) === 0, { what: 'no pending erasure' })
  await waitFor(async () => (await server.connections.sql`select from pending_erasures`).length === 0, {
    what: 'the server to end the erasure',
  })
  expect((await rowsWithTraces()).every(({ table }) => table !== 'public.events')).toBe(true)
  await erase(id)
  expect(await rowsWithTraces()).toEqual([])
})

test('the customer of another project, an unknown id and other ids are NOT_FOUND, and the customer stays', async () => {
  const id = await createCustomer()
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
  expect(await rowsWithTraces()).not.toEqual([])
  await erase(id)
})
