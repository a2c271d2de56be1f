import { readFileSync } from 'node:fs'
import { Webhook as Verifier } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import {
  createWebhook,
  mutateOrThrow,
  documents,
  fingerprint,
  listDeliveries,
  mutate,
  type Input,
} from '../support/fixtures.ts'

interface Tested {
  readonly attempt: {
    readonly id: string
    readonly durationMs: number
    readonly request: {
      readonly body: string
      readonly headers: readonly { readonly name: string; readonly value: string }[]
    }
  }
}

let server: TestServer
let acme: Tenant
let receiver: Receiver

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
})
beforeAll(async () => {
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

describe('webhookTest of FLYBUY and FAST_EVENTS', () => {
  const sendTest = async (input: Input) => {
    const { id } = await createWebhook(acme, receiver, input)
    receiver.script(200)
    const { attempt } = await mutateOrThrow<Tested>(acme, 'WebhookTest', { id })
    return { id, attempt, request: receiver.requests.at(-1) }
  }

  test("webhookTest sends a FLYBUY receiver exactly the example of FlyBuy's document", async () => {
    const { attempt, request } = await sendTest({ preset: 'FLYBUY' })
    const example = new URL('../../unit/domain/dialects/documents/flybuy.json', import.meta.url)
    expect(request?.body).toBe(JSON.stringify(JSON.parse(readFileSync(example, 'utf8'))))
    expect(attempt).toMatchObject({ outcome: 'SUCCEEDED', request: { body: request?.body } })
    expect(request?.headers).not.toHaveProperty('authorization')
  })

  test('webhookTest sends a FAST_EVENTS receiver an empty body, and returns the duration', async () => {
    const { id, attempt, request } = await sendTest({ preset: 'FAST_EVENTS', policy: { httpsOnly: false } })
    expect(request).toMatchObject({
      body: '',
      headers: { 'content-length': '0', 'x-fe-webhook-id': id, 'x-fe-webhook-delivery-id': attempt.id },
    })
    expect(attempt).toMatchObject({ outcome: 'SUCCEEDED', request: { body: '' } })
    expect(attempt.durationMs).toBeGreaterThanOrEqual(0)
    expect(attempt.request.headers).toContainEqual({ name: 'X-FE-Webhook-Signature', value: '[masked]' })
  })

  test.each([201, 204])(
    'webhookTest is an HTTP_ERROR when a FAST_EVENTS receiver responds %i',
    async (status) => {
      const webhook = await createWebhook(acme, receiver, {
        preset: 'FAST_EVENTS',
        policy: { httpsOnly: false },
      })
      receiver.script(status)
      const { attempt } = await mutateOrThrow<Tested>(acme, 'WebhookTest', { id: webhook.id })
      expect(attempt).toMatchObject({ outcome: 'HTTP_ERROR', statusCode: status })
    },
  )
})

describe('webhookTest', () => {
  test('webhookTest sends a signed example and returns the response', async () => {
    const webhook = await createWebhook(acme, receiver)
    receiver.script((_, response) => response.writeHead(201).end('heard you'))
    const { attempt } = await mutateOrThrow<Tested>(acme, 'WebhookTest', { id: webhook.id })

    expect(attempt).toMatchObject({
      trigger: 'TEST',
      outcome: 'SUCCEEDED',
      statusCode: 201,
      response: { body: 'heard you', truncated: false },
    })
    const request = receiver.requests.at(-1)
    expect(attempt.request.body).toBe(request?.body)
    const sent = new Verifier(webhook.secret).verify(
      request?.body ?? '',
      request?.headers as Record<string, string>,
    )
    expect(sent).toMatchObject({ type: 'order.state_changed', data: { customer: { name: 'Brian Johnson' } } })
    expect(attempt.request.headers).toContainEqual({ name: 'webhook-signature', value: '[masked]' })
  })

  test('webhookTest returns a 503 of the receiver as the outcome of the attempt, without userErrors', async () => {
    const webhook = await createWebhook(acme, receiver)
    receiver.script(503)
    const answer = await mutate<Tested>(acme, 'WebhookTest', { id: webhook.id })

    expect(answer).toMatchObject({
      attempt: { outcome: 'HTTP_ERROR', statusCode: 503 },
      userErrors: [],
    })
  })

  test('a test attempt is found by its id, and appears in no list, feed, delivery count or health count', async () => {
    const tenant = await server.tenant()
    const webhook = await createWebhook(tenant, receiver)
    receiver.script(410)
    const { attempt } = await mutateOrThrow<Tested>(tenant, 'WebhookTest', { id: webhook.id })

    const found = await tenant.gql<{ deliveryAttempt: unknown }>(
      `query ($id: ID!) { deliveryAttempt(id: $id) { id trigger number nextStep nextStepReason delivery { id } webhook { id enabled consecutiveFailures } request { body } } }`,
      { id: attempt.id },
    )
    expect(found.deliveryAttempt).toEqual({
      id: attempt.id,
      trigger: 'TEST',
      number: 1,
      nextStep: 'NONE',
      nextStepReason: 'a test is sent once',
      delivery: null,
      // A 410 disables a webhook, except in a test attempt.
      webhook: { id: webhook.id, enabled: true, consecutiveFailures: 0 },
      request: { body: attempt.request.body },
    })
    expect(await listDeliveries(tenant)).toEqual([])
    const { deliveryAttempts } = await tenant.gql<{ deliveryAttempts: { nodes: unknown[] } }>(
      documents.Attempts,
    )
    expect(deliveryAttempts.nodes).toEqual([])
    expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({ events: 0, deliveries: 0 })
    const feeds = await server.connections
      .sql`select position from feeds where project_id = ${tenant.projectId}`
    expect(feeds).toHaveLength(0)
  })

  test('webhookTest sends a request while the webhook is disabled, and the webhook stays disabled', async () => {
    const webhook = await createWebhook(acme, receiver)
    await mutateOrThrow(acme, 'WebhookDisable', { id: webhook.id })
    receiver.script(200)
    const { attempt } = await mutateOrThrow<Tested>(acme, 'WebhookTest', { id: webhook.id })

    expect(attempt).toMatchObject({ outcome: 'SUCCEEDED' })
    const after = await acme.gql(`query ($id: ID!) { webhook(id: $id) { enabled } }`, { id: webhook.id })
    expect(after).toEqual({ webhook: { enabled: false } })
  })

  test('webhookTest of a deleted webhook is refused with NOT_FOUND, and nothing is sent or written', async () => {
    const webhook = await createWebhook(acme, receiver)
    await mutateOrThrow(acme, 'WebhookDelete', { id: webhook.id })
    const before = [receiver.requests.length, await fingerprint(server.connections)]
    const answer = await mutate(acme, 'WebhookTest', { id: webhook.id })

    expect(answer).toMatchObject({ attempt: null, userErrors: [{ code: 'NOT_FOUND', field: ['id'] }] })
    expect([receiver.requests.length, await fingerprint(server.connections)]).toEqual(before)
  })
})
