/**
 * What watching costs: deliveries a second of one process with a thousand subscriptions, each of which follows its own
 * webhook, against the same process with none, in turns.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { documents } from '../api/support/fixtures.ts'
import { redisAvailable, startRedis } from '../support/redis.ts'
import { expectEqual, spreadOf, write, type Bench, type BenchOptions, type Spread } from './bench.ts'
import { checkDeliveries } from './verify.ts'
import { openCluster } from './cluster.ts'
import { startBenchServer, type BenchServer } from './server.ts'
import type { Load } from './load.ts'
import { startPeer, type Peer } from './peer.ts'
import { processorMs, residentMb } from './processes.ts'
import { dispatchRate } from './rate.ts'
import type { Heard, Wish } from './subscribers.ts'

/** The most that one project may have: 20 on each of 50 sockets. */
const subscriptions = 1_000
const deliveries = 20_000
/** How long a process takes to begin a thousand subscriptions, with room; then each must hear a first attempt. */
const settleDownMs = 3_000

interface Result {
  readonly alone: Spread
  readonly watched: Spread
  readonly ratio: Spread
  /** From the last attempt recorded to the last heard. */
  readonly lagMs: Spread
  readonly mb: Spread
  /** The server's own time on the processor, ms for a delivery: without subscriptions, and with, until all was heard. */
  readonly aloneMs: Spread
  readonly watchedMs: Spread
}

export const feedBench: Bench = {
  name: 'feed',
  summary: 'deliveries/s with 1,000 subscriptions, each to its own webhook, against none',
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
      } else options.say('Redis is not measured: there is no redis-server on the PATH.')
    } finally {
      receiver.close()
      subscribers.close()
      await cluster.close()
    }
    return {
      title: `Feed: the middle of ${options.rounds} rounds of ${deliveries} deliveries to ${subscriptions} webhooks (least to most). Queue on:`,
      columns: Object.fromEntries(Object.entries(results).map(([queue, result]) => [queue, inWords(result)])),
      json: results,
    }
  },
}

function inWords({
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
    'ms from the last recorded to the last heard': write(lagMs, 0),
    "server's processor, ms a delivery, no subscription": write(aloneMs, 3),
    "server's processor, ms a delivery, until all was heard": write(watchedMs, 3),
    'server, resident MB, while watched': write(mb, 0),
  }
}

interface Field {
  readonly server: BenchServer
  readonly receiver: Peer
  readonly subscribers: Peer
}

async function measure(field: Field, { rounds, say }: BenchOptions): Promise<Result> {
  const { server, receiver, subscribers } = field
  const receiverUrl = `http://127.0.0.1:${String(receiver.greeting)}`
  const load = await server.tenant(subscriptions, (projectId) => `${receiverUrl}/${projectId}`)
  const { projectId } = load
  const key = await server.key(projectId, { role: 'PLATFORM' })
  const figures = { alone: [] as number[], watched: [] as number[], ratio: [] as number[] }
  const times = { alone: [] as number[], watched: [] as number[] }
  const lags: number[] = []
  const memory: number[] = []
  let done = 0
  const ring = async (count: number): Promise<number> => {
    done += count
    return dispatchRate(server, load, count, { orders: true })
  }
  const takenMs = async (): Promise<number> => (await processorMs(server.serverPid)) ?? NaN
  say(`${subscriptions} webhooks are there`)
  await ring(deliveries)
  let before = await ring(deliveries)
  for (let round = 1; round <= rounds; round += 1) {
    await follow(field, load, key)
    await ring(subscriptions)
    await hear(subscribers, subscriptions)
    const watchedFromMs = await takenMs()
    const watched = await ring(deliveries)
    const recordedAtMs = Date.now()
    const { lastAtMs } = await hear(subscribers, subscriptions + deliveries)
    times.watched.push(((await takenMs()) - watchedFromMs) / deliveries)
    memory.push((await residentMb(server.serverPid)) ?? NaN)
    await subscribers.ask({ leave: true } satisfies Wish)
    await pause(settleDownMs)
    const aloneFromMs = await takenMs()
    const after = await ring(deliveries)
    times.alone.push(((await takenMs()) - aloneFromMs) / deliveries)
    // The machine drifts: what is watched is compared with what was possible just before and just after it.
    const alone = (before + after) / 2
    before = after
    figures.alone.push(alone)
    figures.watched.push(watched)
    figures.ratio.push(watched / alone)
    lags.push(Math.max(0, lastAtMs - recordedAtMs))
    say(
      `round ${round}: ${watched.toFixed(0)}/s of ${alone.toFixed(0)}/s, ratio ${(watched / alone).toFixed(3)}, ` +
        `heard ${lags.at(-1)?.toFixed(0)} ms after`,
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

async function follow({ server, subscribers }: Field, { webhookIds }: Load, key: string): Promise<void> {
  const follow = { url: server.url, key, document: documents.Live, webhookIds }
  await subscribers.ask({ follow } satisfies Wish)
  await pause(settleDownMs)
}

/** Throws unless each attempt was heard once, and by who asked for it. */
async function hear(subscribers: Peer, attempts: number): Promise<Heard> {
  const heard = (await subscribers.ask({ hear: attempts } satisfies Wish)) as Heard
  expectEqual('attempts heard', heard.attempts, attempts)
  expectEqual('attempts heard twice', heard.repeated, 0)
  expectEqual('attempts heard by others', heard.strange, 0)
  expectEqual('subscriptions that heard', heard.subscriptions, subscriptions)
  return heard
}
