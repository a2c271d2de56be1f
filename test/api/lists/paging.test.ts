import { getNamedType, isObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeCursor } from '../../../src/domain/lists/cursor.ts'
import { firstIdAt } from '../../../src/domain/shared/ids.ts'
import { executableSchema } from '../../../src/graphql/schema.ts'
import { sharedTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import {
  createWebhook,
  createOrder,
  mutateOrThrow,
  quickRetries,
  waitForSettled,
  type Input,
} from '../support/fixtures.ts'
import { byNumber, pagedLists, type Connection, type List, type PagedObjects } from './paged-lists.ts'

let server: TestServer
let receiver: Receiver
let objects: PagedObjects
/** A project without objects. */
let other: Tenant

const lists = pagedLists(() => objects)

beforeAll(async () => {
  server = await sharedTestServer()
  other = await server.tenant('Other')
  receiver = await startReceiver()
  objects = await createObjects()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

async function createObjects(): Promise<PagedObjects> {
  const acme = await server.tenant()
  const failing = await server.tenant('Failing')
  const catalogue = await server.tenant('Catalogue')
  const first = await createWebhook(acme, receiver)
  const second = await createWebhook(acme, receiver)
  const webhookIds = [first.id, second.id]
  // Two webhooks and one claim: pairs of deliveries and attempts have the same time.
  const { id: orderId } = await createOrder(acme)
  await Promise.all(
    Array.from({ length: 11 }, (_, minute) =>
      mutateOrThrow(acme, 'OrderUpdate', { orderId, etaAt: new Date(1_772_000_000_000 + minute * 60_000) }),
    ),
  )
  await waitForSettled(acme, {}, 24)
  // All deliveries get the same time, so that only the id orders them.
  await server.connections.sql`
    update deliveries set created_at = (select min(created_at) from deliveries) where project_id = ${acme.projectId}`

  await Promise.all(
    Array.from({ length: 7 }, async (_, count) => {
      await createOrder(catalogue, { customer: { name: `Customer ${count}` } })
      await createWebhook(catalogue, receiver, { topics: ['order.deleted'] })
      await mutateOrThrow(catalogue, 'PartnerCreate', { name: `Partner ${count}` })
      await mutateOrThrow(catalogue, 'DeliveriesRetry', { filter: { states: ['EXHAUSTED'] }, dryRun: true })
      // The project already has one key.
      if (count > 0) await mutateOrThrow(catalogue, 'KeyCreate', { role: 'READER' })
    }),
  )

  const { sites } = await catalogue.gql<{ sites: Connection }>('{ sites { nodes { id } } }')
  const deleted = await createOrder(catalogue, { siteId: sites.nodes[0]?.id })
  const { event } = await mutateOrThrow<{ event: { id: string } }>(catalogue, 'OrderDelete', {
    orderId: deleted.id,
  })
  await waitForSettled(catalogue, {}, 7)

  receiver.script(500)
  await createWebhook(failing, receiver, { policy: quickRetries(4) })
  await createOrder(failing)
  const [exhausted] = await waitForSettled(failing, {})
  return {
    acme,
    failing,
    catalogue,
    deliveryId: exhausted?.id ?? '',
    orderId,
    webhookIds,
    eventId: event.id,
  }
}

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

test('this file tests every connection of the schema except auditLog and those of projects', () => {
  const found = Object.values(executableSchema().getTypeMap()).flatMap((type) =>
    isObjectType(type) && !type.name.startsWith('__')
      ? Object.values(type.getFields())
          .filter((field) => getNamedType(field.type).name.endsWith('Connection'))
          .map(({ name }) => (type.name === 'Query' ? name : `${type.name.toLowerCase()}.${name}`))
      : [],
  )
  // Tested elsewhere: every mutation of a test adds entries to the audit log, and only an OPERATOR reads projects and the installation.
  const elsewhere = ['auditLog', 'projects', 'installation.projects']
  expect(found.toSorted()).toEqual([...elsewhere, ...lists.map(({ name }) => name)].toSorted())
})

describe.each(lists)('page of $name', (list) => {
  test.each([1, 5, 100])(
    `pages of %i return every node of ${list.name} once, forwards and backwards`,
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

  test(`pages of 2 of ${list.name} return the same nodes in both directions, with matching edges and a pageInfo that fits them`, async () => {
    const forwards = await walk(list, 2, false)
    const backwards = await walk(list, 2, true)
    for (const { edges, nodes, pageInfo } of [...forwards, ...backwards]) {
      expect(edges.map(({ node }) => node)).toEqual(nodes)
      expect(pageInfo.startCursor).toBe(edges[0]?.cursor)
      expect(pageInfo.endCursor).toBe(edges.at(-1)?.cursor)
      expect(nodes.length).toBeLessThanOrEqual(2)
    }
    expect(forwards.flatMap(idsOf)).toHaveLength(list.count)
    expect(backwards.toReversed().flatMap(idsOf)).toEqual(forwards.flatMap(idsOf))
    const [first, ...later] = forwards
    expect(first?.pageInfo).toMatchObject({ hasPreviousPage: false, hasNextPage: true })
    for (const one of later) expect(one.pageInfo.hasPreviousPage).toBe(true)
  })

  test(`a page of ${list.name} has 20 nodes by default, and none after the last cursor`, async () => {
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

  test(`a page of ${list.name} between two cursors has the nodes between them`, async () => {
    const all = await list.page({ first: 5 })
    const between = await list.page({
      after: all.edges[0]?.cursor,
      before: all.edges[4]?.cursor,
      first: 100,
    })
    expect(idsOf(between)).toEqual(idsOf(all).slice(1, 4))
  })

  test.each([
    ['first: 0', { first: 0 }, 'BAD_USER_INPUT'],
    ['first: -1', { first: -1 }, 'BAD_USER_INPUT'],
    ['first: 101', { first: 101 }, 'BAD_USER_INPUT'],
    ['last: 0', { last: 0 }, 'BAD_USER_INPUT'],
    ['last: 101', { last: 101 }, 'BAD_USER_INPUT'],
    ['both first and last', { first: 1, last: 1 }, 'BAD_USER_INPUT'],
    ['first: "5"', { first: '5' }, 'BAD_USER_INPUT'],
    ['an empty cursor', { after: '' }, 'CURSOR_INVALID'],
    ['a made-up cursor', { after: 'MTAw' }, 'CURSOR_INVALID'],
    ['a cursor of SQL', { before: "' or 1=1 --" }, 'CURSOR_INVALID'],
    ['a cursor of NUL', { after: '\0' }, 'CURSOR_INVALID'],
    ['a cursor of 100 kB', { after: 'x'.repeat(100_000) }, 'CURSOR_INVALID'],
  ])(`${list.name} refuses %s`, async (_, args, code) => {
    const { body } = await list.raw(args)
    expect(body.errors).toMatchObject([{ extensions: { code } }])
    expect(body.errors).toHaveLength(1)
  })

  test(`${list.name} refuses a cursor that is cut, changed or of another list with CURSOR_INVALID`, async () => {
    const { pageInfo } = await list.page({ first: 2 })
    const cursor = pageInfo.endCursor ?? ''
    const plain = Buffer.from(cursor, 'base64url').toString('utf8')
    const otherList = lists[(lists.indexOf(list) + 1) % lists.length] as List
    const foreign = await otherList.page({ first: 1 })
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

// The largest id, of the year 10889. PostgreSQL cannot read that time.
const latest = (prefix: string) => `${prefix}_7${'z'.repeat(25)}`

test.each(lists)(
  '$name refuses a well-formed cursor with an impossible key with CURSOR_INVALID, and accepts one of the present time',
  async (list) => {
    const { projectId } = list.owner()
    for (const key of ['', 'abc', '-1', '1e9', '9'.repeat(30), 'dlv_ü', latest(list.prefix), latest('prj')]) {
      const { body } = await list.raw({ after: writeCursor({ ...list.scope(), projectId }, key) })
      expect(body.errors, `${list.name} ${key}`).toMatchObject([{ extensions: { code: 'CURSOR_INVALID' } }])
    }
    // Of now: an older cursor could be refused with CURSOR_EXPIRED.
    const now = firstIdAt('order', new Date()).slice('ord'.length)
    const key = list.name === byNumber ? '0' : `${list.prefix}${now}`
    const { body } = await list.raw({ after: writeCursor({ ...list.scope(), projectId }, key) })
    expect(body, `${list.name} ${key}`).not.toHaveProperty('errors')
  },
)

describe.each(lists.slice(0, 2))('cursor of $name', (list) => {
  test(`${list.name} refuses a cursor of another project or of another filter with CURSOR_INVALID`, async () => {
    const filter = { webhookIds: [objects.webhookIds[0]] }
    const { pageInfo } = await list.page({ first: 1, filter })
    const after = pageInfo.endCursor
    const attempts = await Promise.all([
      list.raw({ first: 1, filter, after }, other),
      list.raw({ first: 1, filter: { webhookIds: [objects.webhookIds[1]] }, after }),
      list.raw({ first: 1, after }),
    ])
    for (const { body } of attempts)
      expect(body.errors).toMatchObject([{ extensions: { code: 'CURSOR_INVALID' } }])
  })

  test(`the pages of filtered ${list.name} return all 11 matching nodes, and a cursor without a filter is valid for empty filters`, async () => {
    const filter = { filter: { webhookIds: [objects.webhookIds[0]], topics: ['order.eta_changed'] } }
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
    ['all topics of a resource', { topics: ['order.*'] }, 24],
    ['one topic', { topics: ['order.created'] }, 2],
    ['two topics', { topics: ['order.created', 'order.eta_changed'] }, 24],
  ])(`${list.name} filtered by %s has the expected number of nodes`, async (_, filter, count) => {
    const found = await list.page({ first: 100, filter })
    expect(found.nodes).toHaveLength(count)
  })

  test.each([
    ['a misspelt topic', 'order.shiped', 'did you mean order.'],
    ['a misspelt resource', 'ordr.created', 'did you mean order.created'],
    ['a literal %', '%', 'project: the query'],
    ['a literal _', 'orde_.*', 'did you mean order.*? '],
    ['a literal backslash', 'order\\.*', 'did you mean order.*? '],
    ['SQL', "' or true --", 'project: the query'],
  ])(`${list.name} refuses a filter with %s, which can match nothing`, async (_, topic, hint) => {
    const { body } = await list.raw({ filter: { topics: ['order.created', topic] } })
    expect(body.errors).toMatchObject([
      { message: expect.stringContaining(hint) as string, extensions: { code: 'BAD_USER_INPUT' } },
    ])
  })

  test(`${list.name} refuses a filter with 101 ids or with NUL with BAD_USER_INPUT`, async () => {
    for (const filter of [{ webhookIds: Array(101).fill('x') as string[] }, { topics: ['a\0'] }]) {
      const { body } = await list.raw({ filter })
      expect(body.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    }
  })
})
