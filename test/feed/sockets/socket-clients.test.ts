/** Messages of real graphql-transport-ws clients, and failing operations: a failure ends one operation, never the socket or its other operations. */
import { createClient, type Client } from 'graphql-ws'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { createKey } from '../../../src/services/installation/installation.ts'
import { system } from '../../../src/runtime/system.ts'
import { startTestServer, type GraphQLAnswer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import { createWebhook, createOrder } from '../../api/support/fixtures.ts'
import { openAuthenticated, openRaw, type RawSocket } from '../support/raw-socket.ts'

let server: TestServer
let acme: Tenant
let receiver: Receiver
const open: RawSocket[] = []
const clients: Client[] = []

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
  receiver = await startReceiver()
  await createWebhook(acme, receiver)
})
afterEach(async () => {
  for (const raw of open.splice(0)) raw.close()
  for (const client of clients.splice(0)) await client.dispose()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

async function known(): Promise<RawSocket> {
  const raw = await openAuthenticated(server.url, acme.key)
  open.push(raw)
  return raw
}

const attempts = 'subscription { deliveryAttempts { cursor } }'
const subscribe = (id: string, query = attempts, more: object = {}) => ({
  ...{ type: 'subscribe', id },
  payload: { query, ...more },
})
/** The types of the messages of one operation, in the order of arrival. */
const typesOf = (raw: RawSocket, id: string) =>
  raw.messages.filter((message) => message.id === id).map(({ type }) => type)
const brought = (raw: RawSocket, id: string) => typesOf(raw, id).includes('next')

/** Creates orders until the condition holds: a subscription receives only attempts after its start. */
async function createOrdersUntil(condition: () => boolean): Promise<void> {
  for (let orders = 0; orders < 15; orders += 1) {
    await createOrder(acme)
    const nextAt = performance.now() + 1_000
    await waitFor(() => condition() || performance.now() > nextAt, { what: 'an attempt, or a second' })
    if (condition()) return
  }
  throw new Error('expected an attempt to arrive, none did')
}

async function follow(raw: RawSocket, id: string, query = attempts): Promise<void> {
  raw.send(subscribe(id, query))
  await createOrdersUntil(() => brought(raw, id))
}

async function answered(raw: RawSocket): Promise<void> {
  const pongs = () => raw.messages.filter(({ type }) => type === 'pong').length
  const before = pongs()
  raw.send({ type: 'ping' })
  await waitFor(() => pongs() > before, { what: 'a pong' })
}

const through = `subscription ($no: Boolean!) { ...A }
  fragment A on Subscription { ... on Subscription @include(if: $no) { deliveryAttempts { cursor } } }`
const either = `subscription ($yes: Boolean!) { deliveryAttempts @include(if: $yes) { cursor } webhookChanges @include(if: $yes) { cursor } }`

describe('subscription that fails before it starts', () => {
  test.each<[string, string, object]>([
    ['a skipped only field', 'subscription { deliveryAttempts @skip(if: true) { cursor } }', {}],
    [
      'an only field that is not included',
      'subscription { deliveryAttempts @include(if: false) { cursor } }',
      {},
    ],
    [
      'a field that a variable skips',
      'subscription ($s: Boolean!) { deliveryAttempts @skip(if: $s) { cursor } }',
      { variables: { s: true } },
    ],
    [
      'a field that the default of a variable skips',
      'subscription ($s: Boolean! = true) { deliveryAttempts @skip(if: $s) { cursor } }',
      {},
    ],
    ['fragments that include no field', through, { variables: { no: false } }],
    ['a skipped inline fragment', 'subscription { ... @skip(if: true) { deliveryAttempts { cursor } } }', {}],
    ['two fields that variables include', either, { variables: { yes: true } }],
    ['two fields', 'subscription { deliveryAttempts { cursor } webhookChanges { cursor } }', {}],
    ['__typename alone', 'subscription { __typename }', {}],
    [
      'a missing variable of @skip',
      'subscription ($s: Boolean!) { deliveryAttempts @skip(if: $s) { cursor } }',
      {},
    ],
    [
      'a null variable of @skip',
      'subscription ($s: Boolean!) { deliveryAttempts @skip(if: $s) { cursor } }',
      { variables: { s: null } },
    ],
    [
      'an operationName that the document does not have',
      'subscription A { deliveryAttempts { cursor } }',
      { operationName: 'B' },
    ],
    [
      'the operationName __proto__',
      'subscription A { deliveryAttempts { cursor } }',
      { operationName: '__proto__' },
    ],
    [
      'two operations and an empty operationName',
      'subscription A { deliveryAttempts { cursor } } subscription B { deliveryAttempts { cursor } }',
      { operationName: '' },
    ],
    [
      'a variable of the wrong type',
      'subscription ($f: DeliveryAttemptFilter) { deliveryAttempts(filter: $f) { cursor } }',
      { variables: { f: { outcomes: ['FINE'] } } },
    ],
    ['a variable named __proto__', 'subscription ($__proto__: Int!) { deliveryAttempts { cursor } }', {}],
    [
      'a refused filter',
      'subscription { deliveryAttempts(filter: { attemptNumberFrom: 0 }) { cursor } }',
      {},
    ],
    ['a forged cursor', 'subscription { deliveryAttempts(after: "x") { cursor } }', {}],
    ['a query in place of a subscription', '{ viewer { key { id } } }', {}],
    ['a syntax error', 'subscription {', {}],
    ['no operation', 'fragment A on Subscription { deliveryAttempts { cursor } }', {}],
  ])(
    'a subscribe message with %s is answered with one error, and another subscription on the socket continues',
    async (_, query, more) => {
      const raw = await known()
      await follow(raw, 'steady')
      raw.send(subscribe('bad', query, more))
      await waitFor(() => typesOf(raw, 'bad').length > 0, { what: 'an answer to the failing operation' })
      expect(typesOf(raw, 'bad')).toEqual(['error'])
      const error = raw.messages.find(({ id }) => id === 'bad')
      expect(JSON.stringify(error?.payload)).toMatch(/"code":"(?!INTERNAL_SERVER_ERROR)[A-Z_]+"/)

      const count = typesOf(raw, 'steady').length
      await createOrdersUntil(() => typesOf(raw, 'steady').length > count)
      expect(raw.closed()).toBeUndefined()
    },
  )

  test('a subscription whose field a variable includes receives attempts', async () => {
    const raw = await known()
    raw.send(subscribe('1', through, { variables: { no: true } }))
    await createOrdersUntil(() => brought(raw, '1'))
  })
})

describe('operation id', () => {
  test.each([
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    ' ',
    '0',
    '\u{1f355}',
    'x'.repeat(500),
  ])('a subscription with the id %j starts, ends, and starts again', async (id) => {
    const raw = await known()
    await follow(raw, id)
    raw.send({ type: 'complete', id })
    raw.send(subscribe(id))
    await createOrdersUntil(() => typesOf(raw, id).length > 1)
    expect(new Set(typesOf(raw, id))).toEqual(new Set(['next']))
    expect(raw.closed()).toBeUndefined()
  })

  test('an operation id is free as soon as the client ends it, and the end of the earlier operation does not end the next one', async () => {
    const raw = await known()
    for (let times = 0; times < 20; times += 1) {
      raw.send(subscribe('again'))
      raw.send({ type: 'complete', id: 'again' })
    }
    // This operation is refused while the next one with its id has started.
    raw.send(subscribe('again', 'subscription { nothing }'))
    raw.send({ type: 'complete', id: 'again' })
    await follow(raw, 'again')
    // Only the refused operation may be answered, when the server refuses it before it reads the complete message.
    const types = typesOf(raw, 'again')
    expect(types.filter((type) => type === 'error').length).toBeLessThanOrEqual(1)
    expect(new Set(types.filter((type) => type !== 'error'))).toEqual(new Set(['next']))
    // After its end no message arrives on it.
    raw.send({ type: 'complete', id: 'again' })
    await answered(raw)
    const count = typesOf(raw, 'again').length
    await follow(raw, 'other')
    expect(typesOf(raw, 'again')).toHaveLength(count)
    expect(raw.closed()).toBeUndefined()
  })

  test('an empty operation id closes the socket with 4400', async () => {
    const raw = await known()
    raw.send(subscribe(''))
    expect(await raw.end()).toBe(4400)
  })
})

test.each(['connection_ack', 'next', 'error'])(
  'a client that sends the server message %s is closed with 4400',
  async (type) => {
    const raw = await known()
    raw.send({ type, id: '1', payload: type === 'error' ? [{ message: 'x' }] : {} })
    expect(await raw.end()).toBe(4400)
  },
)

test('a complete message for an unknown id and an unsolicited pong are ignored', async () => {
  const raw = await known()
  raw.send({ type: 'complete', id: '__proto__' })
  raw.send({ type: 'pong', payload: { __proto__: null } })
  await follow(raw, '1')
})

describe('empty operationName', () => {
  test('an empty operationName selects the only operation of the document, over WebSocket, POST and GET', async () => {
    const raw = await known()
    raw.send(subscribe('1', 'subscription A { deliveryAttempts { cursor } }', { operationName: '' }))
    await createOrdersUntil(() => brought(raw, '1'))

    const who = { data: { viewer: { project: { id: acme.projectId } } } }
    for (const query of ['{ viewer { project { id } } }', 'query A { viewer { project { id } } }']) {
      expect((await acme.post({ query, operationName: '' })).body).toMatchObject(who)
      const url = `${server.url}?${new URLSearchParams({ query, operationName: '' }).toString()}`
      const headers = { authorization: `Bearer ${acme.key}`, 'content-type': 'application/json' }
      expect(await (await fetch(url, { headers })).json()).toMatchObject(who)
    }
  })

  test('an empty operationName with two operations is refused with an error that says to name one', async () => {
    const query = 'query A { viewer { key { id } } } query B { viewer { key { id } } }'
    const { body } = await acme.post({ query, operationName: '' })
    expect(body.errors?.[0]?.message).toBe(
      'the document has 2 operations: name the one to run in operationName',
    )
  })
})

describe('GraphQL path', () => {
  test.each(['/', '?', '?x=1', '/?x=1&y=/elsewhere'])(
    'the GraphQL path followed by %s serves HTTP requests and sockets',
    async (more) => {
      const raw = await openAuthenticated(`${server.url}${more}`, acme.key)
      open.push(raw)
      await follow(raw, '1')
      const response = await fetch(`${server.url}${more}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${acme.key}` },
        body: JSON.stringify({ query: '{ viewer { project { id } } }' }),
      })
      expect(((await response.json()) as GraphQLAnswer).data).toMatchObject({
        viewer: { project: { id: acme.projectId } },
      })
    },
  )

  test.each(['/more', '//', 's', '/../elsewhere'])(
    'the GraphQL path followed by %s refuses sockets with 400',
    async (more) => {
      await expect(openRaw(`${server.url}${more}`)).rejects.toThrow('400')
    },
  )
})

describe('API key of a socket', () => {
  const upgrade = (headers: Record<string, string>) =>
    class extends WebSocket {
      constructor(url: string, protocols: string) {
        super(url, protocols, { headers })
      }
    }
  async function follows(
    connectionParams: Record<string, unknown> | undefined,
    headers: Record<string, string> = {},
  ) {
    const client = createClient({
      ...{ url: server.url.replace(/^http/, 'ws'), webSocketImpl: upgrade(headers), retryAttempts: 0 },
      ...(connectionParams !== undefined && { connectionParams }),
    })
    clients.push(client)
    let count = 0
    let failure: unknown
    client.subscribe(
      { query: attempts },
      { next: () => void (count += 1), error: (error) => void (failure = error), complete: () => undefined },
    )
    await createOrdersUntil(() => count > 0 || failure !== undefined)
    return failure === undefined ? 'followed' : (failure as { code?: number }).code
  }
  const good = () => `Bearer ${acme.key}`
  const bad = 'Bearer obk_nothing'

  test.each<[string, () => Parameters<typeof follows>, 'followed' | 4403]>([
    ['in connectionParams.Authorization is accepted', () => [{ Authorization: good() }], 'followed'],
    [
      'in connectionParams.headers.authorization is accepted',
      () => [{ headers: { authorization: good() } }],
      'followed',
    ],
    [
      'in connectionParams.headers.Authorization is accepted',
      () => [{ headers: { Authorization: good() } }],
      'followed',
    ],
    [
      'in connectionParams.Headers.AUTHORIZATION is accepted',
      () => [{ Headers: { AUTHORIZATION: good() } }],
      'followed',
    ],
    ['in the header of the upgrade is accepted', () => [undefined, { Authorization: good() }], 'followed'],
    [
      'in the header of the upgrade, with empty connectionParams, is accepted',
      () => [{ authorization: '', headers: {} }, { Authorization: good() }],
      'followed',
    ],
    [
      'in connectionParams, with wrong keys in their headers and in the upgrade, is accepted',
      () => [{ authorization: good(), headers: { authorization: bad } }, { Authorization: bad }],
      'followed',
    ],
    [
      'in connectionParams.headers, with a wrong key in the upgrade, is accepted',
      () => [{ headers: { authorization: good() } }, { Authorization: bad }],
      'followed',
    ],
    [
      'in the header of the upgrade, with a wrong key in connectionParams, is closed with 4403',
      () => [{ authorization: bad }, { Authorization: good() }],
      4403,
    ],
    [
      'nowhere, with connectionParams.headers that are a string, is closed with 4403',
      () => [{ headers: 'authorization' }],
      4403,
    ],
    ['nowhere is closed with 4403', () => [undefined], 4403],
  ])('a socket with its key %s', async (_, buildArguments, expected) => {
    expect(await follows(...buildArguments())).toBe(expected)
  })

  test.each<[string, (project: string) => readonly [Record<string, unknown>, Record<string, string>]]>([
    ['in connectionParams', (project) => [{ 'X-Project': project }, {}]],
    ['in connectionParams.headers', (project) => [{ headers: { 'X-Project': project } }, {}]],
    ['in the header of the upgrade', (project) => [{}, { 'X-Project': project }]],
    [
      'in connectionParams, with another project in the upgrade',
      (project) => [{ 'x-project': project }, { 'x-project': 'prj_none' }],
    ],
  ])('an OPERATOR key acts in the project that x-project names %s', async (_, buildSelection) => {
    const made = await createKey(
      { store: server.admin, system },
      { projectId: null, role: 'OPERATOR', name: null },
    )
    if (!made.ok) throw new Error('expected a key')
    const [params, headers] = buildSelection(acme.projectId)
    const operator = { ...headers, Authorization: `Bearer ${made.value.text}` }
    expect(await follows(params, operator)).toBe('followed')
    expect(await follows({ ...params, 'x-project': 'prj_none' }, operator)).toBe(4400)
  })
})
