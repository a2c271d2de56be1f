/**
 * The dispatcher compared with undici alone: deliveries per second from due to recorded for one busy webhook and for
 * many, on each queue backend, and resident memory while 100,000 deliveries wait.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { redisAvailable, startRedis } from '../support/redis.ts'
import { spreadOf, write, type Bench, type BenchOptions, type Spread } from './bench.ts'
import { attemptsRecorded, checkDeliveries } from './verify.ts'
import { openCluster } from './cluster.ts'
import { startBenchServer, type BenchServer } from './server.ts'
import { makeLoad, releaseLoad } from './load.ts'
import { startPeer, type Peer } from './peers/peer.ts'
import { familyMb, parentOf, residentMb } from './processes.ts'
import { dispatchRate } from './rate.ts'

const rawRequests = 20_000
const deliveries = 20_000
const manyWebhooks = 500
const waitingDeliveries = 100_000
const waitingForMs = 20_000

interface Setup {
  readonly server: BenchServer
  readonly receiver: Peer
  readonly receiverUrl: string
  readonly raw: Peer
  readonly progress: BenchOptions['progress']
}

interface Memory {
  readonly startedMb: number | null
  readonly waitingMb: number | null
  readonly postgresMb: number | null
}

interface Result {
  readonly ceiling: Spread
  readonly hot: Spread
  readonly hotRatio: Spread
  readonly many: Spread
  readonly manyRatio: Spread
  readonly memory: Memory
}

export const dispatchBench: Bench = {
  name: 'dispatch',
  summary: 'deliveries/s through the whole path compared with undici alone, and memory while 100,000 wait',
  run: async (options) => {
    const cluster = await openCluster()
    const [receiver, raw] = await Promise.all([startPeer('receiver.ts'), startPeer('raw.ts')])
    const results: Record<string, Result> = {}
    try {
      const peers = { receiver, raw, receiverUrl: `http://127.0.0.1:${String(receiver.greeting)}` }
      results['PostgreSQL'] = await measure(peers, await cluster.database('bench'), undefined, options)
      if (redisAvailable()) {
        const redis = await startRedis()
        const databaseUrl = await cluster.database('bench_redis')
        results['Redis'] = await measure(peers, databaseUrl, redis.url, options).finally(() => redis.stop())
      } else options.progress('Redis is not measured: there is no redis-server on the PATH.')
    } finally {
      receiver.close()
      raw.close()
      await cluster.close()
    }
    return {
      title: `Dispatch: median of ${options.rounds} rounds of ${deliveries} deliveries (minimum to maximum). Queue on:`,
      columns: Object.fromEntries(
        Object.entries(results).map(([queue, result]) => [queue, figuresOf(result)]),
      ),
      json: results,
    }
  },
}

function figuresOf(result: Result): Readonly<Record<string, string>> {
  const mb = (figure: number | null): string => (figure === null ? 'not known here' : figure.toFixed(0))
  return {
    'ceiling, requests/s': write(result.ceiling, 0),
    'one hot webhook, deliveries/s': write(result.hot, 0),
    'one hot webhook / ceiling': write(result.hotRatio, 3),
    [`${manyWebhooks} webhooks, deliveries/s`]: write(result.many, 0),
    [`${manyWebhooks} webhooks / ceiling`]: write(result.manyRatio, 3),
    'server, resident MB, started': mb(result.memory.startedMb),
    'server, resident MB, 100,000 waiting': mb(result.memory.waitingMb),
    'PostgreSQL beside it, MB': mb(result.memory.postgresMb),
  }
}

async function measure(
  peers: Omit<Setup, 'server' | 'progress'>,
  databaseUrl: string,
  redisUrl: string | undefined,
  { rounds, progress }: BenchOptions,
): Promise<Result> {
  const server = await startBenchServer(databaseUrl, redisUrl)
  const setup = { ...peers, server, progress }
  const queue = redisUrl === undefined ? 'PostgreSQL' : 'Redis'
  try {
    const startedMb = await residentMb(server.serverPid)
    const ceilings: number[] = []
    const rates = { 1: [] as number[], [manyWebhooks]: [] as number[] }
    const ratios = { 1: [] as number[], [manyWebhooks]: [] as number[] }
    let before = await ceiling(setup)
    for (let round = 1; round <= rounds; round += 1) {
      for (const webhooks of [1, manyWebhooks] as const) {
        const rate = await rateOf(setup, webhooks)
        const after = await ceiling(setup)
        // The speed of the machine drifts: a rate is compared with the ceiling just before and just after it.
        const beside = (before + after) / 2
        before = after
        ceilings.push(beside)
        rates[webhooks].push(rate)
        ratios[webhooks].push(rate / beside)
        progress(
          `${queue}, round ${round}, ${webhooks} webhooks: ${rate.toFixed(0)}/s of ${beside.toFixed(0)}/s, ` +
            `ratio ${(rate / beside).toFixed(3)}, server ${(await residentMb(server.serverPid))?.toFixed(0) ?? '?'} MB`,
        )
      }
    }
    const memory = { startedMb, ...(await memoryWhileWaiting(setup)) }
    return {
      ceiling: spreadOf(ceilings),
      hot: spreadOf(rates[1]),
      hotRatio: spreadOf(ratios[1]),
      many: spreadOf(rates[manyWebhooks]),
      manyRatio: spreadOf(ratios[manyWebhooks]),
      memory,
    }
  } finally {
    await server.close()
  }
}

/** Requests per second of undici alone, with the same request to the same receiver. */
async function ceiling({ raw, receiverUrl }: Setup): Promise<number> {
  return Number(await raw.ask({ url: `${receiverUrl}/raw`, requests: rawRequests }))
}

/** Deliveries per second from due to recorded, for this many webhooks of a new project. */
async function rateOf({ server, receiver, receiverUrl }: Setup, webhookCount: number): Promise<number> {
  const load = await server.tenant(webhookCount, (projectId) => `${receiverUrl}/${projectId}`)
  const { projectId } = load
  const rate = await dispatchRate(server, load, deliveries)
  const requestsSeen = Number(await receiver.ask(`/${projectId}`))
  const delivered = await checkDeliveries(server.admin, server.sql, { projectId, deliveries, requestsSeen })
  if (delivered !== deliveries) throw new Error(`expected ${deliveries} delivered, found ${delivered}`)
  return rate
}

/** The maximum resident memory in MB while 100,000 deliveries wait for slow receivers. Stops the server before they end. */
async function memoryWhileWaiting(setup: Setup): Promise<Omit<Memory, 'startedMb'>> {
  const { server, receiver, receiverUrl } = setup
  const load = await server.tenant(manyWebhooks, (projectId) => `${receiverUrl}/slow/${projectId}`)
  const { projectId } = load
  await makeLoad(server.sql, load, waitingDeliveries)
  await releaseLoad(server.sql, load)
  server.wake(load.webhookIds)
  let waitingMb: number | null = null
  const untilMs = performance.now() + waitingForMs
  while (performance.now() < untilMs) {
    const now = await residentMb(server.serverPid)
    if (now !== null) waitingMb = Math.max(waitingMb ?? 0, now)
    await pause(200)
  }
  if ((await attemptsRecorded(server.sql, projectId)) === 0)
    throw new Error('expected requests while deliveries waited, found none')
  const postgresMb = await postgresMemory(server)
  await server.stopServer()
  const requestsSeen = Number(await receiver.ask(`/slow/${projectId}`))
  await checkDeliveries(server.admin, server.sql, { projectId, deliveries: waitingDeliveries, requestsSeen })
  return { waitingMb, postgresMb }
}

async function postgresMemory({ sql }: BenchServer): Promise<number | null> {
  const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
  const postmaster = row === undefined ? null : await parentOf(row.pid)
  return postmaster === null ? null : familyMb(postmaster)
}
