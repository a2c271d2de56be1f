import { Webhook as Verifier } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  createSite,
  createWebhook,
  createOrder,
  mutateOrThrow,
  fingerprint,
  listDeliveries,
  changeOrderState,
  mutate,
  quickRetries,
  waitForSettled,
  type WebhookAnswer,
} from '../support/fixtures.ts'
import { holdResponse } from '../support/held-response.ts'

let server: TestServer
let receiver: Receiver
/** Every test has its own project. */
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

const shown = `query ($id: ID!) { webhook(id: $id) { name url topics preset dialect enabled version deletedAt disabled { reason message at } policy { success timeoutMs httpsOnly retry { waits { minMs maxMs } windowMs } disable { rule windowMs } } } }`
async function read(id: string): Promise<Record<string, unknown> | null> {
  const { webhook } = await acme.gql<{ webhook: Record<string, unknown> | null }>(shown, { id })
  return webhook
}

describe('webhookCreate', () => {
  test('webhookCreate without a preset uses STANDARD, and the secret is not stored in clear', async () => {
    const { id, secret } = await createWebhook(acme, receiver)

    expect(Buffer.from(secret.slice('whsec_'.length), 'base64')).toHaveLength(32)
    const webhook = await read(id)
    expect(webhook).toMatchObject({
      preset: 'STANDARD',
      dialect: 'STANDARD',
      enabled: true,
      disabled: null,
      version: 1,
      policy: {
        success: 'ANY_2XX',
        timeoutMs: 15_000,
        httpsOnly: false,
        disable: [
          { rule: 'GONE', windowMs: null },
          { rule: 'FAILING_FOR', windowMs: 432_000_000 },
        ],
      },
    })
    const waits = (webhook?.['policy'] as { retry: { waits: { minMs: number; maxMs: number }[] } }).retry
      .waits
    expect(waits.map(({ minMs }) => minMs / 1_000)).toEqual([
      5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400,
    ])
    for (const { minMs, maxMs } of waits) expect(maxMs).toBe(minMs * 1.2)
    const kept = await server.connections.sql<
      { text: string }[]
    >`select string_agg(w::text, '') as text from webhooks w`
    expect(kept[0]?.text).not.toContain(secret.slice('whsec_'.length))
  })

  test('a new webhook gets events that happen after its creation, and no earlier event', async () => {
    const order = await createOrder(acme)
    const { id } = await createWebhook(acme, receiver)
    await changeOrderState(acme, order.id, 'ACCEPTED')
    const deliveries = await waitForSettled(acme, { webhookIds: [id] })

    expect(deliveries.map(({ event }) => event.topic)).toEqual(['order.state_changed'])
    expect(await server.admin.countDeliveries(acme.projectId)).toMatchObject({
      events: 2,
      deliveries: 1,
      consistent: true,
    })
  })

  test('a webhook overrides single rules of its policy; rules that are null or left out are those of the preset', async () => {
    const { id } = await createWebhook(acme, receiver, {
      policy: {
        success: 'EXACTLY_200',
        timeoutMs: null,
        retry: { waits: [{ minMs: 1_000, maxMs: 2_000 }], windowMs: 9_000 },
      },
    })
    expect(await read(id)).toMatchObject({
      policy: {
        success: 'EXACTLY_200',
        timeoutMs: 15_000,
        retry: { waits: [{ minMs: 1_000, maxMs: 2_000 }], windowMs: 9_000 },
      },
    })
    receiver.script(204, 200)
    await createOrder(acme)
    const [delivery] = await waitForSettled(acme, { webhookIds: [id] })
    expect(delivery?.attempts.nodes).toMatchObject([
      { outcome: 'HTTP_ERROR', statusCode: 204 },
      { outcome: 'SUCCEEDED', statusCode: 200 },
    ])
  })
})

describe('webhookUpdate', () => {
  test('webhookUpdate changes the given fields, increments the version and keeps the secret', async () => {
    const webhook = await createWebhook(acme, receiver)
    const answer = await mutateOrThrow<{ webhook: WebhookAnswer }>(acme, 'WebhookUpdate', {
      id: webhook.id,
      topics: ['order.state_changed'],
      expectedVersion: 1,
    })
    expect(answer.webhook).toEqual({
      id: webhook.id,
      url: webhook.url,
      topics: ['order.state_changed'],
      version: 2,
    })
    const order = await createOrder(acme)
    await changeOrderState(acme, order.id, 'READY')
    await waitForSettled(acme, { webhookIds: [webhook.id] })
    const [request] = receiver.requests
    expect(receiver.requests).toHaveLength(1)
    expect(() =>
      new Verifier(webhook.secret).verify(request?.body ?? '', request?.headers as Record<string, string>),
    ).not.toThrow()
  })

  test('webhookUpdate of the URL applies to the next attempt of a waiting delivery', async () => {
    const next = await startReceiver()
    receiver.script(500)
    const { id } = await createWebhook(acme, receiver, { policy: quickRetries(3) })
    await createOrder(acme)
    await waitFor(() => receiver.requests.length === 1, { what: 'the first attempt' })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, url: `${next.url}/moved` })
    const [delivery] = await waitForSettled(acme, { webhookIds: [id] })

    expect(delivery).toMatchObject({ state: 'DELIVERED', attemptCount: 2 })
    expect(next.requests).toMatchObject([{ path: '/moved', headers: { 'webhook-id': delivery?.id } }])
    expect(receiver.requests).toHaveLength(1)
    await next.close()
  })

  test('webhookUpdate of the policy replaces all earlier overrides, and an empty policy is that of the preset', async () => {
    const { id } = await createWebhook(acme, receiver, {
      policy: { timeoutMs: 2_000, success: 'EXACTLY_200' },
    })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, policy: { timeoutMs: 3_000 } })
    expect(await read(id)).toMatchObject({ policy: { timeoutMs: 3_000, success: 'ANY_2XX' } })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, policy: {} })
    expect(await read(id)).toMatchObject({ policy: { timeoutMs: 15_000, success: 'ANY_2XX' } })
  })

  test('one of 6 concurrent webhookUpdate with the same expectedVersion succeeds', async () => {
    const { id } = await createWebhook(acme, receiver)
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        mutate(acme, 'WebhookUpdate', { id, name: `POS ${index}`, expectedVersion: 1 }),
      ),
    )
    expect(answers.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(1)
    expect(await read(id)).toMatchObject({ version: 2 })
  })
})

describe('webhookDisable and webhookEnable', () => {
  test('webhookDisable records reason, message and time, and repeating webhookDisable or webhookEnable changes nothing', async () => {
    const { id } = await createWebhook(acme, receiver)
    const first = await mutateOrThrow(acme, 'WebhookDisable', { id })
    expect(first).toMatchObject({
      webhook: {
        enabled: false,
        disabled: {
          reason: 'REQUESTED',
          message: expect.stringContaining('webhookEnable') as string,
          at: expect.any(String) as string,
        },
      },
    })
    const before = await fingerprint(server.connections)
    expect(await mutate(acme, 'WebhookDisable', { id })).toEqual(first)
    expect(await fingerprint(server.connections)).toEqual(before)

    await mutateOrThrow(acme, 'WebhookEnable', { id })
    const enabled = await fingerprint(server.connections)
    expect(await mutate(acme, 'WebhookEnable', { id })).toMatchObject({ webhook: { enabled: true } })
    expect(await fingerprint(server.connections)).toEqual(enabled)
    expect(await read(id)).toMatchObject({ enabled: true, disabled: null, version: 3 })
  })

  test('events while a webhook is disabled are SKIPPED, and events after webhookEnable are DELIVERED', async () => {
    const { id } = await createWebhook(acme, receiver)
    await mutateOrThrow(acme, 'WebhookDisable', { id })
    const order = await createOrder(acme)
    await mutateOrThrow(acme, 'WebhookEnable', { id })
    await changeOrderState(acme, order.id, 'ACCEPTED')
    const deliveries = await waitForSettled(acme, { webhookIds: [id] }, 2)

    expect(deliveries.map(({ state, event }) => [state, event.topic])).toEqual([
      ['DELIVERED', 'order.state_changed'],
      ['SKIPPED', 'order.created'],
    ])
    expect(receiver.requests).toHaveLength(1)
  })
})

describe('webhookDelete', () => {
  test('webhookDelete cancels pending deliveries, and repeating it returns the same and changes nothing', async () => {
    receiver.script(500)
    const { id } = await createWebhook(acme, receiver, { policy: quickRetries(5) })
    await createOrder(acme)
    await waitFor(async () => (await listDeliveries(acme))[0]?.attempts.nodes.length === 1, {
      what: 'the first attempt',
    })
    const first = await mutateOrThrow(acme, 'WebhookDelete', { id })
    expect(first).toEqual({ deletedId: id, userErrors: [] })
    const before = await fingerprint(server.connections)

    expect(await mutate(acme, 'WebhookDelete', { id })).toEqual(first)
    expect(await fingerprint(server.connections)).toEqual(before)
    expect(await read(id)).toBeNull()
    const [delivery] = await listDeliveries(acme)
    expect(delivery).toMatchObject({ state: 'CANCELLED', nextAttemptAt: null, webhook: { id } })
    expect(delivery?.finishedAt).not.toBeNull()
    expect(await server.admin.countDeliveries(acme.projectId)).toMatchObject({
      cancelled: 1,
      pending: 0,
      consistent: true,
    })
  })

  test('webhookDelete during an attempt makes the delivery CANCELLED, and the attempt is recorded', async () => {
    const { script, respond } = holdResponse()
    receiver.script(script)
    const { id } = await createWebhook(acme, receiver)
    await createOrder(acme)
    await waitFor(() => receiver.requests.length === 1, { what: 'the request' })
    await mutateOrThrow(acme, 'WebhookDelete', { id })
    respond()
    await waitFor(async () => (await listDeliveries(acme))[0]?.attempts.nodes.length === 1, {
      what: 'the attempt to be recorded',
    })

    const [delivery] = await listDeliveries(acme)
    expect(delivery).toMatchObject({ state: 'CANCELLED', attemptCount: 1 })
    const { deliveryAttempt } = await acme.gql<{ deliveryAttempt: unknown }>(
      `query ($id: ID!) { deliveryAttempt(id: $id) { statusCode nextStep nextStepReason webhook { id deletedAt } } }`,
      { id: delivery?.attempts.nodes[0]?.id },
    )
    expect(deliveryAttempt).toMatchObject({
      statusCode: 200,
      nextStep: 'NONE',
      nextStepReason: expect.stringMatching(/cancelled during the attempt/i) as string,
      webhook: { id, deletedAt: expect.any(String) as string },
    })
  })

  test('a deleted webhook cannot be updated, enabled or disabled, and gets no deliveries', async () => {
    const { id } = await createWebhook(acme, receiver)
    await mutateOrThrow(acme, 'WebhookDelete', { id })
    const before = await fingerprint(server.connections)
    for (const [document, input] of [
      ['WebhookUpdate', { id, name: 'x' }],
      ['WebhookEnable', { id }],
      ['WebhookDisable', { id }],
    ] as const)
      expect((await mutate(acme, document, input)).userErrors).toMatchObject([
        { code: 'NOT_FOUND', field: ['id'] },
      ])
    expect(await fingerprint(server.connections)).toEqual(before)

    await createOrder(acme)
    expect(await listDeliveries(acme)).toEqual([])
    expect(receiver.requests).toEqual([])
  })
})

test('concurrent creation, disabling, enabling and deletion of webhooks during events leave consistent deliveries, none PENDING', async () => {
  const siteId = await createSite(acme)
  const steady = await createWebhook(acme, receiver)
  const churn = async (): Promise<void> => {
    for (let round = 0; round < 4; round += 1) {
      const { id } = await createWebhook(acme, receiver)
      await mutateOrThrow(acme, 'WebhookDisable', { id })
      await mutateOrThrow(acme, 'WebhookEnable', { id })
      await mutateOrThrow(acme, 'WebhookDelete', { id })
    }
  }
  const write = async (): Promise<void> => {
    for (let round = 0; round < 6; round += 1) {
      const order = await createOrder(acme, { siteId })
      await changeOrderState(acme, order.id, 'READY')
    }
  }
  await Promise.all([churn(), churn(), churn(), write(), write(), write(), write()])
  await waitFor(async () => (await server.admin.countDeliveries(acme.projectId)).pending === 0, {
    what: 'all deliveries to finish',
  })

  const counts = await server.admin.countDeliveries(acme.projectId)
  expect(counts).toMatchObject({ events: 48, consistent: true, exhausted: 0, expired: 0 })
  const ofSteady = await waitForSettled(acme, { webhookIds: [steady.id] }, 48)
  expect(ofSteady.every(({ state }) => state === 'DELIVERED')).toBe(true)
})
