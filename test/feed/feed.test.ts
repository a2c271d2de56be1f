import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { writeCursor } from '../../src/domain/lists/cursor.ts'
import { startTestServer, type TestServer, type Tenant } from '../support/server.ts'
import { startReceiver, type Receiver } from '../support/receiver.ts'
import { waitFor } from '../support/wait-for.ts'
import {
  createSite,
  createWebhook,
  createOrder,
  mutateOrThrow,
  documents,
  listDeliveries,
  changeOrderState,
  quickRetries,
  waitForSettled,
  type Input,
} from '../api/support/fixtures.ts'
import { follow } from './support/follow.ts'

let server: TestServer
let receiver: Receiver
let acme: Tenant

beforeAll(async () => {
  server = await startTestServer()
  receiver = await startReceiver()
})
beforeEach(async () => {
  acme = await server.tenant()
  receiver.script(200)
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

const none = { webhookIds: [], orderIds: [], topics: [], outcomes: [] }
/** A cursor before the first attempt of the feed. */
function fromStart(tenant: Tenant, filter: object = {}): string {
  return writeCursor({ list: 'feed', projectId: tenant.projectId, filter: { ...none, ...filter } }, '0')
}

describe('deliveryAttempts subscription', () => {
  test('a subscriber receives each attempt when it is recorded, with the delivery in its state after that attempt', async () => {
    const following = follow(acme.socket(), { after: fromStart(acme) })
    const webhook = await createWebhook(acme, receiver, { policy: quickRetries(1) })
    receiver.script(500, 200)
    const order = await createOrder(acme)
    const events = await following.received(2)

    expect(events).toMatchObject([
      {
        attempt: {
          number: 1,
          outcome: 'HTTP_ERROR',
          statusCode: 500,
          durationMs: expect.any(Number) as number,
        },
        delivery: {
          state: 'PENDING',
          nextAttemptAt: expect.any(String) as string,
          event: { topic: 'order.created', order: { number: order.number, state: 'CREATED' } },
          webhook: { id: webhook.id, name: 'POS' },
        },
      },
      { attempt: { number: 2, outcome: 'SUCCEEDED' }, delivery: { state: 'DELIVERED', nextAttemptAt: null } },
    ])
  })

  test('a subscription without `after` receives no attempt that was recorded before it began', async () => {
    const webhook = await createWebhook(acme, receiver)
    const order = await createOrder(acme)
    await waitForSettled(acme, { webhookIds: [webhook.id] })
    const live = follow(acme.socket())
    // The subscription is live once it receives a later attempt; there is no other sign.
    let moves = 0
    const states = ['ACCEPTED', 'PREPARING', 'READY', 'DISPATCHED', 'DELIVERED', 'COMPLETED']
    while (live.events.length === 0 && moves < states.length) {
      await changeOrderState(acme, order.id, states[moves++] ?? '')
      await waitForSettled(acme, { webhookIds: [webhook.id] }, moves + 1)
      await waitFor(() => live.events.length > 0, { what: 'an attempt', deadlineMs: 500 }).catch(
        () => undefined,
      )
    }

    expect(live.events.length).toBeGreaterThan(0)
    expect(live.events.every(({ delivery }) => delivery.event.topic === 'order.state_changed')).toBe(true)
  })

  test('five subscribers of a project receive the same attempts; a subscriber of another project receives none of them', async () => {
    const eve = await server.tenant('Eve')
    await createWebhook(acme, receiver)
    const filter = {}
    const followers = Array.from({ length: 5 }, () =>
      follow(acme.socket(), { after: fromStart(acme), filter }),
    )
    const foreign = follow(eve.socket(), { after: fromStart(eve) })
    for (let count = 0; count < 3; count += 1) await createOrder(acme)
    const received = await Promise.all(followers.map((one) => one.received(3)))

    expect(
      new Set(received.map((events) => JSON.stringify(events.map(({ attempt }) => attempt.id)))).size,
    ).toBe(1)
    // Eve receives the attempt of her own project: her subscription works, and it contained no attempt of Acme.
    await createWebhook(eve, receiver)
    await createOrder(eve)
    expect(await foreign.received(1)).toHaveLength(1)
  })
})

describe('deliveryAttempts filter', () => {
  test('a filtered subscription receives exactly the attempts that the query with the same filter returns', async () => {
    const good = await createWebhook(acme, receiver, { policy: quickRetries(0) })
    const failing = await startReceiver()
    failing.script(500)
    const bad = await createWebhook(acme, failing, { policy: quickRetries(0) })
    const first = await createOrder(acme)
    const second = await createOrder(acme)
    await changeOrderState(acme, first.id, 'READY')
    await mutateOrThrow(acme, 'CustomerStateChange', { orderId: second.id, customerState: 'NEARBY' })
    await mutateOrThrow(acme, 'OrderUpdate', { orderId: second.id, etaAt: '2026-02-26T17:15:33Z' })
    await waitForSettled(acme, {}, 10)
    const filters: readonly Input[] = [
      {},
      { webhookIds: [good.id] },
      { webhookIds: [good.id, bad.id] },
      { orderIds: [second.id] },
      { topics: ['order.*'] },
      { topics: ['order.created', 'order.eta_changed'] },
      { topics: ['order.customer_state_changed'] },
      { outcomes: ['HTTP_ERROR'] },
      { outcomes: ['SUCCEEDED', 'TIMED_OUT'] },
      {
        webhookIds: [bad.id],
        orderIds: [first.id],
        topics: ['order.state_changed'],
        outcomes: ['HTTP_ERROR'],
      },
    ]
    const expected = [10, 5, 10, 6, 10, 6, 2, 5, 5, 1]

    for (const [index, filter] of filters.entries()) {
      const { deliveryAttempts } = await acme.gql<{ deliveryAttempts: { nodes: { id: string }[] } }>(
        documents.Attempts,
        { filter, first: 100 },
      )
      const following = follow(acme.socket(), { filter, after: fromStart(acme, filter) })
      const events = await following.received(expected[index] ?? 0)
      expect(events.map(({ attempt }) => attempt.id).toSorted()).toEqual(
        deliveryAttempts.nodes.map(({ id }) => id).toSorted(),
      )
      following.leave()
    }
    await failing.close()
  })

  test('a filter that names the webhook or the order of another project matches no attempt', async () => {
    const eve = await server.tenant('Eve')
    const webhook = await createWebhook(acme, receiver)
    const order = await createOrder(acme)
    await waitForSettled(acme, { webhookIds: [webhook.id] })
    const watched = [{ webhookIds: [webhook.id] }, { orderIds: [order.id] }].map((filter) =>
      follow(eve.socket(), { filter, after: fromStart(eve, filter) }),
    )
    await createWebhook(eve, receiver)
    const open = follow(eve.socket(), { after: fromStart(eve) })
    await createOrder(eve)
    await changeOrderState(acme, order.id, 'READY')
    await open.received(1)
    await waitForSettled(acme, {}, 2)

    for (const { events, refused } of watched) expect([events, refused()]).toEqual([[], undefined])
  })
})

describe('deliveryAttempts cursor', () => {
  test.each([
    ['made up', () => 'bm90IGEgY3Vyc29y'],
    ['empty', () => ''],
    ['of another project', () => fromStart({ ...acme, projectId: 'prj_other' })],
    ['of another filter', () => fromStart(acme, { topics: ['order.created'] })],
    [
      'of a list',
      () => writeCursor({ list: 'deliveryAttempts', projectId: acme.projectId, filter: none }, '0'),
    ],
    ['of a position after the last', () => at('1')],
    ['of a negative position', () => at('-1')],
    ['whose position is not a number', () => at('x')],
    ['whose position has 400 digits', () => at('9'.repeat(400))],
  ])('a subscription with a cursor %s is refused with CURSOR_INVALID', async (_, cursor) => {
    const following = follow(acme.socket(), { after: cursor() })
    await waitFor(() => following.refused() !== undefined, { what: 'a refusal' })

    expect(following.refused()).toContain('CURSOR_INVALID')
    expect(following.events).toEqual([])
  })

  const at = (position: string): string =>
    writeCursor({ list: 'feed', projectId: acme.projectId, filter: none }, position)
})

describe('ended subscription', () => {
  test('a client that ends a subscription receives nothing more on it, and other subscriptions on the socket continue', async () => {
    const client = acme.socket()
    await createWebhook(acme, receiver)
    const siteId = await createSite(acme)
    const staying = follow(client, { after: fromStart(acme) })
    for (let round = 0; round < 30; round += 1) follow(client, {}).leave()
    const left = follow(client, { after: fromStart(acme) })
    await createOrder(acme, { siteId })
    await left.received(1)
    left.leave()
    await createOrder(acme, { siteId })
    await staying.received(2)

    expect(left.events).toHaveLength(1)
    expect(await listDeliveries(acme)).toHaveLength(2)
  })
})
