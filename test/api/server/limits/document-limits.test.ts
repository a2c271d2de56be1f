/**
 * Limits of one document: the same refusal over HTTP and WebSocket within 2 seconds, and the WebSocket stays open.
 */
import { getIntrospectionQuery } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../../support/server.ts'
import { openAuthenticated, type RawSocket } from '../../../feed/support/raw-socket.ts'
import { sendBody } from '../../support/fixtures.ts'

let server: TestServer
let closedServer: TestServer
let acme: Tenant
let closedTenant: Tenant
let raw: RawSocket
let closedRaw: RawSocket

beforeAll(async () => {
  server = await startTestServer()
  closedServer = await startTestServer({ INTROSPECTION: 'false' })
  acme = await server.tenant()
  closedTenant = await closedServer.tenant()
  raw = await openAuthenticated(server.url, acme.key)
  closedRaw = await openAuthenticated(closedServer.url, closedTenant.key)
})
afterAll(async () => {
  raw.close()
  closedRaw.close()
  await server.close()
  await closedServer.close()
})

interface Refusal {
  readonly codes: readonly unknown[]
  readonly ms: number
}

let subscriptions = 0
/** The error codes of both transports, and the longer of the two response times. */
async function refusalsOf(
  query: string,
  at: { readonly server: TestServer; readonly tenant: Tenant; readonly raw: RawSocket } = {
    server,
    tenant: acme,
    raw,
  },
): Promise<Refusal> {
  const beganMs = performance.now()
  const { text } = await sendBody(at.server, at.tenant, JSON.stringify({ query }))
  const httpMs = performance.now() - beganMs
  const { errors } = JSON.parse(text) as { errors?: { extensions: { code: unknown } }[] }
  subscriptions += 1
  const id = `limit-${subscriptions}`
  const known = at.raw.messages.length
  at.raw.send({
    type: 'subscribe',
    id,
    payload: { query },
  })
  const messages = await at.raw.received(known + 1)
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
/** Nine levels, and the levels of `rest`. The pages have two items, so that the cost stays below its limit. */
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

describe('document limits', () => {
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
    ['a fragment that contains itself', '{ viewer { ...F } } fragment F on Viewer { ...F }', invalid],
    [
      'a cycle of fragments',
      '{ viewer { ...A } } fragment A on Viewer { ...B } fragment B on Viewer { ...A }',
      invalid,
    ],
    ['an unknown fragment', '{ viewer { ...A } }', invalid],
    ['an unknown directive', '{ viewer @nothing { key { id } } }', invalid],
    ['a repeated directive', '{ viewer @skip(if: false) @skip(if: false) { key { id } } }', invalid],
  ])('a document with %s is refused on both transports within 2 seconds', async (_, query, codes) => {
    const refusal = await refusalsOf(query)

    expect(refusal.codes).toEqual(codes)
    expect(refusal.ms).toBeLessThan(2_000)
  })

  test('documents with 15 aliases, with doubled fragments, with 60 repeated fields or with 10 levels are answered', async () => {
    for (const query of [aliased(15), doubling(4), overlapping(60), deep('id')]) {
      const { text } = await sendBody(server, acme, JSON.stringify({ query }))
      expect(JSON.parse(text)).not.toHaveProperty('errors')
    }
  })

  test('a document with 110 repeated fields is answered within 2 seconds', async () => {
    const beganMs = performance.now()
    await sendBody(server, acme, JSON.stringify({ query: overlapping(110) }))
    expect(performance.now() - beganMs).toBeLessThan(2_000)
  })

  test('a document is refused when an operation that the request does not select exceeds a limit', async () => {
    const query = `query Small { viewer { key { id } } } query Large ${aliased(16)}`
    const { text } = await sendBody(server, acme, JSON.stringify({ query, operationName: 'Small' }))
    expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }] })
  })
})

describe('introspection', () => {
  test('introspection is answered by default', async () => {
    const { text } = await sendBody(server, acme, JSON.stringify({ query: getIntrospectionQuery() }))
    expect(JSON.parse(text)).toHaveProperty('data.__schema.types')
  })

  test.each([
    ['of the schema', '{ __schema { types { name } } }'],
    ['of a type', '{ __type(name: "Order") { name } }'],
    ['by a fragment', '{ ...F } fragment F on Query { __schema { queryType { name } } }'],
    ['under an alias', '{ x: __schema { queryType { name } } }'],
    ['in a subscription', 'subscription { deliveryAttempts { cursor } __schema { queryType { name } } }'],
  ])('introspection %s is refused on both transports with INTROSPECTION=false', async (_, query) => {
    const { codes } = await refusalsOf(query, { server: closedServer, tenant: closedTenant, raw: closedRaw })
    expect(codes).toEqual(invalid)
  })

  test('__typename is answered with INTROSPECTION=false', async () => {
    const { text } = await sendBody(
      closedServer,
      closedTenant,
      '{"query":"{ __typename viewer { __typename } }"}',
    )
    expect(JSON.parse(text)).toMatchObject({
      data: { __typename: 'Query', viewer: { __typename: 'Viewer' } },
    })
  })
})
