import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { userAgent } from '../../../src/runtime/version.ts'
import { sharedTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver, type Script } from '../../support/receiver.ts'
import { createWebhook, createOrder, quickRetries, waitForSettled, type Input } from '../support/fixtures.ts'

const record = `query ($id: ID!) { deliveryAttempt(id: $id) {
  id number trigger outcome detail statusCode startedAt durationMs resolvedAddress nextStep nextStepReason nextAttemptAt
  request { method url headers { name value } body }
  response { statusCode headers { name value } body bodyBase64 bodySize truncated }
  delivery { id } webhook { id }
} }`

interface RecordedAttempt {
  readonly request: {
    readonly url: string
    readonly headers: readonly { readonly name: string; readonly value: string }[]
    readonly body: string
  }
  readonly response: {
    readonly headers: readonly { readonly name: string; readonly value: string }[]
    readonly body: string
    readonly bodyBase64: string
    readonly bodySize: number | null
    readonly truncated: boolean
  } | null
  readonly startedAt: string
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

/** Sends one attempt to a receiver with this answer, and returns its record. */
async function recorded(answer: Script, input: Input = {}) {
  receiver.script(answer)
  const before = receiver.requests.length
  const webhook = await createWebhook(acme, receiver, { policy: quickRetries(0), ...input })
  await createOrder(acme)
  const [delivery] = await waitForSettled(acme, { webhookIds: [webhook.id] })
  const { deliveryAttempt } = await acme.gql<{ deliveryAttempt: RecordedAttempt }>(record, {
    id: delivery?.attempts.nodes[0]?.id,
  })
  const request = receiver.requests
    .slice(before)
    .find(({ headers }) => headers['webhook-id'] === delivery?.id)
  return { attempt: deliveryAttempt, webhook, delivery, request }
}

describe('deliveryAttempt', () => {
  test('deliveryAttempt returns the request as it was sent, the response and the next step', async () => {
    const before = Date.now()
    const { attempt, webhook, delivery, request } = await recorded((_, response) =>
      response.writeHead(202, { 'Content-Type': 'text/plain', 'X-Twice': ['one', 'two'] }).end('thank you'),
    )

    expect(attempt).toMatchObject({
      number: 1,
      trigger: 'SCHEDULE',
      outcome: 'SUCCEEDED',
      detail: null,
      statusCode: 202,
      durationMs: expect.any(Number) as number,
      resolvedAddress: '127.0.0.1',
      nextStep: 'NONE',
      nextStepReason: 'the receiver accepted the request',
      nextAttemptAt: null,
      delivery: { id: delivery?.id },
      webhook: { id: webhook.id },
      request: { method: 'POST', url: `${receiver.url}/hook`, body: request?.body },
      response: {
        statusCode: 202,
        body: 'thank you',
        bodyBase64: Buffer.from('thank you').toString('base64'),
        bodySize: 9,
        truncated: false,
      },
    })
    expect(Date.parse(attempt.startedAt)).toBeGreaterThanOrEqual(before - 1_000)
    expect(Date.parse(attempt.startedAt)).toBeLessThanOrEqual(Date.now() + 1_000)
    expect(attempt.response?.headers).toEqual(
      expect.arrayContaining([
        { name: 'Content-Type', value: 'text/plain' },
        { name: 'X-Twice', value: 'one' },
        { name: 'X-Twice', value: 'two' },
      ]),
    )
  })

  test('deliveryAttempt returns the sent headers with the signature masked, and neither signature nor secret is stored in clear', async () => {
    const { attempt, request, webhook } = await recorded(200)

    expect(attempt.request.headers).toEqual([
      { name: 'content-type', value: 'application/json' },
      { name: 'user-agent', value: userAgent },
      { name: 'webhook-id', value: request?.headers['webhook-id'] },
      { name: 'webhook-timestamp', value: request?.headers['webhook-timestamp'] },
      { name: 'webhook-signature', value: '[masked]' },
    ])
    const signature = String(request?.headers['webhook-signature']).slice('v1,'.length)
    const rows = await server.connections.sql<{ text: string }[]>`
      select coalesce(string_agg(c::text, ''), '') || (select string_agg(w::text, '') from webhooks w) as text
      from attempt_contents c`
    expect(signature).toHaveLength(44)
    expect(rows[0]?.text).not.toContain(signature)
    expect(rows[0]?.text).not.toContain(webhook.secret.slice('whsec_'.length))
  })

  test.each([
    ['exactly 16 KiB is stored whole', 16_384, 16_384, false],
    ['16 KiB and one byte is cut, with its true size', 16_385, 16_384, true],
    ['500,000 bytes is cut, with its true size', 500_000, 16_384, true],
  ])('a response body of %s', async (_, size, kept, truncated) => {
    const { attempt } = await recorded((_request, response) => response.writeHead(200).end('x'.repeat(size)))

    expect(attempt.response).toMatchObject({ bodySize: size, truncated })
    expect(attempt.response?.body).toBe('x'.repeat(kept))
  })

  test('a response body that was neither declared nor read to its end has no bodySize', async () => {
    const { attempt } = await recorded((_request, response) => {
      response.writeHead(200)
      const chunk = Buffer.alloc(64 * 1024, 'y')
      const write = (): void => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', write)
      }
      write()
    })

    expect(attempt.response).toMatchObject({ bodySize: null, truncated: true })
    expect(attempt.response?.body).toHaveLength(16_384)
  })

  test('a response body that is not UTF-8 is returned whole as base64, and as text with replacement characters', async () => {
    const bytes = Buffer.from([0x00, 0xff, 0xfe, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0x80])
    const { attempt } = await recorded((_request, response) => response.writeHead(200).end(bytes))

    expect(attempt.response?.bodyBase64).toBe(bytes.toString('base64'))
    expect(attempt.response).toMatchObject({ bodySize: 9, truncated: false })
    expect(attempt.response?.body).toContain('\uFFFD')
  })

  test('an attempt without a response has the outcome CONNECTION_FAILED, a detail and a null response', async () => {
    const { attempt } = await recorded((_request, response) => response.destroy())

    expect(attempt).toMatchObject({
      outcome: 'CONNECTION_FAILED',
      statusCode: null,
      detail: expect.any(String) as string,
      response: null,
      nextStep: 'EXHAUSTED',
    })
  })

  test('a failed attempt has the time of the next attempt and the rule that set it', async () => {
    const tenant = await server.tenant()
    receiver.script(500, 200)
    await createWebhook(tenant, receiver, { policy: quickRetries(1) })
    await createOrder(tenant)
    const [delivery] = await waitForSettled(tenant, {})
    const [first, second] = delivery?.attempts.nodes ?? []
    const { deliveryAttempt } = await tenant.gql<{ deliveryAttempt: unknown }>(record, { id: first?.id })

    expect(deliveryAttempt).toMatchObject({
      outcome: 'HTTP_ERROR',
      nextStep: 'RETRY',
      nextStepReason: 'wait 1 of the retry schedule is 1 s',
    })
    const waitedMs = Date.parse(second?.startedAt ?? '') - Date.parse(first?.nextAttemptAt ?? '')
    expect(waitedMs).toBeGreaterThanOrEqual(0)
    expect(waitedMs).toBeLessThan(1_500)
  })
})
