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

describe('webhookTest of a foreign preset', () => {
  const tested = async (input: Input) => {
    const { id } = await createWebhook(acme, receiver, input)
    receiver.script(200)
    const { attempt } = await mutateOrThrow<Tested>(acme, 'WebhookTest', { id })
    return { id, attempt, request: receiver.requests.at(-1) }
  }

  test("sends a FLYBUY receiver exactly the example of FlyBuy's document", async () => {
    const { attempt, request } = await tested({ preset: 'FLYBUY' })
    const example = new URL('../../unit/domain/dialects/documents/flybuy.json', import.meta.url)
    expect(request?.body).toBe(JSON.stringify(JSON.parse(readFileSync(example, 'utf8'))))
    expect(attempt).toMatchObject({ outcome: 'SUCCEEDED', request: { body: request?.body } })
    expect(request?.headers).not.toHaveProperty('authorization')
  })

  test('sends a FAST_EVENTS receiver an empty body, and shows the duration', async () => {
    const { id, attempt, request } = await tested({ preset: 'FAST_EVENTS', policy: { httpsOnly: false } })
    expect(request).toMatchObject({
      body: '',
      headers: { 'content-length': '0', 'x-fe-webhook-id': id, 'x-fe-webhook-delivery-id': attempt.id },
    })
    expect(attempt).toMatchObject({ outcome: 'SUCCEEDED', request: { body: '' } })
    expect(attempt.durationMs).toBeGreaterThanOrEqual(0)
    expect(attempt.request.headers).toContainEqual({ name: 'X-FE-Webhook-Signature', value: '[masked]' })
  })

  test.each([201, 204])('has failed where a FAST_EVENTS receiver answers %i', async (status) => {
    const webhook = await createWebhook(acme, receiver, {
      preset: 'FAST_EVENTS',
      policy: { httpsOnly: false },
    })
    receiver.script(status)
    const { attempt } = await mutateOrThrow<Tested>(acme, 'WebhookTest', { id: webhook.id })
    expect(attempt).toMatchObject({ outcome: 'HTTP_ERROR', statusCode: status })
  })
})

describe('webhookTest', () => {
  test('sends a signed example at once and answers with what came back', async () => {
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

  test("tells a receiver's failure as the attempt's outcome, not as a problem of the caller", async () => {
    const webhook = await createWebhook(acme, receiver)
    receiver.script(503)
    const answer = await mutate<Tested>(acme, 'WebhookTest', { id: webhook.id })

    expect(answer).toMatchObject({
      attempt: { outcome: 'HTTP_ERROR', statusCode: 503 },
      userErrors: [],
    })
  })

  test('is found again by its id, and is in no log, no feed, no delivery count and no health figure', async () => {
    const fresh = await server.tenant()
    const webhook = await createWebhook(fresh, receiver)
    receiver.script(410)
    const { attempt } = await mutateOrThrow<Tested>(fresh, 'WebhookTest', { id: webhook.id })

    const found = await fresh.gql<{ deliveryAttempt: unknown }>(
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
      // 410 stops a webhook, but not by a test.
      webhook: { id: webhook.id, enabled: true, consecutiveFailures: 0 },
      request: { body: attempt.request.body },
    })
    expect(await listDeliveries(fresh)).toEqual([])
    const { deliveryAttempts } = await fresh.gql<{ deliveryAttempts: { nodes: unknown[] } }>(
      documents.Attempts,
    )
    expect(deliveryAttempts.nodes).toEqual([])
    expect(await server.admin.countDeliveries(fresh.projectId)).toMatchObject({ events: 0, deliveries: 0 })
    const feeds = await server.connections
      .sql`select position from feeds where project_id = ${fresh.projectId}`
    expect(feeds).toHaveLength(0)
  })

  test('works while the webhook is disabled, and leaves it so', async () => {
    const webhook = await createWebhook(acme, receiver)
    await mutateOrThrow(acme, 'WebhookDisable', { id: webhook.id })
    receiver.script(200)
    const { attempt } = await mutateOrThrow<Tested>(acme, 'WebhookTest', { id: webhook.id })

    expect(attempt).toMatchObject({ outcome: 'SUCCEEDED' })
    const after = await acme.gql(`query ($id: ID!) { webhook(id: $id) { enabled } }`, { id: webhook.id })
    expect(after).toEqual({ webhook: { enabled: false } })
  })

  test('of a webhook that is deleted, or was never there, is refused and nothing is sent', async () => {
    const webhook = await createWebhook(acme, receiver)
    await mutateOrThrow(acme, 'WebhookDelete', { id: webhook.id })
    const before = [receiver.requests.length, await fingerprint(server.connections)]
    const answer = await mutate(acme, 'WebhookTest', { id: webhook.id })

    expect(answer).toMatchObject({ attempt: null, userErrors: [{ code: 'NOT_FOUND', field: ['id'] }] })
    expect([receiver.requests.length, await fingerprint(server.connections)]).toEqual(before)
  })
})
