/** The queue accepts no jobs or returns none: deliveries continue without the queue, and through it once it works again. */
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Tenant } from '../../support/server.ts'
import { migratedDatabase, type FreshDatabase } from '../../support/postgres.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { redisKillable, warnSkipped, startRedis, type TestRedis } from '../../support/redis.ts'
import { startFailoverProxy } from '../../support/network/failover-proxy.ts'
import { waitFor } from '../../support/wait-for.ts'
import { createOrder } from '../support/order.ts'
import { endAll, startServer, type Environment, type Server } from '../support/process.ts'
import { createProject, createSite, createWebhook } from '../support/tenant.ts'

const timeout = 120_000
/** The tests of a group share its processes. */
const inOrder = { timeout, concurrent: false }
const deadlineMs = 30_000

warnSkipped('a Redis that refuses writes')

/** An API process, a dispatcher process and a webhook. */
interface Fixture {
  readonly dispatcher: Server
  readonly api: Server
  /** Creates an order and returns the time until its request arrived. */
  deliver(): Promise<number>
  /** How often both processes together have logged this event. */
  logged(step: string): number
  /** Kills both processes. */
  close(): Promise<void>
}

async function startFixture(settings: Environment, receiver: Receiver): Promise<Fixture> {
  const project = await createProject(settings)
  const [api, dispatcher] = await Promise.all([
    startServer({ ...settings, ROLES: 'api' }),
    startServer({ ...settings, ROLES: 'dispatcher' }),
  ])
  const tenant: Tenant = project.through(api)
  const siteId = await createSite(tenant)
  await createWebhook(tenant, receiver.url)
  return {
    api,
    dispatcher,
    deliver: async () => {
      const before = receiver.requests.length
      const beganMs = performance.now()
      await createOrder(tenant, siteId)
      await waitFor(() => receiver.requests.length > before, { what: 'the request of an order', deadlineMs })
      return performance.now() - beganMs
    },
    logged: (step) => dispatcher.log(step).length + api.log(step).length,
    close: async () => {
      for (const server of [api, dispatcher]) server.signal('SIGKILL')
      await Promise.all([api.ended, dispatcher.ended])
    },
  }
}

afterAll(endAll)

const secretsKeys = `test:${Buffer.alloc(32, 7).toString('base64')}`

// The groups wait most of the time, each with its own database, Redis and processes.

describe.skipIf(!redisKillable()).concurrent('failing Redis queue', () => {
  let redis: TestRedis
  let database: FreshDatabase
  let receiver: Receiver
  let fixture: Fixture

  beforeAll(async () => {
    redis = await startRedis()
    database = await migratedDatabase()
    receiver = await startReceiver()
    fixture = await startFixture(
      { DATABASE_URL: database.url, REDIS_URL: redis.url, SECRETS_KEYS: secretsKeys },
      receiver,
    )
  }, timeout)
  afterAll(async () => {
    redis.thaw()
    await fixture.close()
    await receiver.close()
    await database.drop()
    await redis.stop()
  })

  const config = (name: string, value: string) => redis.command('CONFIG', 'SET', name, value)
  const faults: readonly [string, () => unknown, () => unknown][] = [
    ['whose memory is full', () => config('maxmemory', '1'), () => config('maxmemory', '0')],
    [
      'with too few replicas',
      () => config('min-replicas-to-write', '1'),
      () => config('min-replicas-to-write', '0'),
    ],
    [
      'that became a read-only replica',
      () => redis.command('REPLICAOF', '127.0.0.1', '1'),
      () => redis.command('REPLICAOF', 'NO', 'ONE'),
    ],
    ['that is frozen', () => redis.freeze(), () => redis.thaw()],
    ['that is down', () => redis.kill(), () => redis.restart()],
  ]

  it.each(faults)(
    'a queue on a Redis %s delays no order by more than 5 s, and carries jobs again afterwards',
    inOrder,
    async (what, begin, end) => {
      await queueRecovered(fixture)
      await fixture.deliver()
      const before = fixture.logged('queue.degraded')
      await begin()
      await queueDegraded(fixture)
      const took: number[] = []
      for (let count = 0; count < 5; count += 1) took.push(Math.round(await fixture.deliver()))
      console.info(`delivered after ${took.join(', ')} ms by a queue on a Redis ${what}`)
      expect(Math.max(...took)).toBeLessThan(5_000)

      await end()
      await queueRecovered(fixture)
      expect(fixture.logged('queue.degraded') - before, 'one line for each process').toBe(2)
      await fixture.deliver()
    },
  )

  it('orders are delivered while Redis hands no jobs to the workers', inOrder, async ({ onTestFinished }) => {
    const [meta = ''] = (await redis.command('KEYS', '*:lanes:meta')) as string[]
    const connection = new Redis(redis.url, { maxRetriesPerRequest: null })
    const queue = new Queue('lanes', { connection, prefix: meta.replace(/:lanes:meta$/, '') })
    onTestFinished(async () => {
      await queue.close()
      connection.disconnect()
    })
    await queue.pause()
    await deliveredWithoutJobs(fixture)
    await queue.resume()
    await queueRecovered(fixture)
  })

  it('jobs and markers of a clock that is a day ahead delay no order on Redis by 15 s', inOrder, async () => {
    const inADay = String(Date.now() + 86_400_000)
    for (const marker of (await redis.command('KEYS', '*:lanes:id')) as string[])
      await redis.command('ZADD', marker.replace(/id$/, 'marker'), inADay, '1')
    expect(await fixture.deliver()).toBeLessThan(15_000)
  })
})

describe.skipIf(!redisKillable()).concurrent('full Redis at the start', () => {
  it(
    'a dispatcher starts with a Redis whose memory is full, and delivers orders',
    { timeout },
    async ({ onTestFinished }) => {
      const [redis, receiver, database] = await Promise.all([
        startRedis(),
        startReceiver(),
        migratedDatabase(),
      ])
      onTestFinished(async () => {
        await Promise.all([receiver.close(), database.drop(), redis.stop()])
      })
      await redis.command('CONFIG', 'SET', 'maxmemory', '1')
      const fixture = await startFixture(
        { DATABASE_URL: database.url, REDIS_URL: redis.url, SECRETS_KEYS: secretsKeys },
        receiver,
      )
      onTestFinished(() => fixture.close())
      await queueDegraded(fixture)
      expect(await fixture.deliver()).toBeLessThan(5_000)
      await redis.command('CONFIG', 'SET', 'maxmemory', '0')
      await queueRecovered(fixture)
      await fixture.deliver()
    },
  )
})

describe.skipIf(!redisKillable()).concurrent('Redis failover', () => {
  it(
    'every process moves to the new primary when its connections to the old one stay open',
    { timeout },
    async ({ onTestFinished }) => {
      const [old, next, receiver] = await Promise.all([startRedis(), startRedis(), startReceiver()])
      const [database, address] = await Promise.all([migratedDatabase(), startFailoverProxy(old.url)])
      onTestFinished(async () => {
        await Promise.all([receiver.close(), address.close(), database.drop(), old.stop(), next.stop()])
      })
      const { port } = new URL(old.url)
      await next.command('REPLICAOF', '127.0.0.1', port)
      const fixture = await startFixture(
        { DATABASE_URL: database.url, REDIS_URL: address.url, SECRETS_KEYS: secretsKeys },
        receiver,
      )
      onTestFinished(() => fixture.close())
      await fixture.deliver()
      await waitFor(
        async () => String(await next.command('INFO', 'replication')).includes('link_status:up'),
        {
          what: 'a connected replica',
        },
      )

      address.forwardTo(next.url)
      await next.command('REPLICAOF', 'NO', 'ONE')
      await old.command('REPLICAOF', '127.0.0.1', new URL(next.url).port)

      for (let count = 0; count < 3; count += 1) expect(await fixture.deliver()).toBeLessThan(5_000)
      const clientsOfOld = async (): Promise<readonly string[]> =>
        [...String(await old.command('CLIENT', 'LIST')).matchAll(/name=(orderbell\S*)/g)].map(
          ([, name]) => name ?? '',
        )
      let left: readonly string[] = []
      await waitFor(async () => (left = await clientsOfOld()).length === 0, {
        what: 'no connection to the old primary',
        deadlineMs,
      }).catch((cause: unknown) => {
        throw new Error(`still connected to the old primary: ${left.join(', ')}`, { cause })
      })
      await queueRecovered(fixture)
      await fixture.deliver()
    },
  )
})

describe.concurrent('failing PostgreSQL queue', () => {
  let database: FreshDatabase
  let receiver: Receiver
  let fixture: Fixture
  let sql: postgres.Sql

  beforeAll(async () => {
    database = await migratedDatabase()
    receiver = await startReceiver()
    fixture = await startFixture({ DATABASE_URL: database.url, SECRETS_KEYS: secretsKeys }, receiver)
    sql = postgres(database.url, { max: 2, onnotice: () => undefined })
  }, timeout)
  afterAll(async () => {
    await fixture.close()
    await sql.end({ timeout: 1 })
    await receiver.close()
    await database.drop()
  })

  it("orders are delivered within 5 s while the queue's table in PostgreSQL is locked", inOrder, async () => {
    await fixture.deliver()
    let unlock = (): void => undefined
    const locked = new Promise<void>((resolve) => (unlock = resolve))
    const holding = sql.begin(async (tx) => {
      await tx`lock table bullmq.job in access exclusive mode`
      await locked
    })
    await queueDegraded(fixture)
    for (let count = 0; count < 5; count += 1) expect(await fixture.deliver()).toBeLessThan(5_000)
    unlock()
    await holding
    await queueRecovered(fixture)
    await fixture.deliver()
  })

  it('orders are delivered within 5 s while PostgreSQL refuses jobs', inOrder, async () => {
    await sql`alter table bullmq.job add constraint refused check (state <> 'waiting' and state <> 'delayed') not valid`
    await queueDegraded(fixture)
    for (let count = 0; count < 5; count += 1) expect(await fixture.deliver()).toBeLessThan(5_000)
    await sql`alter table bullmq.job drop constraint refused`
    await queueRecovered(fixture)
    await fixture.deliver()
  })

  it('orders are delivered while PostgreSQL hands no jobs to the workers', inOrder, async () => {
    await sql`insert into bullmq.meta (queue, field, value) values ('lanes', 'paused', '1')`
    await deliveredWithoutJobs(fixture)
    await sql`delete from bullmq.meta where field = 'paused'`
    await queueRecovered(fixture)
  })

  it('jobs of a clock that is a day ahead delay no order on PostgreSQL by 15 s', inOrder, async () => {
    await sql`
      insert into bullmq.job (queue, id, seq, name, state, added_at_ms, process_at_ms, delay_ms)
      select queue, 'ahead', 1, 'wake-at', 'delayed', ms, ms, 1
      from unnest(array['lanes', 'schedules']) queue, (select ${Date.now() + 86_400_000}::bigint as ms) clock`
    expect(await fixture.deliver()).toBeLessThan(15_000)
  })
})

async function queueDegraded({ dispatcher }: Fixture): Promise<void> {
  await waitFor(() => dispatcher.log('queue.degraded').length > dispatcher.log('queue.recovered').length, {
    what: 'the dispatcher to log queue.degraded',
    deadlineMs,
  })
}

async function queueRecovered(fixture: Fixture): Promise<void> {
  await waitFor(() => fixture.logged('queue.recovered') === fixture.logged('queue.degraded'), {
    what: 'every queue.degraded to be followed by queue.recovered',
    deadlineMs,
  })
}

/** Jobs are stored and not handed out: the first order waits until the dispatcher finds that out, the next ones do not. */
async function deliveredWithoutJobs(fixture: Fixture): Promise<void> {
  await fixture.deliver()
  expect(fixture.dispatcher.log('queue.degraded').at(-1)).toMatchObject({ part: 'fetch' })
  expect(await fixture.deliver()).toBeLessThan(5_000)
}
