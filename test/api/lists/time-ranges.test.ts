/** Every list that is narrowed by a time range: its edges, its ends, and times that are none. */
import { getNamedType, isInputObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSchema } from '../../../src/graphql/schema.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { createWebhook, createOrder, waitForSettled, type Input } from '../support/fixtures.ts'

interface List {
  readonly field: string
  readonly filter: string
  /** The member of the filter, and the field of each node that it narrows. */
  readonly member: string
}

const lists: readonly List[] = [
  { field: 'sites', filter: 'SiteFilter', member: 'createdAt' },
  { field: 'customers', filter: 'CustomerFilter', member: 'createdAt' },
  { field: 'orders', filter: 'OrderFilter', member: 'createdAt' },
  { field: 'events', filter: 'EventFilter', member: 'createdAt' },
  { field: 'webhooks', filter: 'WebhookFilter', member: 'createdAt' },
  { field: 'deliveries', filter: 'DeliveryFilter', member: 'createdAt' },
  { field: 'deliveryAttempts', filter: 'DeliveryAttemptFilter', member: 'startedAt' },
]

let server: TestServer
let acme: Tenant
let receiver: Receiver
const rounds = 5

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
  receiver = await startReceiver()
  // One after another, so that each has an instant of its own; of each thing as many as there are rounds.
  for (let round = 1; round <= rounds; round += 1) {
    const created = round === 1 ? ['order.*'] : ['order.deleted']
    await createWebhook(acme, receiver, { topics: created })
    await createOrder(acme, { customer: { name: `Customer ${round}` } })
    await waitForSettled(acme, {}, round)
  }
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

interface Found {
  readonly nodes: readonly { readonly id: string; readonly at: string }[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
}

const query = ({ field, filter, member }: List) =>
  `query ($filter: ${filter}, $first: Int, $after: String, $last: Int, $before: String) {
    it: ${field}(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
      nodes { id at: ${member} } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`

async function page(list: List, range: Input | null, args: Input = { first: 100 }): Promise<Found> {
  const filter = { [list.member]: range }
  const { it } = await acme.gql<{ it: Found }>(query(list), { filter, ...args })
  return it
}

async function codeOf(list: List, range: Input): Promise<unknown> {
  const { body } = await acme.post({ query: query(list), variables: { filter: { [list.member]: range } } })
  expect(body.errors).toHaveLength(1)
  expect(body.data ?? null).toBeNull()
  return body.errors?.[0]?.extensions?.['code']
}

const idsOf = ({ nodes }: Found) => nodes.map(({ id }) => id)
const shifted = (instant: string, ms: number) => new Date(Date.parse(instant) + ms).toISOString()
/** The same instant as a clock in Kathmandu shows it. */
const inKathmandu = (instant: string) => shifted(instant, 345 * 60_000).replace('Z', '+05:45')

test('every list of the schema that takes a time range is asked here', () => {
  // The audit log has a test of its own: what stands in it comes of all that is done.
  const found = Object.values(makeSchema().getQueryType()?.getFields() ?? {})
    .filter(({ name, type }) => name !== 'auditLog' && getNamedType(type).name.endsWith('Connection'))
    .flatMap((field) =>
      field.args.flatMap((argument) => {
        const filter = getNamedType(argument.type)
        if (!isInputObjectType(filter)) return []
        return Object.values(filter.getFields())
          .filter(({ type }) => getNamedType(type).name === 'TimeRange')
          .map(({ name }) => ({ field: field.name, filter: filter.name, member: name }))
      }),
    )
  const byName = (a: List, b: List) => a.field.localeCompare(b.field)
  expect(found.toSorted(byName)).toEqual([...lists].toSorted(byName))
})

describe.each(lists)('a time range of $field', (list) => {
  test('takes its first instant and all until its end, and not its end itself', async () => {
    const all = await page(list, null)
    const instants = all.nodes.map(({ at }) => at)
    expect(new Set(instants).size).toBe(rounds)
    const [newest, , middle, , oldest] = instants as [string, string, string, string, string]
    const ranges: readonly (readonly [Input, number, number])[] = [
      // [range, the first place in the list, the first place behind]
      [{ from: middle }, 0, 3],
      [{ from: shifted(middle, 1) }, 0, 2],
      [{ until: middle }, 3, 5],
      [{ until: shifted(middle, 1) }, 2, 5],
      [{ from: middle, until: shifted(middle, 1) }, 2, 3],
      [{ from: middle, until: newest }, 1, 3],
      [{ from: oldest, until: newest }, 1, 5],
      [{ from: oldest, until: shifted(newest, 1) }, 0, 5],
      [{ from: inKathmandu(middle), until: inKathmandu(newest) }, 1, 3],
      [{ from: null, until: null }, 0, 5],
      [{}, 0, 5],
      [{ from: shifted(newest, 1) }, 5, 5],
      [{ until: oldest }, 5, 5],
    ]
    for (const [range, start, end] of ranges)
      expect(idsOf(await page(list, range)), JSON.stringify(range)).toEqual(idsOf(all).slice(start, end))
  })

  test('may reach from the first instant that can be written to the last', async () => {
    const all = idsOf(await page(list, null))
    const [first, last] = ['1970-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z']
    expect(idsOf(await page(list, { from: first, until: last }))).toEqual(all)
    expect(idsOf(await page(list, { from: last }))).toEqual([])
    expect(idsOf(await page(list, { until: first }))).toEqual([])
    expect(idsOf(await page(list, { from: '9999-01-01T00:00:00Z', until: last }))).toEqual([])
  })

  test('is paged through in both directions, without a step beyond its ends', async () => {
    const all = await page(list, null)
    const range = { from: all.nodes[4]?.at, until: all.nodes[0]?.at }
    const forwards: string[] = []
    for (let after: string | null = null; ;) {
      const found: Found = await page(list, range, { first: 3, after })
      forwards.push(...idsOf(found))
      after = found.pageInfo.endCursor
      if (!found.pageInfo.hasNextPage) break
    }
    const backwards: string[] = []
    for (let before: string | null = null; ;) {
      const found: Found = await page(list, range, { last: 3, before })
      backwards.unshift(...idsOf(found))
      before = found.pageInfo.startCursor
      if (!found.pageInfo.hasPreviousPage) break
    }
    expect(forwards).toEqual(idsOf(all).slice(1))
    expect(backwards).toEqual(forwards)
  })

  test.each([
    ['the wrong way round', '2026-02-26T17:00:00Z', '2026-02-26T16:59:59.999Z'],
    ['with equal ends', '2026-02-26T17:00:00Z', '2026-02-26T17:00:00Z'],
    ['with equal ends in two zones', '2026-02-26T17:00:00Z', '2026-02-26T18:00:00+01:00'],
    [
      'with ends that differ by less than a millisecond',
      '2026-02-26T17:00:00.0001Z',
      '2026-02-26T17:00:00.0009Z',
    ],
  ])('%s is refused', async (_, from, waitFor) => {
    expect(await codeOf(list, { from, waitFor })).toBe('BAD_USER_INPUT')
  })

  test.each([
    ['of the year -1', '-0001-01-01T00:00:00Z'],
    ['of the year 0', '0000-01-01T00:00:00Z'],
    ['before 1970', '1969-12-31T23:59:59.999Z'],
    ['before 1970 by its zone', '1970-01-01T00:30:00+01:00'],
    ['of the year 10000', '10000-01-01T00:00:00Z'],
    ['of the year 10000 by its zone', '9999-12-31T23:59:59-00:30'],
    ['at a leap second', '2016-12-31T23:59:60Z'],
    ['at 24 o’clock', '2026-02-26T24:00:00.001Z'],
    ['without a zone', '2026-02-26T17:00:00'],
    ['without a time', '2026-02-26'],
    ['on 30 February', '2026-02-30T00:00:00Z'],
    ['in words', 'yesterday'],
    ['as a number', 1_772_126_133_645],
    ['as SQL', "' or now() --"],
    ['that is empty', ''],
  ])('with an end %s is refused', async (_, end) => {
    for (const range of [{ from: end }, { until: end }])
      expect(await codeOf(list, range)).toBe('BAD_USER_INPUT')
  })
})
