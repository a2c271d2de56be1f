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
const serverLog = makeRecordingLog()

beforeAll(async () => {
  server = await startTestServer({ LOG_LEVEL: 'debug' }, serverLog)
})
beforeEach(async () => {
  acme = await server.tenant()
  receiver = await startReceiver()
  return () => receiver.close()
})
afterAll(() => server.close())

const secretValue = 'Bearer 7c2e0a-canary'
const ownHeaders = [
  { name: 'X-Shop', value: 'Café 7' },
  { name: 'Authorization', value: secretValue },
  { name: 'x-empty', value: '' },
]
const maskedHeaders = [ownHeaders[0], { name: 'Authorization', value: '[masked]' }, ownHeaders[2]]

async function headersOf(id: string): Promise<unknown> {
  const query = 'query ($id: ID!) { webhook(id: $id) { headers { name value } } }'
  return (await acme.gql<{ webhook: { headers: unknown } }>(query, { id })).webhook.headers
}
const sentHeaders = () => receiver.requests.at(-1)?.headers

describe('webhook headers', () => {
  test('a delivery carries the headers of the webhook after those of the dialect, and credentials are masked in API, log and tables', async () => {
    const { id } = await createWebhook(acme, receiver, { headers: ownHeaders })
    await createOrder(acme)
    const [delivery] = await waitForSettled(acme, { webhookIds: [id] })

    expect(sentHeaders()).toMatchObject({ 'x-shop': 'Café 7', authorization: secretValue, 'x-empty': '' })
    expect(await headersOf(id)).toEqual(maskedHeaders)
    const { deliveryAttempt } = await acme.gql<{
      deliveryAttempt: { request: { headers: readonly unknown[] } }
    }>('query ($id: ID!) { deliveryAttempt(id: $id) { request { headers { name value } } } }', {
      id: delivery?.attempts.nodes[0]?.id,
    })
    expect(deliveryAttempt.request.headers.slice(-3)).toEqual(maskedHeaders)
    expect(JSON.stringify(serverLog.lines)).not.toContain('canary')
    for (const table of ['webhooks', 'attempt_contents', 'attempts'])
      expect(
        await server.connections.sql`
          select from ${server.connections.sql(table)} t where t::text like '%canary%'`,
      ).toHaveLength(0)
  })

  test('a test request carries the headers of the webhook', async () => {
    const { id } = await createWebhook(acme, receiver, { headers: ownHeaders })
    const { attempt } = await mutateOrThrow<{ attempt: { request: { headers: readonly unknown[] } } }>(
      acme,
      'WebhookTest',
      { id },
    )
    expect(sentHeaders()).toMatchObject({ 'x-shop': 'Café 7', authorization: secretValue })
    expect(attempt.request.headers.slice(-3)).toEqual(maskedHeaders)
  })

  test('webhookUpdate replaces headers as a whole, keeps them when left out, and clears them by null', async () => {
    const { id } = await createWebhook(acme, receiver, { headers: ownHeaders })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, name: 'Till' })
    expect(await headersOf(id)).toEqual(maskedHeaders)
    await mutateOrThrow(acme, 'WebhookUpdate', { id, headers: [{ name: 'x-one', value: '1' }] })
    expect(await headersOf(id)).toEqual([{ name: 'x-one', value: '1' }])
    await mutateOrThrow(acme, 'WebhookUpdate', { id, headers: null })
    expect(await headersOf(id)).toEqual([])
  })

  test('webhookUpdate with a masked value keeps the stored credential of that header, in any case of its name', async () => {
    const { id } = await createWebhook(acme, receiver, { headers: ownHeaders })
    const headers = [
      { name: 'authorization', value: '[masked]' },
      { name: 'X-Shop', value: '8' },
    ]
    await mutateOrThrow(acme, 'WebhookUpdate', { id, headers })
    await mutateOrThrow(acme, 'WebhookTest', { id })
    expect(sentHeaders()).toMatchObject({ 'x-shop': '8', authorization: secretValue })
    expect(sentHeaders()).not.toHaveProperty('x-empty')
  })

  test('webhookCreate and webhookUpdate refuse a masked value for a header without a stored value, and nothing is written', async () => {
    const { id } = await createWebhook(acme, receiver, { headers: ownHeaders })
    const headers = [{ name: 'x-token', value: '[masked]' }]
    const before = await fingerprint(server.connections)
    const input = { name: 'POS', url: receiver.url, topics: ['order.*'], headers }
    for (const { userErrors } of [
      await mutate(acme, 'WebhookUpdate', { id, headers }),
      await mutate(acme, 'WebhookCreate', input),
    ])
      expect(userErrors).toMatchObject([{ code: 'INVALID', field: ['headers', '0', 'value'] }])
    expect(await fingerprint(server.connections)).toEqual(before)
  })

  test.each<[string, readonly Input[], string, readonly string[]]>([
    ['with a reserved name', [{ name: 'Host', value: 'x' }], 'INVALID', ['headers', '0', 'name']],
    ['with a line break in a name', [{ name: 'x\r\ny', value: 'x' }], 'INVALID', ['headers', '0', 'name']],
    [
      'with a line break in a value',
      [{ name: 'x', value: 'a\r\nb: c' }],
      'INVALID',
      ['headers', '0', 'value'],
    ],
    [
      'with a repeated name',
      [
        { name: 'x', value: '1' },
        { name: 'X', value: '2' },
      ],
      'INVALID',
      ['headers', '1', 'name'],
    ],
    [
      'of which there are 21',
      Array.from({ length: 21 }, (_, index) => ({ name: `x-${index}`, value: '' })),
      'TOO_MANY',
      ['headers'],
    ],
  ])(
    'webhookCreate and webhookUpdate refuse headers %s, and nothing is written',
    async (_, headers, code, field) => {
      const { id } = await createWebhook(acme, receiver)
      const before = await fingerprint(server.connections)
      const input = { name: 'POS', url: receiver.url, topics: ['order.*'], headers }
      for (const { userErrors } of [
        await mutate(acme, 'WebhookUpdate', { id, headers }),
        await mutate(acme, 'WebhookCreate', input),
      ])
        expect(userErrors).toMatchObject([{ code, field }])
      expect(await fingerprint(server.connections)).toEqual(before)
    },
  )
})
