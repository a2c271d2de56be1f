/** Connections of both drivers to a real PostgreSQL through a proxy that stops forwarding. */
import pg from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest'
import { pgOptions, postgresJsOptions } from '../../../src/postgres/options.ts'
import { onSilence, silentMs } from '../../../src/postgres/dead-connections.ts'
import { watchPool } from '../../../src/postgres/watched-pool.ts'
import { whileAnswering } from '../../../src/postgres/watch-backend.ts'
import { freshDatabase, type FreshDatabase } from '../../support/postgres.ts'
import { startProxy } from '../../support/network/silencing-proxy.ts'
import { waitFor } from '../../support/wait-for.ts'

const deadlineMs = silentMs + 8_000
const timeout = 4 * deadlineMs

let database: FreshDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

/** A pool of postgres.js whose connections go through their own proxy. */
async function pool({ onTestFinished }: TestContext, max: number) {
  const proxy = await startProxy(database.url)
  const sql = postgres({ ...postgresJsOptions(proxy.url, { name: 'silence' }), max })
  onTestFinished(async () => {
    await sql.end({ timeout: 1 })
    await proxy.close()
  })
  await Promise.all(Array.from({ length: max }, () => sql`select pg_sleep(0.1)`))
  return { proxy, sql }
}

/** How a promise settled, and after how many milliseconds. */
async function outcome(promise: Promise<unknown>) {
  const beganMs = performance.now()
  const how = await promise.then(
    () => 'fulfilled',
    (error: unknown) => String((error as { code?: string }).code ?? error),
  )
  return { how, ms: performance.now() - beganMs }
}

describe.concurrent('silent PostgreSQL connection', () => {
  test(
    'running and queued queries of a silent connection fail with CONNECTION_SILENT, and the next query succeeds',
    { timeout },
    async (context) => {
      const { proxy, sql } = await pool(context, 1)
      const before = sql`select 1`
      await before
      proxy.silenceOpen()
      const ends = await Promise.all([outcome(sql`select 1`), outcome(sql`select 2`), outcome(sql`select 3`)])
      expect(ends.map(({ how }) => how)).toEqual(Array(3).fill('CONNECTION_SILENT'))
      for (const { ms } of ends) expect(ms).toBeLessThan(deadlineMs)
      expect(await sql`select 4 as n`).toEqual([{ n: 4 }])
    },
  )

  test(
    'a connection that becomes silent within a result fails with CONNECTION_SILENT',
    { timeout },
    async (context) => {
      const { proxy, sql } = await pool(context, 1)
      const rows = sql`select pg_sleep(0.5), repeat('x', 1000) from generate_series(1, 4)`
      setTimeout(() => proxy.silenceOpen(), 1_000)
      expect((await outcome(rows)).how).toBe('CONNECTION_SILENT')
    },
  )

  test(
    'a silent connection closes the idle connections of all pools to the same server, so that the next queries succeed',
    { timeout },
    async (context) => {
      const { proxy, sql } = await pool(context, 6)
      const others = postgres({ ...postgresJsOptions(proxy.url, { name: 'others' }), max: 3 })
      context.onTestFinished(() => others.end({ timeout: 1 }))
      await Promise.all([1, 2, 3].map(() => others`select pg_sleep(0.1)`))
      proxy.silenceOpen()
      expect((await outcome(sql`select 1`)).how).toBe('CONNECTION_SILENT')
      const next = await Promise.all([1, 2, 3, 4, 5, 6].map(() => outcome(sql`select 1`)))
      const ofOthers = await Promise.all([1, 2, 3].map(() => outcome(others`select 1`)))
      expect([...next, ...ofOthers].map(({ how }) => how)).toEqual(Array(9).fill('fulfilled'))
      for (const { ms } of next) expect(ms).toBeLessThan(silentMs)
    },
  )

  test(
    'a transaction on a silent connection fails, is rolled back and is not repeated',
    { timeout },
    async (context) => {
      const { proxy, sql } = await pool(context, 2)
      await sql`create table if not exists once (n int)`
      let runs = 0
      const transaction = sql.begin(async (tx) => {
        runs += 1
        await tx`insert into once values (1)`
        proxy.silenceOpen()
        await Promise.allSettled([tx`insert into once values (2)`, tx`insert into once values (3)`])
        await tx`insert into once values (4)`
      })
      expect((await outcome(transaction)).how).toMatch(/^CONNECTION_/)
      expect(runs).toBe(1)
      // The server ends the transaction of the lost connection.
      expect(await sql`select n from once`).toEqual([])
    },
  )

  test('a pool with a silent connection can be closed', { timeout }, async (context) => {
    const { proxy, sql } = await pool(context, 2)
    proxy.silenceOpen()
    const queried = outcome(sql`select 1`)
    const ended = await outcome(sql.end({ timeout: 1 }))
    expect([ended.how, (await queried).how]).toEqual(['fulfilled', 'CONNECTION_DESTROYED'])
  })

  test('an idle connection stays open for longer than the limit of silence', { timeout }, async (context) => {
    const { sql } = await pool(context, 1)
    const pidOf = async () => (await sql<{ pid: number }[]>`select pg_backend_pid() as pid`)[0]?.pid
    const before = await pidOf()
    await new Promise((resolve) => setTimeout(resolve, silentMs + 1_500))
    expect(await pidOf()).toBe(before)
  })

  test(
    'a query on a silent connection of pg fails, and the pool connects again',
    { timeout },
    async ({ onTestFinished }) => {
      const proxy = await startProxy(database.url)
      const queue = new pg.Pool({ ...pgOptions(proxy.url, { name: 'silence' }), max: 3 })
      queue.on('error', () => undefined)
      watchPool(queue, proxy.url)
      onTestFinished(async () => {
        await queue.end()
        await proxy.close()
      })
      // A listening client is never returned to the pool.
      const listener = await queue.connect()
      const lost = new Promise((resolve) => listener.once('error', resolve))
      await listener.query('listen news')
      await Promise.all([1, 2].map(() => queue.query('select pg_sleep(0.1)')))
      let found = 0
      const stop = onSilence(proxy.url, () => (found += 1))
      onTestFinished(() => stop())
      proxy.silenceOpen()

      const queried = await outcome(queue.query('select 1'))
      await lost
      listener.release(true)
      const again = await Promise.all([1, 2, 3].map(() => outcome(queue.query('select 1'))))

      expect(queried.how).toContain('PostgreSQL did not answer for')
      expect(queried.ms).toBeLessThan(deadlineMs)
      expect(found).toBe(1)
      expect(again.map(({ how }) => how)).toEqual(Array(3).fill('fulfilled'))
    },
  )

  test(
    'a second connection finds that the connection of a statement without a time limit is silent',
    { timeout },
    async ({ onTestFinished }) => {
      const proxy = await startProxy(database.url)
      const session = { name: 'migrate', settings: { statement_timeout: '0' }, silentMs: null }
      const sql = postgres({ ...postgresJsOptions(proxy.url, session), max: 1 })
      onTestFinished(async () => {
        await sql.end({ timeout: 1 })
        await proxy.close()
      })
      const [backend] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
      const slow = whileAnswering(proxy.url, backend?.pid ?? 0, undefined, () => sql`select pg_sleep(6)`)
      expect((await outcome(slow)).how).toBe('fulfilled')

      const lost = whileAnswering(proxy.url, backend?.pid ?? 0, undefined, () => sql`select pg_sleep(1)`)
      proxy.silenceOpen()
      const { how, ms } = await outcome(lost)
      expect(how).toContain('the connection to PostgreSQL no longer answers')
      expect(ms).toBeLessThan(20_000)
    },
  )

  test(
    'PostgreSQL ends the transaction of a silent connection and releases its locks',
    { timeout },
    async (context) => {
      const { proxy, sql } = await pool(context, 1)
      const other = postgres({ ...postgresJsOptions(database.url, { name: 'other' }), max: 1 })
      context.onTestFinished(() => other.end({ timeout: 1 }))
      await other`create table locked (n int)`
      const isFree = async (): Promise<boolean> => {
        const [row] = await other`select count(*)::int as n from pg_locks where relation = 'locked'::regclass`
        return row?.['n'] === 0
      }
      const lost = outcome(
        sql.begin(async (tx) => {
          await tx`lock table locked`
          proxy.silenceOpen()
          await new Promise((resolve) => setTimeout(resolve, deadlineMs * 2))
          await tx`select 1`
        }),
      )
      await waitFor(async () => !(await isFree()), { what: 'the lock' })
      await waitFor(isFree, { what: 'the end of the lock', deadlineMs: deadlineMs * 2 })
      await proxy.close()
      expect((await lost).how).toMatch(/^CONNECTION_/)
    },
  )
})
