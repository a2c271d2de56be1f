import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  createWebhook,
  createOrder,
  fingerprint,
  listDeliveries,
  missingId,
  changeOrderState,
  mutate,
  quickRetries,
  waitForSettled,
  type DocumentName,
  type EventAnswer,
  type Input,
} from '../support/fixtures.ts'

interface Deleted {
  readonly deletedId: string | null
  readonly order: {
    readonly id: string
    readonly state: string
    readonly version: number
    readonly updatedAt: string
    readonly deletedAt: string | null
  } | null
  readonly event: EventAnswer | null
}

let server: TestServer
let receiver: Receiver
/** Each test has a new project. */
let acme: Tenant

beforeAll(async () => {
  server = await startTestServer()
})
beforeEach(async () => {
  acme = await server.tenant()
  receiver = await startReceiver()
  return () => receiver.close()
})
afterAll(() => server.close())

const remove = (orderId: string, input: Input = {}) =>
  mutate<Deleted>(acme, 'OrderDelete', { orderId, ...input })
const read = (query: string, variables: Record<string, unknown>) => acme.gql(query, variables)

describe('orderDelete', () => {
  test('orderDelete sends order.deleted with the last snapshot of the order, the next sequence and the next version', async () => {
    const webhook = await createWebhook(acme, receiver)
    const { id } = await createOrder(acme, {
      partnerIdentifier: '24667',
      customer: { name: 'Brian Johnson' },
    })
    await changeOrderState(acme, id, 'READY')
    const answer = await remove(id)
    expect(answer).toMatchObject({
      deletedId: id,
      order: { id, state: 'READY', version: 3, deletedAt: expect.any(String) as string },
      event: { topic: 'order.deleted', sequence: 3 },
      userErrors: [],
    })
    expect(answer.order?.updatedAt).toBe(answer.order?.deletedAt)

    const [delivery] = await waitForSettled(acme, { webhookIds: [webhook.id], topics: ['order.deleted'] })
    expect(delivery).toMatchObject({ state: 'DELIVERED', event: { id: answer.event?.id } })
    const request = receiver.requests.find(({ headers }) => headers['webhook-id'] === delivery?.id)
    const body = JSON.parse(request?.body ?? '') as { readonly data: object }
    expect(body).toMatchObject({
      type: 'order.deleted',
      timestamp: answer.order?.deletedAt,
      data: {
        id,
        version: 3,
        sequence: 3,
        state: 'READY',
        stateChanged: false,
        customerStateChanged: false,
        partnerIdentifier: '24667',
        customer: { name: 'Brian Johnson' },
      },
    })
    // The API returns the same data as the receiver received.
    const { event } = await read('query ($id: ID!) { event(id: $id) { data sequence topic } }', {
      id: answer.event?.id,
    })
    expect(event).toEqual({ data: body.data, sequence: 3, topic: 'order.deleted' })
  })

  test('a repeated orderDelete returns the same order and creates no event', async () => {
    const { id } = await createOrder(acme)
    const first = await remove(id)
    const before = await fingerprint(server.connections)

    expect(await remove(id)).toEqual({ ...first, event: null })
    // The order is already deleted, so the expected version does not matter.
    expect(await remove(id, { expectedVersion: 1 })).toEqual({ ...first, event: null })
    expect(await fingerprint(server.connections)).toEqual(before)
  })

  test('twenty simultaneous orderDelete of one order create one event, and all return the deleted id', async () => {
    const { id } = await createOrder(acme)
    const answers = await Promise.all(Array.from({ length: 20 }, () => remove(id)))

    expect(answers.map(({ deletedId }) => deletedId)).toEqual(Array(20).fill(id))
    expect(answers.filter(({ event }) => event !== null)).toHaveLength(1)
    const { events } = await read('{ events { nodes { topic } } }', {})
    expect(events).toEqual({ nodes: [{ topic: 'order.deleted' }, { topic: 'order.created' }] })
  })

  test('orderDelete with any other version than the present one is refused with VERSION_CONFLICT and writes nothing', async () => {
    const { id } = await createOrder(acme)
    await changeOrderState(acme, id, 'ACCEPTED')
    const before = await fingerprint(server.connections)

    for (const expectedVersion of [1, 3, 0, -1])
      expect(await remove(id, { expectedVersion })).toMatchObject({
        deletedId: null,
        order: null,
        event: null,
        userErrors: [{ code: 'VERSION_CONFLICT', field: ['expectedVersion'] }],
      })
    expect(await fingerprint(server.connections)).toEqual(before)
    expect(await remove(id, { expectedVersion: 2 })).toMatchObject({ deletedId: id, userErrors: [] })
  })

  test.each(['CREATED', 'READY', 'COMPLETED', 'CANCELLED'])(
    'orderDelete deletes an order in state %s',
    async (state) => {
      const { id } = await createOrder(acme)
      if (state !== 'CREATED') await changeOrderState(acme, id, state)
      expect(await remove(id)).toMatchObject({ deletedId: id, order: { state }, userErrors: [] })
    },
  )

  test('orderDelete of an unknown id is NOT_FOUND', async () => {
    for (const id of [missingId('ord'), missingId('whk'), '', 'x'])
      expect(await remove(id)).toMatchObject({
        deletedId: null,
        userErrors: [{ code: 'NOT_FOUND', field: ['orderId'] }],
      })
  })

  test('a repeated orderDelete with the same idempotency key returns the same event', async () => {
    const { id } = await createOrder(acme)
    const first = await remove(id, { idempotencyKey: 'gone' })
    expect(first.event?.topic).toBe('order.deleted')
    expect(await remove(id, { idempotencyKey: 'gone' })).toEqual(first)
    // Another key is another request, which finds the order deleted.
    expect(await remove(id, { idempotencyKey: 'gone-2' })).toEqual({ ...first, event: null })
  })
})

describe('deleted orders', () => {
  const changes: readonly (readonly [DocumentName, Input])[] = [
    ['OrderStateChange', { state: 'READY' }],
    ['CustomerStateChange', { customerState: 'ARRIVED' }],
    ['OrderUpdate', { areaName: 'Bay 4' }],
    ['OrderStateChange', { state: 'READY', expectedVersion: 2, idempotencyKey: 'late' }],
  ]
  test.each(changes)(
    'a deleted order is NOT_FOUND to %s %j, which writes nothing',
    async (document, input) => {
      const { id } = await createOrder(acme)
      await remove(id)
      const before = await fingerprint(server.connections)

      expect(await mutate(acme, document, { orderId: id, ...input })).toMatchObject({
        order: null,
        event: null,
        userErrors: [{ code: 'NOT_FOUND', field: ['orderId'] }],
      })
      expect(await fingerprint(server.connections)).toEqual(before)
    },
  )

  test('a deleted order is returned by its events alone, with its events and deliveries', async () => {
    await createWebhook(acme, receiver)
    const { id, number } = await createOrder(acme)
    const { event } = await remove(id)
    await waitForSettled(acme, {}, 2)

    const shown = await read(
      `query ($id: ID!, $number: Int, $event: ID!) { order(id: $id) { id } byNumber: order(number: $number) { id }
        node(id: $id) { id } orders { nodes { id } }
        event(id: $event) { order { id number deletedAt site { name } events { nodes { topic } } deliveries { nodes { state } } } } }`,
      { id, number, event: event?.id },
    )
    expect(shown).toEqual({
      order: null,
      byNumber: null,
      node: null,
      orders: { nodes: [] },
      event: {
        order: {
          id,
          number,
          deletedAt: expect.any(String) as string,
          site: { name: 'Main Street' },
          events: { nodes: [{ topic: 'order.deleted' }, { topic: 'order.created' }] },
          deliveries: { nodes: [{ state: 'DELIVERED' }, { state: 'DELIVERED' }] },
        },
      },
    })
  })

  test('the number of a deleted order is not used again', async () => {
    const { id, number } = await createOrder(acme)
    await remove(id)
    expect((await createOrder(acme)).number).toBe(number + 1)
  })

  test('the pending and running deliveries of a deleted order are delivered', async () => {
    let respond: () => void = () => undefined
    receiver.script((_, response) => (respond = () => response.writeHead(500).end()), 200)
    const webhook = await createWebhook(acme, receiver, { policy: quickRetries(1) })
    const { id } = await createOrder(acme)
    await waitFor(() => receiver.requests.length === 1, { what: 'the request to arrive' })
    await remove(id)
    respond()
    const deliveries = await waitForSettled(acme, { webhookIds: [webhook.id] }, 2)

    expect(deliveries.map(({ state, event }) => [state, event.topic])).toEqual([
      ['DELIVERED', 'order.deleted'],
      ['DELIVERED', 'order.created'],
    ])
    expect(await server.admin.countDeliveries(acme.projectId)).toMatchObject({
      events: 2,
      delivered: 2,
      consistent: true,
    })
    expect((await listDeliveries(acme)).every(({ event }) => event.order.id === id)).toBe(true)
  })
})
