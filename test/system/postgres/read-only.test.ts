/** A server or database becomes read-only and writable again under open connections of both drivers. */
import pg from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../../../src/db/connection/connect.ts'
import { pgOptions, postgresJsOptions } from '../../../src/postgres/options.ts'
import { watchPool, WatchedClient } from '../../../src/postgres/watched-pool.ts'
import { openOwnCluster, type OwnCluster } from '../../support/database/own-cluster.ts'
import { nullLog } from '../../support/null-log.ts'
import { waitFor } from '../../support/wait-for.ts'

let cluster: OwnCluster
beforeAll(async () => {
  cluster = await openOwnCluster()
})
afterAll(() => cluster.close())

test('open connections of the API see a server that becomes read-only and writable again within 3 s', async () => {
  const admin = postgres(cluster.url, { max: 1, onnotice: () => undefined })
  const connections = connect(cluster.url, nullLog)
  const isWritable = () =>
    connections.ping(['api', 'admin', 'dispatcher']).then(
      () => true,
      () => false,
    )
  expect(await isWritable()).toBe(true)

  await admin`alter system set default_transaction_read_only = on`
  await admin`select pg_reload_conf()`
  await waitFor(async () => !(await isWritable()), { what: 'the pools to be read-only', deadlineMs: 3_000 })
  await admin`set default_transaction_read_only = off`
  await admin`alter system reset default_transaction_read_only`
  await admin`select pg_reload_conf()`
  await waitFor(isWritable, { what: 'the pools to be writable', deadlineMs: 3_000 })
  await connections.close()
  await admin.end()
})

describe('connection that started read-only', () => {
  const writable = `select not current_setting('transaction_read_only')::bool as writable`
  const queriers = {
    'postgres.js': () => {
      const sql = postgres({ ...postgresJsOptions(cluster.url, { name: 'test' }), max: 1 })
      return {
        query: () => sql.unsafe<{ writable: boolean }[]>(writable),
        close: () => sql.end({ timeout: 1 }),
      }
    },
    pg: () => {
      const pool = new pg.Pool({
        ...pgOptions(cluster.url, { name: 'test' }),
        ...{ max: 1, Client: WatchedClient },
      })
      pool.on('error', () => undefined)
      watchPool(pool, cluster.url)
      const query = async () => (await pool.query<{ writable: boolean }>(writable)).rows
      return { query, close: () => pool.end() }
    },
  }

  test.each(Object.entries(queriers))(
    'a read-only connection of %s in constant use is replaced once the database is writable',
    async (_, open) => {
      const admin = postgres(cluster.url, { max: 1, onnotice: () => undefined })
      await admin`alter database orderbell set default_transaction_read_only = on`
      const querier = open()
      const isWritable = async () => (await querier.query())[0]?.writable === true
      expect(await isWritable()).toBe(false)
      await admin`alter database orderbell reset default_transaction_read_only`

      // A query that pg was about to send is lost with the connection that is replaced. The queue repeats such a query.
      const isReplaced = () =>
        isWritable().catch((error: unknown) => {
          if (error instanceof Error && error.message === 'Connection terminated unexpectedly') return false
          throw error
        })
      await waitFor(isReplaced, { what: 'a writable connection', deadlineMs: 5_000 })
      await querier.close()
      await admin.end()
    },
  )
})
