/** Filters of every list, each alone and each with each other: a list brings what a plain reading of its filter takes, and no more. */
import { getNamedType, isInputObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSchema } from '../../../src/graphql/schema.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  createSite,
  createWebhook,
  createOrder,
  mutateOrThrow,
  changeOrderState,
  quickRetries,
  waitForSettled,
  type Input,
} from '../support/fixtures.ts'

type Node = Readonly<Record<string, never>>

interface List {
  readonly field: string
  /** What is read of each node, for the predicates. */
  readonly selection: string
  /** Some values of each member of its filter, and which nodes they take. Time ranges are `time-ranges.test.ts`. */
  readonly members: () => Readonly<Record<string, readonly unknown[]>>
  readonly takes: Readonly<Record<string, (node: Node, value: never) => boolean>>
}

let server: TestServer
let acme: Tenant
let receiver: Receiver
let failing: Receiver
/** Made in `beforeAll`, a few of each kind. */
let partnerIds: readonly string[]
let siteIds: readonly string[]
let customerIds: readonly string[]
let orderIds: readonly string[]
let webhookIds: readonly string[]
let eventIds: readonly string[]

/** Texts that mean something to somebody else: here each means itself. */
const odd = [
  '%',
  '_',
  'S_1',
  'S%',
  '\\',
  '\\%',
  "' or true --",
  '.*',
  '^S',
  'x'.repeat(200),
  '🍕',
  'null',
  '{}',
]

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
  receiver = await startReceiver()
  failing = await startReceiver()
  failing.script(500)
  const partners = await Promise.all(
    ['Courier Ltd', 'Till Ltd'].map((name) =>
      mutateOrThrow<{ partner: { id: string } }>(acme, 'PartnerCreate', { name }),
    ),
  )
  partnerIds = partners.map(({ partner }) => partner.id)
  const good = await createWebhook(acme, receiver, { partnerId: partnerIds[0] })
  const bad = await createWebhook(acme, failing, {
    preset: 'FLIPDISH',
    policy: quickRetries(0),
    topics: ['order.created'],
  })
  const stopped = await createWebhook(acme, receiver, { topics: ['order.state_changed'] })
  await mutateOrThrow(acme, 'WebhookDisable', { id: stopped.id })
  webhookIds = [good.id, bad.id, stopped.id]
  siteIds = [
    await createSite(acme, { partnerIdentifier: 'S-1' }),
    await createSite(acme, { partnerIdentifier: 's-1' }),
    await createSite(acme),
  ]
  for (const partnerIdentifier of odd) await createSite(acme, { partnerIdentifier })
  const customers = await Promise.all(
    ['Ann', 'Bob'].map((name) =>
      mutateOrThrow<{ customer: { id: string } }>(acme, 'CustomerCreate', { name }),
    ),
  )
  customerIds = customers.map(({ customer }) => customer.id)
  const orders = [
    await createOrder(acme, { siteId: siteIds[0], customerId: customerIds[0], partnerIdentifier: '100%' }),
    await createOrder(acme, { siteId: siteIds[0], customerId: customerIds[1], partnerIdentifier: '1000' }),
    await createOrder(acme, { siteId: siteIds[1], partnerIdentifier: 'a_c' }),
    await createOrder(acme, { siteId: siteIds[1], customerId: customerIds[0], partnerIdentifier: 'abc' }),
    await createOrder(acme, { siteId: siteIds[2] }),
  ]
  orderIds = orders.map(({ id }) => id)
  await changeOrderState(acme, orderIds[0] ?? '', 'READY')
  await changeOrderState(acme, orderIds[2] ?? '', 'READY')
  await changeOrderState(acme, orderIds[3] ?? '', 'CANCELLED')
  await mutateOrThrow(acme, 'CustomerStateChange', { orderId: orderIds[0], customerState: 'NEARBY' })
  await mutateOrThrow(acme, 'CustomerStateChange', { orderId: orderIds[3], customerState: 'ARRIVED' })
  await mutateOrThrow(acme, 'OrderUpdate', { orderId: orderIds[1], etaAt: '2026-02-26T17:20:00Z' })
  const deliveries = await waitForSettled(acme, {}, 19)
  const exhausted = deliveries.find(({ state }) => state === 'EXHAUSTED')
  await mutateOrThrow(acme, 'Retry', { id: exhausted?.id })
  await waitFor(
    async () => (await waitForSettled(acme, {}, 19)).some(({ attemptCount }) => attemptCount === 2),
    {
      what: 'the attempt that a person asked for',
    },
  )
  eventIds = [...new Set(deliveries.map(({ event }) => event.id))].slice(0, 4)
})
afterAll(async () => {
  await receiver.close()
  await failing.close()
  await server.close()
})

const among = (read: (node: Node) => unknown) => (node: Node, values: never) =>
  (values as readonly unknown[]).length === 0 || (values as readonly unknown[]).includes(read(node))
const ofTopics = (read: (node: Node) => string) => (node: Node, values: never) =>
  (values as readonly string[]).some(
    (one) => one === read(node) || (one.endsWith('.*') && read(node).startsWith(one.slice(0, -1))),
  )
const at = (node: Node, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((value, name) => (value as Node | null)?.[name], node)

const topics = [
  ['order.*'],
  ['order.created'],
  ['order.state_changed', 'order.eta_changed'],
  ['order.deleted'],
  ['order.'],
  ['orde_.*'],
  ['%.*'],
  ['%'],
  ['order\\.*'],
  ['*'],
  ['.*'],
  ['customer.*', 'order.eta_changed'],
]
/** Of attempts, and of deliveries by their latest. */
const ofAttempts = () => ({
  outcomes: [['SUCCEEDED'], ['HTTP_ERROR'], ['HTTP_ERROR', 'BLOCKED'], ['TIMED_OUT'], []],
  statusClasses: [['SUCCESSFUL'], ['SERVER_ERROR'], ['INFORMATIONAL', 'SERVER_ERROR'], ['CLIENT_ERROR'], []],
  triggers: [['SCHEDULE'], ['PERSON'], ['PERSON', 'TEST'], ['TEST'], ['SCHEDULE', 'PERSON'], []],
  attemptNumberFrom: [1, 2, 3, 2_147_483_647],
  presets: [['STANDARD'], ['FLIPDISH'], ['FOODY', 'FLIPDISH'], ['FOODY'], []],
  partnerIds: some(() => partnerIds)(),
  finalOnly: [true, false],
})
const classOf = (status: unknown) =>
  typeof status === 'number' &&
  ['INFORMATIONAL', 'SUCCESSFUL', 'REDIRECTION', 'CLIENT_ERROR', 'SERVER_ERROR'][Math.floor(status / 100) - 1]
const some = (ids: () => readonly string[]) => () => [
  [ids()[0]],
  ids().slice(0, 2),
  [ids()[2] ?? ids()[1]],
  ['no id'],
  [],
]

const lists: readonly List[] = [
  {
    field: 'sites',
    selection: 'partnerIdentifier',
    members: () => ({
      partnerIdentifiers: [['S-1'], ['S-1', 's-1'], ['S-'], [''], [], ...odd.map((one) => [one])],
    }),
    takes: { partnerIdentifiers: among((site) => at(site, 'partnerIdentifier')) },
  },
  { field: 'customers', selection: 'name', members: () => ({}), takes: {} },
  {
    field: 'orders',
    selection: 'state customerState partnerIdentifier site { id } customer { id }',
    members: () => ({
      siteIds: some(() => siteIds)(),
      customerIds: some(() => customerIds)(),
      states: [['READY'], ['READY', 'CANCELLED'], ['DELIVERED'], []],
      customerStates: [['CREATED'], ['NEARBY', 'ARRIVED'], ['WAITING'], []],
      partnerIdentifiers: [
        ['100%'],
        ['a_c', '1000'],
        ['1%'],
        ['a%'],
        ['10.*'],
        ["' or true --"],
        ['x'.repeat(10_000)],
      ],
    }),
    takes: {
      siteIds: among((order) => at(order, 'site', 'id')),
      customerIds: among((order) => at(order, 'customer', 'id')),
      states: among((order) => at(order, 'state')),
      customerStates: among((order) => at(order, 'customerState')),
      partnerIdentifiers: among((order) => at(order, 'partnerIdentifier')),
    },
  },
  {
    field: 'events',
    selection: 'topic order { id }',
    members: () => ({ orderIds: some(() => orderIds)(), topics }),
    takes: {
      orderIds: among((event) => at(event, 'order', 'id')),
      topics: ofTopics((event) => String(at(event, 'topic'))),
    },
  },
  {
    field: 'webhooks',
    selection: 'enabled preset partner { id }',
    members: () => ({
      enabled: [true, false],
      presets: [['STANDARD'], []],
      partnerIds: some(() => partnerIds)(),
    }),
    takes: {
      enabled: (webhook, value) => at(webhook, 'enabled') === value,
      presets: among((webhook) => at(webhook, 'preset')),
      partnerIds: among((webhook) => at(webhook, 'partner', 'id')),
    },
  },
  {
    field: 'deliveries',
    selection: `state attemptCount webhook { id preset partner { id } } event { id topic order { id } }
      attempts(last: 1) { nodes { outcome statusCode trigger } }`,
    members: () => ({
      webhookIds: some(() => webhookIds)(),
      orderIds: some(() => orderIds)(),
      eventIds: some(() => eventIds)(),
      topics,
      states: [['DELIVERED'], ['SKIPPED', 'EXHAUSTED'], ['PENDING'], ['EXHAUSTED'], []],
      ...ofAttempts(),
    }),
    takes: {
      webhookIds: among((delivery) => at(delivery, 'webhook', 'id')),
      orderIds: among((delivery) => at(delivery, 'event', 'order', 'id')),
      eventIds: among((delivery) => at(delivery, 'event', 'id')),
      topics: ofTopics((delivery) => String(at(delivery, 'event', 'topic'))),
      states: among((delivery) => at(delivery, 'state')),
      partnerIds: among((delivery) => at(delivery, 'webhook', 'partner', 'id')),
      presets: among((delivery) => at(delivery, 'webhook', 'preset')),
      outcomes: among((delivery) => at(delivery, 'attempts', 'nodes', '0', 'outcome')),
      statusClasses: among((delivery) => classOf(at(delivery, 'attempts', 'nodes', '0', 'statusCode'))),
      triggers: among((delivery) => at(delivery, 'attempts', 'nodes', '0', 'trigger')),
      attemptNumberFrom: (delivery, from) => Number(at(delivery, 'attemptCount')) >= from,
      finalOnly: (delivery, value) => !(value as boolean) || at(delivery, 'state') !== 'PENDING',
    },
  },
  {
    field: 'deliveryAttempts',
    selection: `number trigger outcome statusCode nextStep webhook { id preset partner { id } }
      delivery { event { topic order { id } } }`,
    members: () => ({
      webhookIds: some(() => webhookIds)(),
      orderIds: some(() => orderIds)(),
      topics,
      ...ofAttempts(),
    }),
    takes: {
      webhookIds: among((attempt) => at(attempt, 'webhook', 'id')),
      orderIds: among((attempt) => at(attempt, 'delivery', 'event', 'order', 'id')),
      topics: ofTopics((attempt) => String(at(attempt, 'delivery', 'event', 'topic'))),
      partnerIds: among((attempt) => at(attempt, 'webhook', 'partner', 'id')),
      presets: among((attempt) => at(attempt, 'webhook', 'preset')),
      outcomes: among((attempt) => at(attempt, 'outcome')),
      statusClasses: among((attempt) => classOf(at(attempt, 'statusCode'))),
      triggers: among((attempt) => at(attempt, 'trigger')),
      attemptNumberFrom: (attempt, from) => Number(at(attempt, 'number')) >= from,
      finalOnly: (attempt, value) => !(value as boolean) || at(attempt, 'nextStep') !== 'RETRY',
    },
  },
]

const filterOf = (field: string) =>
  `${field[0]?.toUpperCase()}${field.slice(1).replace(/ies$/, 'y').replace(/s$/, '')}Filter`

async function read({ field, selection }: List, filter: Input): Promise<readonly Node[]> {
  const query = `query ($filter: ${filterOf(field)}) { it: ${field}(filter: $filter, first: 100) { nodes { id ${selection} } } }`
  return (await acme.gql<{ it: { nodes: readonly Node[] } }>(query, { filter })).it.nodes
}

/** The ids of all pages of four, in the order of the list. */
async function walk(
  { field }: List,
  filter: Input,
  direction: 'forwards' | 'backwards',
): Promise<readonly unknown[]> {
  const query = `query ($filter: ${filterOf(field)}, $first: Int, $after: String, $last: Int, $before: String) {
    it: ${field}(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
      nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
  const ids: unknown[] = []
  for (let cursor: string | null = null; ;) {
    const args: Input = direction === 'forwards' ? { first: 4, after: cursor } : { last: 4, before: cursor }
    const { it } = await acme.gql<{ it: Walked }>(query, { filter, ...args })
    const found = it.nodes.map(({ id }) => id)
    if (direction === 'forwards') ids.push(...found)
    else ids.unshift(...found)
    const { hasNextPage, hasPreviousPage, startCursor, endCursor } = it.pageInfo
    cursor = direction === 'forwards' ? endCursor : startCursor
    if (!(direction === 'forwards' ? hasNextPage : hasPreviousPage)) return ids
  }
}

interface Walked {
  readonly nodes: readonly { readonly id: string }[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
}

/** The filters of one member each, and those of one value of each of two members. */
function filtersOf(list: List): readonly Input[] {
  const members = Object.entries(list.members())
  // Every value of each is tried; of all pairs of a long filter's, fewer. `log-filters.test.ts` mixes them at random.
  const isLong = members.length > 8
  const single = members.flatMap(([name, values]) => values.map((value): Input => ({ [name]: value })))
  const pairs = members.flatMap(([name, values], index) =>
    members
      .slice(index + 1)
      .flatMap(([other, others]) =>
        values
          .slice(0, isLong ? 1 : 2)
          .flatMap((value) =>
            others.slice(0, isLong ? 2 : 3).map((another): Input => ({ [name]: value, [other]: another })),
          ),
      ),
  )
  const together = Object.fromEntries(members.map(([name, values]) => [name, values[0]]))
  return [...single, ...pairs, together, {}]
}

test('every member of every filter of a list is asked here, or is a time range', () => {
  const fields = Object.values(makeSchema().getQueryType()?.getFields() ?? {})
  const found = fields.flatMap(({ name, args, type: answered }) => {
    // A feed's cursor takes a filter too, and is no list.
    if (!getNamedType(answered).name.endsWith('Connection')) return []
    const filter = args.find((argument) => argument.name === 'filter')
    const type = filter && getNamedType(filter.type)
    if (!isInputObjectType(type)) return []
    const members = Object.values(type.getFields()).filter(
      (one) => getNamedType(one.type).name !== 'TimeRange',
    )
    return [[name, members.map((member) => member.name).toSorted()] as const]
  })
  // The audit log has a test of its own: what stands in it comes of all that is done.
  expect(found.filter(([name]) => name !== 'auditLog').toSorted()).toEqual(
    lists.map(({ field, takes }) => [field, Object.keys(takes).toSorted()] as const).toSorted(),
  )
})

describe.each(lists)('$field', (list) => {
  test('bring what their filter takes, by each member and by each two of them', async () => {
    const all = await read(list, {})
    const taken = new Map<string, number>()
    for (const filter of filtersOf(list)) {
      const expected = all.filter((node) =>
        Object.entries(filter).every(([name, value]) => list.takes[name]?.(node, value as never)),
      )
      const found = await read(list, filter)
      expect(found, JSON.stringify(filter)).toEqual(expected)
      for (const name of Object.keys(filter)) taken.set(name, Math.max(taken.get(name) ?? 0, found.length))
    }
    // Each member took something: none is there for show.
    for (const name of Object.keys(list.takes)) expect(taken.get(name), name).toBeGreaterThan(0)
  })

  test('are not narrowed by null, and not by a filter that is null', async () => {
    const all = await read(list, {})
    const nulls = Object.fromEntries(Object.keys(list.takes).map((name) => [name, null]))
    expect(await read(list, nulls)).toEqual(all)
    const query = `{ it: ${list.field}(filter: null, first: 100) { nodes { id } } }`
    const { it } = await acme.gql<{ it: { nodes: readonly Node[] } }>(query)
    expect(it.nodes).toHaveLength(all.length)
  })

  test('take up to 100 members of a list, and refuse more, NUL, and halves of surrogate pairs', async () => {
    const names = Object.entries(list.members()).filter(([, values]) => Array.isArray(values[0]))
    for (const [name, values] of names) {
      const [value] = values[0] as readonly string[]
      const isEnum = [
        'states',
        'customerStates',
        'presets',
        'outcomes',
        'statusClasses',
        'triggers',
      ].includes(name)
      expect((await read(list, { [name]: Array(100).fill(value) })).length, name).toBeGreaterThan(0)
      // Partner identifiers are read as they are stored: without either.
      const isCleaned = isEnum || name === 'partnerIdentifiers'
      const refused = [Array(101).fill(value) as unknown[], ...(isCleaned ? [] : [['a\0'], ['\udf55x']])]
      for (const members of refused) {
        const { body } = await acme.post({
          query: `query ($filter: ${filterOf(list.field)}) { ${list.field}(filter: $filter) { nodes { id } } }`,
          variables: { filter: { [name]: members } },
        })
        expect(body.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
      }
    }
  })
})

describe.each(['deliveries', 'deliveryAttempts'])(
  'a number from which attempts are asked for of %s',
  (field) => {
    test.each([0, -1, -2_147_483_648])('is refused when it is %i: attempts count from 1', async (number) => {
      const { body } = await acme.post({
        query: `query ($from: Int) { ${field}(filter: { attemptNumberFrom: $from }) { nodes { id } } }`,
        variables: { from: number },
      })
      expect(body.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    })
  },
)

describe.each(lists.filter(({ field }) => field.startsWith('deliver')))('$field with a filter', (list) => {
  test('are the same however they are paged through, forwards and backwards', async () => {
    for (const filter of filtersOf(list).filter((_, index) => index % 12 === 0)) {
      const whole = (await read(list, filter)).map((node) => at(node, 'id'))
      expect(await walk(list, filter, 'forwards'), JSON.stringify(filter)).toEqual(whole)
      expect(await walk(list, filter, 'backwards'), JSON.stringify(filter)).toEqual(whole)
    }
  })
})

test('deleted orders and webhooks are in no list, and their log is', async () => {
  const fresh = await server.tenant()
  const kept = await createWebhook(fresh, receiver)
  const gone = await createWebhook(fresh, receiver)
  const order = await createOrder(fresh)
  const deleted = await createOrder(fresh)
  await mutateOrThrow(fresh, 'OrderDelete', { orderId: deleted.id })
  await waitForSettled(fresh, {}, 6)
  await mutateOrThrow(fresh, 'WebhookDelete', { id: gone.id })

  const found = await fresh.gql(`{ orders { nodes { id } } webhooks { nodes { id } }
    events { nodes { topic order { id deletedAt } } } }`)
  expect(found).toMatchObject({
    orders: { nodes: [{ id: order.id }] },
    webhooks: { nodes: [{ id: kept.id }] },
    events: {
      nodes: [
        { topic: 'order.deleted', order: { id: deleted.id, deletedAt: expect.any(String) as string } },
        { topic: 'order.created', order: { id: deleted.id } },
        { topic: 'order.created', order: { id: order.id, deletedAt: null } },
      ],
    },
  })
  expect(await waitForSettled(fresh, { orderIds: [deleted.id], webhookIds: [gone.id] }, 2)).toHaveLength(2)
})
