/**
 * The cost of subscriptions: deliveries per second of one process with 1,000 subscriptions, each for its own webhook,
 * compared with the same process without subscriptions, measured alternately.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { documents } from '../api/support/fixtures.ts'
import { redisAvailable, startRedis } from '../support/redis.ts'
import { expectEqual, spreadOf, write, type Bench, type BenchOptions, type Spread } from './bench.ts'
import { checkDeliveries } from './verify.ts'
import { openCluster } from './cluster.ts'
import { startBenchServer, type BenchServer } from './server.ts'
import type { Load } from './load.ts'
import { startPeer, type Peer } from './peers/peer.ts'
import { processorMs, residentMb } from './processes.ts'
import { dispatchRate } from './rate.ts'
import type { Command, ReceivedCounts } from './peers/subscribers.ts'

/** The maximum of one project: 20 on each of 50 sockets. */
const subscriptions = 1_000
const deliveries = 20_000
/** A generous time for a process to start 1,000 subscriptions; afterwards each must receive a first attempt. */
const settleDownMs = 3_000

interface Result {
  readonly alone: Spread
  readonly watched: Spread
  readonly ratio: Spread
  /** The time from the last recorded attempt to the last received one. */
  readonly lagMs: Spread
  readonly mb: Spread
  /** CPU time of the server in ms for each delivery: without subscriptions, and with them until every attempt was received. */
  readonly aloneMs: Spread
  readonly watchedMs: Spread
}

export const feedBench: Bench = {
  name: 'feed',
  summary: 'deliveries/s with 1,000 subscriptions, each for its own webhook, compared with none',
  run: async (options) => {
    const cluster = await openCluster()
    const [receiver, subscribers] = await Promise.all([startPeer('receiver.ts'), startPeer('subscribers.ts')])
    const results: Record<string, Result> = {}
    try {
      const measureOn = async (database: string, redisUrl?: string): Promise<Result> => {
        const server = await startBenchServer(await cluster.database(database), redisUrl)
        return measure({ server, receiver, subscribers }, options).finally(() => server.close())
      }
      results['PostgreSQL'] = await measureOn('bench')
      if (redisAvailable()) {
        const redis = await startRedis()
        results['Redis'] = await measureOn('bench_redis', redis.url).finally(() => redis.stop())
      } else options.progress('Redis is not measured: there is no redis-server on the PATH.')
    } finally {
      receiver.close()
      subscribers.close()
      await cluster.close()
    }
    return {
      title: `Feed: median of ${options.rounds} rounds of ${deliveries} deliveries to ${subscriptions} webhooks (minimum to maximum). Queue on:`,
      columns: Object.fromEntries(
        Object.entries(results).map(([queue, result]) => [queue, figuresOf(result)]),
      ),
      json: results,
    }
  },
}

function figuresOf({
  alone,
  watched,
  ratio,
  lagMs,
  mb,
  aloneMs,
  watchedMs,
}: Result): Readonly<Record<string, string>> {
  return {
    'no subscription, deliveries/s': write(alone, 0),
    [`${subscriptions} subscriptions, deliveries/s`]: write(watched, 0),
    'with / without': write(ratio, 3),
    'ms from the last recorded to the last received': write(lagMs, 0),
    'server CPU, ms a delivery, no subscription': write(aloneMs, 3),
    'server CPU, ms a delivery, until all were received': write(watchedMs, 3),
    'server, resident MB, with subscriptions': write(mb, 0),
  }
}

interface Setup {
  readonly server: BenchServer
  readonly receiver: Peer
  readonly subscribers: Peer
}

async function measure(setup: Setup, { rounds, progress }: BenchOptions): Promise<Result> {
  const { server, receiver, subscribers } = setup
  const receiverUrl = `http://127.0.0.1:${String(receiver.greeting)}`
  const load = await server.tenant(subscriptions, (projectId) => `${receiverUrl}/${projectId}`)
  const { projectId } = load
  const key = await server.key(projectId, { role: 'PLATFORM' })
  const figures = { alone: [] as number[], watched: [] as number[], ratio: [] as number[] }
  const times = { alone: [] as number[], watched: [] as number[] }
  const lags: number[] = []
  const memory: number[] = []
  let done = 0
  const deliver = async (count: number): Promise<number> => {
    done += count
    return dispatchRate(server, load, count, { orders: true })
  }
  const takenMs = async (): Promise<number> => (await processorMs(server.serverPid)) ?? NaN
  progress(`created ${subscriptions} webhooks`)
  await deliver(deliveries)
  let before = await deliver(deliveries)
  for (let round = 1; round <= rounds; round += 1) {
    await subscribe(setup, load, key)
    await deliver(subscriptions)
    await waitForAttempts(subscribers, subscriptions)
    const watchedFromMs = await takenMs()
    const watched = await deliver(deliveries)
    const recordedAtMs = Date.now()
    const { lastAtMs } = await waitForAttempts(subscribers, subscriptions + deliveries)
    times.watched.push(((await takenMs()) - watchedFromMs) / deliveries)
    memory.push((await residentMb(server.serverPid)) ?? NaN)
    await subscribers.ask({ leave: true } satisfies Command)
    await pause(settleDownMs)
    const aloneFromMs = await takenMs()
    const after = await deliver(deliveries)
    times.alone.push(((await takenMs()) - aloneFromMs) / deliveries)
    // The speed of the machine drifts: a rate with subscriptions is compared with the rates just before and after it.
    const alone = (before + after) / 2
    before = after
    figures.alone.push(alone)
    figures.watched.push(watched)
    figures.ratio.push(watched / alone)
    lags.push(Math.max(0, lastAtMs - recordedAtMs))
    progress(
      `round ${round}: ${watched.toFixed(0)}/s of ${alone.toFixed(0)}/s, ratio ${(watched / alone).toFixed(3)}, ` +
        `received ${lags.at(-1)?.toFixed(0)} ms later`,
    )
  }
  await server.stopServer()
  const requestsSeen = Number(await receiver.ask(`/${projectId}`))
  const delivered = await checkDeliveries(server.admin, server.sql, {
    projectId,
    deliveries: done,
    requestsSeen,
  })
  expectEqual('delivered', delivered, done)
  return {
    ...{ alone: spreadOf(figures.alone), watched: spreadOf(figures.watched), ratio: spreadOf(figures.ratio) },
    ...{ lagMs: spreadOf(lags), mb: spreadOf(memory) },
    ...{ aloneMs: spreadOf(times.alone), watchedMs: spreadOf(times.watched) },
  }
}

async function subscribe({ server, subscribers }: Setup, { webhookIds }: Load, key: string): Promise<void> {
  const subscribe = { url: server.url, key, document: documents.Live, webhookIds }
  await subscribers.ask({ subscribe } satisfies Command)
  await pause(settleDownMs)
}

/** Throws unless each attempt was received once, by the subscription of its webhook. */
async function waitForAttempts(subscribers: Peer, attempts: number): Promise<ReceivedCounts> {
  const received = (await subscribers.ask({ waitFor: attempts } satisfies Command)) as ReceivedCounts
  expectEqual('received attempts', received.attempts, attempts)
  expectEqual('attempts received twice', received.repeated, 0)
  expectEqual('attempts received by other subscriptions', received.misdirected, 0)
  expectEqual('subscriptions with an attempt', received.subscriptions, subscriptions)
  return received
}
