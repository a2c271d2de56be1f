/** Time range filters of every list: their bounds, paging, and invalid times. */
import { getNamedType, isInputObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { executableSchema } from '../../../src/graphql/schema.ts'
import { sharedTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { createWebhook, createOrder, waitForSettled, type Input } from '../support/fixtures.ts'

interface List {
  readonly field: string
  readonly filter: string
  /** The member of the filter, and the field of each node that it applies to. */
  readonly member: string
}

const lists: readonly List[] = [
  { field: 'sites', filter: 'SiteFilter', member: 'createdAt' },
  { field: 'customers', filter: 'CustomerFilter', member: 'createdAt' },
  { field: 'orders', filter: 'OrderFilter', member: 'createdAt' },
  { field: 'orders', filter: 'OrderFilter', member: 'updatedAt' },
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
  server = await sharedTestServer()
  acme = await server.tenant()
  receiver = await startReceiver()
  // One round after another, so that each object has its own time. Each list has one object per round.
  for (let round = 1; round <= rounds; round += 1) {
    const topics = round === 1 ? ['order.*'] : ['order.deleted']
    await createWebhook(acme, receiver, { topics })
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
/** The same instant in the time zone of Kathmandu. */
const inKathmandu = (instant: string) => shifted(instant, 345 * 60_000).replace('Z', '+05:45')

test('this file tests every list of the schema that has a time range filter', () => {
  // The audit log is tested elsewhere: every mutation of a test adds entries to it.
  const found = Object.values(executableSchema().getQueryType()?.getFields() ?? {})
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

describe.each(lists)('time range of $field', (list) => {
  test(`${list.field} with a time range includes its first instant and excludes its end`, async () => {
    const all = await page(list, null)
    const instants = all.nodes.map(({ at }) => at)
    expect(new Set(instants).size).toBe(rounds)
    const [newest, , middle, , oldest] = instants as [string, string, string, string, string]
    const ranges: readonly (readonly [Input, number, number])[] = [
      // [range, index of the first node in it, index after the last]
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

  test(`${list.field} accepts a time range from 1970 to the end of 9999`, async () => {
    const all = idsOf(await page(list, null))
    const [first, last] = ['1970-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z']
    expect(idsOf(await page(list, { from: first, until: last }))).toEqual(all)
    expect(idsOf(await page(list, { from: last }))).toEqual([])
    expect(idsOf(await page(list, { until: first }))).toEqual([])
    expect(idsOf(await page(list, { from: '9999-01-01T00:00:00Z', until: last }))).toEqual([])
  })

  test(`${list.field} with a time range returns the same nodes when paged forwards and backwards`, async () => {
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
    ['whose end is before its start', '2026-02-26T17:00:00Z', '2026-02-26T16:59:59.999Z'],
    ['with equal ends', '2026-02-26T17:00:00Z', '2026-02-26T17:00:00Z'],
    ['with equal ends in two zones', '2026-02-26T17:00:00Z', '2026-02-26T18:00:00+01:00'],
    [
      'with ends that differ by less than a millisecond',
      '2026-02-26T17:00:00.0001Z',
      '2026-02-26T17:00:00.0009Z',
    ],
  ])(`${list.field} refuses a time range %s`, async (_, from, until) => {
    expect(await codeOf(list, { from, until })).toBe('BAD_USER_INPUT')
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
    ['that is a word', 'yesterday'],
    ['that is a number', 1_772_126_133_645],
    ['that is SQL', "' or now() --"],
    ['that is empty', ''],
  ])(`${list.field} refuses a time range with a bound %s`, async (_, bound) => {
    for (const range of [{ from: bound }, { until: bound }])
      expect(await codeOf(list, range)).toBe('BAD_USER_INPUT')
  })
})
