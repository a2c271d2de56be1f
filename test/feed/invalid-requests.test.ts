/**
 * Invalid cursors and filters that a client sends on one socket. The server refuses each with a code or returns no event.
 * Other subscriptions on the socket continue, nothing is written to the database, and no answer contains internals or data
 * of other tenants. The number of sockets and subscriptions is tested in `connection-limits.test.ts`.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeCursor } from '../../src/domain/lists/cursor.ts'
import {
  createWebhook,
  createOrder,
  fingerprint,
  missingId,
  waitForSettled,
  type Input,
} from '../api/support/fixtures.ts'
import { expectNoDetails } from '../api/support/attacks.ts'
import { startTestServer, type TestServer, type Tenant } from '../support/server.ts'
import { asPartner } from '../support/keys.ts'
import { startReceiver, type Receiver } from '../support/receiver.ts'
import { waitFor } from '../support/wait-for.ts'
import { openAuthenticated, type Message, type RawSocket } from './support/raw-socket.ts'

interface Feed {
  readonly field: 'deliveryAttempts' | 'webhookChanges'
  readonly filter: string
  /** The list name in the cursors of this feed. */
  readonly list: string
  readonly selection: string
}
const feeds: readonly Feed[] = [
  {
    ...{ field: 'deliveryAttempts', filter: 'DeliveryAttemptFilter', list: 'feed' },
    selection: 'cursor attempt { id webhook { id } }',
  },
  {
    ...{ field: 'webhookChanges', filter: 'WebhookChangeFilter', list: 'webhookChanges' },
    selection: 'cursor change { kind }',
  },
]

let server: TestServer
let receiver: Receiver
let acme: Tenant
let eve: Tenant
let courier: Tenant
let rival: Tenant
/** Webhook ids by the name of the owner. */
const webhooks: Record<string, string> = {}
/** Warnings and errors of the server's log. */
const warnings: unknown[][] = []
const sockets: RawSocket[] = []

beforeAll(async () => {
  const quiet = (): undefined => undefined
  const complain = (...line: unknown[]): void => void warnings.push(line)
  server = await startTestServer({}, { debug: quiet, info: quiet, warn: complain, error: complain })
  receiver = await startReceiver()
  acme = await server.tenant()
  eve = await server.tenant('Eve')
  courier = await asPartner(server, acme)
  rival = await asPartner(server, acme, 'Rival Ltd')
  for (const [name, tenant] of Object.entries({ acme, eve, courier, rival }))
    webhooks[name] = (await createWebhook(tenant, receiver)).id
  await Promise.all([createOrder(acme), createOrder(eve)])
  await Promise.all([waitForSettled(acme, {}, 3), waitForSettled(eve, {})])
})
afterAll(async () => {
  for (const socket of sockets) socket.close()
  await receiver.close()
  await server.close()
})

const documentOf = ({ field, filter, selection }: Feed) =>
  `subscription ($filter: ${filter}, $after: String) { ${field}(filter: $filter, after: $after) { ${selection} } }`

const of = (raw: RawSocket, id: string): readonly Message[] =>
  raw.messages.filter((message) => message.id === id)

async function known(tenant: Tenant): Promise<RawSocket> {
  const raw = await openAuthenticated(server.url, tenant.key)
  sockets.push(raw)
  return raw
}

interface Coded {
  readonly extensions?: { readonly code?: unknown }
}

/** Returns the error codes of a refused subscription. Checks that the subscription received nothing else. */
async function refusal(raw: RawSocket, id: string, payload: Input): Promise<readonly unknown[]> {
  raw.send({ type: 'subscribe', id, payload })
  await waitFor(() => of(raw, id).some(({ type }) => type === 'error' || type === 'complete'), {
    what: `the refusal of ${id}: ${JSON.stringify(payload).slice(0, 300)}`,
  })
  const messages = of(raw, id)
  const text = JSON.stringify(messages)
  expectNoDetails(text)
  expect(text.length).toBeLessThan(2_000)
  const errors = messages.flatMap(({ type, payload: content }): readonly Coded[] => {
    if (type === 'error') return content as readonly Coded[]
    const { data, errors: found } = (content ?? {}) as { data?: unknown; errors?: readonly Coded[] }
    expect(data ?? null).toBeNull()
    return found ?? []
  })
  return errors.map(({ extensions }) => extensions?.code)
}

/** Checks that `work` changes nothing in the database and leaves the socket and its other subscription working. */
async function expectNoEffect(tenant: Tenant, work: (raw: RawSocket) => Promise<void>): Promise<void> {
  const raw = await known(tenant)
  const after = (await tenant.gql<{ it: string }>('{ it: deliveryAttemptsCursor }')).it
  const [attempts] = feeds as [Feed]
  raw.send({
    type: 'subscribe',
    id: 'steady',
    payload: { query: documentOf(attempts), variables: { after } },
  })
  const before = await fingerprint(server.connections)
  await work(raw)
  expect(await fingerprint(server.connections)).toEqual(before)
  expect(raw.closed()).toBeUndefined()
  await createOrder(acme)
  await waitFor(() => of(raw, 'steady').length > 0, { what: 'the attempt of a new order' })
  expect(new Set(of(raw, 'steady').map(({ type }) => type))).toEqual(new Set(['next']))
  expect(warnings).toEqual([])
  raw.close()
}

const scopeOf = ({ list }: Feed, tenant: Tenant, filter: object | null = null, partnerId?: string) => ({
  ...{ list, projectId: tenant.projectId, filter },
  ...(partnerId !== undefined && { partnerId }),
})

describe.each(feeds)('$field', (feed) => {
  const query = documentOf(feed)

  test('cursors with a valid checksum and a position that the server never issued are refused with CURSOR_INVALID', async () => {
    const keys = [
      ...['-1', '-0', '1000000', String(Number.MAX_SAFE_INTEGER), '9007199254740993', '9'.repeat(400)],
      ...['1e0', '0x1', '01', '+1', ' 1', '1\n', '1\0', '\0', '', 'NaN', 'Infinity', '١', 'null'],
      ...[missingId('att'), '0 or true', '__proto__'],
    ]
    await expectNoEffect(courier, async (raw) => {
      for (const [index, key] of keys.entries()) {
        const { partnerId } = courier as Tenant & { partnerId: string }
        const after = writeCursor(scopeOf(feed, acme, null, partnerId), key)
        expect(await refusal(raw, `key${index}`, { query, variables: { after } }), key).toEqual([
          'CURSOR_INVALID',
        ])
      }
    })
  })

  test('malformed cursors and cursors of other lists, projects, partners and filters are refused with CURSOR_INVALID', async () => {
    const currentCursor = async (tenant: Tenant, filter = '') =>
      (await tenant.gql<{ it: string }>(`{ it: ${feed.field}Cursor${filter} }`)).it
    const pages = await acme.gql<Record<string, { pageInfo: { endCursor: string } }>>(
      '{ deliveryAttempts { pageInfo { endCursor } } webhooks { pageInfo { endCursor } } }',
    )
    const own = await currentCursor(acme)
    const otherFeed = feeds.find((one) => one !== feed)?.field ?? ''
    const cursors: Record<string, string> = {
      'the attempts of the query': pages['deliveryAttempts']?.pageInfo.endCursor ?? '',
      'the webhooks of the query': pages['webhooks']?.pageInfo.endCursor ?? '',
      'the other feed': (await acme.gql<{ it: string }>(`{ it: ${otherFeed}Cursor }`)).it,
      'another project': await currentCursor(eve),
      'a partner': await currentCursor(courier),
      'another filter': await currentCursor(acme, `(filter: { webhookIds: ["${webhooks['acme'] ?? ''}"] })`),
      nothing: '',
      'a space': ' ',
      'no base64': '%%%',
      SQL: "' or true --",
      NUL: '\0',
      'half a surrogate pair': '\ud800',
      'the key alone': Buffer.from('1.0').toString('base64url'),
      'a wrong checksum': Buffer.from('1.0.0123456789abcdef').toString('base64url'),
      'a later version': Buffer.from('2.0.0123456789abcdef').toString('base64url'),
      '60 KiB': 'A'.repeat(60 * 1_024),
      'a checksum of 40 KB': writeCursor(scopeOf(feed, acme), '0').repeat(1_000),
      'another case': own.toUpperCase(),
    }
    for (let length = 1; length < own.length; length += 7)
      cursors[`its first ${length}`] = own.slice(0, length)
    await expectNoEffect(acme, async (raw) => {
      for (const [name, after] of Object.entries(cursors))
        expect(await refusal(raw, name, { query, variables: { after } }), name).toEqual(['CURSOR_INVALID'])
      for (const after of [5, true, {}, ['x']])
        expect(await refusal(raw, JSON.stringify(after), { query, variables: { after } })).toEqual([
          'BAD_USER_INPUT',
        ])
    })
    // The list refuses cursors of the feed, too.
    const { body } = await acme.post({
      query: 'query ($after: String) { deliveryAttempts(after: $after) { nodes { id } } }',
      variables: { after: own },
    })
    expect(body.errors?.map(({ extensions }) => extensions?.['code'])).toEqual(['CURSOR_INVALID'])
  })

  test('a cursor of 64 KiB exceeds the message size and closes its socket with 1009; another socket stays open', async () => {
    const raw = await known(acme)
    await expectNoEffect(acme, async () => {
      raw.send({
        type: 'subscribe',
        id: 'long',
        payload: { query, variables: { after: 'A'.repeat(64 * 1_024) } },
      })
      expect(await raw.end()).toBe(1009)
    })
  })

  test('filters with invalid values are refused with BAD_USER_INPUT', async () => {
    const common: readonly unknown[] = [
      { webhookIds: Array.from({ length: 101 }, () => missingId('whk')) },
      { partnerIds: Array.from({ length: 101 }, () => missingId('ptn')) },
      ...[{ webhookIds: [null] }, { webhookIds: ['\0'] }, { webhookIds: ['\ud800'] }, { webhookIds: [{}] }],
      ...[{ unknown: 1 }, { __proto__: null, constructor: {} }, 'all', 7, [{}, {}]],
    ]
    const own: readonly unknown[] =
      feed.field === 'webhookChanges'
        ? [{ kinds: ['EXPLODED'] }, { kinds: ['created'] }, { kinds: [null] }, { kinds: [1] }]
        : [
            ...[0, -1, -(2 ** 31), 2 ** 31, 1.5, '1', true].map((from) => ({ attemptNumberFrom: from })),
            ...[{ outcomes: ['GOOD'] }, { statusClasses: ['6xx'] }, { statusClasses: [200] }],
            ...[
              { presets: ['standard'] },
              { triggers: ['NOBODY'] },
              { triggers: [null] },
              { topics: [null] },
            ],
            ...[
              { finalOnly: 'true' },
              { finalOnly: 1 },
              ...[{ topics: ['\0'] }, { topics: ['order.shiped'] }, { topics: ['*'] }],
              { orderIds: Array(101).fill('x') },
            ],
            { startedAt: { from: '2026-02-26T17:00:00Z', until: '2026-02-26T16:00:00Z' } },
            { startedAt: { from: '2026-02-26T17:00:00Z', until: '2026-02-26T18:00:00+01:00' } },
            ...['-0001-01-01T00:00:00Z', '10000-01-01T00:00:00Z', '2016-12-31T23:59:60Z'].map((from) => ({
              startedAt: { from },
            })),
            ...['2026-02-26T17:00:00', '2026-02-26', 'yesterday', '', 0].map((until) => ({
              startedAt: { until },
            })),
          ]
    await expectNoEffect(acme, async (raw) => {
      for (const [index, filter] of [...common, ...own].entries())
        expect(
          await refusal(raw, `f${index}`, { query, variables: { filter } }),
          JSON.stringify(filter).slice(0, 100),
        ).toEqual(['BAD_USER_INPUT'])
      const needed = query.replace(`$filter: ${feed.filter}`, `$filter: ${feed.filter}!`)
      expect(await refusal(raw, 'missing', { query: needed })).toEqual(['BAD_USER_INPUT'])
      expect(await refusal(raw, 'null', { query: needed, variables: { filter: null } })).toEqual([
        'BAD_USER_INPUT',
      ])
      const undeclared = `subscription { ${feed.field}(filter: $filter) { cursor } }`
      expect(await refusal(raw, 'undeclared', { query: undeclared })).toEqual(['GRAPHQL_VALIDATION_FAILED'])
      const literal = `subscription { ${feed.field}(filter: { webhookIds: [null] }) { cursor } }`
      expect(await refusal(raw, 'literal', { query: literal })).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    })
  })
})

describe('deliveryAttempts', () => {
  const [feed] = feeds as [Feed]

  /** Returns the webhook ids of the attempts that two subscriptions with this filter receive, one with a cursor and one live only. Each of the project's three webhooks gets two attempts. */
  async function receivedWebhooks(
    tenant: Tenant,
    filter: Input | null,
    least = 0,
  ): Promise<readonly string[]> {
    const currentCursor = `query ($filter: DeliveryAttemptFilter) { it: deliveryAttemptsCursor(filter: $filter) }`
    const after = (await tenant.gql<{ it: string }>(currentCursor, { filter })).it
    const control = (await acme.gql<{ it: string }>('{ it: deliveryAttemptsCursor }')).it
    const [raw, all] = [await known(tenant), await known(acme)]
    const query = documentOf(feed)
    all.send({ type: 'subscribe', id: 'all', payload: { query, variables: { after: control } } })
    await createOrder(acme)
    raw.send({ type: 'subscribe', id: 'scanned', payload: { query, variables: { filter, after } } })
    raw.send({ type: 'subscribe', id: 'live', payload: { query, variables: { filter } } })
    raw.send({ type: 'ping' })
    await waitFor(() => raw.messages.some(({ type }) => type === 'pong'), { what: 'a pong' })
    await Promise.all([createOrder(acme), createOrder(eve)])
    await waitFor(() => of(all, 'all').length >= 6, { what: 'six attempts of the whole project' })
    await waitFor(() => of(raw, 'scanned').length >= least, { what: `${least} attempts by a filter` })
    const messages = [...of(raw, 'scanned'), ...of(raw, 'live')]
    expect(messages.filter(({ type }) => type !== 'next')).toEqual([])
    expectNoDetails(JSON.stringify(messages))
    for (const socket of [raw, all]) socket.close()
    return messages.map(({ payload }) => {
      const { data } = payload as { data: { deliveryAttempts: { attempt: { webhook: { id: string } } } } }
      return data.deliveryAttempts.attempt.webhook.id
    })
  }

  test.each<readonly [what: string, filter: () => Input]>([
    ['for an unknown webhook', () => ({ webhookIds: [missingId('whk')] })],
    ["for another project's webhook", () => ({ webhookIds: [webhooks['eve']] })],
    ['for an id of another kind', () => ({ webhookIds: [missingId('ord'), acme.projectId] })],
    ['for an empty id', () => ({ webhookIds: [''] })],
    ['for an id that contains SQL', () => ({ webhookIds: ["' or true --"], partnerIds: ['%'] })],
    [
      'for a hundred unknown webhooks',
      () => ({ webhookIds: Array.from({ length: 100 }, () => missingId('whk')) }),
    ],
    ['for an unknown partner', () => ({ partnerIds: [missingId('ptn')] })],
    ['for an unknown order', () => ({ orderIds: [missingId('ord')] })],
    ['for attempts from the year 9999', () => ({ startedAt: { from: '9999-12-31T23:59:59.999Z' } })],
    ['for attempts until 1970', () => ({ startedAt: { until: '1970-01-01T00:00:00Z' } })],
    ['for the largest attempt number', () => ({ attemptNumberFrom: 2 ** 31 - 1 })],
  ])('a filter %s is accepted and matches no attempt', async (_, filter) => {
    expect(await receivedWebhooks(acme, filter())).toEqual([])
  })

  test('a PARTNER key receives only attempts of its own webhooks, also when its filter names those of others', async () => {
    const { partnerId } = rival as Tenant & { partnerId: string }
    const ids = [webhooks['rival'], webhooks['acme'], webhooks['eve']]
    expect(await receivedWebhooks(courier, { webhookIds: ids })).toEqual([])
    expect(await receivedWebhooks(courier, { partnerIds: [partnerId] })).toEqual([])
    expect(
      new Set(await receivedWebhooks(courier, { webhookIds: [...ids, webhooks['courier']] }, 2)),
    ).toEqual(new Set([webhooks['courier']]))
  })

  test.each<readonly [what: string, filter: Input | null]>([
    ['that is null', null],
    ['whose members are null', { webhookIds: null, topics: null, finalOnly: null, startedAt: null }],
    ['of empty lists', { webhookIds: [], partnerIds: [], outcomes: [], statusClasses: [] }],
    ['whose time bounds are null', { startedAt: { from: null, until: null }, attemptNumberFrom: null }],
    ['that every attempt matches', { finalOnly: false, attemptNumberFrom: 1 }],
  ])('a filter %s matches the attempts of all webhooks', async (_, filter) => {
    const ids = await receivedWebhooks(acme, filter, 6)
    const { acme: own, courier: couriers, rival: rivals } = webhooks
    expect(new Set(ids)).toEqual(new Set([own, couriers, rivals]))
  })
})
