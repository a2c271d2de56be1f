/** Filters of every list, each member alone and in pairs: a list returns exactly the nodes that the predicates here accept. */
import { getNamedType, isInputObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { executableSchema } from '../../../src/graphql/schema.ts'
import { sharedTestServer, type TestServer, type Tenant } from '../../support/server.ts'
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
import { at, lists, specialTexts, type CreatedIds, type List, type Node } from './list-filter-cases.ts'

let server: TestServer
let acme: Tenant
let receiver: Receiver
let failing: Receiver
let ids: CreatedIds

beforeAll(async () => {
  server = await sharedTestServer()
  acme = await server.tenant()
  receiver = await startReceiver()
  failing = await startReceiver()
  failing.script(500)
  ids = await createObjects()
})
afterAll(async () => {
  await receiver.close()
  await failing.close()
  await server.close()
})

/** Creates a few objects of each kind, with 19 finished deliveries and one manual retry. */
async function createObjects(): Promise<CreatedIds> {
  const partners = await Promise.all(
    ['Courier Ltd', 'Till Ltd'].map((name) =>
      mutateOrThrow<{ partner: { id: string } }>(acme, 'PartnerCreate', { name }),
    ),
  )
  const partnerIds = partners.map(({ partner }) => partner.id)
  const succeeding = await createWebhook(acme, receiver, { partnerId: partnerIds[0] })
  const failed = await createWebhook(acme, failing, {
    preset: 'FLIPDISH',
    policy: quickRetries(0),
    topics: ['order.created'],
  })
  const disabled = await createWebhook(acme, receiver, { topics: ['order.state_changed'] })
  await mutateOrThrow(acme, 'WebhookDisable', { id: disabled.id })
  const webhookIds = [succeeding.id, failed.id, disabled.id]
  const siteIds = [
    await createSite(acme, { partnerIdentifier: 'S-1' }),
    await createSite(acme, { partnerIdentifier: 's-1' }),
    await createSite(acme),
  ]
  for (const partnerIdentifier of specialTexts) await createSite(acme, { partnerIdentifier })
  const customers = await Promise.all(
    ['Ann', 'Bob'].map((name) =>
      mutateOrThrow<{ customer: { id: string } }>(acme, 'CustomerCreate', { name }),
    ),
  )
  const customerIds = customers.map(({ customer }) => customer.id)
  const orders = [
    await createOrder(acme, {
      siteId: siteIds[0],
      customerId: customerIds[0],
      partnerIdentifier: '100%',
      source: 'app',
    }),
    await createOrder(acme, { siteId: siteIds[0], customerId: customerIds[1], partnerIdentifier: '1000' }),
    await createOrder(acme, { siteId: siteIds[1], partnerIdentifier: 'a_c', source: 'kiosk' }),
    await createOrder(acme, { siteId: siteIds[1], customerId: customerIds[0], partnerIdentifier: 'abc' }),
    await createOrder(acme, { siteId: siteIds[2], source: 'App' }),
  ]
  const orderIds = orders.map(({ id }) => id)
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
      what: 'the attempt of the manual retry',
    },
  )
  const eventIds = [...new Set(deliveries.map(({ event }) => event.id))].slice(0, 4)
  return { partnerIds, siteIds, customerIds, orderIds, webhookIds, eventIds }
}

const filterOf = (field: string) =>
  `${field[0]?.toUpperCase()}${field.slice(1).replace(/ies$/, 'y').replace(/s$/, '')}Filter`

async function read({ field, selection }: List, filter: Input): Promise<readonly Node[]> {
  const query = `query ($filter: ${filterOf(field)}) { it: ${field}(filter: $filter, first: 100) { nodes { id ${selection} } } }`
  return (await acme.gql<{ it: { nodes: readonly Node[] } }>(query, { filter })).it.nodes
}

/** The ids of all pages of 4, in the order of the list. */
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

/** Filters of one member, filters of two members, one of all members, and the empty filter. */
function filtersOf(list: List): readonly Input[] {
  const members = Object.entries(list.members(ids))
  // Filters with many members get fewer pairs. `log-filters.test.ts` combines them at random.
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

test('this file tests every member of every list filter of the schema, except time ranges', () => {
  const fields = Object.values(executableSchema().getQueryType()?.getFields() ?? {})
  const found = fields.flatMap(({ name, args, type: answered }) => {
    // The field of a feed's cursor has a filter as well, and is not a list.
    if (!getNamedType(answered).name.endsWith('Connection')) return []
    const filter = args.find((argument) => argument.name === 'filter')
    const type = filter && getNamedType(filter.type)
    if (!isInputObjectType(type)) return []
    const members = Object.values(type.getFields()).filter(
      (one) => getNamedType(one.type).name !== 'TimeRange',
    )
    return [[name, members.map((member) => member.name).toSorted()] as const]
  })
  // The audit log is tested elsewhere: every mutation of a test adds entries to it.
  expect(found.filter(([name]) => name !== 'auditLog').toSorted()).toEqual(
    lists.map(({ field, matches }) => [field, Object.keys(matches).toSorted()] as const).toSorted(),
  )
})

describe.each(lists)('filter of $field', (list) => {
  test(`${list.field} with a filter of one or two members returns exactly the matching nodes`, async () => {
    const all = await read(list, {})
    const matched = new Map<string, number>()
    for (const filter of filtersOf(list)) {
      const expected = all.filter((node) =>
        Object.entries(filter).every(([name, value]) => list.matches[name]?.(node, value as never)),
      )
      const found = await read(list, filter)
      expect(found, JSON.stringify(filter)).toEqual(expected)
      for (const name of Object.keys(filter))
        matched.set(name, Math.max(matched.get(name) ?? 0, found.length))
    }
    // Each member must match something, or its comparison proves nothing.
    for (const name of Object.keys(list.matches)) expect(matched.get(name), name).toBeGreaterThan(0)
  })

  test(`${list.field} ignores filter members that are null and a filter that is null`, async () => {
    const all = await read(list, {})
    const nulls = Object.fromEntries(Object.keys(list.matches).map((name) => [name, null]))
    expect(await read(list, nulls)).toEqual(all)
    const query = `{ it: ${list.field}(filter: null, first: 100) { nodes { id } } }`
    const { it } = await acme.gql<{ it: { nodes: readonly Node[] } }>(query)
    expect(it.nodes).toHaveLength(all.length)
  })

  test(`${list.field} accepts 100 values of a filter member, and refuses 101, NUL and halves of surrogate pairs`, async () => {
    const names = Object.entries(list.members(ids)).filter(([, values]) => Array.isArray(values[0]))
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
      // Partner identifiers are cleaned as on input, so that both characters are removed.
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

describe.each(['deliveries', 'deliveryAttempts'])('attemptNumberFrom of %s', (field) => {
  test.each([0, -1, -2_147_483_648])(
    `${field} refuses an attemptNumberFrom of %i, since attempts are numbered from 1`,
    async (number) => {
      const { body } = await acme.post({
        query: `query ($from: Int) { ${field}(filter: { attemptNumberFrom: $from }) { nodes { id } } }`,
        variables: { from: number },
      })
      expect(body.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    },
  )
})

describe.each(lists.filter(({ field }) => field.startsWith('deliver')))(
  'paging of filtered $field',
  (list) => {
    test(`${list.field} with a filter returns the same nodes when paged forwards and backwards`, async () => {
      for (const filter of filtersOf(list).filter((_, index) => index % 12 === 0)) {
        const whole = (await read(list, filter)).map((node) => at(node, 'id'))
        expect(await walk(list, filter, 'forwards'), JSON.stringify(filter)).toEqual(whole)
        expect(await walk(list, filter, 'backwards'), JSON.stringify(filter)).toEqual(whole)
      }
    })
  },
)

test('orders and webhooks leave out deleted ones, and events and deliveries of deleted ones remain', async () => {
  const tenant = await server.tenant()
  const kept = await createWebhook(tenant, receiver)
  const deletedWebhook = await createWebhook(tenant, receiver)
  const order = await createOrder(tenant)
  const deleted = await createOrder(tenant)
  await mutateOrThrow(tenant, 'OrderDelete', { orderId: deleted.id })
  await waitForSettled(tenant, {}, 6)
  await mutateOrThrow(tenant, 'WebhookDelete', { id: deletedWebhook.id })

  const found = await tenant.gql(`{ orders { nodes { id } } webhooks { nodes { id } }
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
  expect(
    await waitForSettled(tenant, { orderIds: [deleted.id], webhookIds: [deletedWebhook.id] }, 2),
  ).toHaveLength(2)
})
