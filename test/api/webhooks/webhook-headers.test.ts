import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import {
  createWebhook,
  createOrder,
  mutateOrThrow,
  fingerprint,
  makeRecordingLog,
  mutate,
  waitForSettled,
  type Input,
} from '../support/fixtures.ts'

let server: TestServer
let receiver: Receiver
let acme: Tenant
const lines = makeRecordingLog()

beforeAll(async () => {
  server = await startTestServer({ LOG_LEVEL: 'debug' }, lines)
})
beforeEach(async () => {
  acme = await server.tenant()
  receiver = await startReceiver()
  return () => receiver.close()
})
afterAll(() => server.close())

const secretValue = 'Bearer 7c2e0a-canary'
const own = [
  { name: 'X-Shop', value: 'Café 7' },
  { name: 'Authorization', value: secretValue },
  { name: 'x-empty', value: '' },
]
const shownOwn = [own[0], { name: 'Authorization', value: '[masked]' }, own[2]]

async function headersOf(id: string): Promise<unknown> {
  const query = 'query ($id: ID!) { webhook(id: $id) { headers { name value } } }'
  return (await acme.gql<{ webhook: { headers: unknown } }>(query, { id })).webhook.headers
}
const sent = () => receiver.requests.at(-1)?.headers

describe("a webhook's own headers", () => {
  test("follow the dialect's on every request, and what may be a credential is shown nowhere", async () => {
    const { id } = await createWebhook(acme, receiver, { headers: own })
    await createOrder(acme)
    const [delivery] = await waitForSettled(acme, { webhookIds: [id] })

    expect(sent()).toMatchObject({ 'x-shop': 'Café 7', authorization: secretValue, 'x-empty': '' })
    expect(await headersOf(id)).toEqual(shownOwn)
    const { deliveryAttempt } = await acme.gql<{
      deliveryAttempt: { request: { headers: readonly unknown[] } }
    }>('query ($id: ID!) { deliveryAttempt(id: $id) { request { headers { name value } } } }', {
      id: delivery?.attempts.nodes[0]?.id,
    })
    expect(deliveryAttempt.request.headers.slice(-3)).toEqual(shownOwn)
    expect(JSON.stringify(lines.lines)).not.toContain('canary')
    for (const table of ['webhooks', 'attempt_contents', 'attempts'])
      expect(
        await server.connections.sql`
          select from ${server.connections.sql(table)} t where t::text like '%canary%'`,
      ).toHaveLength(0)
  })

  test('go with a test as well', async () => {
    const { id } = await createWebhook(acme, receiver, { headers: own })
    const { attempt } = await mutateOrThrow<{ attempt: { request: { headers: readonly unknown[] } } }>(
      acme,
      'WebhookTest',
      { id },
    )
    expect(sent()).toMatchObject({ 'x-shop': 'Café 7', authorization: secretValue })
    expect(attempt.request.headers.slice(-3)).toEqual(shownOwn)
  })

  test('are replaced as a whole, left when left out, and cleared by null', async () => {
    const { id } = await createWebhook(acme, receiver, { headers: own })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, name: 'Till' })
    expect(await headersOf(id)).toEqual(shownOwn)
    await mutateOrThrow(acme, 'WebhookUpdate', { id, headers: [{ name: 'x-one', value: '1' }] })
    expect(await headersOf(id)).toEqual([{ name: 'x-one', value: '1' }])
    await mutateOrThrow(acme, 'WebhookUpdate', { id, headers: null })
    expect(await headersOf(id)).toEqual([])
  })

  test('that come back as they are shown keep their credentials, whatever their case', async () => {
    const { id } = await createWebhook(acme, receiver, { headers: own })
    const headers = [
      { name: 'authorization', value: '[masked]' },
      { name: 'X-Shop', value: '8' },
    ]
    await mutateOrThrow(acme, 'WebhookUpdate', { id, headers })
    await mutateOrThrow(acme, 'WebhookTest', { id })
    expect(sent()).toMatchObject({ 'x-shop': '8', authorization: secretValue })
    expect(sent()).not.toHaveProperty('x-empty')
  })

  test('cannot keep a credential that is not set', async () => {
    const { id } = await createWebhook(acme, receiver, { headers: own })
    const headers = [{ name: 'x-token', value: '[masked]' }]
    const before = await fingerprint(server.connections)
    const wish = { name: 'POS', url: receiver.url, topics: ['order.*'], headers }
    for (const { userErrors } of [
      await mutate(acme, 'WebhookUpdate', { id, headers }),
      await mutate(acme, 'WebhookCreate', wish),
    ])
      expect(userErrors).toMatchObject([{ code: 'INVALID', field: ['headers', '0', 'value'] }])
    expect(await fingerprint(server.connections)).toEqual(before)
  })

  test.each<[string, readonly Input[], string, readonly string[]]>([
    ['a reserved name', [{ name: 'Host', value: 'x' }], 'INVALID', ['headers', '0', 'name']],
    ['a name with a line break', [{ name: 'x\r\ny', value: 'x' }], 'INVALID', ['headers', '0', 'name']],
    ['a value with a line break', [{ name: 'x', value: 'a\r\nb: c' }], 'INVALID', ['headers', '0', 'value']],
    [
      'a name twice',
      [
        { name: 'x', value: '1' },
        { name: 'X', value: '2' },
      ],
      'INVALID',
      ['headers', '1', 'name'],
    ],
    [
      'twenty-one',
      Array.from({ length: 21 }, (_, index) => ({ name: `x-${index}`, value: '' })),
      'TOO_MANY',
      ['headers'],
    ],
  ])('cannot be %s, when created and when updated', async (_, headers, code, field) => {
    const { id } = await createWebhook(acme, receiver)
    const before = await fingerprint(server.connections)
    const wish = { name: 'POS', url: receiver.url, topics: ['order.*'], headers }
    for (const { userErrors } of [
      await mutate(acme, 'WebhookUpdate', { id, headers }),
      await mutate(acme, 'WebhookCreate', wish),
    ])
      expect(userErrors).toMatchObject([{ code, field }])
    expect(await fingerprint(server.connections)).toEqual(before)
  })
})
