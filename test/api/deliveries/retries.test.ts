import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sharedTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import type { Receiver, Script } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  createWebhook,
  createOrder,
  mutateOrThrow,
  listDeliveries,
  changeOrderState,
  quickRetries,
  waitForSettled,
  type Input,
} from '../support/fixtures.ts'
import { closeReceivers, openReceiver } from '../support/receivers.ts'

let server: TestServer

beforeAll(async () => {
  server = await sharedTestServer()
})
afterAll(async () => {
  await closeReceivers()
  await server.close()
})

/** Creates a project with one webhook whose receiver gives these answers. */
async function startWebhook(policy: Input, ...answers: readonly Script[]) {
  const tenant = await server.tenant()
  const receiver = await openReceiver(...answers)
  const webhook = await createWebhook(tenant, receiver, { policy })
  return { tenant, receiver, webhook, filter: { webhookIds: [webhook.id] } }
}

async function statusOf(tenant: Tenant, id: string) {
  const { webhook } = await tenant.gql<{ webhook: Record<string, unknown> }>(
    `query ($id: ID!) { webhook(id: $id) { enabled consecutiveFailures version disabled { reason message at } } }`,
    { id },
  )
  return webhook
}

/** The time between the receiver's requests, in milliseconds. */
function gaps({ requests }: Receiver): readonly number[] {
  return requests.slice(1).map((request, index) => request.atMs - (requests[index]?.atMs ?? 0))
}

// Each test waits for seconds and uses little CPU: concurrent, they take as long as the longest.
describe.concurrent('failed delivery', () => {
  test('a failed delivery is retried after each wait of its policy, never early, until an attempt succeeds', async () => {
    const { tenant, receiver, webhook, filter } = await startWebhook(quickRetries(5), 500, 503, 200)
    await createOrder(tenant)
    const [delivery] = await waitForSettled(tenant, filter)

    expect(delivery).toMatchObject({ state: 'DELIVERED', attemptCount: 3 })
    expect(delivery?.attempts.nodes).toMatchObject([
      {
        number: 1,
        outcome: 'HTTP_ERROR',
        statusCode: 500,
        nextAttemptAt: expect.any(String) as string,
      },
      { number: 2, outcome: 'HTTP_ERROR', statusCode: 503 },
      { number: 3, outcome: 'SUCCEEDED', statusCode: 200, nextAttemptAt: null },
    ])
    for (const gap of gaps(receiver)) expect(gap).toBeGreaterThanOrEqual(990)
    expect(await statusOf(tenant, webhook.id)).toMatchObject({ enabled: true, consecutiveFailures: 0 })
  })

  test('a delivery is EXHAUSTED when the attempt after its last wait fails, and the record of that attempt remains', async () => {
    const { tenant, receiver, filter } = await startWebhook(quickRetries(1), 500)
    await createOrder(tenant)
    const [delivery] = await waitForSettled(tenant, filter)

    expect(delivery).toMatchObject({ state: 'EXHAUSTED', attemptCount: 2, nextAttemptAt: null })
    expect(delivery?.finishedAt).not.toBeNull()
    expect(receiver.requests).toHaveLength(2)
    const answer = await tenant.gql<{ deliveryAttempt: unknown }>(
      `query ($id: ID!) { deliveryAttempt(id: $id) { nextStep nextStepReason nextAttemptAt detail } }`,
      { id: delivery?.attempts.nodes[1]?.id },
    )
    expect(answer.deliveryAttempt).toEqual({
      nextStep: 'EXHAUSTED',
      nextStepReason: 'the retry schedule ended with failure 2',
      nextAttemptAt: null,
      detail: 'the receiver answered 500, where a 2xx was expected',
    })
  })

  test('a delivery with a retry window repeats its last wait until the window ends', async () => {
    const waits = [{ minMs: 1_000, maxMs: 1_000 }]
    const retry = { waits, windowMs: 600_000 }
    const { tenant, receiver, webhook, filter } = await startWebhook({ retry }, 500)
    await createOrder(tenant)
    // Without a window the delivery would be EXHAUSTED after two attempts.
    await waitFor(() => receiver.requests.length === 3, { what: 'the attempt after the repeated wait' })

    // The delivery is older than a second, so this window has ended.
    await mutateOrThrow(tenant, 'WebhookUpdate', {
      id: webhook.id,
      policy: { retry: { waits, windowMs: 1_000 } },
    })
    const [delivery] = await waitForSettled(tenant, filter)

    expect(delivery).toMatchObject({ state: 'EXHAUSTED', attemptCount: receiver.requests.length })
    for (const gap of gaps(receiver)) expect(gap).toBeGreaterThanOrEqual(990)
  })

  test('a delivery whose policy has no waits is attempted once', async () => {
    const { tenant, receiver, filter } = await startWebhook(quickRetries(0), 500)
    await createOrder(tenant)
    const [delivery] = await waitForSettled(tenant, filter)

    expect(delivery).toMatchObject({ state: 'EXHAUSTED', attemptCount: 1 })
    expect(receiver.requests).toHaveLength(1)
  })

  test('a 302 response is an HTTP_ERROR, and the redirect is not followed', async () => {
    const redirectTarget = await openReceiver()
    const redirect: Script = (_, response) =>
      response.writeHead(302, { location: `${redirectTarget.url}/taken` }).end()
    const { tenant, filter } = await startWebhook(quickRetries(0), redirect)
    await createOrder(tenant)
    const [delivery] = await waitForSettled(tenant, filter)

    expect(delivery?.state).toBe('EXHAUSTED')
    expect(delivery?.attempts.nodes).toMatchObject([{ outcome: 'HTTP_ERROR', statusCode: 302 }])
    expect(redirectTarget.requests).toEqual([])
  })

  test('an attempt without a response is TIMED_OUT at the time limit of 1 s', async () => {
    const never: Script = () => undefined
    const { tenant, filter } = await startWebhook({ ...quickRetries(0), timeoutMs: 1_000 }, never)
    await createOrder(tenant)
    const [delivery] = await waitForSettled(tenant, filter)

    const [attempt] = delivery?.attempts.nodes ?? []
    expect(attempt).toMatchObject({ outcome: 'TIMED_OUT', statusCode: null })
    expect(attempt?.durationMs).toBeGreaterThanOrEqual(990)
    expect(attempt?.durationMs).toBeLessThan(2_500)
  })

  test('an attempt to a closed port is CONNECTION_FAILED', async () => {
    const { tenant, receiver, filter } = await startWebhook(quickRetries(0), 200)
    await receiver.close()
    await createOrder(tenant)
    const [delivery] = await waitForSettled(tenant, filter)

    expect(delivery?.attempts.nodes).toMatchObject([{ outcome: 'CONNECTION_FAILED', statusCode: null }])
  })

  test('a delivery waits 3 s after a 503 with Retry-After: 3, although its policy waits 1 s', async () => {
    const busy: Script = (_, response) => response.writeHead(503, { 'retry-after': '3' }).end()
    const { tenant, receiver, filter } = await startWebhook(quickRetries(2), busy, 200)
    await createOrder(tenant)
    const [delivery] = await waitForSettled(tenant, filter)

    expect(delivery).toMatchObject({ state: 'DELIVERED', attemptCount: 2 })
    expect(gaps(receiver)[0]).toBeGreaterThanOrEqual(2_990)
    const first = await tenant.gql<{ deliveryAttempt: unknown }>(
      `query ($id: ID!) { deliveryAttempt(id: $id) { nextStep nextStepReason } }`,
      { id: delivery?.attempts.nodes[0]?.id },
    )
    expect(first.deliveryAttempt).toEqual({
      nextStep: 'RETRY',
      nextStepReason: 'the receiver requested 3 s in Retry-After',
    })
  })

  test('a delivery ignores Retry-After of a 500, and a Retry-After that is not a time', async () => {
    const broken: Script = (_, response) => response.writeHead(500, { 'retry-after': '9' }).end()
    const invalid: Script = (_, response) => response.writeHead(429, { 'retry-after': 'soon' }).end()
    const { tenant, receiver, filter } = await startWebhook(quickRetries(3), broken, invalid, 200)
    await createOrder(tenant)
    await waitForSettled(tenant, filter)

    for (const gap of gaps(receiver)) expect(gap).toBeLessThan(4_000)
    expect(receiver.requests).toHaveLength(3)
  })

  test('failed deliveries count as consecutive failures of the webhook until the first success', async () => {
    const { tenant, webhook, filter } = await startWebhook(quickRetries(0), 500, 500, 200)
    for (const expected of [1, 2, 0]) {
      await createOrder(tenant)
      await waitForSettled(tenant, filter)
      expect(await statusOf(tenant, webhook.id)).toMatchObject({ consecutiveFailures: expected })
    }
  })
})

describe.concurrent('410 response', () => {
  test('a 410 response disables the webhook at once: a PENDING delivery is held, a new one is SKIPPED', async () => {
    const { tenant, receiver, webhook, filter } = await startWebhook(quickRetries(5), 410)
    const order = await createOrder(tenant)
    await waitFor(async () => (await statusOf(tenant, webhook.id))['enabled'] === false, {
      what: 'the webhook to be disabled',
    })
    expect(await statusOf(tenant, webhook.id)).toMatchObject({
      disabled: {
        reason: 'GONE',
        message: expect.stringContaining('410') as string,
        at: expect.any(String) as string,
      },
    })
    await changeOrderState(tenant, order.id, 'ACCEPTED')
    const [skipped, held] = await listDeliveries(tenant, filter)
    expect(skipped).toMatchObject({ state: 'SKIPPED', attemptCount: 0, nextAttemptAt: null })
    expect(held).toMatchObject({ state: 'PENDING', attemptCount: 1 })
    const answer = await tenant.gql<{ delivery: unknown }>(
      `query ($id: ID!) { delivery(id: $id) { skipReason } }`,
      { id: skipped?.id },
    )
    expect(answer.delivery).toEqual({ skipReason: 'WEBHOOK_DISABLED' })

    // The retry of another webhook is due later. When it is sent, the held one would have been sent as well.
    const other = await openReceiver(500, 200)
    const later = await createWebhook(tenant, other, { policy: quickRetries(1) })
    await changeOrderState(tenant, order.id, 'READY')
    await waitForSettled(tenant, { webhookIds: [later.id] })
    expect(receiver.requests).toHaveLength(1)

    receiver.script(200)
    await mutateOrThrow(tenant, 'WebhookEnable', { id: webhook.id })
    const sent = await waitForSettled(tenant, filter, 3)
    expect(sent.map(({ state }) => state)).toEqual(['SKIPPED', 'SKIPPED', 'DELIVERED'])
    expect(receiver.requests.map(({ headers }) => headers['webhook-id'])).toEqual([held?.id, held?.id])
    expect(await statusOf(tenant, webhook.id)).toMatchObject({
      enabled: true,
      disabled: null,
      consecutiveFailures: 0,
    })
    expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({
      consistent: true,
      skipped: 2,
    })
  })
})

test('a retry that is due while its webhook is disabled is held, and is sent when the webhook is enabled', async () => {
  const { tenant, receiver, webhook, filter } = await startWebhook(quickRetries(3), 500)
  const order = await createOrder(tenant)
  await waitFor(async () => (await listDeliveries(tenant, filter))[0]?.attempts.nodes.length === 1, {
    what: 'the first attempt',
  })
  await mutateOrThrow(tenant, 'WebhookDisable', { id: webhook.id })
  const other = await startWebhook(quickRetries(1), 500, 200)
  await createOrder(other.tenant)
  await waitForSettled(other.tenant, other.filter)

  // The retry of the other webhook was due later, and it was sent.
  expect(receiver.requests).toHaveLength(1)
  expect(await listDeliveries(tenant, filter)).toMatchObject([{ state: 'PENDING', attemptCount: 1 }])
  receiver.script(200)
  await mutateOrThrow(tenant, 'WebhookEnable', { id: webhook.id })
  expect(await waitForSettled(tenant, { orderIds: [order.id] })).toMatchObject([
    { state: 'DELIVERED', attemptCount: 2 },
  ])
})
