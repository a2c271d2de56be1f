/** Invalid input that the client can fix: each mistake returns a code and the path of its field, and nothing is written. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import {
  createSite,
  createWebhook,
  createOrder,
  mutateOrThrow,
  fingerprint,
  changeOrderState,
  mutate,
  waitForSettled,
} from '../support/fixtures.ts'
import { orders, texts, webhooks, type CreatedObjects } from './bad-input-cases.ts'

let server: TestServer
let acme: Tenant
let receiver: Receiver
let objects: CreatedObjects

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
  receiver = await startReceiver()
  const webhookId = (await createWebhook(acme, receiver)).id
  const siteId = await createSite(acme)
  const orderId = (await createOrder(acme, { siteId })).id
  const finalId = (await createOrder(acme, { siteId })).id
  await changeOrderState(acme, orderId, 'READY')
  await changeOrderState(acme, finalId, 'COMPLETED')
  await mutateOrThrow(acme, 'CustomerStateChange', { orderId, customerState: 'NEARBY' })
  await mutateOrThrow(acme, 'CustomerStateChange', { orderId: finalId, customerState: 'COMPLETED' })
  await waitForSettled(acme, {}, 6)
  objects = { siteId, orderId, finalId, webhookId, url: receiver.url }
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

/** Longer than any text may be. */
const long = 'a'.repeat(201)

describe.each([
  ['a text', texts],
  ['an order', orders],
  ['a webhook', webhooks],
])('invalid input of %s', (kind, cases) => {
  test.each(cases)(
    `invalid input of ${kind} returns its code and its field, and nothing is written: %s`,
    async (_what, [document, input], code, field) => {
      const before = await fingerprint(server.connections)
      const answer = await mutate<Readonly<Record<string, unknown>>>(acme, document, input(objects))

      expect(answer.userErrors).toEqual([{ code, field, message: expect.stringMatching(/\w{3}/) as string }])
      for (const [name, value] of Object.entries(answer)) if (name !== 'userErrors') expect(value).toBeNull()
      expect(await fingerprint(server.connections)).toEqual(before)
    },
  )
})

describe('several problems', () => {
  test('webhookCreate returns all problems of its input together', async () => {
    const answer = await mutate(acme, 'WebhookCreate', {
      name: '',
      url: 'nowhere',
      topics: ['order.eaten'],
      policy: { timeoutMs: 1, retry: { waits: [{ minMs: 1, maxMs: 0 }] } },
    })
    expect(answer.userErrors.map(({ field }) => field.join('.'))).toEqual([
      'name',
      'url',
      'topics.0',
      'policy.timeoutMs',
      'policy.retry.waits.0.minMs',
      'policy.retry.waits.0.maxMs',
    ])
  })

  test("orderCreate returns the problems of the order and of its customer together, the customer's under customer", async () => {
    const answer = await mutate(acme, 'OrderCreate', {
      siteId: objects.siteId,
      areaName: long,
      customer: { name: ' ' },
      idempotencyKey: '',
    })
    expect(answer.userErrors.map(({ code, field }) => [code, field.join('.')])).toEqual([
      ['TOO_LONG', 'areaName'],
      ['REQUIRED', 'customer.name'],
      ['REQUIRED', 'idempotencyKey'],
    ])
  })
})

describe('unusual texts', () => {
  test.each([
    ['an emoji', '🍕 Pizza 👩‍👩‍👧'],
    ['200 emoji', '🍕'.repeat(200)],
    ['right-to-left text', 'مطعم'],
    ['markup', '<script>alert(1)</script>'],
    ['a spreadsheet formula', '=cmd|A1'],
    ['SQL', "Robert'); drop table sites;--"],
    ['__proto__', '__proto__'],
  ])('siteCreate stores a name of %s unchanged', async (_, name) => {
    const answer = await mutate(acme, 'SiteCreate', { name })
    expect(answer).toMatchObject({ site: { name }, userErrors: [] })
  })

  test('siteCreate trims the name, and stores a partner identifier of white space as the empty text', async () => {
    const answer = await mutate(acme, 'SiteCreate', { name: '  Main  ', partnerIdentifier: '  ' })
    expect(answer).toMatchObject({ site: { name: 'Main', partnerIdentifier: '' } })
  })

  test('siteCreate refuses a name with half of a surrogate pair with INVALID, at any position', async () => {
    const before = await fingerprint(server.connections)
    const query = 'mutation ($n: String!) { siteCreate(input: { name: $n }) { userErrors { code field } } }'
    for (const name of ['\\ud83c', '\\udf55x', 'a\\ud800b']) {
      const { body } = await acme.post(`{"query":${JSON.stringify(query)},"variables":{"n":"${name}"}}`)
      expect(body.data).toEqual({ siteCreate: { userErrors: [{ code: 'INVALID', field: ['name'] }] } })
    }
    expect(await fingerprint(server.connections)).toEqual(before)
  })
})
