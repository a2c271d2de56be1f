/** How much one operation may ask for: the same answer over HTTP and over the socket, at once, and the socket lives on. */
import { getIntrospectionQuery } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { openKnown, type RawSocket } from '../../feed/support/raw-socket.ts'
import { sendTo } from '../support/fixtures.ts'

let server: TestServer
let quiet: TestServer
let acme: Tenant
let silent: Tenant
let raw: RawSocket
let quietRaw: RawSocket

beforeAll(async () => {
  server = await startTestServer()
  quiet = await startTestServer({ INTROSPECTION: 'false' })
  acme = await server.tenant()
  silent = await quiet.tenant()
  raw = await openKnown(server.url, acme.key)
  quietRaw = await openKnown(quiet.url, silent.key)
})
afterAll(async () => {
  raw.close()
  quietRaw.close()
  await server.close()
  await quiet.close()
})

interface Refusal {
  readonly codes: readonly unknown[]
  readonly ms: number
}

let asked = 0
/** The codes of both transports' errors, and the longer of their times. */
async function refusalsOf(
  query: string,
  at: { readonly server: TestServer; readonly tenant: Tenant; readonly raw: RawSocket } = {
    server,
    tenant: acme,
    raw,
  },
): Promise<Refusal> {
  const beganMs = performance.now()
  const { text } = await sendTo(at.server, at.tenant, JSON.stringify({ query }))
  const httpMs = performance.now() - beganMs
  const { errors } = JSON.parse(text) as { errors?: { extensions: { code: unknown } }[] }
  asked += 1
  const id = `limit-${asked}`
  const known = at.raw.messages.length
  at.raw.say({
    type: 'subscribe',
    id,
    payload: { query },
  })
  const messages = await at.raw.heard(known + 1)
  const message = messages.slice(known).find((one) => one.id === id)
  const payload = message?.payload as { extensions: { code: unknown } }[]
  expect(at.raw.closed()).toBeUndefined()
  return {
    codes: [errors?.[0]?.extensions.code, Array.isArray(payload) ? payload[0]?.extensions.code : undefined],
    ms: Math.max(httpMs, performance.now() - beganMs - httpMs),
  }
}

const nested = (levels: number) =>
  `{ deliveries { nodes { ${'attempts { nodes { delivery { '.repeat(levels)} id ${'} } }'.repeat(levels)} } } }`
/** Nine levels, and those of `rest`; pages of two, so that the depth alone goes far. */
const deep = (rest: string) =>
  `{ deliveries(first: 2) { nodes { attempts(first: 2) { nodes { delivery { attempts(first: 2) { nodes { delivery { event { ${rest} } } } } } } } } } }`
const aliased = (count: number) =>
  `{ ${Array.from({ length: count }, (_, index) => `a${index}: viewer { key { id } }`).join(' ')} }`
const doubling = (levels: number) =>
  `{ viewer { project { ...F0 } } } ${Array.from(
    { length: levels },
    (_, level) =>
      `fragment F${level} on Project { ${level + 1 === levels ? 'id' : `...F${level + 1} ...F${level + 1}`} }`,
  ).join(' ')}`
const overlapping = (count: number) => `{ viewer { ${'project { id name } '.repeat(count)} } }`

const tooMuch = ['QUERY_TOO_COMPLEX', 'QUERY_TOO_COMPLEX']
const invalid = ['GRAPHQL_VALIDATION_FAILED', 'GRAPHQL_VALIDATION_FAILED']

describe('an operation that goes too far is refused on both transports before it costs anything', () => {
  test.each([
    ['16,001 characters', `{ viewer { key { id } } } ${'#'.repeat(16_001 - 26)}`, tooMuch],
    ['1,001 tokens', `{ ${'viewer { key { id } } '.repeat(143)} }`, tooMuch],
    ['11 levels of fields', deep('order { id }'), tooMuch],
    ['12 levels of fields', nested(3), tooMuch],
    ['300 levels of fields', `${'{ viewer '.repeat(300)}${'}'.repeat(300)}`, tooMuch],
    ['16 aliases', aliased(16), tooMuch],
    ['26 directives', `{ viewer ${'@include(if: true) '.repeat(26)} { key { id } } }`, tooMuch],
    ['fragments that double 25 times', doubling(25), tooMuch],
    ['fragments that double 9 times: 512 fields', doubling(11), tooMuch],
    ['a fragment within itself', '{ viewer { ...F } } fragment F on Viewer { ...F }', invalid],
    [
      'fragments in a circle',
      '{ viewer { ...A } } fragment A on Viewer { ...B } fragment B on Viewer { ...A }',
      invalid,
    ],
    ['a fragment that is not there', '{ viewer { ...A } }', invalid],
    ['a directive that is not there', '{ viewer @nothing { key { id } } }', invalid],
    ['a directive twice', '{ viewer @skip(if: false) @skip(if: false) { key { id } } }', invalid],
  ])('%s', async (_, query, codes) => {
    const refusal = await refusalsOf(query)

    expect(refusal.codes).toEqual(codes)
    expect(refusal.ms).toBeLessThan(2_000)
  })

  test('a deep, a wide and a doubled one pass just below the limits', async () => {
    for (const query of [aliased(15), doubling(4), overlapping(60), deep('id')]) {
      const { text } = await sendTo(server, acme, JSON.stringify({ query }))
      expect(JSON.parse(text)).not.toHaveProperty('errors')
    }
  })

  test('the same fields again and again are checked without delay', async () => {
    const beganMs = performance.now()
    await sendTo(server, acme, JSON.stringify({ query: overlapping(110) }))
    expect(performance.now() - beganMs).toBeLessThan(2_000)
  })

  test('the others of a document are judged too, not only the operation that is named', async () => {
    const query = `query Small { viewer { key { id } } } query Large ${aliased(16)}`
    const { text } = await sendTo(server, acme, JSON.stringify({ query, operationName: 'Small' }))
    expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }] })
  })
})

describe('introspection', () => {
  test('is answered where the setting allows it', async () => {
    const { text } = await sendTo(server, acme, JSON.stringify({ query: getIntrospectionQuery() }))
    expect(JSON.parse(text)).toHaveProperty('data.__schema.types')
  })

  test.each([
    ['of the schema', '{ __schema { types { name } } }'],
    ['of a type', '{ __type(name: "Order") { name } }'],
    ['by a fragment', '{ ...F } fragment F on Query { __schema { queryType { name } } }'],
    ['under an alias', '{ x: __schema { queryType { name } } }'],
    ['in a subscription', 'subscription { deliveryAttempts { cursor } __schema { queryType { name } } }'],
  ])('is refused on both transports where it does not: %s', async (_, query) => {
    const { codes } = await refusalsOf(query, { server: quiet, tenant: silent, raw: quietRaw })
    expect(codes).toEqual(invalid)
  })

  test('leaves __typename to everybody', async () => {
    const { text } = await sendTo(quiet, silent, '{"query":"{ __typename viewer { __typename } }"}')
    expect(JSON.parse(text)).toMatchObject({
      data: { __typename: 'Query', viewer: { __typename: 'Viewer' } },
    })
  })
})
