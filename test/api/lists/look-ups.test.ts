/** One thing by a name of its own: an id, a number, a UUID, what the partner calls it; and whatever has an id by that. */
import { isObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSchema } from '../../../src/graphql/schema.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
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
/** An id of each type that is a Node. */
let ids: Readonly<Record<string, string>>

beforeAll(async () => {
  server = await startTestServer()
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

/** The code of the one error of an answer. */
async function codeOf(query: string, variables: object): Promise<unknown> {
  const { body } = await acme.post({ query, variables })
  expect(body.errors).toHaveLength(1)
  return body.errors?.[0]?.extensions?.['code']
}

describe('an order', () => {
  test('is found by its id, its number, its UUID in any case, and what the partner calls it', async () => {
    for (const name of [
      { id: order.id },
      { number: order.number },
      { uid: order.uid },
      { uid: order.uid.toUpperCase() },
      { partnerIdentifier: '24667' },
      // As it would be stored.
      { partnerIdentifier: ' 24667\r\n' },
      { partnerIdentifier: '\ufeff24\u0000667\t' },
      // Null is as good as left out.
      { id: null, number: order.number, uid: null },
    ])
      expect(await find(name), JSON.stringify(name)).toBe(order.id)
  })

  test.each([
    ['a number that was not given out', { number: 999_999 }],
    ['number 0', { number: 0 }],
    ['a number below', { number: -1 }],
    ['the largest number', { number: 2_147_483_647 }],
    ['a UUID that is no order', { uid: '4228df3a-a54a-40d7-b30f-1385eca4c3dd' }],
    ['a UUID without its dashes', { uid: 'UID' }],
    ['an id in the place of a UUID', { uid: 'ORDER' }],
    ['a UUID in the place of an id', { id: '4228df3a-a54a-40d7-b30f-1385eca4c3dd' }],
    ['an empty UUID', { uid: '' }],
    ['NUL in a UUID', { uid: '\0' }],
    ['a partner identifier that is a part', { partnerIdentifier: '2466' }],
    ['an empty partner identifier', { partnerIdentifier: '' }],
    ['half of a surrogate pair', { partnerIdentifier: '\ud83c' }],
  ])('is not there for %s', async (_, name) => {
    const text = JSON.stringify(name).replace('UID', order.uid.replaceAll('-', '')).replace('ORDER', order.id)
    expect(await find(JSON.parse(text) as Record<string, unknown>)).toBeNull()
  })

  test('is not found by an empty partner identifier, though some have one', async () => {
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

  test('of several that a partner calls the same is the newest, and never a deleted one', async () => {
    const name = { partnerIdentifier: 'same' }
    const first = await createOrder(acme, { siteId, ...name })
    const second = await createOrder(acme, { siteId, ...name })
    const third = await createOrder(acme, { siteId, partnerIdentifier: 'another' })
    expect(await find(name)).toBe(second.id)

    await mutateOrThrow(acme, 'OrderDelete', { orderId: second.id })
    expect(await find(name)).toBe(first.id)
    for (const gone of [{ id: second.id }, { number: second.number }, { uid: second.uid }])
      expect(await find(gone)).toBeNull()

    // It counts what it is called now.
    await mutateOrThrow(acme, 'OrderUpdate', { orderId: third.id, ...name })
    expect(await find(name)).toBe(third.id)
    expect(await find({ partnerIdentifier: 'another' })).toBeNull()
  })

  test('whose identifier is U+FFFD is not what half of a surrogate pair names', async () => {
    const odd = await createOrder(acme, { siteId, partnerIdentifier: '\ufffd' })
    expect(await find({ partnerIdentifier: '\ufffd' })).toBe(odd.id)
    expect(await find({ partnerIdentifier: '\ud83c' })).toBeNull()
    const query = 'query ($f: OrderFilter) { orders(filter: $f) { nodes { id } } }'
    const listed = async (name: string) =>
      acme.gql<{ orders: { nodes: unknown[] } }>(query, { f: { partnerIdentifiers: [name] } })
    expect((await listed('\ufffd\n')).orders.nodes).toEqual([{ id: odd.id }])
    expect((await listed('\ud83c')).orders.nodes).not.toContainEqual({ id: odd.id })
  })
})

describe('a site and a customer', () => {
  test('are found by number as by id', async () => {
    const both = `query ($s: ID, $sn: Int, $c: ID, $cn: Int) { site(id: $s, number: $sn) { id } customer(id: $c, number: $cn) { id } }`
    const found = { site: { id: siteId }, customer: { id: ids['Customer'] } }
    expect(await acme.gql(both, { s: siteId, c: ids['Customer'] })).toEqual(found)
    expect(await acme.gql(both, { sn: 1, cn: 1 })).toEqual(found)
    for (const number of [0, -1, 999_999, 2_147_483_647])
      expect(await acme.gql(both, { sn: number, cn: number })).toEqual({ site: null, customer: null })
  })
})

describe('a look-up', () => {
  test.each([
    ['order', 'number: 1, uid: "x"'],
    ['order', 'id: "x", partnerIdentifier: "x"'],
    ['order', 'id: null'],
    ['order', 'id: "x", number: 1, uid: "x", partnerIdentifier: "x"'],
    ['site', 'id: "x", number: 1'],
    ['site', 'number: null, id: null'],
    ['customer', 'id: "x", number: 1'],
    ['customer', 'id: null'],
  ])('of %s(%s) is refused: exactly one argument names one thing', async (field, args) => {
    expect(await codeOf(`{ ${field}(${args}) { id } }`, {})).toBe('BAD_USER_INPUT')
  })

  test.each(['order', 'site', 'customer'])('of %s without any argument is refused', async (field) => {
    expect(await codeOf(`{ ${field} { id } }`, {})).toBe('BAD_USER_INPUT')
  })
})

const nodes = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }'

describe('node', () => {
  test('finds a thing of every type that is a Node', async () => {
    const schema = makeSchema()
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

  test('brings the same as the field of its type', async () => {
    const fields = '... on Order { number uid site { id } events { nodes { id } } }'
    const answer = await acme.gql<{ node: object; order: object }>(
      `query ($id: ID!) { node(id: $id) { ${fields} } order(id: $id) { number uid site { id } events { nodes { id } } } }`,
      { id: order.id },
    )
    expect(answer.node).toEqual(answer.order)
  })

  test.each([...'prj key sit cus ord evt whk dlv att zzz'.split(' ').map(missingId), '', 'x', '\0', 'ord_'])(
    'is null for %j',
    async (id) => {
      expect(await acme.gql(nodes, { ids: [id] })).toEqual({ nodes: [null] })
    },
  )

  test('is null for a webhook and an order that were deleted, though their log still shows them', async () => {
    const fresh = await server.tenant()
    const webhook = await createWebhook(fresh, receiver)
    const { id } = await createOrder(fresh)
    await mutateOrThrow(fresh, 'OrderDelete', { orderId: id })
    const [delivery] = await waitForSettled(fresh, {}, 2)
    await mutateOrThrow(fresh, 'WebhookDelete', { id: webhook.id })

    expect(await fresh.gql(nodes, { ids: [webhook.id, id, delivery?.id] })).toEqual({
      nodes: [null, null, { __typename: 'Delivery', id: delivery?.id }],
    })
    expect(delivery).toMatchObject({ webhook: { id: webhook.id }, event: { order: { id } } })
  })
})

describe('nodes', () => {
  test('keeps the order asked, with null where there is nothing, and takes the same id twice', async () => {
    const all = Object.entries(ids).map(([__typename, id]) => ({ __typename, id }))
    const asked = [...all, null, ...all.toReversed()]
    const answer = await acme.gql(nodes, { ids: asked.map((one) => one?.id ?? missingId('ord')) })
    expect(answer).toEqual({ nodes: asked })
    expect(await acme.gql(nodes, { ids: [] })).toEqual({ nodes: [] })
  })

  test('takes 100 ids and no more', async () => {
    expect(await acme.gql(nodes, { ids: Array(100).fill(order.id) })).toEqual({
      nodes: Array(100).fill({ __typename: 'Order', id: order.id }),
    })
    expect(await codeOf(nodes, { ids: Array(101).fill(order.id) })).toBe('BAD_USER_INPUT')
  })
})
