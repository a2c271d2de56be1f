/**
 * The cost of operations: on a schema of nested lists, of the documents of the contract, and as both transports
 * report it.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { buildSchema, getOperationAST, getVariableValues, Kind, parse, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { costOf, maxCost, weights } from '../../../../src/graphql/execution/cost.ts'
import { executableSchema } from '../../../../src/graphql/schema.ts'
import { openAuthenticated } from '../../../feed/support/raw-socket.ts'
import { sharedTestServer, type TestServer, type Tenant } from '../../../support/server.ts'
import { startReceiver } from '../../../support/receiver.ts'
import { createWebhook, createOrder, documents, sendBody } from '../../support/fixtures.ts'

type Schema = ReturnType<typeof executableSchema>
type Variables = Readonly<Record<string, unknown>>

function requested(schema: Schema, query: string, variables: Variables = {}): number {
  const document = parse(query)
  expect(validate(schema, document)).toEqual([])
  const operation = getOperationAST(document)
  if (operation == null) throw new Error(`expected one operation in ${query}`)
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables)
  const cost = costOf(schema, document, operation, coerced ?? {})
  expect(cost.maximum).toBe(maxCost)
  return cost.requested
}

// Lists that the API has, and kinds of lists that it may have later.
const shop = buildSchema(`
  type Query { orders(first: Int, last: Int): OrderConnection! recent(first: Int = 50): OrderConnection! order: Order
    newest(first: Int): [Order!]! nodes(ids: [ID!]!): [Node]! anything: Thing headers: [Header!]! names: [String!]! }
  type Mutation { orderCreate: Order webhookTest: Order }
  type Subscription { orders: Order }
  interface Node { id: ID! }
  union Thing = Order | Header
  type Header { name: String! }
  type Order implements Node { id: ID! header: Header deliveries(first: Int, last: Int): DeliveryConnection! }
  type Delivery implements Node { id: ID! order: Order! attempts(first: Int): DeliveryAttemptConnection! }
  type DeliveryAttempt { id: ID! request: Header response: Header }
  type Event { id: ID! data: String! }
  type PageInfo { hasNextPage: Boolean! }
  type OrderConnection { edges: [OrderEdge!]! nodes: [Order!]! pageInfo: PageInfo! }
  type OrderEdge { cursor: String! node: Order! }
  type DeliveryConnection { edges: [DeliveryEdge!]! nodes: [Delivery!]! pageInfo: PageInfo! }
  type DeliveryEdge { cursor: String! node: Delivery! }
  type DeliveryAttemptConnection { nodes: [DeliveryAttempt!]! }
`)

/** Nested pages of ten deliveries and their orders. */
const levels = (count: number, inner = 'id'): string =>
  count === 0 ? inner : `deliveries(first: 10) { nodes { order { ${levels(count - 1, inner)} } } }`
const doubling = (count: number) =>
  `{ order { ...F0 } } ${Array.from(
    { length: count },
    (_, level) =>
      `fragment F${level} on Order { ${level + 1 === count ? 'header { name }' : `...F${level + 1} ...F${level + 1}`} }`,
  ).join(' ')}`
const ids = Array.from({ length: 95 }, (_, index) => `ord_${index}`)

type Case = readonly [what: string, query: string, points: number, variables?: Variables]

const counted: readonly Case[] = [
  ['__typename', '{ __typename }', 0],
  ['an introspection query', '{ __schema { types { fields { name } } } }', 3],
  ['one object', '{ order { id } }', 1],
  ['two nested objects', '{ order { header { name } } }', 1],
  ['a page without first and last', '{ orders { nodes { id } } }', 2],
  ['a page of 100', '{ orders(first: 100) { nodes { id } } }', 10],
  ['a page of 100 from the end', '{ orders(last: 100) { nodes { id } } }', 10],
  ['a page with first null and last 40', '{ orders(first: null, last: 40) { nodes { id } } }', 4],
  [
    'a page of 100 by edges',
    '{ orders(first: 100) { edges { cursor node { id } } pageInfo { hasNextPage } } }',
    10,
  ],
  [
    'a page of 100 by nodes and by edges',
    '{ orders(first: 100) { nodes { id } edges { node { id } } } }',
    20,
  ],
  ['a page of 100 cursors', '{ orders(first: 100) { edges { cursor } } }', 10],
  ['a page of 100 with pageInfo alone', '{ orders(first: 100) { pageInfo { hasNextPage } } }', 10],
  ['a page whose size is the default of the schema', '{ recent { nodes { id } } }', 5],
  ['a page of 100 with an object for each item', '{ orders(first: 100) { nodes { header { name } } } }', 20],
  ['a page whose size is a variable', 'query ($n: Int) { orders(first: $n) { nodes { id } } }', 7, { n: 70 }],
  [
    'a page whose size is the default of a variable',
    'query ($n: Int = 60) { orders(first: $n) { nodes { id } } }',
    6,
  ],
  ['a page whose size variable has no value', 'query ($n: Int) { orders(first: $n) { nodes { id } } }', 2],
  ['a page of 2,000,000,000, as one of 100,', '{ orders(first: 2000000000) { nodes { id } } }', 10],
  ['a page of -2,000,000,000, as the smallest,', '{ orders(first: -2000000000) { nodes { id } } }', 1],
  ['a list of 30 that is not a connection', '{ newest(first: 30) { id } }', 3],
  ['a list without a size', '{ headers { name } }', 1],
  ['a list of strings', '{ names }', 0],
  ['95 ids in a variable', 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', 10, { ids }],
  [
    '2 ids in the document, with a page for each,',
    '{ nodes(ids: ["a", "b"]) { id ... on Order { deliveries { nodes { id } } } } }',
    5,
  ],
  [
    '190 ids in a variable',
    'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
    10,
    { ids: [...ids, ...ids] },
  ],
  ['a page with @skip', '{ orders(first: 50) @skip(if: true) { nodes { id } } }', 5],
  [
    'a page with @include',
    'query ($b: Boolean!) { orders(first: 50) @include(if: $b) { nodes { id } } }',
    5,
    { b: false },
  ],
  [
    'a field on each member of a union',
    '{ anything { ... on Order { header { name } } ... on Header { name } } }',
    1,
  ],
  [
    'the request of each of ten attempts',
    '{ orders(first: 1) { nodes { deliveries(first: 10) { nodes { attempts(first: 1) { nodes { request { name } } } } } } } }',
    13,
  ],
  ['a mutation', 'mutation { orderCreate { id } }', 10],
  ['webhookTest', 'mutation { webhookTest { id } }', 200],
  [
    'one event of a subscription',
    'subscription { orders { header { name } deliveries(first: 30) { nodes { id } } } }',
    4,
  ],
  [
    'a page of 100 with a page of 100 for each item',
    '{ orders(first: 100) { nodes { deliveries(first: 100) { nodes { id } } } } }',
    1_010,
  ],
  ['four levels of pages of ten', `{ order { ${levels(4)} } }`, 2_223],
  [
    'a fragment on a page',
    '{ orders(first: 30) { ...P } } fragment P on OrderConnection { nodes { id } ...E } fragment E on OrderConnection { edges { node { id } } }',
    6,
  ],
  [
    'a fragment in two places',
    '{ orders(first: 30) { nodes { ...O } } order { ...O } } fragment O on Order { id header { name } }',
    7,
  ],
  ['fragments that double three times', doubling(4), 1],
  ['fragments that double seven times', doubling(8), 13],
]

describe('operation cost', () => {
  test.each(
    counted.map(([what, query, points, variables = {}]) => [what, points, query, variables] as const),
  )('%s costs %i points', (_, points, query, variables) => {
    expect(requested(shop, query, variables)).toBe(points)
  })

  test('the cost of fragments that double a hundred times is known within 1 second', () => {
    const beganMs = performance.now()
    expect(requested(shop, doubling(20))).toBe(Math.ceil((2 ** 19 + 1) / 10))
    expect(requested(shop, doubling(100))).toBeGreaterThan(1e28)
    expect(performance.now() - beganMs).toBeLessThan(1_000)
  })
})

describe('documents of the contract', () => {
  const schema = executableSchema()
  const folder = new URL('../../../contract/', import.meta.url)
  const printed = readdirSync(folder).flatMap((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8')
    return parse(text).definitions.flatMap((one) =>
      one.kind === Kind.OPERATION_DEFINITION && one.name !== undefined
        ? [[one.name.value, text.slice(one.loc?.start, one.loc?.end)] as const]
        : [],
    )
  })
  // The folder also has documents of later capabilities, which the schema does not have yet.
  const known = printed.filter(([, query]) => validate(schema, parse(query)).length === 0)

  test('the documents Log, Attempts, Live and WebhookTest of the contract are valid', () => {
    expect(known.map(([name]) => name)).toEqual(
      expect.arrayContaining(['Log', 'Attempts', 'Live', 'WebhookTest']),
    )
  })

  test.each(known)('the document %s with pages of 100 costs less than a third of the maximum', (_, query) => {
    const variables = { first: 100, input: {}, id: 'x', webhookId: 'x' }
    const document = parse(query)
    const operation = getOperationAST(document)
    if (operation == null) throw new Error('expected an operation')
    expect(costOf(schema, document, operation, variables).requested).toBeLessThan(maxCost / 3)
  })

  test('every field in the table of weights exists in the schema', () => {
    for (const name of Object.keys(weights)) {
      const [type = '', field = ''] = name.split('.')
      const found = schema.getType(type)
      expect(found, name).toBeDefined()
      if (field !== '*')
        expect(found && 'getFields' in found && Object.keys(found.getFields())).toContain(field)
    }
  })
})

describe('reported cost', () => {
  let server: TestServer
  let acme: Tenant

  beforeAll(async () => {
    server = await sharedTestServer()
    acme = await server.tenant()
  })
  afterAll(() => server.close())

  const send = async (query: string, variables: object = {}) => {
    const { status, text } = await sendBody(server, acme, JSON.stringify({ query, variables }))
    return { status, body: JSON.parse(text) as unknown }
  }

  test('the response to a query reports its cost, also when a field fails', async () => {
    expect(await send(documents.Log, { first: 50 })).toMatchObject({
      status: 200,
      body: { extensions: { cost: { requested: 120, maximum: 1_000 } } },
    })
    expect(await send('{ deliveries(first: 101) { nodes { id } } }')).toMatchObject({
      status: 200,
      body: {
        errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
        extensions: { cost: { requested: 10, maximum: 1_000 } },
      },
    })
  })

  test('the response to a refused mutation reports its cost', async () => {
    const variables = { input: { name: '' } }
    expect(await send(documents.SiteCreate, variables)).toMatchObject({
      body: { data: { siteCreate: { site: null } }, extensions: { cost: { requested: 12, maximum: 1_000 } } },
    })
  })

  test('the response to an invalid document reports no cost', async () => {
    expect((await send('{ viewr { key { id } } }')).body).not.toHaveProperty('extensions')
  })

  test('an operation of more than 1,000 points is refused on both transports, over HTTP with its cost and the maximum', async () => {
    const query = 'deliveries(first: 100) { nodes { attempts(first: 100) { nodes { id } } } }'
    const refusal = {
      message: expect.stringMatching(/1010 points; the maximum is 1000/) as string,
      extensions: { code: 'QUERY_TOO_COMPLEX', cost: { requested: 1_010, maximum: 1_000 } },
    }
    expect(await send(`{ ${query} }`)).toMatchObject({ status: 400, body: { errors: [refusal] } })

    const raw = await openAuthenticated(server.url, acme.key)
    const event =
      'deliveryAttempts { delivery { attempts(first: 100) { nodes { delivery { attempts(first: 100) { nodes { id } } } } } } }'
    raw.send({ type: 'subscribe', id: '1', payload: { query: `subscription { ${event} }` } })
    const [, message] = await raw.received(2)
    expect(message).toMatchObject({
      type: 'error',
      id: '1',
      payload: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }],
    })
    raw.close()
  })

  test('each event of a subscription reports its cost', async () => {
    const receiver = await startReceiver()
    const raw = await openAuthenticated(server.url, acme.key)
    raw.send({ type: 'subscribe', id: '1', payload: { query: documents.Live } })
    raw.send({ type: 'ping' })
    await raw.received(2)
    await createWebhook(acme, receiver)
    await createOrder(acme)
    const messages = await raw.received(3)
    expect(messages[2]).toMatchObject({
      type: 'next',
      payload: { data: { deliveryAttempts: {} }, extensions: { cost: { requested: 1, maximum: 1_000 } } },
    })
    raw.close()
    await receiver.close()
  })
})
