/**
 * Silent connections to PostgreSQL and Redis under real processes: a proxy keeps them open and forwards nothing.
 * The kernel would give up after 16 minutes; every deadline here is far below that.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migratedDatabase, type FreshDatabase } from '../../support/postgres.ts'
import { startProxy, type Proxy } from '../../support/network/silencing-proxy.ts'
import { startReceiver } from '../../support/receiver.ts'
import { redisKillable, warnSkipped, startRedis, type TestRedis } from '../../support/redis.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  commandByNode,
  endAll,
  run,
  serverByNode,
  startServer,
  type Environment,
} from '../support/process.ts'
import { createProject, createSite, createWebhook } from '../support/tenant.ts'

/** The processes work again 15 s after the silence began; the remaining time is for a busy machine. */
const worksAgainMs = 60_000
/** The time that a process may take to end (26 s), and time for a busy machine. */
const endsWithinMs = 60_000
const timeout = 300_000
const SECRETS_KEYS = `test:${Buffer.alloc(32, 7).toString('base64')}`

let database: FreshDatabase
let redis: TestRedis
beforeAll(async () => {
  database = await migratedDatabase()
  redis = await startRedis()
})
afterAll(async () => {
  await endAll()
  await database.drop()
  await redis.stop()
})

warnSkipped('silent connections to Redis')

interface ProxiedServices {
  readonly settings: Environment
  readonly proxies: readonly Proxy[]
  close(): Promise<void>
}

/** Settings of a process whose traffic to PostgreSQL and Redis goes through proxies. */
async function throughProxies(queue: 'postgres' | 'redis'): Promise<ProxiedServices> {
  const toPostgres = await startProxy(database.url)
  const toRedis = queue === 'redis' ? await startProxy(redis.url) : undefined
  const proxies = [toPostgres, ...(toRedis === undefined ? [] : [toRedis])]
  return {
    settings: {
      SECRETS_KEYS,
      DATABASE_URL: toPostgres.url,
      ...(toRedis !== undefined && { REDIS_URL: toRedis.url }),
    },
    proxies,
    close: async () => {
      await Promise.all(proxies.map((proxy) => proxy.close()))
    },
  }
}

const createOrder = `mutation ($input: OrderCreateInput!) { orderCreate(input: $input) { order { id } userErrors { code } } }`
const readSites = '{ sites(first: 1) { nodes { id } } }'

interface Seen {
  readonly ms: number
  readonly code: unknown
}

describe.concurrent.each(['postgres', 'redis'] as const)(
  'silent connections with the queue on %s',
  (queue) => {
    test.skipIf(queue === 'redis' && !redisKillable())(
      'requests over silent connections get a masked error, then all processes work over new connections, and SIGTERM ends them during silence',
      { timeout },
      async ({ onTestFinished }) => {
        const proxied = await throughProxies(queue)
        onTestFinished(() => proxied.close())
        const [api, dispatcher] = await Promise.all(
          ['api', 'dispatcher'].map((ROLES) => startServer({ ...proxied.settings, ROLES })),
        )
        if (api === undefined || dispatcher === undefined) throw new Error('expected two processes')
        const project = await createProject({ ...proxied.settings, DATABASE_URL: database.url })
        const tenant = project.through(api)
        const siteId = await createSite(tenant)
        const receiver = await startReceiver()
        onTestFinished(() => receiver.close())
        await createWebhook(tenant, receiver.url)
        const order = { siteId, partnerIdentifier: '1' }
        await tenant.gql(createOrder, { input: { ...order, idempotencyKey: 'before' } })
        await waitFor(() => receiver.requests.length === 1, { what: 'a delivery', deadlineMs: worksAgainMs })

        const silence = (): void => {
          for (const proxy of proxied.proxies) {
            proxy.silenceOpen()
            proxy.silenceNew()
          }
        }
        const request = async (query: string, variables?: object): Promise<Seen> => {
          const beganMs = performance.now()
          const { body } = await tenant.post({ query, variables })
          return { ms: performance.now() - beganMs, code: body.errors?.[0]?.extensions?.['code'] }
        }
        const input = { ...order, idempotencyKey: 'after' }

        // Connections that are opened meanwhile are silent as well.
        silence()
        const [readyz, ...first] = await Promise.all([
          fetch(new URL('/readyz', api.url)),
          request(readSites),
          request(createOrder, { input }),
        ])
        expect(readyz.status).toBe(503)
        expect(await readyz.json()).toMatchObject({
          status: 'unavailable',
          parts: { postgres: 'unavailable' },
        })
        expect(first.map(({ code }) => code)).toEqual(Array(2).fill('INTERNAL_SERVER_ERROR'))
        for (const { ms } of first) expect(ms).toBeLessThan(worksAgainMs)

        // Connections that are opened from now on work; the silent ones stay silent.
        for (const proxy of proxied.proxies) proxy.restore()
        await waitFor(async () => (await request(createOrder, { input })).code === undefined, {
          what: 'an order that is accepted',
          deadlineMs: worksAgainMs,
        })
        await waitFor(() => receiver.requests.length === 2, {
          what: 'the request of the order',
          deadlineMs: worksAgainMs,
        })
        expect(api.log('postgres.silent').length).toBeGreaterThan(0)

        silence()
        for (const server of [api, dispatcher]) server.signal('SIGTERM')
        await waitFor(() => api.isOver() && dispatcher.isOver(), {
          what: 'both processes to end',
          deadlineMs: endsWithinMs,
        })
      },
    )
  },
)

describe.concurrent('SIGTERM while PostgreSQL is silent', () => {
  test.each([
    ['a starting server', serverByNode],
    ['a command', [...commandByNode, 'project', 'list']],
  ])(
    'SIGTERM ends %s while PostgreSQL accepts connections and sends nothing',
    { timeout },
    async (_, command) => {
      const proxy = await startProxy(database.url)
      proxy.silenceNew()
      const running = run(command, { SECRETS_KEYS, PORT: '0', DATABASE_URL: proxy.url })
      await waitFor(() => proxy.silent() > 0, { what: 'a connection', deadlineMs: worksAgainMs })
      running.signal('SIGTERM')
      await waitFor(() => running.isOver(), { what: 'the process to end', deadlineMs: endsWithinMs })
      await proxy.close()
    },
  )

  test('SIGTERM ends a server whose migration waits for a lock', { timeout }, async ({ onTestFinished }) => {
    const other = await migratedDatabase()
    onTestFinished(() => other.drop())
    const { default: postgres } = await import('postgres')
    const holder = postgres(other.url, { max: 1, onnotice: () => undefined })
    await holder`select pg_advisory_lock(7146301)`
    const server = run(serverByNode, { SECRETS_KEYS, PORT: '0', DATABASE_URL: other.url })
    const isWaiting = async (): Promise<boolean> => {
      const rows = await holder`
        select 1 from pg_locks where locktype = 'advisory' and not granted
          and database = (select oid from pg_database where datname = current_database())`
      return rows.length > 0
    }
    await waitFor(isWaiting, { what: 'a migration that waits', deadlineMs: worksAgainMs })
    server.signal('SIGTERM')
    const { code } = await server.ended
    await holder.end({ timeout: 1 })
    expect(code).toBe(0)
  })
})
