/** Look-ups of one object: by id, number, UUID or partner identifier, and any Node by its id. */
import { isObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { executableSchema } from '../../../src/graphql/schema.ts'
import { sharedTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import {
  createSite,
  createWebhook,
  createOrder,
  mutateOrThrow,
  missingId,
  waitForSettled,
  type OrderAnswer,
} from '../support/fixtures.ts'

let server: TestServer
let acme: Tenant
let receiver: Receiver
let siteId: string
let order: OrderAnswer
/** An id of each type that implements Node. */
let ids: Readonly<Record<string, string>>

beforeAll(async () => {
  server = await sharedTestServer()
  acme = await server.tenant()
  receiver = await startReceiver()
  const webhook = await createWebhook(acme, receiver)
  siteId = await createSite(acme)
  order = await createOrder(acme, {
    siteId,
    partnerIdentifier: '24667',
    customer: { name: 'Brian Johnson', carType: 'Ford Fiesta' },
  })
  const [delivery] = await waitForSettled(acme, {})
  const { order: shown, viewer } = await acme.gql<{
    order: { customer: { id: string } }
    viewer: { key: { id: string } }
  }>('query ($id: ID!) { order(id: $id) { customer { id } } viewer { key { id } } }', { id: order.id })
  const { partner } = await mutateOrThrow<{ partner: { id: string } }>(acme, 'PartnerCreate', {
    name: 'Courier Ltd',
  })
  const { auditLog } = await acme.gql<{ auditLog: { nodes: { id: string }[] } }>(
    '{ auditLog { nodes { id } } }',
  )
  const { bulkRetry } = await mutateOrThrow<{ bulkRetry: { id: string } }>(acme, 'DeliveriesRetry', {
    ...{ filter: { webhookIds: [webhook.id] }, ratePerSecond: 1 },
  })
  ids = {
    Project: acme.projectId,
    Key: viewer.key.id,
    Site: siteId,
    Customer: shown.customer.id,
    Order: order.id,
    Event: delivery?.event.id ?? '',
    Webhook: webhook.id,
    Delivery: delivery?.id ?? '',
    DeliveryAttempt: delivery?.attempts.nodes[0]?.id ?? '',
    Partner: partner.id,
    BulkRetry: bulkRetry.id,
    AuditEntry: auditLog.nodes[0]?.id ?? '',
  }
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

const orderBy = `query ($id: ID, $number: Int, $uid: ID, $partnerIdentifier: String) {
  order(id: $id, number: $number, uid: $uid, partnerIdentifier: $partnerIdentifier) { id } }`
async function find(variables: Record<string, unknown>): Promise<string | null> {
  const { order: found } = await acme.gql<{ order: { id: string } | null }>(orderBy, variables)
  return found?.id ?? null
}

/** The code of the only error of a response. */
async function codeOf(query: string, variables: object): Promise<unknown> {
  const { body } = await acme.post({ query, variables })
  expect(body.errors).toHaveLength(1)
  return body.errors?.[0]?.extensions?.['code']
}

describe('order', () => {
  test('order finds an order by its id, its number, its UUID in any case and its partner identifier', async () => {
    for (const name of [
      { id: order.id },
      { number: order.number },
      { uid: order.uid },
      { uid: order.uid.toUpperCase() },
      { partnerIdentifier: '24667' },
      // Cleaned as on input.
      { partnerIdentifier: ' 24667\r\n' },
      { partnerIdentifier: '\ufeff24\u0000667\t' },
      // Null is the same as a missing argument.
      { id: null, number: order.number, uid: null },
    ])
      expect(await find(name), JSON.stringify(name)).toBe(order.id)
  })

  test.each([
    ['an unused number', { number: 999_999 }],
    ['the number 0', { number: 0 }],
    ['a negative number', { number: -1 }],
    ['the largest number', { number: 2_147_483_647 }],
    ['an unused UUID', { uid: '4228df3a-a54a-40d7-b30f-1385eca4c3dd' }],
    ['a UUID without its dashes', { uid: 'UID' }],
    ['an id as UUID', { uid: 'ORDER' }],
    ['a UUID as id', { id: '4228df3a-a54a-40d7-b30f-1385eca4c3dd' }],
    ['an empty UUID', { uid: '' }],
    ['NUL in a UUID', { uid: '\0' }],
    ['a part of a partner identifier', { partnerIdentifier: '2466' }],
    ['an empty partner identifier', { partnerIdentifier: '' }],
    ['half of a surrogate pair', { partnerIdentifier: '\ud83c' }],
  ])('order returns null for %s', async (_, name) => {
    const text = JSON.stringify(name).replace('UID', order.uid.replaceAll('-', '')).replace('ORDER', order.id)
    expect(await find(JSON.parse(text) as Record<string, unknown>)).toBeNull()
  })

  test('order returns null for an empty partner identifier, although an order has one', async () => {
    const { partnerIdentifier } = await acme
      .gql<{
        order: { partnerIdentifier: string }
      }>('query ($id: ID!) { order(id: $id) { partnerIdentifier } }', {
        id: (await createOrder(acme, { siteId, partnerIdentifier: '' })).id,
      })
      .then((answer) => answer.order)
    expect(partnerIdentifier).toBe('')
    expect(await find({ partnerIdentifier: '' })).toBeNull()
  })

  test('order returns the newest of several orders with the same partner identifier, and never a deleted one', async () => {
    const name = { partnerIdentifier: 'same' }
    const first = await createOrder(acme, { siteId, ...name })
    const second = await createOrder(acme, { siteId, ...name })
    const third = await createOrder(acme, { siteId, partnerIdentifier: 'another' })
    expect(await find(name)).toBe(second.id)

    await mutateOrThrow(acme, 'OrderDelete', { orderId: second.id })
    expect(await find(name)).toBe(first.id)
    for (const deletedName of [{ id: second.id }, { number: second.number }, { uid: second.uid }])
      expect(await find(deletedName)).toBeNull()

    // The present partner identifier counts.
    await mutateOrThrow(acme, 'OrderUpdate', { orderId: third.id, ...name })
    expect(await find(name)).toBe(third.id)
    expect(await find({ partnerIdentifier: 'another' })).toBeNull()
  })

  test('order and orders do not find an order with the partner identifier U+FFFD by half of a surrogate pair', async () => {
    const replacement = await createOrder(acme, { siteId, partnerIdentifier: '\ufffd' })
    expect(await find({ partnerIdentifier: '\ufffd' })).toBe(replacement.id)
    expect(await find({ partnerIdentifier: '\ud83c' })).toBeNull()
    const query = 'query ($f: OrderFilter) { orders(filter: $f) { nodes { id } } }'
    const listed = async (name: string) =>
      acme.gql<{ orders: { nodes: unknown[] } }>(query, { f: { partnerIdentifiers: [name] } })
    expect((await listed('\ufffd\n')).orders.nodes).toEqual([{ id: replacement.id }])
    expect((await listed('\ud83c')).orders.nodes).not.toContainEqual({ id: replacement.id })
  })
})

describe('site and customer', () => {
  test('site and customer find an object by id and by number, and return null for unused numbers', async () => {
    const both = `query ($s: ID, $sn: Int, $c: ID, $cn: Int) { site(id: $s, number: $sn) { id } customer(id: $c, number: $cn) { id } }`
    const found = { site: { id: siteId }, customer: { id: ids['Customer'] } }
    expect(await acme.gql(both, { s: siteId, c: ids['Customer'] })).toEqual(found)
    expect(await acme.gql(both, { sn: 1, cn: 1 })).toEqual(found)
    for (const number of [0, -1, 999_999, 2_147_483_647])
      expect(await acme.gql(both, { sn: number, cn: number })).toEqual({ site: null, customer: null })
  })
})

describe('look-up arguments', () => {
  test.each([
    ['order', 'number: 1, uid: "x"'],
    ['order', 'id: "x", partnerIdentifier: "x"'],
    ['order', 'id: null'],
    ['order', 'id: "x", number: 1, uid: "x", partnerIdentifier: "x"'],
    ['site', 'id: "x", number: 1'],
    ['site', 'number: null, id: null'],
    ['customer', 'id: "x", number: 1'],
    ['customer', 'id: null'],
  ])('%s(%s) is refused, since a look-up needs exactly one argument', async (field, args) => {
    expect(await codeOf(`{ ${field}(${args}) { id } }`, {})).toBe('BAD_USER_INPUT')
  })

  test.each(['order', 'site', 'customer'])('%s without an argument is refused', async (field) => {
    expect(await codeOf(`{ ${field} { id } }`, {})).toBe('BAD_USER_INPUT')
  })
})

const nodes = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }'

describe('node', () => {
  test('node finds an object of every type that implements Node', async () => {
    const schema = executableSchema()
    const node = schema.getType('Node')
    const types = Object.values(schema.getTypeMap()).filter(
      (type) => isObjectType(type) && type.getInterfaces().some((one) => one === node),
    )
    expect(Object.keys(ids).toSorted()).toEqual(types.map(({ name }) => name).toSorted())

    for (const [type, id] of Object.entries(ids))
      expect(await acme.gql('query ($id: ID!) { node(id: $id) { __typename id } }', { id })).toEqual({
        node: { __typename: type, id },
      })
  })

  test('node returns the same order as the field order', async () => {
    const fields = '... on Order { number uid site { id } events { nodes { id } } }'
    const answer = await acme.gql<{ node: object; order: object }>(
      `query ($id: ID!) { node(id: $id) { ${fields} } order(id: $id) { number uid site { id } events { nodes { id } } } }`,
      { id: order.id },
    )
    expect(answer.node).toEqual(answer.order)
  })

  test.each([...'prj key sit cus ord evt whk dlv att zzz'.split(' ').map(missingId), '', 'x', '\0', 'ord_'])(
    'nodes returns null for the id %j',
    async (id) => {
      expect(await acme.gql(nodes, { ids: [id] })).toEqual({ nodes: [null] })
    },
  )

  test('nodes returns null for a deleted webhook and a deleted order, and still finds their delivery', async () => {
    const tenant = await server.tenant()
    const webhook = await createWebhook(tenant, receiver)
    const { id } = await createOrder(tenant)
    await mutateOrThrow(tenant, 'OrderDelete', { orderId: id })
    const [delivery] = await waitForSettled(tenant, {}, 2)
    await mutateOrThrow(tenant, 'WebhookDelete', { id: webhook.id })

    expect(await tenant.gql(nodes, { ids: [webhook.id, id, delivery?.id] })).toEqual({
      nodes: [null, null, { __typename: 'Delivery', id: delivery?.id }],
    })
    expect(delivery).toMatchObject({ webhook: { id: webhook.id }, event: { order: { id } } })
  })
})

describe('nodes', () => {
  test('nodes returns objects in the order of the ids, with null for a missing one, and accepts repeated ids', async () => {
    const all = Object.entries(ids).map(([__typename, id]) => ({ __typename, id }))
    const expected = [...all, null, ...all.toReversed()]
    const answer = await acme.gql(nodes, { ids: expected.map((one) => one?.id ?? missingId('ord')) })
    expect(answer).toEqual({ nodes: expected })
    expect(await acme.gql(nodes, { ids: [] })).toEqual({ nodes: [] })
  })

  test('nodes accepts 100 ids and refuses 101 with BAD_USER_INPUT', async () => {
    expect(await acme.gql(nodes, { ids: Array(100).fill(order.id) })).toEqual({
      nodes: Array(100).fill({ __typename: 'Order', id: order.id }),
    })
    expect(await codeOf(nodes, { ids: Array(101).fill(order.id) })).toBe('BAD_USER_INPUT')
  })
})
