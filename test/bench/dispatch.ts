/**
 * The dispatcher against the raw ceiling: deliveries a second from due to recorded for one hot webhook and for many,
 * on each backend, and resident memory while a hundred thousand deliveries wait.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { redisAvailable, startRedis } from '../support/redis.ts'
import { spreadOf, write, type Bench, type BenchOptions, type Spread } from './bench.ts'
import { attemptsRecorded, checkDeliveries } from './verify.ts'
import { openCluster } from './cluster.ts'
import { startBenchServer, type BenchServer } from './server.ts'
import { makeLoad, releaseLoad } from './load.ts'
import { startPeer, type Peer } from './peer.ts'
import { familyMb, parentOf, residentMb } from './processes.ts'
import { dispatchRate } from './rate.ts'

const rawRequests = 20_000
const deliveries = 20_000
const manyWebhooks = 500
const waitingDeliveries = 100_000
const waitingForMs = 20_000

interface Field {
  readonly server: BenchServer
  readonly receiver: Peer
  readonly receiverUrl: string
  readonly raw: Peer
  readonly say: BenchOptions['say']
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
  summary: 'deliveries/s through the whole path against undici alone, and memory while 100,000 wait',
  run: async (options) => {
    const cluster = await openCluster()
    const [receiver, raw] = await Promise.all([startPeer('receiver.ts'), startPeer('raw.ts')])
    const results: Record<string, Result> = {}
    try {
      const field = { receiver, raw, receiverUrl: `http://127.0.0.1:${String(receiver.greeting)}` }
      results['PostgreSQL'] = await measure(field, await cluster.database('bench'), undefined, options)
      if (redisAvailable()) {
        const redis = await startRedis()
        const databaseUrl = await cluster.database('bench_redis')
        results['Redis'] = await measure(field, databaseUrl, redis.url, options).finally(() => redis.stop())
      } else options.say('Redis is not measured: there is no redis-server on the PATH.')
    } finally {
      receiver.close()
      raw.close()
      await cluster.close()
    }
    return {
      title: `Dispatch: the middle of ${options.rounds} rounds of ${deliveries} deliveries (least to most). Queue on:`,
      columns: Object.fromEntries(Object.entries(results).map(([queue, result]) => [queue, inWords(result)])),
      json: results,
    }
  },
}

function inWords(result: Result): Readonly<Record<string, string>> {
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
  field: Omit<Field, 'server' | 'say'>,
  databaseUrl: string,
  redisUrl: string | undefined,
  { rounds, say }: BenchOptions,
): Promise<Result> {
  const server = await startBenchServer(databaseUrl, redisUrl)
  const whole = { ...field, server, say }
  const queue = redisUrl === undefined ? 'PostgreSQL' : 'Redis'
  try {
    const startedMb = await residentMb(server.serverPid)
    const ceilings: number[] = []
    const rates = { 1: [] as number[], [manyWebhooks]: [] as number[] }
    const ratios = { 1: [] as number[], [manyWebhooks]: [] as number[] }
    let before = await ceiling(whole)
    for (let round = 1; round <= rounds; round += 1) {
      for (const webhooks of [1, manyWebhooks] as const) {
        const rate = await rateOf(whole, webhooks)
        const after = await ceiling(whole)
        // The machine drifts: a rate is compared with what was possible just before and just after it.
        const beside = (before + after) / 2
        before = after
        ceilings.push(beside)
        rates[webhooks].push(rate)
        ratios[webhooks].push(rate / beside)
        say(
          `${queue}, round ${round}, ${webhooks} webhooks: ${rate.toFixed(0)}/s of ${beside.toFixed(0)}/s, ` +
            `ratio ${(rate / beside).toFixed(3)}, server ${(await residentMb(server.serverPid))?.toFixed(0) ?? '?'} MB`,
        )
      }
    }
    const memory = { startedMb, ...(await memoryWhileWaiting(whole)) }
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

/** The same request to the same receiver by undici alone: requests a second. */
async function ceiling({ raw, receiverUrl }: Field): Promise<number> {
  return Number(await raw.ask({ url: `${receiverUrl}/raw`, requests: rawRequests }))
}

/** From due to recorded: deliveries a second, for so many webhooks of a new project. */
async function rateOf({ server, receiver, receiverUrl }: Field, webhookCount: number): Promise<number> {
  const load = await server.tenant(webhookCount, (projectId) => `${receiverUrl}/${projectId}`)
  const { projectId } = load
  const rate = await dispatchRate(server, load, deliveries)
  const requestsSeen = Number(await receiver.ask(`/${projectId}`))
  const delivered = await checkDeliveries(server.admin, server.sql, { projectId, deliveries, requestsSeen })
  if (delivered !== deliveries) throw new Error(`expected ${deliveries} delivered, found ${delivered}`)
  return rate
}

/** The most resident memory, in MB, while a hundred thousand deliveries wait behind slow receivers; and a stop in the middle. */
async function memoryWhileWaiting(field: Field): Promise<Omit<Memory, 'startedMb'>> {
  const { server, receiver, receiverUrl } = field
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
    throw new Error('nothing was sent while deliveries waited')
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
