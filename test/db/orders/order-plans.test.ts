/**
 * Plans of the pages and counts of orders in a project with 100,000: PostgreSQL reads them by an index, and a number of rows
 * that does not depend on the number of orders.
 */
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrateDatabase } from '../../../src/db/connection/migrate.ts'
import { maxFoundOrders, maxRecentEvents } from '../../../src/db/tenant/reads/list-orders.ts'
import { wholeProject } from '../../../src/domain/access/scope.ts'
import type { OrderFilter } from '../../../src/domain/lists/filters.ts'
import { firstIdAt } from '../../../src/domain/shared/ids.ts'
import { migratedDatabase, type FreshDatabase } from '../../support/postgres.ts'
import { buildId } from '../../support/samples.ts'
import { nodesOf, rowsRead, watch, type Node, type Watched } from '../support/full-log.ts'

const projectId = buildId('prj', 1)
const otherProjectId = buildId('prj', 2)
const orderCount = 100_000
const limit = 50
const maxCount = 1_001

let database: FreshDatabase
let watched: Watched

beforeAll(async () => {
  database = await migratedDatabase()
  const sql = postgres(database.url, { max: 1, onnotice: () => undefined })
  await fillOrders(sql)
  await sql.end()
  watched = watch(database.url, await migrateDatabase(database.url))
}, 120_000)
afterAll(async () => {
  await watched.close()
  await database.drop()
})

/**
 * Another project has a twentieth as many orders. Each order has a customer of its own, but for a thousand orders of one
 * regular customer. Of the names, Brian is one in ten, Quentin one in a thousand, and Zoe one of the oldest.
 */
async function fillOrders(sql: postgres.Sql): Promise<void> {
  await sql`insert into projects (id, name, sealed_data_key) values (${projectId}, 'Main', ''), (${otherProjectId}, 'Other', '')`
  await sql`insert into sites (id, project_id, number, name, created_at, updated_at)
    select 'sit_' || id, id, 1, 'Main Street', now(), now() from projects`
  await sql`create table order_rows as
    select n, id, case when n % 100 = 7 then 'cus_regular_' || id else 'cus' || substr(order_id, 4) || id end as customer_id,
      order_id, now() - (${orderCount} - n) * interval '1 minute' as at,
      case when n % 10 = 0 then 'brian' when n % 1000 = 1 then 'quentin' when n = 5 then 'zoe' else 'anna' || n % 97 end as name
    from generate_series(1, ${orderCount}) as n,
      lateral (select id from projects) p, lateral (select 'ord_' || lpad(n::text, 26, '0') || right(id, 1) as order_id) o
    where id = ${projectId} or n % 20 = 0`
  await sql`insert into customers (id, project_id, number, name, created_at, updated_at)
    select customer_id, id, min(n), min(name), now(), now() from order_rows group by customer_id, id`
  await sql`insert into orders (id, project_id, number, uid, state, customer_state, version, sequence, site_id, customer_id,
      partner_identifier, created_at, updated_at)
    select order_id, id, n, order_id, 'COMPLETED', 'CREATED', 1, 1, 'sit_' || id, customer_id, 'X-' || n, at, at
    from order_rows`
  await sql`insert into search_words (owner_id, word, project_id)
    select customer_id, min(name), id from order_rows group by customer_id, id
    union all select order_id, 'x' || n, id from order_rows union all select order_id, n::text, id from order_rows`
  await sql`insert into events (id, project_id, topic, order_id, sequence, data, delivery_count, created_at)
    select case when n > ${orderCount} - 100 then ${firstIdAt('event', new Date())} else 'evt_00' end || n || id, id,
      'order.created', order_id, 1, '{}', 0, case when n > ${orderCount} - 100 then now() else at end
    from order_rows where n % 5 = 0 or n > ${orderCount} - 100`
  await sql`update orders set updated_at = now() where number > ${orderCount} - 100`
  await sql`drop table order_rows`
  await sql`analyze`
}

const always = { from: null, until: null }
const all: OrderFilter = {
  siteIds: [],
  customerIds: [],
  states: [],
  customerStates: [],
  partnerIdentifiers: [],
  sources: [],
  search: [],
  createdAt: always,
  updatedAt: always,
}

interface Case {
  readonly filter?: Partial<OrderFilter>
  readonly items: number
  readonly count: number
  /** Largest number of rows that the page may read. The count may read 50 more for each order that it counts. */
  readonly most: number
  readonly index: string
}

/** The orders of a frequent word are counted up to a limit, each by its customer, and then read in page order. */
const rowsOfWord = 8 * maxFoundOrders

const cases: Readonly<Record<string, Case>> = {
  'all orders': { items: limit, count: maxCount, most: 120, index: 'orders_p' },
  'the identifier of one order': {
    filter: { search: ['x4711'] },
    items: 11,
    count: 11,
    most: 150,
    index: 'search_words_word',
  },
  'the number of one order': {
    filter: { search: ['99999'] },
    items: 1,
    count: 1,
    most: 20,
    index: 'orders_number',
  },
  'a single digit': { filter: { search: ['7'] }, items: 1, count: 1, most: 20, index: 'orders_number' },
  'a name of one order in a thousand': {
    filter: { search: ['quent'] },
    items: limit,
    count: 100,
    most: 1_000,
    index: 'search_words_word',
  },
  'a name of one order in ten': {
    filter: { search: ['brian'] },
    items: limit,
    count: maxCount,
    most: rowsOfWord,
    index: 'orders_project',
  },
  'a name of the oldest order alone': {
    filter: { search: ['zoe'] },
    items: 1,
    count: 1,
    most: 30,
    index: 'search_words_word',
  },
  'two letters with which most names begin': {
    filter: { search: ['an'] },
    items: limit,
    count: maxCount,
    most: rowsOfWord,
    index: 'orders_project',
  },
  'a frequent and a rare word': {
    filter: { search: ['an', 'x4712'] },
    items: 10,
    count: 10,
    most: rowsOfWord,
    index: 'search_words_owner',
  },
  'a word that occurs nowhere': {
    filter: { search: ['nobody'] },
    items: 0,
    count: 0,
    most: 10,
    index: 'search_words_word',
  },
  'a word and a state that does not occur': {
    filter: { search: ['quentin'], states: ['READY'] },
    items: 0,
    count: 0,
    most: 1_000,
    index: 'search_words_word',
  },
}

describe.each(Object.entries(cases))('orders with %s', (name, { filter, items, count, most, index }) => {
  test(`of 100,000 orders, a page with ${name} is read by an index, and so is the count`, async () => {
    const page = await watched.page(wholeProject(projectId), (store) =>
      store.listOrders({ ...all, ...filter }, { limit, backwards: false, after: null, before: null }),
    )
    expect(page.result.items).toHaveLength(items)
    for (const plan of page.plans) expectBounded(plan, most, index)
    const counted = await watched.page(wholeProject(projectId), (store) =>
      store.countOrders({ ...all, ...filter }, maxCount),
    )
    expect(counted.result).toBe(count)
    for (const plan of counted.plans) expectBounded(plan, most + 50 * count, index)
  })
})

test('of 100,000 orders, those updated in the last minutes are found by the events of that time', async () => {
  const from = new Date(Date.now() - 300_000)
  const { result, plans } = await watched.page(wholeProject(projectId), (store) =>
    store.countOrders({ ...all, updatedAt: { from, until: null } }, maxCount),
  )
  expect(result).toBe(100)
  for (const plan of plans) expectBounded(plan, 500, 'events_project')
  expect(maxRecentEvents).toBeLessThan(orderCount)
})

function expectBounded(plan: readonly Node[], most: number, index: string): void {
  const nodes = plan.flatMap(nodesOf)
  const scanned = nodes.filter((node) => node['Node Type'] === 'Seq Scan' && rowsRead([node]) > 5)
  expect(scanned.map((node) => node['Relation Name'])).toEqual([])
  expect(rowsRead(plan)).toBeLessThanOrEqual(most)
  const used = nodes.flatMap((node) => node['Index Name'] ?? [])
  expect(used.filter((name) => name.startsWith(index))).not.toEqual([])
}
