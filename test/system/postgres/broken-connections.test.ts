/** Every kind of connection that Orderbell opens, broken after and within each message of the server while the connection starts. */
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { checkPostgres } from '../../../src/db/connection/check-postgres.ts'
import { connect, type Connections } from '../../../src/db/connection/connect.ts'
import { migrateDatabase } from '../../../src/db/connection/migrate.ts'
import type { RlsMode } from '../../../src/db/connection/pool-roles.ts'
import { openPostgresChannel } from '../../../src/feed/notify/postgres-channel.ts'
import { migrateQueue, openPostgresBackend } from '../../../src/queue/backend/postgres-backend.ts'
import { startCuttingProxy, type Cut, type CuttingProxy } from '../../support/network/cutting-proxy.ts'
import { freshDatabase, type FreshDatabase } from '../../support/postgres.ts'
import { nullLog } from '../../support/null-log.ts'
import { waitFor } from '../../support/wait-for.ts'

const answerWithinMs = 10_000

let database: FreshDatabase
let proxy: CuttingProxy
let rlsMode: RlsMode
const unhandled: unknown[] = []
const remember = (fault: unknown): void => void unhandled.push(fault)

beforeAll(async () => {
  database = await freshDatabase()
  rlsMode = await migrateDatabase(database.url)
  await migrateQueue(database.url)
  proxy = await startCuttingProxy(database.url)
})
afterAll(async () => {
  await proxy.close()
  await database.drop()
})
beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', remember)
  process.on('uncaughtException', remember)
})
afterEach(() => {
  process.off('unhandledRejection', remember)
  process.off('uncaughtException', remember)
})

/** A part of Orderbell that queries PostgreSQL over its own connections. */
interface Querier {
  query(): Promise<unknown>
  close(): Promise<void>
}

function overPool(query: (connections: Connections) => Promise<unknown>): () => Querier {
  return () => {
    const connections = connect(proxy.url, nullLog, rlsMode)
    return { query: () => query(connections), close: () => connections.close() }
  }
}

const once = (query: () => Promise<unknown>) => (): Querier => ({ query, close: () => Promise.resolve() })

const queriers: Readonly<Record<string, () => Querier>> = {
  'the API': overPool(({ db }) => db.$client`select 1`),
  'a transaction of the API': overPool(({ db }) => db.transaction((tx) => tx.execute('select 1'))),
  'the authentication': overPool(({ adminPool }) => adminPool.$client`select 1`),
  'the dispatcher': overPool(({ sql }) => sql`select ${['a']}::text[]`),
  upkeep: () => {
    const connections = connect(proxy.url, nullLog, rlsMode)
    const sql = connections.openUpkeep(() => undefined)
    return {
      query: () => sql`select 1`,
      close: async () => {
        await Promise.all([sql.end({ timeout: 1 }), connections.close()])
      },
    }
  },
  'the feed': () => {
    const channel = openPostgresChannel(proxy.url, 'cut_test')
    return { query: () => channel.publish(['a message']), close: () => channel.close() }
  },
  'the listening feed': () => {
    const channel = openPostgresChannel(proxy.url, 'cut_test')
    let times = 0
    const listener = { onMessage: () => undefined, onSubscribed: () => void (times += 1) }
    const listening = (): Promise<void> => channel.listen('cut_test', listener)
    // The channel reconnects by itself; only the first call fails.
    const again = (): Promise<void> => waitFor(() => times > 0, { what: 'the feed to listen again' })
    let isFirst = true
    const query = (): Promise<void> => {
      const querying = isFirst ? listening() : again()
      isFirst = false
      return querying
    }
    return { query, close: () => channel.close() }
  },
  'the check at the start': once(() => checkPostgres(proxy.url)),
  'the migration': once(() => migrateDatabase(proxy.url)),
  'the migration of the queue': once(() => migrateQueue(proxy.url)),
  'the queue': () => {
    const queue = openPostgresBackend({ databaseUrl: proxy.url, log: nullLog }, 'scheduler', () => undefined)
    return { query: () => queue.ping(), close: () => queue.close() }
  },
}

/** Throws when the query neither returns nor fails in time. */
async function queryInTime(querier: Querier): Promise<'ANSWERED' | 'FAILED'> {
  const timer = new AbortController()
  const late = pause(answerWithinMs, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`neither an answer nor an error within ${answerWithinMs} ms`)
  })
  const querying = querier.query().then(
    () => 'ANSWERED' as const,
    () => 'FAILED' as const,
  )
  try {
    return await Promise.race([querying, late])
  } finally {
    timer.abort()
    late.catch(() => undefined)
  }
}

/** Breaks one connection and checks that the next query returns. */
async function cutOnce(open: () => Querier, cut: Cut): Promise<void> {
  const querier = open()
  proxy.cutNext(cut)
  try {
    await queryInTime(querier)
    expect(proxy.hasCut(), `cut after ${cut.afterBytes} bytes`).toBe(true)
    expect(await queryInTime(querier), `after a ${cut.by} after ${cut.afterBytes} bytes`).toBe('ANSWERED')
  } finally {
    await querier.close()
  }
}

/** The byte positions at which the server's messages for one undisturbed query end. */
async function measure(open: () => Querier): Promise<readonly number[]> {
  const querier = open()
  await queryInTime(querier)
  const ends = proxy.messageEnds()
  await querier.close()
  return ends
}

test.each(Object.keys(queriers))(
  'a query of %s over a connection that breaks after or within any start-up message returns or fails in time, and the next query returns',
  async (name) => {
    const open = queriers[name] as () => Querier
    const ends = (await measure(open)).slice(0, 40)
    expect(ends.length).toBeGreaterThan(15)
    for (const end of [0, ...ends.slice(0, -1)]) {
      await cutOnce(open, { afterBytes: end, by: 'FIN' })
      await cutOnce(open, { afterBytes: end, by: 'RST' })
      await cutOnce(open, { afterBytes: end + 3, by: 'RST' })
    }
    expect(unhandled).toEqual([])
  },
)
