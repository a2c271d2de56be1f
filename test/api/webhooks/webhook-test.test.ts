import { readFileSync } from 'node:fs'
import { Webhook as Verifier } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asPartner } from '../../support/keys.ts'
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

describe('webhookTest with a topic', () => {
  const testWebhook = (input: Input) =>
    mutate<Tested & { userErrors: { code: string; field: string[]; message: string }[] }>(
      acme,
      'WebhookTest',
      input,
    )

  test.each([
    ['STANDARD', 'order.created', '"type":"order.created"'],
    ['STANDARD', 'menu.updated', '"data":{"menuId":7}'],
    ['FLYBUY', 'order.customer_state_changed', '"customer_state_changed":true'],
    ['FLIPDISH', 'customer.marketing_changed', '"type":"customer.marketing_changed"'],
    ['FOODY', 'order.state_changed', '"event":"order_status_updated"'],
    ['FAST_EVENTS', 'scan.created', '"gate":"North"'],
  ])(
    'webhookTest of a %s webhook with the topic %s sends the request of its example event',
    async (preset, topic, expected) => {
      const tenant = await server.tenant()
      const { id } = await createWebhook(tenant, receiver, {
        preset,
        policy: { httpsOnly: false, saveCheck: false },
      })
      receiver.script(200)
      const { attempt } = await mutateOrThrow<Tested>(tenant, 'WebhookTest', { id, topic })
      expect(receiver.requests.at(-1)?.body).toContain(expected)
      expect(attempt).toMatchObject({ trigger: 'TEST', outcome: 'SUCCEEDED' })
      const { deliveryPreview } = await tenant.gql<{ deliveryPreview: { request: { body: string } } }>(
        'query ($id: ID!, $topic: String) { deliveryPreview(webhookId: $id, topic: $topic) { request { body } } }',
        { id, topic },
      )
      const withoutTime = (body: string) => body.replace(/"timestamp":"[^"]*"/, '')
      expect(withoutTime(attempt.request.body)).toBe(withoutTime(deliveryPreview.request.body))
    },
  )

  test('webhookTest sends the given data of a topic, which may be a topic of the project', async () => {
    await mutateOrThrow(acme, 'TopicCreate', {
      name: 'loyalty.earned',
      description: 'Points were earned',
      schema: { type: 'object', required: ['points'], properties: { points: { type: 'integer' } } },
      example: { points: 5 },
    })
    const webhook = await createWebhook(acme, receiver)
    receiver.script(200, 200)
    await mutateOrThrow(acme, 'WebhookTest', { id: webhook.id, topic: 'loyalty.earned' })
    expect(receiver.requests.at(-1)?.body).toContain('"data":{"points":5}')
    const data = { points: 12, extra: 'ü' }
    await mutateOrThrow(acme, 'WebhookTest', { id: webhook.id, topic: 'loyalty.earned', data })
    const request = receiver.requests.at(-1)
    const verified = new Verifier(webhook.secret).verify(
      request?.body ?? '',
      request?.headers as Record<string, string>,
    )
    expect(verified).toMatchObject({ type: 'loyalty.earned', data })
  })

  test.each<readonly [what: string, input: Input, code: string, field: readonly string[], hint: string]>([
    ['a misspelt topic', { topic: 'order.shiped' }, 'UNKNOWN_TOPIC', ['topic'], 'did you mean order.'],
    ['an empty topic', { topic: '' }, 'UNKNOWN_TOPIC', ['topic'], 'there is no topic'],
    [
      'a selection instead of a topic',
      { topic: 'order.*' },
      'UNKNOWN_TOPIC',
      ['topic'],
      'did you mean order.',
    ],
    ['data without a topic', { data: { menuId: 7 } }, 'REQUIRED', ['topic'], 'name the topic'],
    ['data that is no object', { topic: 'menu.updated', data: [7] }, 'INVALID', ['data'], 'object'],
    [
      'data that does not match the schema of orders',
      { topic: 'order.created', data: { id: 'ord_1' } },
      'SCHEMA_MISMATCH',
      ['data'],
      'required',
    ],
    [
      'data of 300 KiB',
      { topic: 'menu.updated', data: { text: 'x'.repeat(300_000) } },
      'TOO_LONG',
      ['data'],
      '262144',
    ],
  ])(
    'webhookTest with %s is refused with a clear error, and nothing is sent',
    async (_, input, code, field, hint) => {
      const { id } = await createWebhook(acme, receiver)
      const sent = receiver.requests.length
      const { attempt, userErrors } = await testWebhook({ id, ...input })
      expect(attempt).toBeNull()
      expect(userErrors[0]).toMatchObject({ code, message: expect.stringContaining(hint) as string })
      expect(userErrors[0]?.field.slice(0, field.length)).toEqual(field)
      expect(receiver.requests).toHaveLength(sent)
    },
  )

  test('webhookTest of a FOODY webhook with a topic that its dialect has no form for names those that it has', async () => {
    const { id } = await createWebhook(acme, receiver, { preset: 'FOODY', policy: { saveCheck: false } })
    const { userErrors } = await testWebhook({ id, topic: 'menu.updated' })
    expect(userErrors).toMatchObject([
      {
        code: 'UNKNOWN_TOPIC',
        field: ['topic'],
        message:
          'the dialect FOODY has no form for menu.updated: it can represent order.created, order.state_changed',
      },
    ])
  })

  test("a topic of another project is UNKNOWN_TOPIC, and a PARTNER may test its webhook with the project's topics", async () => {
    const eve = await server.tenant('Eve')
    await mutateOrThrow(eve, 'TopicCreate', { name: 'secret.made', description: 'x', example: {} })
    const { id } = await createWebhook(acme, receiver)
    expect((await testWebhook({ id, topic: 'secret.made' })).userErrors).toMatchObject([
      { code: 'UNKNOWN_TOPIC' },
    ])
    const courier = await asPartner(server, acme)
    const own = await createWebhook(courier, receiver)
    receiver.script(200)
    const { attempt } = await mutateOrThrow<Tested>(courier, 'WebhookTest', {
      id: own.id,
      topic: 'order.created',
    })
    expect(attempt).toMatchObject({ outcome: 'SUCCEEDED' })
  })
})
