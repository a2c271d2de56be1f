/** What an operation costs: counted by table on a schema of lists within lists, and as the two transports tell it. */
import { readdirSync, readFileSync } from 'node:fs'
import { buildSchema, getOperationAST, getVariableValues, Kind, parse, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { costOf, maxCost, weights } from '../../../src/graphql/execution/cost.ts'
import { makeSchema } from '../../../src/graphql/schema.ts'
import { openKnown } from '../../feed/support/raw-socket.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver } from '../../support/receiver.ts'
import { aWebhook, anOrder, documents, sendTo } from '../support/fixtures.ts'

type Schema = ReturnType<typeof makeSchema>
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

// Lists that the API has, and some that it may have one day.
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

/** Orders of orders, so many levels of pages of ten. */
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
  ['nothing but a name', '{ __typename }', 0],
  ['the schema itself, a quarter of it', '{ __schema { types { fields { name } } } }', 3],
  ['one object', '{ order { id } }', 1],
  ['ten objects in a row', '{ order { header { name } } }', 1],
  ['a page that says nothing of its size', '{ orders { nodes { id } } }', 2],
  ['a page of 100', '{ orders(first: 100) { nodes { id } } }', 10],
  ['a page of 100 from the end', '{ orders(last: 100) { nodes { id } } }', 10],
  ['a page of nothing said, in null', '{ orders(first: null, last: 40) { nodes { id } } }', 4],
  ['a page by edges', '{ orders(first: 100) { edges { cursor node { id } } pageInfo { hasNextPage } } }', 10],
  ['a page by nodes and by edges', '{ orders(first: 100) { nodes { id } edges { node { id } } } }', 20],
  ['a page of which only cursors are asked for', '{ orders(first: 100) { edges { cursor } } }', 10],
  ['a page of which only the place is asked for', '{ orders(first: 100) { pageInfo { hasNextPage } } }', 10],
  ['what the schema says where nothing is said', '{ recent { nodes { id } } }', 5],
  ['objects of each item', '{ orders(first: 100) { nodes { header { name } } } }', 20],
  ['a size by a variable', 'query ($n: Int) { orders(first: $n) { nodes { id } } }', 7, { n: 70 }],
  ['a size by the default of a variable', 'query ($n: Int = 60) { orders(first: $n) { nodes { id } } }', 6],
  ['a variable that is not given', 'query ($n: Int) { orders(first: $n) { nodes { id } } }', 2],
  ['a size far too large, as the largest', '{ orders(first: 2000000000) { nodes { id } } }', 10],
  ['a size below any, as the smallest', '{ orders(first: -2000000000) { nodes { id } } }', 1],
  ['a list with a size that is no connection', '{ newest(first: 30) { id } }', 3],
  ['a list without a size', '{ headers { name } }', 1],
  ['a list of texts', '{ names }', 0],
  ['ids by a variable', 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', 10, { ids }],
  [
    'ids in the document',
    '{ nodes(ids: ["a", "b"]) { id ... on Order { deliveries { nodes { id } } } } }',
    5,
  ],
  [
    'more ids than are taken',
    'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
    10,
    { ids: [...ids, ...ids] },
  ],
  ['what is left out by @skip', '{ orders(first: 50) @skip(if: true) { nodes { id } } }', 5],
  [
    'what is not included',
    'query ($b: Boolean!) { orders(first: 50) @include(if: $b) { nodes { id } } }',
    5,
    { b: false },
  ],
  ['each member of a union', '{ anything { ... on Order { header { name } } ... on Header { name } } }', 1],
  [
    'a body of a request for each item',
    '{ orders(first: 1) { nodes { deliveries(first: 10) { nodes { attempts(first: 1) { nodes { request { name } } } } } } } }',
    13,
  ],
  ['a change', 'mutation { orderCreate { id } }', 10],
  ['a ring', 'mutation { webhookTest { id } }', 200],
  [
    'one event of a subscription',
    'subscription { orders { header { name } deliveries(first: 30) { nodes { id } } } }',
    4,
  ],
  [
    'pages within a page',
    '{ orders(first: 100) { nodes { deliveries(first: 100) { nodes { id } } } } }',
    1_010,
  ],
  ['four levels of ten', `{ order { ${levels(4)} } }`, 2_223],
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

describe('an operation costs a point for ten objects that its answer may hold', () => {
  test.each(
    counted.map(([what, query, points, variables = {}]) => [what, query, points, variables] as const),
  )('%s', (_, query, points, variables) => {
    expect(requested(shop, query, variables)).toBe(points)
  })

  test('and fragments that double a hundred times are counted at once', () => {
    const beganMs = performance.now()
    expect(requested(shop, doubling(20))).toBe(Math.ceil((2 ** 19 + 1) / 10))
    expect(requested(shop, doubling(100))).toBeGreaterThan(1e28)
    expect(performance.now() - beganMs).toBeLessThan(1_000)
  })
})

describe('the contract', () => {
  const schema = makeSchema()
  const folder = new URL('../../contract/', import.meta.url)
  const printed = readdirSync(folder).flatMap((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8')
    return parse(text).definitions.flatMap((one) =>
      one.kind === Kind.OPERATION_DEFINITION && one.name !== undefined
        ? [[one.name.value, text.slice(one.loc?.start, one.loc?.end)] as const]
        : [],
    )
  })
  // Those of later capabilities are in the folder before they are in the schema.
  const known = printed.filter(([, query]) => validate(schema, parse(query)).length === 0)

  test('has documents that the schema knows', () => {
    expect(known.map(([name]) => name)).toEqual(
      expect.arrayContaining(['Log', 'Attempts', 'Live', 'WebhookTest']),
    )
  })

  test.each(known)('leaves room around %s, by pages of 100 too', (_, query) => {
    const variables = { first: 100, input: {}, id: 'x', webhookId: 'x' }
    const document = parse(query)
    const operation = getOperationAST(document)
    if (operation == null) throw new Error('expected an operation')
    expect(costOf(schema, document, operation, variables).requested).toBeLessThan(maxCost / 3)
  })

  test('names in its table of weights what the schema has', () => {
    for (const name of Object.keys(weights)) {
      const [type = '', field = ''] = name.split('.')
      const found = schema.getType(type)
      expect(found, name).toBeDefined()
      if (field !== '*')
        expect(found && 'getFields' in found && Object.keys(found.getFields())).toContain(field)
    }
  })
})

describe('what it costs is told', () => {
  let server: TestServer
  let acme: Tenant

  beforeAll(async () => {
    server = await startTestServer()
    acme = await server.tenant()
  })
  afterAll(() => server.close())

  const ask = async (query: string, variables: object = {}) => {
    const { status, text } = await sendTo(server, acme, JSON.stringify({ query, variables }))
    return { status, body: JSON.parse(text) as unknown }
  }

  test('in the answer to a query, and in one whose fields fail', async () => {
    expect(await ask(documents.Log, { first: 50 })).toMatchObject({
      status: 200,
      body: { extensions: { cost: { requested: 120, maximum: 1_000 } } },
    })
    expect(await ask('{ deliveries(first: 101) { nodes { id } } }')).toMatchObject({
      status: 200,
      body: {
        errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
        extensions: { cost: { requested: 10, maximum: 1_000 } },
      },
    })
  })

  test('in the answer to a change that is refused', async () => {
    const variables = { input: { name: '' } }
    expect(await ask(documents.SiteCreate, variables)).toMatchObject({
      body: { data: { siteCreate: { site: null } }, extensions: { cost: { requested: 12, maximum: 1_000 } } },
    })
  })

  test('and not in the answer to what was not admitted', async () => {
    expect((await ask('{ viewr { key { id } } }')).body).not.toHaveProperty('extensions')
  })

  test('with both figures where it is too much, on both transports', async () => {
    const query = 'deliveries(first: 100) { nodes { attempts(first: 100) { nodes { id } } } }'
    const refusal = {
      message: expect.stringMatching(/1010 points where 1000 are the most/) as string,
      extensions: { code: 'QUERY_TOO_COMPLEX', cost: { requested: 1_010, maximum: 1_000 } },
    }
    expect(await ask(`{ ${query} }`)).toMatchObject({ status: 400, body: { errors: [refusal] } })

    const raw = await openKnown(server.url, acme.key)
    const event =
      'deliveryAttempts { delivery { attempts(first: 100) { nodes { delivery { attempts(first: 100) { nodes { id } } } } } } }'
    raw.say({ type: 'subscribe', id: '1', payload: { query: `subscription { ${event} }` } })
    const [, message] = await raw.heard(2)
    expect(message).toMatchObject({
      type: 'error',
      id: '1',
      payload: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }],
    })
    raw.close()
  })

  test('with each event of a subscription', async () => {
    const receiver = await startReceiver()
    const raw = await openKnown(server.url, acme.key)
    raw.say({ type: 'subscribe', id: '1', payload: { query: documents.Live } })
    raw.say({ type: 'ping' })
    await raw.heard(2)
    await aWebhook(acme, receiver)
    await anOrder(acme)
    const messages = await raw.heard(3)
    expect(messages[2]).toMatchObject({
      type: 'next',
      payload: { data: { deliveryAttempts: {} }, extensions: { cost: { requested: 1, maximum: 1_000 } } },
    })
    raw.close()
    await receiver.close()
  })
})
