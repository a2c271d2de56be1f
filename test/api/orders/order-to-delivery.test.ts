import { Webhook as Verifier } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { userAgent } from '../../../src/runtime/version.ts'
import { sharedTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  createWebhook,
  createOrder,
  documents,
  mutateOrThrow,
  listDeliveries,
  changeOrderState,
  waitForSettled,
  type EventAnswer,
  type OrderAnswer,
} from '../support/fixtures.ts'

interface Sent {
  readonly type: string
  readonly timestamp: string
  readonly data: Readonly<Record<string, unknown>>
}

let server: TestServer
let acme: Tenant
let receiver: Receiver

beforeAll(async () => {
  server = await sharedTestServer()
  acme = await server.tenant()
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

describe('documents of the contract', () => {
  test('the documents of the contract create a site, a webhook and an order, change the order and list its delivered attempts', async () => {
    const { site } = await mutateOrThrow<{ site: { id: string; number: number; partnerIdentifier: string } }>(
      acme,
      'SiteCreate',
      { name: 'Main Street', partnerIdentifier: 'S-43', idempotencyKey: 'site-1' },
    )
    expect(site).toMatchObject({ number: 1, partnerIdentifier: 'S-43' })

    const webhook = await createWebhook(acme, receiver, { preset: 'STANDARD' })
    expect(webhook).toMatchObject({ url: `${receiver.url}/hook`, topics: ['order.*'], version: 1 })
    expect(webhook.secret).toMatch(/^whsec_/)

    const { order } = await mutateOrThrow<{ order: OrderAnswer & { site: unknown } }>(acme, 'OrderCreate', {
      siteId: site.id,
      partnerIdentifier: '24667',
      redemptionCode: 'NNSE9J',
      etaAt: '2026-02-26T17:15:33.645Z',
      areaName: null,
      pickupWindow: { startsAt: '2026-02-26T17:00:00.000Z', endsAt: '2026-02-26T17:30:00.000Z' },
      customer: {
        name: 'Brian Johnson',
        carType: 'Ford Fiesta',
        carColor: 'Red',
        licensePlate: 'KLW-9104',
      },
      idempotencyKey: 'ord-1',
    })
    expect(order).toMatchObject({ number: 1, state: 'CREATED', customerState: 'CREATED', version: 1 })
    expect(order.site).toEqual({ id: site.id })

    const moved = await mutateOrThrow<{ order: OrderAnswer; event: EventAnswer }>(acme, 'OrderStateChange', {
      orderId: order.id,
      state: 'ACCEPTED',
      expectedVersion: 1,
      idempotencyKey: 'acc-1',
    })
    expect(moved).toMatchObject({
      order: { state: 'ACCEPTED', version: 2 },
      event: { topic: 'order.state_changed', sequence: 2 },
    })
    const arrived = await mutateOrThrow(acme, 'CustomerStateChange', {
      orderId: order.id,
      customerState: 'ARRIVED',
    })
    expect(arrived).toMatchObject({
      order: { customerState: 'ARRIVED', version: 3, arrivedAt: expect.any(String) as string },
      event: { topic: 'order.customer_state_changed' },
    })
    const updated = await mutateOrThrow(acme, 'OrderUpdate', {
      orderId: order.id,
      etaAt: '2026-02-26T17:20:00.000Z',
    })
    expect(updated).toMatchObject({
      order: { version: 4, etaAt: '2026-02-26T17:20:00.000Z' },
      event: { topic: 'order.eta_changed' },
    })

    const deliveries = await waitForSettled(acme, { webhookIds: [webhook.id] }, 4)
    expect(deliveries.map(({ event }) => event.topic)).toEqual([
      'order.eta_changed',
      'order.customer_state_changed',
      'order.state_changed',
      'order.created',
    ])
    for (const delivery of deliveries) {
      expect(delivery).toMatchObject({ state: 'DELIVERED', attemptCount: 1, nextAttemptAt: null })
      expect(delivery.attempts.nodes).toMatchObject([
        { number: 1, trigger: 'SCHEDULE', outcome: 'SUCCEEDED', statusCode: 200 },
      ])
    }
    const attempts = await acme.gql<{ deliveryAttempts: { nodes: unknown[]; pageInfo: unknown } }>(
      documents.Attempts,
      {
        filter: { webhookIds: [], orderIds: [], topics: ['order.*'], outcomes: ['HTTP_ERROR'] },
      },
    )
    expect(attempts.deliveryAttempts).toEqual({
      nodes: [],
      pageInfo: { hasNextPage: false, endCursor: null },
    })
    expect(await acme.gql(documents.Who)).toEqual({
      viewer: {
        key: { id: expect.stringMatching(/^key_/) as string, role: 'PLATFORM' },
        project: { id: acme.projectId, name: 'Acme' },
      },
    })
  })
})

describe('requests to receivers', () => {
  test('a request verifies with the standardwebhooks package and its secret, and with no other secret', async () => {
    const { mine, webhook } = await createReceiverAndWebhook()
    await createOrder(acme)
    await waitFor(() => mine.requests.length === 1, { what: 'the event' })

    const [request] = mine.requests
    const headers = request?.headers as Record<string, string>
    expect(new Verifier(webhook.secret).verify(request?.body ?? '', headers)).toMatchObject({
      type: 'order.created',
    })
    expect(() => new Verifier(`whsec_${'A'.repeat(44)}`).verify(request?.body ?? '', headers)).toThrow()
    expect(request).toMatchObject({
      method: 'POST',
      path: '/hook',
      headers: { 'content-type': 'application/json', 'user-agent': userAgent },
    })
    await mine.close()
  })

  test('all attempts of a delivery have the same webhook-id and body, and each has its own signature', async () => {
    const { mine, webhook } = await createReceiverAndWebhook()
    mine.script(500, 500, 200)
    await createOrder(acme)
    const [delivery] = await waitForSettled(acme, { webhookIds: [webhook.id] })

    expect(delivery).toMatchObject({ state: 'DELIVERED', attemptCount: 3 })
    expect(mine.requests.map(({ headers }) => headers['webhook-id'])).toEqual(
      Array.from({ length: 3 }, () => delivery?.id),
    )
    expect(new Set(mine.requests.map(({ body }) => body)).size).toBe(1)
    const stamps = mine.requests.map(({ headers }) => Number(headers['webhook-timestamp']))
    expect(stamps).toEqual(stamps.toSorted((a, b) => a - b))
    expect(new Set(mine.requests.map(({ headers }) => headers['webhook-signature'])).size).toBe(3)
    for (const { body, headers } of mine.requests)
      expect(() => new Verifier(webhook.secret).verify(body, headers as Record<string, string>)).not.toThrow()
    await mine.close()
  })

  test('a request contains the order as it was at its event, also when the order has changed since', async () => {
    const { mine, webhook } = await createReceiverAndWebhook()
    // The first responses fail, so that the order changes while its events are pending.
    mine.script(500, 500, 200)
    const order = await createOrder(acme, { redemptionCode: 'FIRST' })
    await mutateOrThrow(acme, 'OrderUpdate', { orderId: order.id, redemptionCode: 'SECOND' })
    await changeOrderState(acme, order.id, 'READY')
    await waitForSettled(acme, { webhookIds: [webhook.id] }, 3)

    const taken = new Map(mine.requests.map(({ body }) => JSON.parse(body) as Sent).map((s) => [s.type, s]))
    expect(taken.get('order.created')?.data).toMatchObject({
      redemptionCode: 'FIRST',
      state: 'CREATED',
      version: 1,
      sequence: 1,
    })
    expect(taken.get('order.updated')?.data).toMatchObject({
      redemptionCode: 'SECOND',
      state: 'CREATED',
      version: 2,
      stateChanged: false,
    })
    expect(taken.get('order.state_changed')?.data).toMatchObject({
      redemptionCode: 'SECOND',
      state: 'READY',
      version: 3,
      stateChanged: true,
      customerStateChanged: false,
    })
    await mine.close()
  })

  test('a webhook receives only events of its topics', async () => {
    const { mine, webhook } = await createReceiverAndWebhook({ topics: ['order.state_changed'] })
    const order = await createOrder(acme)
    await changeOrderState(acme, order.id, 'ACCEPTED')
    await waitForSettled(acme, { webhookIds: [webhook.id] })

    expect(mine.requests.map(({ body }) => (JSON.parse(body) as Sent).type)).toEqual(['order.state_changed'])
    await mine.close()
  })
})

describe('events of an order', () => {
  test('the events of an order are numbered from 1 without gaps, also after 20 simultaneous changes', async () => {
    const order = await createOrder(acme)
    const etas = Array.from(
      { length: 20 },
      (_, minute) => `2026-02-26T17:${String(minute).padStart(2, '0')}:00.000Z`,
    )
    await Promise.all(etas.map((etaAt) => mutateOrThrow(acme, 'OrderUpdate', { orderId: order.id, etaAt })))

    const rows = await server.connections.sql<{ sequence: number }[]>`
      select sequence from events where order_id = ${order.id} order by sequence`
    expect(rows.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 21 }, (_, index) => index + 1))
  })

  test('the deliveries of a project are consistent', async () => {
    const deliveries = await listDeliveries(acme)
    const counts = await server.admin.countDeliveries(acme.projectId)
    expect(counts).toMatchObject({ consistent: true })
    expect(counts.deliveries).toBeGreaterThanOrEqual(deliveries.length)
  })
})

async function createReceiverAndWebhook(input: Readonly<Record<string, unknown>> = {}) {
  const mine = await startReceiver()
  const policy = { retry: { waits: Array.from({ length: 5 }, () => ({ minMs: 1_000, maxMs: 1_000 })) } }
  return { mine, webhook: await createWebhook(acme, mine, { policy, ...input }) }
}
