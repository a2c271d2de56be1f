/** Change notifications between processes over PostgreSQL and Redis: each is received, and after a lost connection every process reconnects and reads again. */
import { Redis } from 'ioredis'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { makeApp } from '../../src/app.ts'
import type { FeedName } from '../../src/domain/feed/feed.ts'
import type { Log } from '../../src/ports/log.ts'
import { openNotifier, type Notifier, type NotifierOptions } from '../../src/feed/notify/notifier.ts'
import { createWebhook, createOrder, waitForSettled } from '../api/support/fixtures.ts'
import { startTestServer, tenantOf } from '../support/server.ts'
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts'
import { startProxy, type Proxy } from '../support/network/silencing-proxy.ts'
import { nullLog } from '../support/null-log.ts'
import { startReceiver } from '../support/receiver.ts'
import { redisAvailable, redisKillable, warnSkipped, startRedis, type TestRedis } from '../support/redis.ts'
import { waitFor } from '../support/wait-for.ts'
import { follow } from './support/follow.ts'

warnSkipped('feed notifications over Redis')

let database: FreshDatabase
let redis: TestRedis | undefined
let sql: postgres.Sql
const open: Listener[] = []

beforeAll(async () => {
  database = await freshDatabase()
  sql = postgres(database.url, { max: 2, onnotice: () => undefined })
  if (redisAvailable()) redis = await startRedis()
})
afterEach(async () => {
  for (const { bus } of open.splice(0)) await bus.close()
})
afterAll(async () => {
  await redis?.stop()
  await sql.end()
  await database.drop()
})

type Kind = 'PostgreSQL' | 'Redis'

interface Listener {
  readonly bus: Notifier
  readonly received: (readonly [FeedName, string | null])[]
  /** The events that the bus logged, in order. */
  readonly logged: string[]
  /** How often the bus called for a read of every project. */
  readonly rescans: () => number
}

function optionsFor(kind: Kind, log: Log, at: { redis?: string; database?: string } = {}): NotifierOptions {
  const over = { url: at.redis ?? redis?.url ?? '', prefix: redis?.prefix ?? '' }
  return {
    databaseUrl: at.database ?? database.url,
    redis: kind === 'Redis' ? over : undefined,
    log,
  }
}

async function listen(kind: Kind, options: Partial<NotifierOptions> = {}): Promise<Listener> {
  const logged: string[] = []
  const note = (_: object, step: string): void => void logged.push(step)
  const bus = await openNotifier({ ...optionsFor(kind, { ...nullLog, info: note, warn: note }), ...options })
  const received: (readonly [FeedName, string | null])[] = []
  bus.onNewItems((feed, projectId) => received.push([feed, projectId]))
  const rescans = () => received.filter(([feed, id]) => feed === 'ATTEMPTS' && id === null).length
  const listener = { bus, received, logged, rescans }
  open.push(listener)
  return listener
}

/** Notifies until the listener receives it: notifications may be lost while a connection is being reopened. */
async function notifyUntilReceived(from: Listener, to: Listener, projectId: string): Promise<void> {
  const isHeard = (): boolean => {
    from.bus.notify('ATTEMPTS', [projectId])
    return to.received.some(([feed, id]) => feed === 'ATTEMPTS' && id === projectId)
  }
  await waitFor(isHeard, { what: `a notification of ${projectId}` })
}

/** Closes every listening connection, as an administrator or a restart would. */
async function cutOff(kind: Kind): Promise<number> {
  if (kind === 'PostgreSQL') {
    const ended = await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'orderbell-feed'`
    return ended.length
  }
  const client = new Redis(redis?.url ?? '')
  const ended = Number(await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub'))
  client.disconnect()
  return ended
}

const kinds: readonly Kind[] = redisAvailable() ? ['PostgreSQL', 'Redis'] : ['PostgreSQL']

describe.each(kinds)('feed notifications over %s', (kind) => {
  test('every other process receives a notification, and the sending process receives it before its call returns', async () => {
    const [one, two, three] = [await listen(kind), await listen(kind), await listen(kind)]
    one.bus.notify('ATTEMPTS', ['prj_a', 'prj_b'])
    one.bus.notify('WEBHOOK_CHANGES', ['prj_a'])
    const words = [
      ['ATTEMPTS', 'prj_a'],
      ['ATTEMPTS', 'prj_b'],
      ['WEBHOOK_CHANGES', 'prj_a'],
    ]
    expect(one.received).toEqual(words)
    for (const { received } of [two, three]) {
      await waitFor(() => received.length >= 3, { what: 'three notifications' })
      expect(received).toEqual(words)
    }
    await notifyUntilReceived(two, one, 'prj_c')
    expect(one.received.filter(([, id]) => id !== 'prj_c')).toEqual(words)
  })

  test('1,000 notifications of one project in a moment arrive as one, and notifications of 450 projects arrive as one each', async () => {
    const [one, two] = [await listen(kind), await listen(kind)]
    for (let times = 0; times < 1_000; times += 1) one.bus.notify('ATTEMPTS', ['prj_a'])
    await waitFor(() => two.received.length > 0, { what: 'a notification' })
    const many = Array.from({ length: 450 }, (_, index) => `prj_${String(index).padStart(26, '0')}`)
    one.bus.notify('ATTEMPTS', many)
    await waitFor(() => two.received.length >= 451, { what: 'a notification of each' })
    expect(two.received.map(([, id]) => id)).toEqual(['prj_a', ...many])
  })

  test('a notification is published on the configured channel only', async () => {
    const notified: string[] = []
    const published: string[] = []
    const listening = await sql.listen('orderbell_feed', (message) => notified.push(message))
    const subscriber = redis === undefined ? undefined : new Redis(redis.url)
    await subscriber?.psubscribe('*')
    subscriber?.on('pmessage', (_pattern, channel: string) => published.push(channel))
    const [one, two] = [await listen(kind), await listen(kind)]
    await notifyUntilReceived(one, two, 'prj_a')

    if (kind === 'PostgreSQL') expect(published).toEqual([])
    else expect(notified).toEqual([])
    expect(new Set(published)).toEqual(new Set(kind === 'Redis' ? [`${redis?.prefix}:feed`] : []))
    subscriber?.disconnect()
    await listening.unlisten()
  })

  test('after every listening connection is closed three times, notifications arrive again and every project is read again', async () => {
    const [one, two] = [await listen(kind), await listen(kind)]
    for (let round = 1; round <= 3; round += 1) {
      expect(await cutOff(kind)).toBeGreaterThanOrEqual(2)
      for (const listener of [one, two])
        await waitFor(() => listener.rescans() >= round, {
          what: `the read of all projects after cut ${round}`,
        })
      await notifyUntilReceived(one, two, `prj_after_${round}`)
    }
    expect(two.received.some(([feed, id]) => feed === 'WEBHOOK_CHANGES' && id === null)).toBe(true)
  })

  test('a connection that stays open and receives nothing is replaced, and every project is read again', async () => {
    const proxy = await startProxy(kind === 'Redis' ? (redis?.url ?? '') : database.url)
    onTestFinished(() => proxy.close())
    const options = optionsFor(
      kind,
      nullLog,
      kind === 'Redis' ? { redis: proxy.url } : { database: proxy.url },
    )
    const { log: _, ...where } = options
    const behind = await listen(kind, { ...where, staleAfterMs: 400 })
    const other = await listen(kind)
    await notifyUntilReceived(other, behind, 'prj_before')

    proxy.makeStale(markOf(kind))
    expect(proxy.stale()).toBeGreaterThan(0)
    other.bus.notify('ATTEMPTS', ['prj_lost'])
    await waitFor(() => behind.logged.includes('feed.channel-stale'), {
      what: 'the stale channel to be detected',
    })
    proxy.restore()
    await waitFor(() => behind.rescans() > 0, { what: 'the read of all projects' })

    await notifyUntilReceived(other, behind, 'prj_after')
    expect(behind.received).not.toContainEqual(['ATTEMPTS', 'prj_lost'])
  })

  test('closing sends the last notification; a notification after closing is dropped', async () => {
    const [one, two] = [await listen(kind), await listen(kind)]
    one.bus.notify('ATTEMPTS', ['prj_last'])
    await one.bus.close()
    await waitFor(() => two.received.length > 0, { what: 'the last notification' })
    one.bus.notify('ATTEMPTS', ['prj_too_late'])
    expect(two.received).toEqual([['ATTEMPTS', 'prj_last']])
    expect(one.logged).toEqual([])
  })
})

/** A text that a client sends on its listening connection only. */
const markOf = (kind: Kind): string => (kind === 'Redis' ? 'orderbell-feed-subscriber' : 'orderbell-feed')

describe.skipIf(!redisKillable())('feed notifications while Redis is down', () => {
  const startOwnRedis = async (): Promise<TestRedis> => {
    const server = await startRedis()
    onTestFinished(() => server.stop())
    return server
  }
  const at = ({ url, prefix }: TestRedis): Partial<NotifierOptions> => ({ redis: { url, prefix } })

  test('notifications during a Redis outage are dropped with one log line, and every project is read again after the restart', async () => {
    const server = await startOwnRedis()
    const [one, two] = [await listen('Redis', at(server)), await listen('Redis', at(server))]
    await notifyUntilReceived(one, two, 'prj_before')
    await server.kill()
    const stopAt = performance.now() + 1_000
    while (performance.now() < stopAt) {
      one.bus.notify('ATTEMPTS', ['prj_meanwhile'])
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await waitFor(() => one.logged.includes('feed.notify-failed'), { what: 'the line in the log' })
    await server.restart()

    await waitFor(() => one.rescans() > 0 && two.rescans() > 0, { what: 'the read of all projects' })
    await notifyUntilReceived(one, two, 'prj_after')
    expect(one.logged.toSorted()).toEqual([
      'feed.notify-failed',
      'feed.notify-recovered',
      'feed.subscribe-failed',
      'feed.subscribe-recovered',
    ])
    // Notifications of the outage are not sent later: each process reads every project after it reconnects.
    expect(two.received.filter(([, id]) => id === 'prj_meanwhile').length).toBeLessThanOrEqual(1)
  })

  test('a process that starts while Redis is down notifies itself, and receives notifications once Redis is back', async () => {
    const server = await startOwnRedis()
    await server.kill()
    const one = await listen('Redis', at(server))
    one.bus.notify('ATTEMPTS', ['prj_a'])
    expect(one.received).toEqual([['ATTEMPTS', 'prj_a']])
    await server.restart()
    const two = await listen('Redis', at(server))
    await waitFor(() => one.rescans() > 0, { what: 'the read of all projects' })
    await notifyUntilReceived(two, one, 'prj_b')
  })

  test('a notifier closes while Redis is down, with at most one log line', async () => {
    const server = await startOwnRedis()
    const one = await listen('Redis', at(server))
    await server.kill()
    one.bus.notify('ATTEMPTS', ['prj_a'])
    await one.bus.close()
    expect(one.logged.filter((step) => step === 'feed.notify-failed').length).toBeLessThanOrEqual(1)
  })
})

describe.each(kinds)('feed without notifications over %s', (kind) => {
  test('a process whose notifications are lost without an error finds attempts of other processes by polling', async () => {
    const redisUrl = kind === 'Redis' ? redis?.url : undefined
    const testServer = await startTestServer(redisUrl === undefined ? {} : { REDIS_URL: redisUrl })
    onTestFinished(() => testServer.close())
    const proxy: Proxy = await startProxy(redisUrl ?? testServer.config.databaseUrl ?? '')
    onTestFinished(() => proxy.close())
    const behind = redisUrl === undefined ? { databaseUrl: proxy.url } : { redisUrl: proxy.url }
    const logged: string[] = []
    const log: Log = { ...nullLog, warn: (_, step) => void logged.push(step) }
    const api = await makeApp({ ...testServer.config, ...behind, roles: ['api'] }, log)
    onTestFinished(() => api.stop())
    const acme = await testServer.tenant()
    const receiver = await startReceiver()
    onTestFinished(() => receiver.close())
    await createWebhook(acme, receiver)
    const client = tenantOf(api.address?.url ?? '', acme.projectId, acme.key).socket()
    onTestFinished(() => Promise.resolve(client.dispose()))
    const following = follow(client)
    await waitFor(
      async () => {
        await createOrder(acme)
        await waitForSettled(acme, {})
        return following.events.length > 0
      },
      { what: 'the subscription to be live' },
    )

    proxy.makeStale(markOf(kind))
    const before = following.events.length
    await createOrder(acme)
    await following.received(before + 1)
    // The attempt came by polling, and not because the channel was replaced.
    expect(logged).not.toContain('feed.channel-stale')
    expect(proxy.stale()).toBeGreaterThan(0)
  })
})
