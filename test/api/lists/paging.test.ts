import { getNamedType, isObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeCursor } from '../../../src/domain/lists/cursor.ts'
import { firstIdAt } from '../../../src/domain/shared/ids.ts'
import { makeSchema } from '../../../src/graphql/schema.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import {
  createWebhook,
  createOrder,
  mutateOrThrow,
  quickRetries,
  waitForSettled,
  type Input,
} from '../support/fixtures.ts'

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

/** A list of the API, whose it is, how long it is, and how to read a page of it. */
interface List {
  readonly name: string
  readonly owner: () => Tenant
  readonly count: number
  readonly page: (args: Input, tenant?: Tenant) => Promise<Connection>
  readonly raw: (args: Input, tenant?: Tenant) => ReturnType<Tenant['post']>
  /** What its cursors stand for, and what they are bound to. */
  readonly prefix: string
  readonly scope: () => { readonly list: string; readonly filter: unknown }
}

let server: TestServer
/** Two webhooks, one order with twelve events. */
let acme: Tenant
/** One delivery with five attempts. */
let failing: Tenant
/** Seven of whatever one sets up. */
let catalogue: Tenant
let other: Tenant
let receiver: Receiver
let deliveryId: string
let orderId: string
let webhookIds: readonly string[]
/** Of all of the catalogue's webhooks. */
let eventId: string

const page =
  'edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }'
const declared = '$first: Int, $after: String, $last: Int, $before: String'
const given = 'first: $first, after: $after, last: $last, before: $before'
const always = { from: null, until: null }

const ofAcme = (): Tenant => acme
const ofCatalogue = (): Tenant => catalogue

/** A list of the project; `none` is the filter that takes all. */
function ofProject(
  name: string,
  filter: string,
  prefix: string,
  count: number,
  owner: () => Tenant,
  none: object,
): List {
  const query = `query ($filter: ${filter}, ${declared}) { ${name}(filter: $filter, ${given}) { ${page} } }`
  return {
    name,
    owner,
    count,
    prefix,
    page: async (args, tenant = owner()) =>
      (await tenant.gql<Record<string, Connection>>(query, args))[name] as Connection,
    raw: (variables, tenant = owner()) => tenant.post({ query, variables }),
    scope: () => ({ list: name, filter: none }),
  }
}

/** A list of the project that takes no filter. */
function unfiltered(name: string, prefix: string): List {
  const query = `query (${declared}) { ${name}(${given}) { ${page} } }`
  return {
    ...{ name, owner: ofCatalogue, count: 7, prefix },
    page: async (args, tenant = catalogue) =>
      (await tenant.gql<Record<string, Connection>>(query, args))[name] as Connection,
    raw: (variables, tenant = catalogue) => tenant.post({ query, variables }),
    scope: () => ({ list: name, filter: null }),
  }
}

/** A list of what hangs on one thing. */
function ofThing(
  parent: string,
  name: string,
  prefix: string,
  count: number,
  owner: () => Tenant,
  id: () => string,
): List {
  const query = `query ($id: ID!, ${declared}) { ${parent}(id: $id) { ${name}(${given}) { ${page} } } }`
  return {
    name: `${parent}.${name}`,
    owner,
    count,
    prefix,
    page: async (args, tenant = owner()) => {
      const answer = await tenant.gql<Record<string, Record<string, Connection>>>(query, {
        id: id(),
        ...args,
      })
      return answer[parent]?.[name] as Connection
    },
    raw: (variables, tenant = owner()) => tenant.post({ query, variables: { id: id(), ...variables } }),
    scope: () => ({ list: `${parent}.${name}`, filter: id() }),
  }
}

const log = { webhookIds: [], orderIds: [] }
const lists: readonly List[] = [
  ofProject('deliveries', 'DeliveryFilter', 'dlv', 24, ofAcme, {
    ...log,
    eventIds: [],
    topics: [],
    states: [],
    createdAt: always,
  }),
  ofProject('deliveryAttempts', 'DeliveryAttemptFilter', 'att', 24, ofAcme, {
    ...log,
    topics: [],
    outcomes: [],
    startedAt: always,
  }),
  ofProject('events', 'EventFilter', 'evt', 12, ofAcme, { orderIds: [], topics: [], createdAt: always }),
  ofProject('sites', 'SiteFilter', 'sit', 7, ofCatalogue, { partnerIdentifiers: [], createdAt: always }),
  ofProject('customers', 'CustomerFilter', 'cus', 7, ofCatalogue, { createdAt: always }),
  ofProject('orders', 'OrderFilter', 'ord', 7, ofCatalogue, {
    siteIds: [],
    customerIds: [],
    states: [],
    customerStates: [],
    partnerIdentifiers: [],
    createdAt: always,
  }),
  ofProject('webhooks', 'WebhookFilter', 'whk', 7, ofCatalogue, {
    enabled: null,
    presets: [],
    partnerIds: [],
    createdAt: always,
  }),
  unfiltered('partners', 'ptn'),
  unfiltered('keys', 'key'),
  ofThing(
    'delivery',
    'attempts',
    'att',
    5,
    () => failing,
    () => deliveryId,
  ),
  ofThing('order', 'events', 'evt', 12, ofAcme, () => orderId),
  ofThing('order', 'deliveries', 'dlv', 24, ofAcme, () => orderId),
  ofThing('webhook', 'deliveries', 'dlv', 12, ofAcme, () => webhookIds[0] ?? ''),
  ofThing('event', 'deliveries', 'dlv', 7, ofCatalogue, () => eventId),
]
const byNumber = 'delivery.attempts'

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
  other = await server.tenant('Other')
  failing = await server.tenant('Failing')
  catalogue = await server.tenant('Catalogue')
  receiver = await startReceiver()
  const first = await createWebhook(acme, receiver)
  const second = await createWebhook(acme, receiver)
  webhookIds = [first.id, second.id]
  // Two webhooks and one claim: deliveries and attempts share their instants.
  const order = await createOrder(acme)
  orderId = order.id
  await Promise.all(
    Array.from({ length: 11 }, (_, minute) =>
      mutateOrThrow(acme, 'OrderUpdate', { orderId, etaAt: new Date(1_772_000_000_000 + minute * 60_000) }),
    ),
  )
  await waitForSettled(acme, {}, 24)
  // They are made equal outright, so that only the id tells them apart.
  await server.connections.sql`
    update deliveries set created_at = (select min(created_at) from deliveries) where project_id = ${acme.projectId}`

  await Promise.all(
    Array.from({ length: 7 }, async (_, count) => {
      await createOrder(catalogue, { customer: { name: `Customer ${count}` } })
      await createWebhook(catalogue, receiver, { topics: ['order.deleted'] })
      await mutateOrThrow(catalogue, 'PartnerCreate', { name: `Partner ${count}` })
      // It has one.
      if (count > 0) await mutateOrThrow(catalogue, 'KeyCreate', { role: 'READER' })
    }),
  )

  const { sites } = await catalogue.gql<{ sites: Connection }>('{ sites { nodes { id } } }')
  const deleted = await createOrder(catalogue, { siteId: sites.nodes[0]?.id })
  const { event } = await mutateOrThrow<{ event: { id: string } }>(catalogue, 'OrderDelete', {
    orderId: deleted.id,
  })
  eventId = event.id
  await waitForSettled(catalogue, {}, 7)

  receiver.script(500)
  await createWebhook(failing, receiver, { policy: quickRetries(4) })
  await createOrder(failing)
  const [exhausted] = await waitForSettled(failing, {})
  deliveryId = exhausted?.id ?? ''
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

const idsOf = ({ nodes }: Connection) => nodes.map(({ id }) => id)

async function walk(list: List, size: number, backwards: boolean, filter: Input = {}) {
  const pages: Connection[] = []
  for (let cursor: string | null = null; ;) {
    const here: Input = backwards ? { last: size, before: cursor } : { first: size, after: cursor }
    const found: Connection = await list.page({ ...filter, ...here })
    pages.push(found)
    cursor = backwards ? found.pageInfo.startCursor : found.pageInfo.endCursor
    if (!(backwards ? found.pageInfo.hasPreviousPage : found.pageInfo.hasNextPage)) return pages
  }
}

test('every connection of the schema is paged through here', () => {
  const found = Object.values(makeSchema().getTypeMap()).flatMap((type) =>
    isObjectType(type) && !type.name.startsWith('__')
      ? Object.values(type.getFields())
          .filter((field) => getNamedType(field.type).name.endsWith('Connection'))
          .map(({ name }) => (type.name === 'Query' ? name : `${type.name.toLowerCase()}.${name}`))
      : [],
  )
  // Those two have tests of their own: what stands in the audit log comes of all that is done, and projects are an OPERATOR's.
  const elsewhere = ['auditLog', 'projects']
  expect(found.toSorted()).toEqual([...elsewhere, ...lists.map(({ name }) => name)].toSorted())
})

describe.each(lists)('a page of $name', (list) => {
  test.each([1, 2, 3, 5, 100])(
    'of %i leads through the whole list, forwards and backwards, each once',
    async (size) => {
      const all = idsOf(await list.page({ first: 100 }))
      const forwards = await walk(list, size, false)
      const backwards = await walk(list, size, true)

      expect(all).toHaveLength(list.count)
      expect(new Set(all).size).toBe(list.count)
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
    const usual = await list.page({})
    expect(usual.nodes).toHaveLength(Math.min(list.count, 20))
    const last = await list.page({ first: 100 })
    const beyond = await list.page({ first: 5, after: last.pageInfo.endCursor })
    expect(beyond).toMatchObject({
      edges: [],
      nodes: [],
      pageInfo: { hasNextPage: false, startCursor: null, endCursor: null },
    })
  })

  test('between two cursors has what lies between', async () => {
    const all = await list.page({ first: 5 })
    const between = await list.page({
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
    const { body } = await list.raw(args)
    expect(body.errors).toMatchObject([{ extensions: { code } }])
    expect(body.errors).toHaveLength(1)
  })

  test('is refused for a cursor that is cut, changed, or of another list', async () => {
    const { pageInfo } = await list.page({ first: 2 })
    const cursor = pageInfo.endCursor ?? ''
    const plain = Buffer.from(cursor, 'base64url').toString('utf8')
    const neighbour = lists[(lists.indexOf(list) + 1) % lists.length] as List
    const foreign = await neighbour.page({ first: 1 })
    const changed = [
      cursor.slice(0, -4),
      cursor.slice(4),
      Buffer.from(plain.replace(/\.(.*)\./, '.9$1.')).toString('base64url'),
      Buffer.from(`${plain}.more`).toString('base64url'),
      foreign.pageInfo.endCursor,
    ]
    for (const after of changed) {
      const { body } = await list.raw({ after })
      expect(body.errors).toMatchObject([{ extensions: { code: 'CURSOR_INVALID' } }])
    }
  })
})

// As late as an id can be written: in the year 10889, which PostgreSQL does not read.
const latest = (prefix: string) => `${prefix}_7${'z'.repeat(25)}`

test.each(lists)(
  'a cursor of $name that is well made but names no place is refused, and is no fault of ours',
  async (list) => {
    const { projectId } = list.owner()
    for (const key of ['', 'abc', '-1', '1e9', '9'.repeat(30), 'dlv_ü', latest(list.prefix), latest('prj')]) {
      const { body } = await list.raw({ after: writeCursor({ ...list.scope(), projectId }, key) })
      expect(body.errors, `${list.name} ${key}`).toMatchObject([{ extensions: { code: 'CURSOR_INVALID' } }])
    }
    // Of now: one that is old was removed, and is refused for that where retention removes such.
    const now = firstIdAt('order', new Date()).slice('ord'.length)
    const key = list.name === byNumber ? '0' : `${list.prefix}${now}`
    const { body } = await list.raw({ after: writeCursor({ ...list.scope(), projectId }, key) })
    expect(body, `${list.name} ${key}`).not.toHaveProperty('errors')
  },
)

describe.each(lists.slice(0, 2))('a cursor of $name', (list) => {
  test('is worth nothing in another project, nor with another filter', async () => {
    const filter = { webhookIds: [webhookIds[0]] }
    const { pageInfo } = await list.page({ first: 1, filter })
    const after = pageInfo.endCursor
    const attempts = await Promise.all([
      list.raw({ first: 1, filter, after }, other),
      list.raw({ first: 1, filter: { webhookIds: [webhookIds[1]] }, after }),
      list.raw({ first: 1, after }),
    ])
    for (const { body } of attempts)
      expect(body.errors).toMatchObject([{ extensions: { code: 'CURSOR_INVALID' } }])
  })

  test('leads through a filtered list, an absent and an empty filter being the same', async () => {
    const filter = { filter: { webhookIds: [webhookIds[0]], topics: ['order.eta_changed'] } }
    const filtered = await walk(list, 3, false, filter)
    expect(filtered.flatMap(idsOf)).toHaveLength(11)
    const { pageInfo } = await list.page({ first: 1 })
    const next = await list.page({
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
    const found = await list.page({ first: 100, filter })
    expect(found.nodes).toHaveLength(count)
  })

  test('a filter with too many members, or with NUL, is refused', async () => {
    for (const filter of [{ webhookIds: Array(101).fill('x') as string[] }, { topics: ['a\0'] }]) {
      const { body } = await list.raw({ filter })
      expect(body.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    }
  })
})
