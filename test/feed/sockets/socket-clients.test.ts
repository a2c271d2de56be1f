/** What real clients of graphql-transport-ws send, and what fails: always one operation, never the socket and all that runs on it. */
import { createClient, type Client } from 'graphql-ws'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { createKey } from '../../../src/services/installation/installation.ts'
import { system } from '../../../src/runtime/system.ts'
import { startTestServer, type GraphQLAnswer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import { aWebhook, anOrder } from '../../api/support/fixtures.ts'
import { openKnown, openRaw, type RawSocket } from '../support/raw-socket.ts'

let server: TestServer
let acme: Tenant
let receiver: Receiver
const open: RawSocket[] = []
const clients: Client[] = []

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
  receiver = await startReceiver()
  await aWebhook(acme, receiver)
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
  const raw = await openKnown(server.url, acme.key)
  open.push(raw)
  return raw
}

const attempts = 'subscription { deliveryAttempts { cursor } }'
const subscribe = (id: string, query = attempts, more: object = {}) => ({
  ...{ type: 'subscribe', id },
  payload: { query, ...more },
})
/** Of one operation, in the order in which they came. */
const typesOf = (raw: RawSocket, id: string) =>
  raw.messages.filter((message) => message.id === id).map(({ type }) => type)
const brought = (raw: RawSocket, id: string) => typesOf(raw, id).includes('next')

/** Makes orders until an attempt has come: a subscription is brought what follows its begin. */
async function attempted(condition: () => boolean): Promise<void> {
  for (let orders = 0; orders < 15; orders += 1) {
    await anOrder(acme)
    const nextAt = performance.now() + 1_000
    await waitFor(() => condition() || performance.now() > nextAt, { what: 'an attempt, or a second' })
    if (condition()) return
  }
  throw new Error('expected an attempt to be brought, none was')
}

async function follow(raw: RawSocket, id: string, query = attempts): Promise<void> {
  raw.say(subscribe(id, query))
  await attempted(() => brought(raw, id))
}

async function answered(raw: RawSocket): Promise<void> {
  const pongs = () => raw.messages.filter(({ type }) => type === 'pong').length
  const before = pongs()
  raw.say({ type: 'ping' })
  await waitFor(() => pongs() > before, { what: 'a pong' })
}

const through = `subscription ($no: Boolean!) { ...A }
  fragment A on Subscription { ... on Subscription @include(if: $no) { deliveryAttempts { cursor } } }`
const either = `subscription ($yes: Boolean!) { deliveryAttempts @include(if: $yes) { cursor } webhookChanges @include(if: $yes) { cursor } }`

describe('a subscription that fails before it begins is an error of its own, and leaves the others alone', () => {
  test.each<[string, string, object]>([
    ['its only field is skipped', 'subscription { deliveryAttempts @skip(if: true) { cursor } }', {}],
    [
      'its only field is not included',
      'subscription { deliveryAttempts @include(if: false) { cursor } }',
      {},
    ],
    [
      'a variable leaves its field out',
      'subscription ($s: Boolean!) { deliveryAttempts @skip(if: $s) { cursor } }',
      { variables: { s: true } },
    ],
    [
      'a default leaves its field out',
      'subscription ($s: Boolean! = true) { deliveryAttempts @skip(if: $s) { cursor } }',
      {},
    ],
    ['fragments leave all out', through, { variables: { no: false } }],
    [
      'an inline fragment is skipped',
      'subscription { ... @skip(if: true) { deliveryAttempts { cursor } } }',
      {},
    ],
    ['variables leave it two fields', either, { variables: { yes: true } }],
    ['it asks for two fields', 'subscription { deliveryAttempts { cursor } webhookChanges { cursor } }', {}],
    ['it asks for its type alone', 'subscription { __typename }', {}],
    [
      'a variable of @skip is missing',
      'subscription ($s: Boolean!) { deliveryAttempts @skip(if: $s) { cursor } }',
      {},
    ],
    [
      'a variable of @skip is null',
      'subscription ($s: Boolean!) { deliveryAttempts @skip(if: $s) { cursor } }',
      { variables: { s: null } },
    ],
    ['its operation is not there', 'subscription A { deliveryAttempts { cursor } }', { operationName: 'B' }],
    [
      'its name is one that objects have',
      'subscription A { deliveryAttempts { cursor } }',
      { operationName: '__proto__' },
    ],
    [
      'its operation is one of two',
      'subscription A { deliveryAttempts { cursor } } subscription B { deliveryAttempts { cursor } }',
      { operationName: '' },
    ],
    [
      'a variable does not fit',
      'subscription ($f: DeliveryAttemptFilter) { deliveryAttempts(filter: $f) { cursor } }',
      { variables: { f: { outcomes: ['FINE'] } } },
    ],
    ['a variable is named __proto__', 'subscription ($__proto__: Int!) { deliveryAttempts { cursor } }', {}],
    [
      'its filter is refused',
      'subscription { deliveryAttempts(filter: { attemptNumberFrom: 0 }) { cursor } }',
      {},
    ],
    ['its cursor is forged', 'subscription { deliveryAttempts(after: "x") { cursor } }', {}],
    ['it is a query', '{ viewer { key { id } } }', {}],
    ['it is no GraphQL', 'subscription {', {}],
    ['it has no operation', 'fragment A on Subscription { deliveryAttempts { cursor } }', {}],
  ])('%s', async (_, query, more) => {
    const raw = await known()
    await follow(raw, 'steady')
    raw.say(subscribe('bad', query, more))
    await waitFor(() => typesOf(raw, 'bad').length > 0, { what: 'an answer to what fails' })
    expect(typesOf(raw, 'bad')).toEqual(['error'])
    const error = raw.messages.find(({ id }) => id === 'bad')
    expect(JSON.stringify(error?.payload)).toMatch(/"code":"(?!INTERNAL_SERVER_ERROR)[A-Z_]+"/)

    const count = typesOf(raw, 'steady').length
    await attempted(() => typesOf(raw, 'steady').length > count)
    expect(raw.closed()).toBeUndefined()
  })

  test('and one whose field a variable includes is followed', async () => {
    const raw = await known()
    raw.say(subscribe('1', through, { variables: { no: true } }))
    await attempted(() => brought(raw, '1'))
  })
})

describe('an id', () => {
  test.each([
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    ' ',
    '0',
    '\u{1f355}',
    'x'.repeat(500),
  ])('may be %j: its subscription is followed, ended, and begun again', async (id) => {
    const raw = await known()
    await follow(raw, id)
    raw.say({ type: 'complete', id })
    raw.say(subscribe(id))
    await attempted(() => typesOf(raw, id).length > 1)
    expect(new Set(typesOf(raw, id))).toEqual(new Set(['next']))
    expect(raw.closed()).toBeUndefined()
  })

  test('is free at once for the next operation, while the first has not begun yet: its end is not told to the second', async () => {
    const raw = await known()
    for (let times = 0; times < 20; times += 1) {
      raw.say(subscribe('again'))
      raw.say({ type: 'complete', id: 'again' })
    }
    // Refused while the next of its id has begun.
    raw.say(subscribe('again', 'subscription { nothing }'))
    raw.say({ type: 'complete', id: 'again' })
    await follow(raw, 'again')
    // The refused operation, and no other, is answered where the server refused it before it had read of its end.
    const types = typesOf(raw, 'again')
    expect(types.filter((type) => type === 'error').length).toBeLessThanOrEqual(1)
    expect(new Set(types.filter((type) => type !== 'error'))).toEqual(new Set(['next']))
    // It can be ended: nothing comes any more.
    raw.say({ type: 'complete', id: 'again' })
    await answered(raw)
    const count = typesOf(raw, 'again').length
    await follow(raw, 'other')
    expect(typesOf(raw, 'again')).toHaveLength(count)
    expect(raw.closed()).toBeUndefined()
  })

  test('that is empty is no id: 4400, as the protocol says', async () => {
    const raw = await known()
    raw.say(subscribe(''))
    expect(await raw.end()).toBe(4400)
  })
})

test.each(['connection_ack', 'next', 'error'])(
  'a message of the server, %s, is refused with 4400',
  async (type) => {
    const raw = await known()
    raw.say({ type, id: '1', payload: type === 'error' ? [{ message: 'x' }] : {} })
    expect(await raw.end()).toBe(4400)
  },
)

test('a client may end what there is not, and ping as it likes', async () => {
  const raw = await known()
  raw.say({ type: 'complete', id: '__proto__' })
  raw.say({ type: 'pong', payload: { __proto__: null } })
  await follow(raw, '1')
})

describe('an empty operationName', () => {
  test('is the one operation of the document, on the socket, by POST and by GET', async () => {
    const raw = await known()
    raw.say(subscribe('1', 'subscription A { deliveryAttempts { cursor } }', { operationName: '' }))
    await attempted(() => brought(raw, '1'))

    const who = { data: { viewer: { project: { id: acme.projectId } } } }
    for (const query of ['{ viewer { project { id } } }', 'query A { viewer { project { id } } }']) {
      expect((await acme.post({ query, operationName: '' })).body).toMatchObject(who)
      const url = `${server.url}?${new URLSearchParams({ query, operationName: '' }).toString()}`
      const headers = { authorization: `Bearer ${acme.key}`, 'content-type': 'application/json' }
      expect(await (await fetch(url, { headers })).json()).toMatchObject(who)
    }
  })

  test('names none of two: the error says that one must be named', async () => {
    const query = 'query A { viewer { key { id } } } query B { viewer { key { id } } }'
    const { body } = await acme.post({ query, operationName: '' })
    expect(body.errors?.[0]?.message).toBe(
      'the document has 2 operations: name the one to run in operationName',
    )
  })
})

describe('the path', () => {
  test.each(['/', '?', '?x=1', '/?x=1&y=/elsewhere'])(
    'followed by %s is the same, by HTTP and for sockets',
    async (more) => {
      const raw = await openKnown(`${server.url}${more}`, acme.key)
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

  test.each(['/more', '//', 's', '/../elsewhere'])('followed by %s is another', async (more) => {
    await expect(openRaw(`${server.url}${more}`)).rejects.toThrow('400')
  })
})

describe('the key', () => {
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
    await attempted(() => count > 0 || failure !== undefined)
    return failure === undefined ? 'followed' : (failure as { code?: number }).code
  }
  const good = () => `Bearer ${acme.key}`
  const bad = 'Bearer obk_nothing'

  test.each<[string, () => Parameters<typeof follows>, 'followed' | 4403]>([
    ['in connectionParams.Authorization', () => [{ Authorization: good() }], 'followed'],
    ['in connectionParams.headers.authorization', () => [{ headers: { authorization: good() } }], 'followed'],
    ['in connectionParams.headers.Authorization', () => [{ headers: { Authorization: good() } }], 'followed'],
    ['in connectionParams.Headers.AUTHORIZATION', () => [{ Headers: { AUTHORIZATION: good() } }], 'followed'],
    ['in the header of the upgrade', () => [undefined, { Authorization: good() }], 'followed'],
    [
      'in the header, beside empty params',
      () => [{ authorization: '', headers: {} }, { Authorization: good() }],
      'followed',
    ],
    [
      'in params, which count before all else',
      () => [{ authorization: good(), headers: { authorization: bad } }, { Authorization: bad }],
      'followed',
    ],
    [
      'in headers of params, which count before the upgrade',
      () => [{ headers: { authorization: good() } }, { Authorization: bad }],
      'followed',
    ],
    [
      'in the header, where params have a wrong one',
      () => [{ authorization: bad }, { Authorization: good() }],
      4403,
    ],
    ['nowhere, with headers that are a text', () => [{ headers: 'authorization' }], 4403],
    ['nowhere', () => [undefined], 4403],
  ])('is taken %s', async (_, given, expected) => {
    expect(await follows(...given())).toBe(expected)
  })

  test.each<[string, (project: string) => readonly [Record<string, unknown>, Record<string, string>]]>([
    ['in connectionParams', (project) => [{ 'X-Project': project }, {}]],
    ['in their headers', (project) => [{ headers: { 'X-Project': project } }, {}]],
    ['in the header of the upgrade', (project) => [{}, { 'X-Project': project }]],
    ['in params, which count first', (project) => [{ 'x-project': project }, { 'x-project': 'prj_none' }]],
  ])('of an OPERATOR acts in the project that x-project names %s', async (_, given) => {
    const made = await createKey(
      { store: server.admin, system },
      { projectId: null, role: 'OPERATOR', name: null },
    )
    if (!made.ok) throw new Error('expected a key')
    const [params, headers] = given(acme.projectId)
    const operator = { ...headers, Authorization: `Bearer ${made.value.text}` }
    expect(await follows(params, operator)).toBe('followed')
    expect(await follows({ ...params, 'x-project': 'prj_none' }, operator)).toBe(4400)
  })
})
