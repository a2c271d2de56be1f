/** How many statements a page of the log costs: counted below the API's own stores, by drizzle's logger. */
import { drizzle } from 'drizzle-orm/postgres-js'
import { graphql } from 'graphql'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as tables from '../../src/db/schema.ts'
import { makeProjectStore } from '../../src/db/project-store.ts'
import type { Context } from '../../src/graphql/context.ts'
import { makeLoaders } from '../../src/graphql/loaders.ts'
import { makeSchema } from '../../src/graphql/schema.ts'
import { openHouse, type House, type Tenant } from '../support/house.ts'
import { startReceiver, type Receiver } from '../support/receiver.ts'
import { aWebhook, anOrder, documents, settled } from './fixtures.ts'

let house: House
let acme: Tenant
let receiver: Receiver

beforeAll(async () => {
  house = await openHouse()
  acme = await house.tenant()
  receiver = await startReceiver()
  await aWebhook(acme, receiver)
  await aWebhook(acme, receiver)
  for (let count = 0; count < 10; count += 1) await anOrder(acme)
  await settled(acme, {}, 20)
})
afterAll(async () => {
  await receiver.close()
  await house.close()
})

async function statementsOf(source: string, variables: Readonly<Record<string, unknown>>) {
  const statements: string[] = []
  const sql = postgres(house.config.databaseUrl ?? '', { max: 1 })
  const logger = { logQuery: (query: string) => void statements.push(query) }
  const store = makeProjectStore(drizzle(sql, { schema: tables, logger }), acme.projectId)
  const context: Pick<Context, 'projectId' | 'store' | 'loaders' | 'sendAllowHttp'> = {
    projectId: acme.projectId,
    store,
    loaders: makeLoaders(store),
    sendAllowHttp: true,
  }
  const { data, errors } = await graphql({
    schema: makeSchema(),
    source,
    variableValues: variables,
    contextValue: context,
  })
  await sql.end()
  expect(errors).toBeUndefined()
  return { statements, data }
}

const everything = `query ($first: Int) { deliveries(first: $first) { nodes { id
  event { id order { id number site { id } customer { id } } } webhook { id policy { timeoutMs } }
  attempts(first: 20) { nodes { id request { body headers { name } } response { body } webhook { id } } } } } }`

test.each([
  ["the contract's Log", documents.Log],
  ['a log of all there is to see', everything],
])('%s costs as many statements for 20 deliveries as for one', async (_, source) => {
  const one = await statementsOf(source, { first: 1 })
  const twenty = await statementsOf(source, { first: 20 })

  expect(JSON.stringify(twenty.data).match(/dlv_/g)?.length).toBeGreaterThanOrEqual(20)
  expect(twenty.statements).toHaveLength(one.statements.length)
  expect(one.statements.length).toBeLessThanOrEqual(8)
})
