/** The search of orders against the same rules in TypeScript, for random words. */
import fc from 'fast-check'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Connections } from '../../../src/db/connection/connect.ts'
import { migrateDatabase } from '../../../src/db/connection/migrate.ts'
import { makeProjectStore, type ProjectStore } from '../../../src/db/tenant/tenant-store.ts'
import { wholeProject } from '../../../src/domain/access/scope.ts'
import {
  numberOf,
  searchedWords,
  wordsOfCustomer,
  wordsOfOrder,
} from '../../../src/domain/orders/search-words.ts'
import { nullLog } from '../../support/null-log.ts'
import { migratedDatabase, type FreshDatabase } from '../../support/postgres.ts'
import { buildId } from '../../support/samples.ts'

const projectId = buildId('prj', 1)
const otherProjectId = buildId('prj', 2)
const names = ['Ann', 'Anna Ö', 'Bo 12', 'Bo-Ann', "O'Ann", 'Zoë 7', '%_\\', 'a b c']
const codes = ['12', '1-2', 'A1', 'ann', '', null, '123-ann', 'ö']

interface Row {
  readonly id: string
  readonly number: number
  readonly words: readonly string[]
}

let database: FreshDatabase
let connections: Connections
let store: ProjectStore
const rows: Row[] = []

beforeAll(async () => {
  database = await migratedDatabase()
  const sql = postgres(database.url, { max: 1, onnotice: () => undefined })
  for (const [index, project] of [projectId, otherProjectId].entries()) await fill(sql, project, index)
  await sql.end()
  connections = connect(database.url, nullLog, await migrateDatabase(database.url))
  store = makeProjectStore(connections.db, wholeProject(projectId))
})
afterAll(async () => {
  await connections.close()
  await database.drop()
})

/** An order for each pair of a name and a code. Orders with the same name have the same customer. */
async function fill(sql: postgres.Sql, project: string, index: number): Promise<void> {
  await sql`insert into projects (id, name, sealed_data_key) values (${project}, 'Main', '')`
  await sql`insert into sites (id, project_id, number, name, created_at, updated_at)
    values (${`sit_${index}`}, ${project}, 1, '', now(), now())`
  const insertWords = (owner: string, words: readonly string[]) => sql`
    insert into search_words (owner_id, word, project_id) select ${owner}, unnest(${[...words]}::text[]), ${project}`
  let number = 0
  for (const [place, name] of names.entries()) {
    const customer = `cus_${index}${place}`
    const ofCustomer = wordsOfCustomer({ name, licensePlate: codes[place] ?? null })
    await sql`insert into customers (id, project_id, number, name, license_plate, created_at, updated_at)
      values (${customer}, ${project}, ${place}, ${name}, ${codes[place] ?? null}, now(), now())`
    await insertWords(customer, ofCustomer)
    for (const code of codes) {
      number += 1
      const id = `ord_${index}${String(number).padStart(3, '0')}`
      const ofOrder = wordsOfOrder({ partnerIdentifier: code, redemptionCode: null })
      await sql`insert into orders (id, project_id, number, uid, state, customer_state, version, sequence, site_id, customer_id,
          partner_identifier, created_at, updated_at)
        values (${id}, ${project}, ${number}, ${id}, 'CREATED', 'CREATED', 1, 1, ${`sit_${index}`}, ${customer}, ${code}, now(), now())`
      await insertWords(id, ofOrder)
      if (project === projectId) rows.push({ id, number, words: [...ofCustomer, ...ofOrder] })
    }
  }
}

const always = { from: null, until: null }

async function find(search: readonly string[]): Promise<readonly string[]> {
  const { items } = await store.listOrders(
    {
      ...{
        siteIds: [],
        customerIds: [],
        states: [],
        customerStates: [],
        partnerIdentifiers: [],
        sources: [],
      },
      ...{ search, createdAt: always, updatedAt: always },
    },
    { limit: 100, backwards: false, after: null, before: null },
  )
  return items.map(({ id }) => id)
}

function expected(search: readonly string[]): readonly string[] {
  const has = ({ number, words }: Row, word: string) =>
    number === numberOf(word) || (!/^[1-9]$/.test(word) && words.some((own) => own.startsWith(word)))
  return rows
    .filter((row) => search.every((word) => has(row, word)))
    .map(({ id }) => id)
    .toReversed()
}

test('for random words, listOrders returns exactly the orders of the project that have all of them', async () => {
  const word = fc.oneof(
    fc.constantFrom(...names, ...codes.map(String), 'b', 'o', 'z', '7', '64', '3', 'an'),
    fc.string({
      unit: fc.constantFrom('a', 'b', 'n', 'o', '1', '2', '-', 'ö', '%', '_'),
      minLength: 1,
      maxLength: 4,
    }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 3 }), async (words) => {
      const search = searchedWords(words.join(' '))
      fc.pre(search.length > 0)
      expect(await find(search), search.join(' ')).toEqual(expected(search))
    }),
    { numRuns: 200 },
  )
})
