/**
 * How long the deliveries of a quiet project wait for their first attempt beside projects whose receivers never answer
 * and a project with a flood of events. The quiet project is measured before and during the load in the same run.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Sql } from '../../src/db/connection/connect.ts'
import { redisAvailable, startRedis } from '../support/redis.ts'
import type { Bench } from './bench.ts'
import { openCluster, type Cluster } from './cluster.ts'
import { startBenchServer, type BenchServer } from './server.ts'
import { makeLoad, releaseLoad, type Load } from './load.ts'
import { startPeer } from './peers/peer.ts'

const quietEveryMs = 200
const quietOrders = 50
const loadMs = 40_000
const floodEvents = 20_000
/** A delivery of the quiet project without an attempt after this time counts with this wait. */
const lastWaitMs = 60_000
/** A port on which no server listens. */
const closedPort = 61_999
const orderEveryMs = 5_000

interface Shape {
  /** The number of projects whose receivers do not answer, and of the webhooks of each. */
  readonly projects: number
  readonly webhooks: number
  /** The number of listeners that never answer; with 0 connections are refused. */
  readonly ports: number
  readonly flood: boolean
  readonly processes: number
}

/** The shapes of the load. BENCH_FAIRNESS selects them, such as `default,five`. */
const shapes: Readonly<Record<string, Shape>> = {
  default: { projects: 3, webhooks: 300, ports: 900, flood: true, processes: 1 },
  two: { projects: 3, webhooks: 300, ports: 900, flood: true, processes: 2 },
  five: { projects: 5, webhooks: 300, ports: 900, flood: true, processes: 1 },
  dead: { projects: 1, webhooks: 1_000, ports: 0, flood: true, processes: 1 },
  many: { projects: 50, webhooks: 6, ports: 300, flood: true, processes: 1 },
  host: { projects: 3, webhooks: 300, ports: 1, flood: true, processes: 1 },
}

interface Waits {
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly mostMs: number
}

interface Result {
  readonly quiet: Waits
  readonly loaded: Waits
  readonly flooded: number
  /** The number of failed orders of the loading projects. */
  readonly refused: number
  /** The duration of the quiet project's orders in the API during the load, and the number of failed ones. */
  readonly ordersP99Ms: number
  readonly ordersFailed: number
}

export const fairnessBench: Bench = {
  name: 'fairness',
  summary: 'a quiet project beside projects whose receivers never answer: how long its deliveries wait',
  run: async (options) => {
    const cluster = await openCluster()
    const names = (process.env['BENCH_FAIRNESS'] ?? 'default').split(',')
    const queues = (process.env['BENCH_QUEUES'] ?? 'PostgreSQL,Redis').split(',')
    const results: Record<string, Result> = {}
    try {
      for (const name of names) {
        const shape = shapes[name]
        if (shape === undefined) throw new Error(`expected one of ${Object.keys(shapes).join(', ')}`)
        for (const queue of queues) {
          if (queue === 'Redis' && !redisAvailable()) continue
          const key = `${name}, ${queue}`
          results[key] = await measure(cluster, `fairness_${name}_${queue.toLowerCase()}`, shape, queue)
          options.progress(`${key}: ${JSON.stringify(results[key])}`)
        }
      }
    } finally {
      await cluster.close()
    }
    const columns = Object.fromEntries(
      Object.entries(results).map(([key, result]) => [key, figuresOf(result)]),
    )
    return {
      title: `Fairness: queue wait of a quiet project, an order every ${quietEveryMs} ms.`,
      columns,
      json: results,
    }
  },
}

function figuresOf({
  quiet,
  loaded,
  flooded,
  ordersP99Ms,
  ordersFailed,
}: Result): Readonly<Record<string, string>> {
  const ms = (figure: number): string => figure.toFixed(0)
  return {
    'quiet p50, ms': ms(quiet.p50Ms),
    'quiet p99, ms': ms(quiet.p99Ms),
    'beside the load p50, ms': ms(loaded.p50Ms),
    'beside the load p99, ms': ms(loaded.p99Ms),
    'beside the load, longest, ms': ms(loaded.mostMs),
    'flood delivered meanwhile': String(flooded),
    'its orders in the API p99, ms (failed)': `${ms(ordersP99Ms)} (${ordersFailed})`,
  }
}

async function measure(cluster: Cluster, name: string, shape: Shape, queue: string): Promise<Result> {
  const redis = queue === 'Redis' ? await startRedis() : undefined
  const databaseUrl = await cluster.database(name)
  const tarpits = shape.ports > 0 ? await startPeer('tarpit.ts', String(shape.ports)) : undefined
  const receiver = await startPeer('receiver.ts')
  const servers: BenchServer[] = []
  try {
    for (let index = 0; index < shape.processes; index += 1)
      servers.push(await startBenchServer(databaseUrl, redis?.url))
    const [server] = servers
    if (server === undefined) throw new Error('expected a process')
    const ports = (tarpits?.greeting ?? [closedPort]) as number[]
    const portOf = (index: number): number => ports[index % ports.length] ?? 0
    const receiverUrl = `http://127.0.0.1:${String(receiver.greeting)}`

    const quiet = await server.tenant(1, () => `${receiverUrl}/quiet`)
    const flood = await server.tenant(1, () => `${receiverUrl}/flood`)
    const stuck: Load[] = []
    for (let project = 0; project < shape.projects; project += 1)
      stuck.push(
        await server.tenant(
          shape.webhooks,
          (_, index) => `http://127.0.0.1:${portOf(project * shape.webhooks + index)}/`,
        ),
      )
    if (shape.flood) await makeLoad(server.sql, flood, floodEvents)

    const quietOrder = await makeOrderCaller(server, quiet)
    const stuckOrders = await Promise.all(stuck.map((load) => makeOrderCaller(server, load)))
    const quietFrom = await nowOf(server.sql)
    await every(quietEveryMs, quietOrders * quietEveryMs, quietOrder)
    const loadFrom = await nowOf(server.sql)
    if (shape.flood) {
      await releaseLoad(server.sql, flood)
      server.wake(flood.webhookIds)
    }
    // The projects start one after the other, so that the last finds the requests of the others in flight.
    let refused = 0
    let ordersFailed = 0
    const tookMs: number[] = []
    const timedOrder = async (): Promise<void> => {
      const fromMs = performance.now()
      await quietOrder().catch(() => void (ordersFailed += 1))
      tookMs.push(performance.now() - fromMs)
    }
    const loading = stuckOrders.map(async (order, index) => {
      await pause((index * 2_000) / shape.projects)
      // A project whose own orders fail because it overloads the database still counts as load.
      await every(orderEveryMs, loadMs - 2_000, () => order().catch(() => void (refused += 1)))
    })
    await Promise.all([...loading, every(quietEveryMs, loadMs, timedOrder)])
    const loadedWaits = await waits(server.sql, quiet, loadFrom, null)
    const quietWaits = await waits(server.sql, quiet, quietFrom, loadFrom)
    const [row] = await server.sql<{ count: string }[]>`
      select count(*) from attempts where project_id = ${flood.projectId}`
    return {
      quiet: quietWaits,
      loaded: loadedWaits,
      flooded: Number(row?.count),
      refused,
      ordersFailed,
      ordersP99Ms: p99Of(tookMs),
    }
  } finally {
    for (const server of servers) await server.close()
    tarpits?.close()
    receiver.close()
    await redis?.stop()
  }
}

/** Calls the function at this rate, also while earlier calls are running. Throws the errors of the calls. */
async function every(everyMs: number, forMs: number, call: () => Promise<void>): Promise<void> {
  const calls: Promise<void>[] = []
  const untilMs = performance.now() + forMs
  for (let atMs = performance.now(); atMs < untilMs; atMs += everyMs) {
    await pause(Math.max(0, atMs - performance.now()))
    calls.push(call())
  }
  await Promise.all(calls)
}

/** Creates a site, and returns a function that creates an order through the API. */
async function makeOrderCaller(server: BenchServer, { projectId }: Load): Promise<() => Promise<void>> {
  const key = await server.key(projectId, { role: 'PLATFORM' })
  const execute = async (query: string, input: object): Promise<Record<string, Record<string, unknown>>> => {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ query, variables: { input } }),
    })
    const { data, errors } = (await response.json()) as { data: never; errors?: unknown }
    if (errors !== undefined) throw new Error(JSON.stringify(errors))
    return data
  }
  const made = await execute(
    'mutation ($input: SiteCreateInput!) { siteCreate(input: $input) { site { id } userErrors { message } } }',
    { name: 'Main Street' },
  )
  const { id: siteId } = made['siteCreate']?.['site'] as { id: string }
  return async () => {
    await execute(
      'mutation ($input: OrderCreateInput!) { orderCreate(input: $input) { order { id } userErrors { message } } }',
      { siteId },
    )
  }
}

function p99Of(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length * 0.99)] ?? NaN
}

async function nowOf(sql: Sql): Promise<Date> {
  const [row] = await sql<{ now: Date }[]>`select clock_timestamp() as now`
  if (row === undefined) throw new Error('expected the time')
  return row.now
}

/** The times from the creation of a delivery to the claim of its first attempt, on the database's clock. */
async function waits(sql: Sql, { projectId }: Load, from: Date, to: Date | null): Promise<Waits> {
  const within = sql`d.project_id = ${projectId} and d.created_at >= ${from} and d.created_at < coalesce(${to}, now())`
  const untilMs = performance.now() + lastWaitMs
  for (;;) {
    const [open] = await sql<{ count: string }[]>`
      select count(*) from deliveries d where ${within} and d.attempt_count = 0`
    if (Number(open?.count) === 0 || performance.now() > untilMs) break
    await pause(200)
  }
  const [row] = await sql<{ count: string; p50: number; p99: number; most: number }[]>`
    select count(*), percentile_disc(0.5) within group (order by wait) as p50,
      percentile_disc(0.99) within group (order by wait) as p99, max(wait) as most
    from deliveries d
    left join attempts a on a.delivery_id = d.id and a.number = 1
    cross join lateral (
      select (extract(epoch from coalesce(a.started_at, clock_timestamp()) - d.created_at) * 1000)::float8 as wait
    ) as w
    where ${within}`
  if (row === undefined || Number(row.count) === 0)
    throw new Error('expected deliveries of the quiet project')
  return { count: Number(row.count), p50Ms: row.p50, p99Ms: row.p99, mostMs: row.most }
}
