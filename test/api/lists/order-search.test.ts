/** The search of orders, and the filter on their last change. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asPartner } from '../../support/keys.ts'
import { sharedTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { changeOrderState, createOrder, createSite, mutateOrThrow, type Input } from '../support/fixtures.ts'

let server: TestServer
let acme: Tenant
let eve: Tenant
let siteId: string
/** Orders by the name under which the tests know them. */
const created: Record<string, string> = {}

beforeAll(async () => {
  server = await sharedTestServer()
  acme = await server.tenant()
  eve = await server.tenant('Eve')
  siteId = await createSite(acme)
  await add('brian', {
    partnerIdentifier: '24667',
    redemptionCode: 'NNSE9J',
    customer: { name: 'Brian Johnson', licensePlate: 'KLW-9104' },
  })
  await add('jose', {
    partnerIdentifier: 'S-43',
    redemptionCode: 'PICK UP 7',
    customer: { name: "José Núñez O'Brien", licensePlate: '22-AB' },
  })
  await add('johanna', { customer: { name: 'Johanna Müller-Weiß', licensePlate: 'B MW 1234' } })
  await add('none', {})
  await createOrder(eve, { customer: { name: 'Brian Johnson', licensePlate: 'KLW-9104' } })
})
afterAll(() => server.close())

async function add(name: string, input: Input): Promise<void> {
  created[name] = (await createOrder(acme, { siteId, ...input })).id
}

const document = `query ($filter: OrderFilter) { orders(filter: $filter) { nodes { id } count { value isExact } } }`

interface Answer {
  readonly orders: {
    readonly nodes: readonly { readonly id: string }[]
    readonly count: { readonly value: number; readonly isExact: boolean }
  }
}

async function find(filter: Input, tenant = acme): Promise<readonly string[]> {
  const { orders } = await tenant.gql<Answer>(document, { filter })
  expect(orders.count).toEqual({ value: orders.nodes.length, isExact: true })
  return orders.nodes.map(({ id }) => Object.entries(created).find(([, other]) => other === id)?.[0] ?? id)
}

async function refusal(tenant: Tenant, search: string): Promise<unknown> {
  const { body } = await tenant.post({ query: document, variables: { filter: { search } } })
  return body.errors
}

describe('search of orders', () => {
  test.each([
    ['22-AB', ['jose']],
    ['22ab', ['jose']],
    ['22 ab', ['jose']],
    ['brian', ['brian']],
    ['BRIAN', ['brian']],
    ['johns', ['brian']],
    ['joh', ['johanna', 'brian']],
    ['johnson brian', ['brian']],
    ['joh br', ['brian']],
    ['brian muller', []],
    ['24667', ['brian']],
    ['2466', ['brian']],
    ['4667', []],
    ['nnse9j', ['brian']],
    ['pickup7', ['jose']],
    ['klw 9104', ['brian']],
    ['klw9104', ['brian']],
    ['9104', ['brian']],
    ['S-43', ['jose']],
    ['s43', ['jose']],
    ['43', ['jose']],
    ['jose nunez', ['jose']],
    ['JOSÉ', ['jose']],
    ['obrien', ['jose']],
    ["o'brien", ['jose']],
    ['weiss', ['johanna']],
    ['müller weiß', ['johanna']],
    ['bmw1234', ['johanna']],
    ['b-mw 1234', ['johanna']],
    ['1234', ['johanna']],
    ['#1', ['brian']],
    ['2', ['jose']],
    ['brian 24667 1', ['brian']],
    ['24667 muller', []],
    ['an%', []],
  ])('the text %j finds the orders %j', async (search, expected) => {
    expect(await find({ search })).toEqual(expected)
  })

  test('an empty or blank text, and null, set no condition', async () => {
    for (const search of ['', '  \t', null])
      expect(await find({ search })).toEqual(['none', 'johanna', 'jose', 'brian'])
  })

  test.each([
    ['one letter', 'b', 'at least 2 letters or digits'],
    ['letters alone', 'b j k', 'at least 2 letters or digits'],
    ['punctuation', '--', 'at least 2 letters or digits'],
    ['a NUL', 'brian\0', 'NUL'],
    ['half of a surrogate pair', 'brian \ud83d', 'surrogate'],
    ['101 characters', 'x'.repeat(101), 'more than 100 characters'],
    ['400,000 characters', 'x'.repeat(400_000), 'more than 100 characters'],
    ['nine words', 'a1 b2 c3 d4 e5 f6 g7 h8 i9', '9 words; the maximum is 8'],
  ])('a text of %s is refused with BAD_USER_INPUT and its limit', async (_, search, limit) => {
    expect(await refusal(acme, search)).toMatchObject([
      { message: expect.stringContaining(limit) as string, extensions: { code: 'BAD_USER_INPUT' } },
    ])
  })

  test('a text of 100 characters and 8 words is searched', async () => {
    expect(await find({ search: 'x'.repeat(100) })).toEqual([])
    expect(await find({ search: 'brian johnson klw 9104 24667 nnse9j 1 joh' })).toEqual(['brian'])
  })

  test('the search is combined with other filters, and its cursors are bound to it', async () => {
    expect(await find({ search: 'joh', states: ['READY'] })).toEqual([])
    expect(await find({ search: 'joh', siteIds: [siteId], states: ['CREATED'] })).toHaveLength(2)
    const paged = `query ($search: String, $after: String) {
      orders(filter: { search: $search }, first: 1, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } } }`
    const page = async (search: string, after: string | null) =>
      acme.post({ query: paged, variables: { search, after } })
    const first = (await page('joh', null)).body.data as {
      orders: { nodes: unknown[]; pageInfo: { endCursor: string; hasNextPage: boolean } }
    }
    expect(first.orders).toMatchObject({
      nodes: [{ id: created['johanna'] }],
      pageInfo: { hasNextPage: true },
    })
    const { endCursor } = first.orders.pageInfo
    expect((await page('JOH', endCursor)).body.data).toMatchObject({
      orders: { nodes: [{ id: created['brian'] }], pageInfo: { hasNextPage: false } },
    })
    expect((await page('bri', endCursor)).body.errors).toMatchObject([
      { extensions: { code: 'CURSOR_INVALID' } },
    ])
  })

  test('a PARTNER key is refused the search with FORBIDDEN, as all lists of orders, also for orders that it receives', async () => {
    const courier = await asPartner(server, acme)
    for (const search of ['brian', 'nobody at all'])
      expect(await refusal(courier, search)).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
  })
})

describe('changes of what is searched', () => {
  test('a renamed customer is found by the new name, not by the old one, through all its orders', async () => {
    const { customer } = await mutateOrThrow<{ customer: { id: string } }>(acme, 'CustomerCreate', {
      name: 'Pat Before',
      licensePlate: 'OLD-1',
    })
    const orders = [await createOrder(acme, { siteId, customerId: customer.id })]
    orders.unshift(await createOrder(acme, { siteId, customerId: customer.id }))
    const all = orders.map(({ id }) => id)
    expect(await find({ search: 'pat before' })).toEqual(all)
    await mutateOrThrow(acme, 'CustomerUpdate', { id: customer.id, name: 'Pat After', licensePlate: null })
    expect(await find({ search: 'pat after' })).toEqual(all)
    expect(await find({ search: 'pat' })).toEqual(all)
    expect(await find({ search: 'before' })).toEqual([])
    expect(await find({ search: 'old1' })).toEqual([])
  })

  test('an order with another partner identifier is found by the new one only; a deleted order is not found', async () => {
    const { id } = await createOrder(acme, { siteId, partnerIdentifier: 'FIRST-9', redemptionCode: 'KEEP9' })
    await mutateOrThrow(acme, 'OrderUpdate', { orderId: id, partnerIdentifier: 'SECOND-9' })
    expect(await find({ search: 'second9' })).toEqual([id])
    expect(await find({ search: 'first9' })).toEqual([])
    await mutateOrThrow(acme, 'OrderUpdate', { orderId: id, partnerIdentifier: null })
    expect(await find({ search: 'second9' })).toEqual([])
    expect(await find({ search: 'keep9' })).toEqual([id])
    await mutateOrThrow(acme, 'OrderDelete', { orderId: id })
    expect(await find({ search: 'keep9' })).toEqual([])
  })

  test('an erased customer is no longer found, and the index keeps none of its words', async () => {
    const order = await createOrder(acme, {
      siteId,
      partnerIdentifier: 'kept-77',
      customer: { name: 'Zoltan Erasable', licensePlate: 'ZZZ-77' },
    })
    const { order: found } = await acme.gql<{ order: { customer: { id: string } } }>(
      'query ($id: ID!) { order(id: $id) { customer { id } } }',
      { id: order.id },
    )
    expect(await find({ search: 'zoltan zzz77' })).toEqual([order.id])
    await mutateOrThrow(acme, 'CustomerErase', { id: found.customer.id })
    for (const search of ['zoltan', 'erasable', 'zzz77', 'erased']) expect(await find({ search })).toEqual([])
    expect(await find({ search: 'kept77' })).toEqual([order.id])
    const { sql } = server.connections
    expect(await sql`select word from search_words where owner_id = ${found.customer.id}`).toEqual([])
  })

  test("a change of an order's state writes nothing to the index, and stays a HOT update of the order", async () => {
    const { id } = await createOrder(acme, { siteId, customer: { name: 'Still The Same' } })
    const { sql } = server.connections
    const words = () => sql`
      select ctid::text, xmin::text, word from search_words
      where owner_id in (select unnest(array[id, customer_id]) from orders where id = ${id}) order by word`
    const before = await words()
    await changeOrderState(acme, id, 'ACCEPTED')
    await mutateOrThrow(acme, 'CustomerStateChange', { orderId: id, customerState: 'NEARBY' })
    expect(await words()).toEqual(before)
    // In a transaction of its own, whose counts PostgreSQL returns at once.
    const [hot] = await sql.begin(async (tx) => {
      await tx`update orders set state = 'READY', updated_at = now() where id = ${id}`
      return tx`select pg_stat_get_xact_tuples_hot_updated('orders'::regclass) as updates`
    })
    expect(Number(hot?.['updates'])).toBe(1)
  })
})

describe('updatedAt of orders', () => {
  test('orders are filtered by their last change, from included and until excluded, also long ago', async () => {
    const tenant = await server.tenant()
    const [one, other] = [await createOrder(tenant), await createOrder(tenant)]
    await changeOrderState(tenant, one.id, 'ACCEPTED')
    const read = async (updatedAt: Input) => (await find({ updatedAt }, tenant)).toSorted()
    const { orders } = await tenant.gql<{ orders: { nodes: { id: string; updatedAt: string }[] } }>(
      '{ orders { nodes { id updatedAt } } }',
    )
    const at = (id: string) => orders.nodes.find((node) => node.id === id)?.updatedAt ?? ''
    expect(await read({ from: at(one.id) })).toEqual([one.id])
    expect(await read({ until: at(one.id) })).toEqual([other.id])
    expect(await read({ from: at(other.id), until: at(one.id) })).toEqual([other.id])
    expect(await read({ from: '2020-01-01T00:00:00Z' })).toEqual([one.id, other.id].toSorted())
    expect(await read({ from: '2020-01-01T00:00:00Z', until: '2021-01-01T00:00:00Z' })).toEqual([])
    expect(await read({ from: '2100-01-01T00:00:00Z' })).toEqual([])
  })

  test('a period that ends before it begins is refused with BAD_USER_INPUT, in each filter of orders', async () => {
    const from = '2026-02-26T17:00:00Z'
    for (const name of ['createdAt', 'updatedAt'])
      for (const until of [from, '2026-02-26T16:59:59.999Z']) {
        const filter = { [name]: { from, until } }
        const { body } = await acme.post({ query: document, variables: { filter } })
        expect(body.errors).toMatchObject([
          {
            message: `filter.${name}.until must be after filter.${name}.from`,
            extensions: { code: 'BAD_USER_INPUT' },
          },
        ])
      }
  })
})
