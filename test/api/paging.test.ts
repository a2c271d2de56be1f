import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeCursor } from '../../src/domain/cursor.ts'
import { openHouse, type House, type Tenant } from '../support/house.ts'
import { startReceiver, type Receiver } from '../support/receiver.ts'
import { aWebhook, anOrder, done, missingId, quickRetries, settled, type Input } from './fixtures.ts'

interface Connection {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[]
  readonly nodes: readonly { readonly id: string }[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
}

/** A list of the API, and how to read a page of it. */
interface List {
  readonly name: string
  readonly page: (tenant: Tenant, args: Input) => Promise<Connection>
  readonly raw: (tenant: Tenant, args: Input) => ReturnType<Tenant['post']>
}

let house: House
let acme: Tenant
let other: Tenant
let receiver: Receiver
/** A delivery with several attempts. */
let deliveryId: string
let webhookIds: readonly string[]

const page =
  'edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }'
const declared = '$first: Int, $after: String, $last: Int, $before: String'
const given = 'first: $first, after: $after, last: $last, before: $before'

const topLevel = (name: 'deliveries' | 'deliveryAttempts', filter: string): List => {
  const query = `query ($filter: ${filter}, ${declared}) { ${name}(filter: $filter, ${given}) { ${page} } }`
  return {
    name,
    page: async (tenant, args) =>
      (await tenant.gql<Record<string, Connection>>(query, args))[name] as Connection,
    raw: (tenant, variables) => tenant.post({ query, variables }),
  }
}
const ofDelivery = `query ($id: ID!, ${declared}) { delivery(id: $id) { attempts(${given}) { ${page} } } }`
const lists: readonly List[] = [
  topLevel('deliveries', 'DeliveryFilter'),
  topLevel('deliveryAttempts', 'DeliveryAttemptFilter'),
  {
    name: 'delivery.attempts',
    page: async (tenant, args) => {
      const answer = await tenant.gql<{ delivery: { attempts: Connection } }>(ofDelivery, {
        id: deliveryId,
        ...args,
      })
      return answer.delivery.attempts
    },
    raw: (tenant, variables) =>
      tenant.post({ query: ofDelivery, variables: { id: deliveryId, ...variables } }),
  },
]

beforeAll(async () => {
  house = await openHouse()
  acme = await house.tenant()
  other = await house.tenant('Other')
  receiver = await startReceiver()
  const first = await aWebhook(acme, receiver)
  const second = await aWebhook(acme, receiver)
  webhookIds = [first.id, second.id]
  // Two webhooks and one claim: deliveries and attempts share their instants.
  const order = await anOrder(acme)
  await Promise.all(
    Array.from({ length: 11 }, (_, minute) =>
      done(acme, 'OrderUpdate', { orderId: order.id, etaAt: new Date(1_772_000_000_000 + minute * 60_000) }),
    ),
  )
  await settled(acme, {}, 24)
  // They are made equal outright, so that only the id tells them apart.
  await house.connections.sql`
    update deliveries set created_at = (select min(created_at) from deliveries) where project_id = ${acme.projectId}`

  const failing = await house.tenant('Failing')
  receiver.script(500)
  await aWebhook(failing, receiver, { policy: quickRetries(4) })
  await anOrder(failing)
  acmeFailing = failing
  const [exhausted] = await settled(failing, {})
  deliveryId = exhausted?.id ?? ''
})
let acmeFailing: Tenant
afterAll(async () => {
  await receiver.close()
  await house.close()
})

const ownerOf = (list: List): Tenant => (list.name === 'delivery.attempts' ? acmeFailing : acme)
const idsOf = ({ nodes }: Connection) => nodes.map(({ id }) => id)

async function walk(list: List, size: number, backwards: boolean, filter: Input = {}) {
  const pages: Connection[] = []
  for (let cursor: string | null = null; ;) {
    const here: Input = backwards ? { last: size, before: cursor } : { first: size, after: cursor }
    const found: Connection = await list.page(ownerOf(list), { ...filter, ...here })
    pages.push(found)
    cursor = backwards ? found.pageInfo.startCursor : found.pageInfo.endCursor
    if (!(backwards ? found.pageInfo.hasPreviousPage : found.pageInfo.hasNextPage)) return pages
  }
}

describe.each(lists)('a page of $name', (list) => {
  test.each([1, 2, 3, 5, 100])(
    'of %i leads through the whole list, forwards and backwards, each once',
    async (size) => {
      const all = idsOf(await list.page(ownerOf(list), { first: 100 }))
      const forwards = await walk(list, size, false)
      const backwards = await walk(list, size, true)

      expect(all).toHaveLength(list.name === 'delivery.attempts' ? 5 : 24)
      expect(forwards.flatMap(idsOf)).toEqual(all)
      expect(backwards.toReversed().flatMap(idsOf)).toEqual(all)
    },
  )

  test('keeps the promises of a connection', async () => {
    const pages = [...(await walk(list, 2, false)), ...(await walk(list, 2, true))]
    for (const { edges, nodes, pageInfo } of pages) {
      expect(edges.map(({ node }) => node)).toEqual(nodes)
      expect(pageInfo.startCursor).toBe(edges[0]?.cursor)
      expect(pageInfo.endCursor).toBe(edges.at(-1)?.cursor)
      expect(nodes.length).toBeLessThanOrEqual(2)
    }
    const [first, ...later] = await walk(list, 2, false)
    expect(first?.pageInfo).toMatchObject({ hasPreviousPage: false, hasNextPage: true })
    for (const one of later) expect(one.pageInfo.hasPreviousPage).toBe(true)
  })

  test('has 20 members when nobody says how many, and none is an empty page', async () => {
    const usual = await list.page(ownerOf(list), {})
    expect(usual.nodes).toHaveLength(list.name === 'delivery.attempts' ? 5 : 20)
    const last = await list.page(ownerOf(list), { first: 100 })
    const beyond = await list.page(ownerOf(list), { first: 5, after: last.pageInfo.endCursor })
    expect(beyond).toMatchObject({
      edges: [],
      nodes: [],
      pageInfo: { hasNextPage: false, startCursor: null, endCursor: null },
    })
  })

  test('between two cursors has what lies between', async () => {
    const all = await list.page(ownerOf(list), { first: 5 })
    const between = await list.page(ownerOf(list), {
      after: all.edges[0]?.cursor,
      before: all.edges[4]?.cursor,
      first: 100,
    })
    expect(idsOf(between)).toEqual(idsOf(all).slice(1, 4))
  })

  test.each([
    ['none', { first: 0 }, 'BAD_USER_INPUT'],
    ['fewer than none', { first: -1 }, 'BAD_USER_INPUT'],
    ['101', { first: 101 }, 'BAD_USER_INPUT'],
    ['none from the end', { last: 0 }, 'BAD_USER_INPUT'],
    ['101 from the end', { last: 101 }, 'BAD_USER_INPUT'],
    ['both ends', { first: 1, last: 1 }, 'BAD_USER_INPUT'],
    ['a text of a number', { first: '5' }, 'BAD_USER_INPUT'],
    ['an empty cursor', { after: '' }, 'CURSOR_INVALID'],
    ['a made-up cursor', { after: 'MTAw' }, 'CURSOR_INVALID'],
    ['a cursor of SQL', { before: "' or 1=1 --" }, 'CURSOR_INVALID'],
    ['a cursor of NUL', { after: '\0' }, 'CURSOR_INVALID'],
    ['a cursor of 100 kB', { after: 'x'.repeat(100_000) }, 'CURSOR_INVALID'],
  ])('is refused for %s', async (_, args, code) => {
    const { body } = await list.raw(ownerOf(list), args)
    expect(body.errors).toMatchObject([{ extensions: { code } }])
    expect(body.errors).toHaveLength(1)
  })

  test('is refused for a cursor that is cut, changed, or of another list', async () => {
    const { pageInfo } = await list.page(ownerOf(list), { first: 2 })
    const cursor = pageInfo.endCursor ?? ''
    const plain = Buffer.from(cursor, 'base64url').toString('utf8')
    const neighbour = lists[(lists.indexOf(list) + 1) % lists.length] as List
    const foreign = await neighbour.page(ownerOf(neighbour), { first: 1 })
    const changed = [
      cursor.slice(0, -4),
      cursor.slice(4),
      Buffer.from(plain.replace(/\.(.*)\./, '.9$1.')).toString('base64url'),
      Buffer.from(`${plain}.more`).toString('base64url'),
      foreign.pageInfo.endCursor,
    ]
    for (const after of changed) {
      const { body } = await list.raw(ownerOf(list), { after })
      expect(body.errors).toMatchObject([{ extensions: { code: 'CURSOR_INVALID' } }])
    }
  })
})

// As late as an id can be written: in the year 10889, which PostgreSQL does not read.
const latest = (prefix: string) => `${prefix}_7${'z'.repeat(25)}`

test('a cursor that is well made but names no place is refused, and is no fault of ours', async () => {
  const none = { webhookIds: [], orderIds: [], topics: [] }
  const scopes = [
    [lists[0], { list: 'deliveries', filter: { ...none, states: [] } }],
    [lists[1], { list: 'deliveryAttempts', filter: { ...none, outcomes: [] } }],
    [lists[2], { list: 'delivery.attempts', filter: deliveryId }],
  ] as const
  for (const [list, scope] of scopes) {
    if (list === undefined) throw new Error('expected three lists')
    const { projectId } = ownerOf(list)
    for (const key of ['', 'abc', '-1', '1e9', '9'.repeat(30), 'dlv_ü', latest('dlv'), latest('att')]) {
      const { body } = await list.raw(ownerOf(list), { after: writeCursor({ ...scope, projectId }, key) })
      expect(body.errors, `${list.name} ${key}`).toMatchObject([{ extensions: { code: 'CURSOR_INVALID' } }])
    }
    const key =
      list.name === 'delivery.attempts' ? '0' : missingId(list.name === 'deliveries' ? 'dlv' : 'att')
    const { body } = await list.raw(ownerOf(list), { after: writeCursor({ ...scope, projectId }, key) })
    expect(body, `${list.name} ${key}`).not.toHaveProperty('errors')
  }
})

describe.each(lists.slice(0, 2))('a cursor of $name', (list) => {
  test('is worth nothing in another project, nor with another filter', async () => {
    const filter = { webhookIds: [webhookIds[0]] }
    const { pageInfo } = await list.page(acme, { first: 1, filter })
    const after = pageInfo.endCursor
    const attempts = await Promise.all([
      list.raw(other, { first: 1, filter, after }),
      list.raw(acme, { first: 1, filter: { webhookIds: [webhookIds[1]] }, after }),
      list.raw(acme, { first: 1, after }),
    ])
    for (const { body } of attempts)
      expect(body.errors).toMatchObject([{ extensions: { code: 'CURSOR_INVALID' } }])
  })

  test('leads through a filtered list, an absent and an empty filter being the same', async () => {
    const filter = { filter: { webhookIds: [webhookIds[0]], topics: ['order.eta_changed'] } }
    const filtered = await walk(list, 3, false, filter)
    expect(filtered.flatMap(idsOf)).toHaveLength(11)
    const { pageInfo } = await list.page(acme, { first: 1 })
    const next = await list.page(acme, {
      first: 1,
      after: pageInfo.endCursor,
      filter: { webhookIds: [], topics: [] },
    })
    expect(next.nodes).toHaveLength(1)
  })

  test.each([
    ['topics of a resource', { topics: ['order.*'] }, 24],
    ['a topic', { topics: ['order.created'] }, 2],
    ['two topics', { topics: ['order.created', 'order.eta_changed'] }, 24],
    ['% meaning itself', { topics: ['%'] }, 0],
    ['_ meaning itself', { topics: ['order_created', 'orde_.*'] }, 0],
    ['a backslash meaning itself', { topics: ['order\\.*'] }, 0],
    ['SQL meaning nothing', { topics: ["' or true --"] }, 0],
  ])('is not needed to filter by %s', async (_, filter, count) => {
    const found = await list.page(acme, { first: 100, filter })
    expect(found.nodes).toHaveLength(count)
  })

  test('a filter with too many members, or with NUL, is refused', async () => {
    for (const filter of [{ webhookIds: Array(101).fill('x') as string[] }, { topics: ['a\0'] }]) {
      const { body } = await list.raw(acme, { filter })
      expect(body.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    }
  })
})
