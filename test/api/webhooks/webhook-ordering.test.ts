/** `ordering`: whether the deliveries of one order wait for each other. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Receiver, Script } from '../../support/receiver.ts'
import { sharedTestServer, type Tenant, type TestServer } from '../../support/server.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  changeOrderState,
  createOrder,
  createSite,
  createWebhook,
  listDeliveries,
  mutateOrThrow,
  waitForSettled,
  type Input,
} from '../support/fixtures.ts'
import { holdResponse } from '../support/held-response.ts'
import { longWait, readDelivery, waitForAttempts } from '../support/manual-retry.ts'
import { closeReceivers, openReceiver } from '../support/receivers.ts'

const soon: Input = { retry: { waits: [{ minMs: 1_000, maxMs: 1_000 }] } }
const never: Input = { retry: { waits: [] } }
let server: TestServer
let tenant: Tenant
let siteId: string

beforeAll(async () => {
  server = await sharedTestServer()
  tenant = await server.tenant()
  siteId = await createSite(tenant)
})
afterAll(async () => {
  await closeReceivers()
  await server.close()
})

/** A webhook for orders of one source, with a function that creates an order and one that changes it `count` times. */
async function open(source: string, answers: readonly Script[], given: Input) {
  const receiver = await openReceiver(...answers)
  const { id } = await createWebhook(tenant, receiver, { filters: { sources: [source] }, ...given })
  const states = ['ACCEPTED', 'READY', 'COMPLETED']
  return {
    id,
    receiver,
    create: async () => (await createOrder(tenant, { siteId, source })).id,
    change: async (orderId: string, count: number) => {
      for (const state of states.slice(0, count)) await changeOrderState(tenant, orderId, state)
    },
    settled: (count: number) => waitForSettled(tenant, { webhookIds: [id] }, count),
    /** Oldest first. */
    ids: async () => (await listDeliveries(tenant, { webhookIds: [id] })).map((one) => one.id).toReversed(),
  }
}

/** The sequences of the requests, by order. */
function sequencesOf({ requests }: Receiver): Readonly<Record<string, readonly number[]>> {
  const found: Record<string, number[]> = {}
  for (const { body } of requests) {
    const { data } = JSON.parse(body) as { data: { id: string; sequence: number } }
    found[data.id] = [...(found[data.id] ?? []), data.sequence]
  }
  return found
}

describe('PER_ORDER', () => {
  test('later events of an order wait for the retry of an earlier one, other orders flow, and all arrive in order', async () => {
    const { receiver, create, change, settled } = await open('wait', [500, 200], {
      ordering: 'PER_ORDER',
      policy: soon,
    })
    const failing = await create()
    await waitFor(() => receiver.requests.length === 1, { what: 'the first request' })
    await change(failing, 2)
    const other = await create()
    await settled(4)
    const sequences = sequencesOf(receiver)
    expect(sequences[failing]).toEqual([1, 1, 2, 3])
    expect(sequences[other]).toEqual([1])
    expect(receiver.requests[1]?.body).toContain(other)
  })

  test('when the head of an order ends EXHAUSTED, the next delivery is sent', async () => {
    const held = holdResponse()
    const { receiver, create, change, settled } = await open('dead', [held.script, 200], {
      ordering: 'PER_ORDER',
      policy: never,
    })
    const order = await create()
    await waitFor(() => receiver.requests.length === 1, { what: 'the first request' })
    await change(order, 1)
    held.respond(500)
    const ended = await settled(2)
    expect(ended.map(({ state }) => state).toSorted()).toEqual(['DELIVERED', 'EXHAUSTED'])
    expect(sequencesOf(receiver)[order]).toEqual([1, 2])
  })

  test('when the head of an order is cancelled, the next delivery is sent at once', async () => {
    const { receiver, create, change, settled, ids } = await open('cancel', [500, 200], {
      ordering: 'PER_ORDER',
      policy: longWait,
    })
    const order = await create()
    const [first = ''] = await ids()
    await waitForAttempts(tenant, first, 1)
    await change(order, 1)
    await mutateOrThrow(tenant, 'Cancel', { id: first })
    await settled(2)
    expect(sequencesOf(receiver)[order]).toEqual([1, 2])
  })

  test('a retry by hand of an older delivery is sent before the later ones that wait, and those sent before are not repeated', async () => {
    const { id, receiver, create, change, settled, ids } = await open('manual', [500, 200], {
      ordering: 'PER_ORDER',
      policy: never,
    })
    const order = await create()
    await settled(1)
    await change(order, 1)
    await settled(2)
    await mutateOrThrow(tenant, 'WebhookPause', { id })
    await changeOrderState(tenant, order, 'READY')
    const [first = ''] = await ids()
    await mutateOrThrow(tenant, 'Retry', { id: first })
    await mutateOrThrow(tenant, 'WebhookResume', { id })
    await settled(3)
    expect(sequencesOf(receiver)[order]).toEqual([1, 2, 1, 3])
    expect(await readDelivery(tenant, first)).toMatchObject({ state: 'DELIVERED', attemptCount: 2 })
  })
})

describe('LATEST_ONLY', () => {
  test('a running request is not cut nor repeated, states in between are SKIPPED, and order.deleted is the latest', async () => {
    const held = holdResponse()
    const { receiver, create, change, settled, ids } = await open('latest', [held.script, 200], {
      ordering: 'LATEST_ONLY',
      policy: soon,
      topics: ['order.*', 'order.deleted'],
    })
    const order = await create()
    await waitFor(() => receiver.requests.length === 1, { what: 'the first request' })
    await change(order, 2)
    await mutateOrThrow(tenant, 'OrderDelete', { orderId: order })
    held.respond(500)
    await settled(4)
    expect(receiver.requests).toHaveLength(2)
    expect(JSON.parse(receiver.requests[1]?.body ?? '{}')).toMatchObject({ type: 'order.deleted' })
    const found = await Promise.all((await ids()).map((one) => readDelivery(tenant, one)))
    const superseded = { state: 'SKIPPED', skipReason: 'SUPERSEDED', nextAttemptAt: null }
    expect(found).toMatchObject([
      { ...superseded, attemptCount: 1, attempts: { nodes: [{ outcome: 'HTTP_ERROR', nextStep: 'NONE' }] } },
      { ...superseded, attemptCount: 0 },
      { ...superseded, attemptCount: 0 },
      { state: 'DELIVERED', attemptCount: 1 },
    ])
    expect(found[0]?.attempts.nodes[0]?.nextStepReason).toContain('LATEST_ONLY')
  })

  test('a retry by hand of a superseded state is one attempt, and a failure leaves it SKIPPED as SUPERSEDED', async () => {
    const { id, receiver, create, change, settled, ids } = await open('again', [200, 500, 200], {
      ordering: 'LATEST_ONLY',
      policy: longWait,
    })
    await mutateOrThrow(tenant, 'WebhookPause', { id })
    const order = await create()
    await change(order, 1)
    await mutateOrThrow(tenant, 'WebhookResume', { id })
    await settled(2)
    const [first = ''] = await ids()
    await mutateOrThrow(tenant, 'Retry', { id: first })
    await waitForAttempts(tenant, first, 1)
    expect(await readDelivery(tenant, first)).toMatchObject({ state: 'SKIPPED', skipReason: 'SUPERSEDED' })
    expect(sequencesOf(receiver)[order]).toEqual([2, 1])
  })
})

describe('a change of the ordering', () => {
  test('deliveries that wait are sent by the new ordering, and it is shown', async () => {
    const { id, receiver, create, change, settled } = await open('change', [200], { ordering: 'PER_ORDER' })
    await mutateOrThrow(tenant, 'WebhookPause', { id })
    const order = await create()
    await change(order, 2)
    await mutateOrThrow(tenant, 'WebhookUpdate', { id, ordering: 'LATEST_ONLY' })
    await mutateOrThrow(tenant, 'WebhookResume', { id })
    await settled(3)
    expect(sequencesOf(receiver)[order]).toEqual([3])
    const { webhook } = await tenant.gql<{ webhook: unknown }>(
      'query ($id: ID!) { webhook(id: $id) { ordering } }',
      { id },
    )
    expect(webhook).toEqual({ ordering: 'LATEST_ONLY' })
  })

  test('an ordering that does not exist is refused', async () => {
    const { body } = await tenant.post({
      query: 'mutation ($input: WebhookCreateInput!) { webhookCreate(input: $input) { webhook { id } } }',
      variables: { input: { name: 'x', url: 'https://a.example/', topics: ['order.*'], ordering: 'NEWEST' } },
    })
    expect(body.errors?.[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } })
    expect(body.errors?.[0]?.message).toContain('WebhookOrdering')
  })
})
