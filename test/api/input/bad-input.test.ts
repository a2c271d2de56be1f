/** What a caller can mend: each mistake answers with a code and the path of its field, and nothing is written. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import {
  createSite,
  createWebhook,
  createOrder,
  mutateOrThrow,
  fingerprint,
  missingId,
  changeOrderState,
  mutate,
  waitForSettled,
  type DocumentName,
  type Input,
} from '../support/fixtures.ts'

let server: TestServer
let acme: Tenant
let receiver: Receiver
let siteId: string
let orderId: string
let finalId: string
let webhookId: string

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
  receiver = await startReceiver()
  webhookId = (await createWebhook(acme, receiver)).id
  siteId = await createSite(acme)
  orderId = (await createOrder(acme, { siteId })).id
  finalId = (await createOrder(acme, { siteId })).id
  await changeOrderState(acme, orderId, 'READY')
  await changeOrderState(acme, finalId, 'COMPLETED')
  await mutateOrThrow(acme, 'CustomerStateChange', { orderId, customerState: 'NEARBY' })
  await mutateOrThrow(acme, 'CustomerStateChange', { orderId: finalId, customerState: 'COMPLETED' })
  await waitForSettled(acme, {}, 6)
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

const long = 'a'.repeat(201)
const wait = { minMs: 1_000, maxMs: 1_000 }
const window = (startsAt: string, endsAt: string) => ({ pickupWindow: { startsAt, endsAt } })
const site = (input: Input) => ['SiteCreate', () => ({ name: 'Main Street', ...input })] as const
const order = (input: Input) => ['OrderCreate', () => ({ siteId, ...input })] as const
const update = (input: Input) => ['OrderUpdate', () => ({ orderId, ...input })] as const
const state = (input: Input) =>
  ['OrderStateChange', () => ({ orderId, state: 'DELIVERED', ...input })] as const
const customer = (input: Input) =>
  ['CustomerStateChange', () => ({ orderId, customerState: 'ARRIVED', ...input })] as const
const hook = (input: Input) =>
  ['WebhookCreate', () => ({ name: 'POS', url: receiver.url, topics: ['order.*'], ...input })] as const
const policy = (rules: Input) => hook({ policy: rules })
const waits = (...members: readonly Input[]) => policy({ retry: { waits: members } })
const change = (input: Input) => ['WebhookUpdate', () => ({ id: webhookId, ...input })] as const

type Case = readonly [string, readonly [DocumentName, () => Input], string, readonly string[]]

const texts: readonly Case[] = [
  ['an empty name', site({ name: '' }), 'REQUIRED', ['name']],
  ['a name of spaces', site({ name: ' \u2003\u00a0 ' }), 'REQUIRED', ['name']],
  ['a name of 201 characters', site({ name: long }), 'TOO_LONG', ['name']],
  ['a name of 201 emoji', site({ name: '🍕'.repeat(201) }), 'TOO_LONG', ['name']],
  ['a name of 100 kB', site({ name: 'x'.repeat(100_000) }), 'TOO_LONG', ['name']],
  ['a name of control characters', site({ name: '\0\r\n\u001b' }), 'REQUIRED', ['name']],
  ['a long partner identifier', site({ partnerIdentifier: long }), 'TOO_LONG', ['partnerIdentifier']],
  ['an empty idempotency key', site({ idempotencyKey: '' }), 'REQUIRED', ['idempotencyKey']],
  ['an idempotency key of 256', site({ idempotencyKey: 'k'.repeat(256) }), 'TOO_LONG', ['idempotencyKey']],
  ['NUL in an idempotency key', site({ idempotencyKey: 'a\0b' }), 'INVALID', ['idempotencyKey']],
  ['a long detail', order({ areaName: long }), 'TOO_LONG', ['areaName']],
  ["an empty customer's name", order({ customer: { name: '' } }), 'REQUIRED', ['customer', 'name']],
  ['a long car', order({ customer: { name: 'A', carType: long } }), 'TOO_LONG', ['customer', 'carType']],
  ["a customer's name of tabs", order({ customer: { name: '\t' } }), 'REQUIRED', ['customer', 'name']],
  ['a long detail in an update', update({ partnerIdentifier: long }), 'TOO_LONG', ['partnerIdentifier']],
]

const orders: readonly Case[] = [
  ['a site that is not there', order({ siteId: missingId('sit') }), 'NOT_FOUND', ['siteId']],
  ['an order instead of a site', order({ siteId: missingId('ord') }), 'NOT_FOUND', ['siteId']],
  ['NUL in an id', order({ siteId: 'sit_\0' }), 'NOT_FOUND', ['siteId']],
  [
    'a window that ends before it starts',
    order(window('2026-02-26T17:30:00Z', '2026-02-26T17:00:00Z')),
    'INVALID',
    ['pickupWindow', 'endsAt'],
  ],
  [
    'a window without a length, in two zones',
    update(window('2026-02-26T17:30:00Z', '2026-02-26T18:30:00+01:00')),
    'INVALID',
    ['pickupWindow', 'endsAt'],
  ],
  ['an order that is not there', state({ orderId: missingId('ord') }), 'NOT_FOUND', ['orderId']],
  ['a move backwards', state({ state: 'ACCEPTED' }), 'ILLEGAL_TRANSITION', ['state']],
  ['a move to where it is', state({ state: 'READY' }), 'ILLEGAL_TRANSITION', ['state']],
  ['a move out of COMPLETED', [...finalOrder('CANCELLED')], 'ILLEGAL_TRANSITION', ['state']],
  ['a stale version of a move', state({ expectedVersion: 1 }), 'VERSION_CONFLICT', ['expectedVersion']],
  ['a version to come', state({ expectedVersion: 99 }), 'VERSION_CONFLICT', ['expectedVersion']],
  ['a version below any', state({ expectedVersion: -1 }), 'VERSION_CONFLICT', ['expectedVersion']],
  [
    'a stale version and an illegal move',
    state({ state: 'CREATED', expectedVersion: 1 }),
    'VERSION_CONFLICT',
    ['expectedVersion'],
  ],
  [
    'a customer back to CREATED',
    customer({ customerState: 'CREATED' }),
    'ILLEGAL_TRANSITION',
    ['customerState'],
  ],
  [
    'a customer to where it is',
    customer({ customerState: 'NEARBY' }),
    'ILLEGAL_TRANSITION',
    ['customerState'],
  ],
  ['a customer out of COMPLETED', [...finalCustomer()], 'ILLEGAL_TRANSITION', ['customerState']],
  [
    "a stale version of a customer's move",
    customer({ expectedVersion: 1 }),
    'VERSION_CONFLICT',
    ['expectedVersion'],
  ],
  ['an update of nothing', update({}), 'REQUIRED', []],
  [
    'an update of nothing with a version',
    update({ expectedVersion: 3, idempotencyKey: 'k' }),
    'REQUIRED',
    [],
  ],
  [
    'a stale version of an update',
    update({ etaAt: null, expectedVersion: 1 }),
    'VERSION_CONFLICT',
    ['expectedVersion'],
  ],
]

const webhooks: readonly Case[] = [
  ['an empty name', hook({ name: '' }), 'REQUIRED', ['name']],
  ['no topic', hook({ topics: [] }), 'REQUIRED', ['topics']],
  ['an unknown topic', hook({ topics: ['order.*', 'order.eaten'] }), 'UNKNOWN_TOPIC', ['topics', '1']],
  ['a topic in another case', hook({ topics: ['Order.created'] }), 'UNKNOWN_TOPIC', ['topics', '0']],
  ['a topic with a space within', hook({ topics: ['order. created'] }), 'UNKNOWN_TOPIC', ['topics', '0']],
  ['an empty topic', hook({ topics: [''] }), 'UNKNOWN_TOPIC', ['topics', '0']],
  ['a lone star', hook({ topics: ['*'] }), 'UNKNOWN_TOPIC', ['topics', '0']],
  ['two stars', hook({ topics: ['*.*'] }), 'UNKNOWN_TOPIC', ['topics', '0']],
  ['a dot and a star', hook({ topics: ['.*'] }), 'UNKNOWN_TOPIC', ['topics', '0']],
  ['a star within a name', hook({ topics: ['order.state_*'] }), 'UNKNOWN_TOPIC', ['topics', '0']],
  ['an unknown resource', hook({ topics: ['dragon.*'] }), 'UNKNOWN_TOPIC', ['topics', '0']],
  ['NUL in a topic', hook({ topics: ['order.\0*'] }), 'UNKNOWN_TOPIC', ['topics', '0']],
  ['a topic twice', hook({ topics: ['order.*', 'order.*'] }), 'INVALID', ['topics', '1']],
  ['1,000 topics', hook({ topics: Array(1_000).fill('order.*') }), 'TOO_MANY', ['topics']],
  ['a time limit of 999 ms', policy({ timeoutMs: 999 }), 'INVALID', ['policy', 'timeoutMs']],
  ['a time limit of 30,001 ms', policy({ timeoutMs: 30_001 }), 'INVALID', ['policy', 'timeoutMs']],
  ['a time limit of nothing', policy({ timeoutMs: 0 }), 'INVALID', ['policy', 'timeoutMs']],
  ['a time limit below nothing', policy({ timeoutMs: -15_000 }), 'INVALID', ['policy', 'timeoutMs']],
  [
    'a wait of nothing',
    waits({ minMs: 0, maxMs: 1_000 }),
    'INVALID',
    ['policy', 'retry', 'waits', '0', 'minMs'],
  ],
  [
    'a wait below nothing',
    waits({ minMs: -1, maxMs: 1_000 }),
    'INVALID',
    ['policy', 'retry', 'waits', '0', 'minMs'],
  ],
  [
    'a wait the wrong way round',
    waits(wait, { minMs: 2_000, maxMs: 1_999 }),
    'INVALID',
    ['policy', 'retry', 'waits', '1', 'maxMs'],
  ],
  [
    'a wait of a year',
    waits({ minMs: 1_000, maxMs: 1_000_000_000 }),
    'INVALID',
    ['policy', 'retry', 'waits', '0', 'maxMs'],
  ],
  ['21 waits', waits(...Array<Input>(21).fill(wait)), 'TOO_MANY', ['policy', 'retry', 'waits']],
  [
    'a window of nothing',
    policy({ retry: { waits: [wait], windowMs: 0 } }),
    'INVALID',
    ['policy', 'retry', 'windowMs'],
  ],
  [
    'a window of eight days',
    policy({ retry: { waits: [wait], windowMs: 691_200_000 } }),
    'INVALID',
    ['policy', 'retry', 'windowMs'],
  ],
  [
    'a window with no wait to repeat',
    policy({ retry: { waits: [], windowMs: 5_000 } }),
    'INVALID',
    ['policy', 'retry', 'windowMs'],
  ],
  ['a webhook that is not there', change({ id: missingId('whk'), name: 'x' }), 'NOT_FOUND', ['id']],
  ['an update of nothing', change({}), 'REQUIRED', []],
  ['an update with nulls alone', change({ name: null, url: null, topics: null }), 'REQUIRED', []],
  ['a stale version', change({ name: 'x', expectedVersion: 7 }), 'VERSION_CONFLICT', ['expectedVersion']],
  ['an update to an empty name', change({ name: ' ' }), 'REQUIRED', ['name']],
  ['an update to no topic', change({ topics: [] }), 'REQUIRED', ['topics']],
  ['an update to a bad URL', change({ url: 'nowhere' }), 'URL_INVALID', ['url']],
  ['an update to a bad policy', change({ policy: { timeoutMs: 1 } }), 'INVALID', ['policy', 'timeoutMs']],
  ['nothing to disable', ['WebhookDisable', () => ({ id: missingId('whk') })], 'NOT_FOUND', ['id']],
  ['nothing to enable', ['WebhookEnable', () => ({ id: 'whk_' })], 'NOT_FOUND', ['id']],
  ['nothing to delete', ['WebhookDelete', () => ({ id: orderId })], 'NOT_FOUND', ['id']],
  ['nothing to test', ['WebhookTest', () => ({ id: '' })], 'NOT_FOUND', ['id']],
]

function finalOrder(to: string) {
  return ['OrderStateChange', () => ({ orderId: finalId, state: to })] as const
}
function finalCustomer() {
  return ['CustomerStateChange', () => ({ orderId: finalId, customerState: 'WAITING' })] as const
}

describe.each([
  ['a text', texts],
  ['an order', orders],
  ['a webhook', webhooks],
])('a problem with %s names its code and its field, and nothing is written', (_kind, cases) => {
  test.each(cases)('%s', async (_what, [document, input], code, field) => {
    const before = await fingerprint(server.connections)
    const answer = await mutate<Readonly<Record<string, unknown>>>(acme, document, input())

    expect(answer.userErrors).toEqual([{ code, field, message: expect.stringMatching(/\w{3}/) as string }])
    for (const [name, value] of Object.entries(answer)) if (name !== 'userErrors') expect(value).toBeNull()
    expect(await fingerprint(server.connections)).toEqual(before)
  })
})

describe('several mistakes', () => {
  test('are told all at once', async () => {
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

  test("of an order and of its customer are told together, the customer's under its path", async () => {
    const answer = await mutate(acme, 'OrderCreate', {
      siteId,
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

describe('texts that look odd and are fine', () => {
  test.each([
    ['emoji', '🍕 Pizza 👩‍👩‍👧'],
    ['200 emoji', '🍕'.repeat(200)],
    ['right to left', 'مطعم'],
    ['markup', '<script>alert(1)</script>'],
    ['a formula', '=cmd|A1'],
    ['SQL', "Robert'); drop table sites;--"],
    ['names of prototypes', '__proto__'],
  ])('%s is kept as it came', async (_, name) => {
    const answer = await mutate(acme, 'SiteCreate', { name })
    expect(answer).toMatchObject({ site: { name }, userErrors: [] })
  })

  test('white space around a text is taken off; a text of it alone is empty where it may be', async () => {
    const answer = await mutate(acme, 'SiteCreate', { name: '  Main  ', partnerIdentifier: '  ' })
    expect(answer).toMatchObject({ site: { name: 'Main', partnerIdentifier: '' } })
  })

  test('half of a surrogate pair is refused, however it is written', async () => {
    const before = await fingerprint(server.connections)
    const query = 'mutation ($n: String!) { siteCreate(input: { name: $n }) { userErrors { code field } } }'
    for (const half of ['\\ud83c', '\\udf55x', 'a\\ud800b']) {
      const { body } = await acme.post(`{"query":${JSON.stringify(query)},"variables":{"n":"${half}"}}`)
      expect(body.data).toEqual({ siteCreate: { userErrors: [{ code: 'INVALID', field: ['name'] }] } })
    }
    expect(await fingerprint(server.connections)).toEqual(before)
  })
})
