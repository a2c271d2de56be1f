import { setTimeout as pause } from 'node:timers/promises'
import type { Bench, Queue } from '../frame/bench.ts'
import { quantile } from '../frame/figures.ts'
import type { Round, Scenario } from '../frame/scenario.ts'
import type { Sql } from '../parts/cluster.ts'
import { makeLoad, releaseLoad, type Load } from '../parts/load.ts'
import type { BenchServer } from '../parts/server.ts'
import { endTarpitRequests } from '../parts/tarpits.ts'

const quietEveryMs = 200
const fullQuietMs = 10_000
const fullLoadMs = 40_000
const fullFloodEvents = 20_000
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
  readonly processes: number
}

/** The shapes of the load, each with a flood. BENCH_FAIRNESS selects them, such as `default,five`. */
const shapes: Readonly<Record<string, Shape>> = {
  default: { projects: 3, webhooks: 300, ports: 900, processes: 1 },
  two: { projects: 3, webhooks: 300, ports: 900, processes: 2 },
  five: { projects: 5, webhooks: 300, ports: 900, processes: 1 },
  dead: { projects: 1, webhooks: 1_000, ports: 0, processes: 1 },
  many: { projects: 50, webhooks: 6, ports: 300, processes: 1 },
  host: { projects: 3, webhooks: 300, ports: 1, processes: 1 },
}

export const fairness: Scenario = {
  name: 'fairness',
  summary: 'ms that deliveries of a quiet project wait beside tarpits and a flood; ceiling: the same before',
  setUp: `A quiet project with an order every ${quietEveryMs} ms, beside three projects of 300 webhooks whose receivers never answer, and a project with ${fullFloodEvents.toLocaleString('en')} due deliveries.`,
  open: async (bench) => {
    const columns: Record<string, Round> = {}
    for (const name of (process.env['BENCH_FAIRNESS'] ?? 'default').split(',')) {
      const shape = shapes[name]
      if (shape === undefined) throw new Error(`expected one of ${Object.keys(shapes).join(', ')}`)
      for (const queue of bench.queues) columns[`${name}, ${queue}`] = () => measure(bench, shape, queue)
    }
    return columns
  },
}

const processesOf: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  1: { server: 'api,dispatcher' },
  2: { server: 'api,dispatcher', second: 'api,dispatcher' },
}

async function measure(bench: Bench, shape: Shape, queue: Queue) {
  const processes = processesOf[shape.processes]
  const server = await bench.server({ queue, ...(shape.processes > 1 && processes && { processes }) })
  const ports = bench.count(shape.ports, Math.min(shape.ports, 2))
  const tarpits = ports > 0 ? await bench.peer('tarpit.ts', String(ports)) : undefined
  const receiver = await bench.peer('receiver.ts', '1')
  const [origin = ''] = receiver.greeting as string[]
  const stuckPorts = (tarpits?.greeting ?? [closedPort]) as number[]

  const quiet = await server.tenant(1, () => `${origin}/quiet`)
  const flood = await server.tenant(1, () => `${origin}/flood`)
  const stuck: Load[] = []
  const webhooks = bench.count(shape.webhooks, 2)
  for (let project = 0; project < shape.projects; project += 1)
    stuck.push(
      await server.tenant(
        webhooks,
        (_, index) =>
          `http://127.0.0.1:${stuckPorts[(project * webhooks + index) % stuckPorts.length] ?? 0}/`,
      ),
    )
  await makeLoad(server.sql, flood, bench.count(fullFloodEvents))

  const quietOrder = await makeOrderCaller(server, quiet)
  const stuckOrders = await Promise.all(stuck.map((load) => makeOrderCaller(server, load)))
  const quietFrom = await nowOf(server.sql)
  await every(quietEveryMs, bench.count(fullQuietMs, 1_000), quietOrder)
  const loadFrom = await nowOf(server.sql)
  await releaseLoad(server.sql, flood)
  server.wake(flood.webhookIds)
  const orders = await orderBeside(quietOrder, stuckOrders, bench.count(fullLoadMs, 2_000))
  const loaded = await waits(server.sql, quiet, loadFrom, null)
  const alone = await waits(server.sql, quiet, quietFrom, loadFrom)
  const [row] = await server.sql<{ count: string }[]>`
    select count(*) from attempts where project_id = ${flood.projectId}`
  await endTarpitRequests(server.sql, [...stuck, flood, quiet], tarpits)
  return {
    'beside the load p50, ms': loaded.p50,
    'beside the load p99, ms': loaded.p99,
    'beside the load, longest, ms': loaded.most,
    'ceiling, before the load p50, ms': alone.p50,
    'ceiling, before the load p99, ms': alone.p99,
    'p99, beside the load / before': loaded.p99 / alone.p99,
    'flood delivered meanwhile': Number(row?.count),
    'orders of the quiet project in the API p99, ms': quantile(orders.tookMs, 0.99),
    'orders of the quiet project that failed': orders.failed,
    'orders of the other projects that failed': orders.refused,
  }
}

/** Creates orders of the quiet project, and now and then of the others, for this time. */
async function orderBeside(
  quietOrder: () => Promise<void>,
  stuckOrders: readonly (() => Promise<void>)[],
  loadMs: number,
): Promise<{ readonly tookMs: readonly number[]; readonly failed: number; readonly refused: number }> {
  const tookMs: number[] = []
  let [failed, refused] = [0, 0]
  const timedOrder = async (): Promise<void> => {
    const fromMs = performance.now()
    await quietOrder().catch(() => void (failed += 1))
    tookMs.push(performance.now() - fromMs)
  }
  // The projects start one after the other, so that the last finds the requests of the others in flight.
  const startsWithinMs = loadMs / 20
  const loading = stuckOrders.map(async (order, index) => {
    await pause((index * startsWithinMs) / stuckOrders.length)
    // A project whose own orders fail because it overloads the database still counts as load.
    await every(orderEveryMs, loadMs - startsWithinMs, () => order().catch(() => void (refused += 1)))
  })
  await Promise.all([...loading, every(quietEveryMs, loadMs, timedOrder)])
  return { tookMs, failed, refused }
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

async function nowOf(sql: Sql): Promise<Date> {
  const [row] = await sql<{ now: Date }[]>`select clock_timestamp() as now`
  if (row === undefined) throw new Error('expected the time')
  return row.now
}

/** The times in ms from the creation of a delivery to the claim of its first attempt, on the database's clock. */
async function waits(sql: Sql, { projectId }: Load, from: Date, to: Date | null) {
  const within = sql`d.project_id = ${projectId} and d.created_at >= ${from} and d.created_at < coalesce(${to}, now())`
  const untilMs = performance.now() + lastWaitMs
  for (;;) {
    const [open] = await sql<{ count: string }[]>`
      select count(*) from deliveries d where ${within} and d.attempt_count = 0`
    if (Number(open?.count) === 0 || performance.now() > untilMs) break
    await pause(200)
  }
  const rows = await sql<{ wait: number }[]>`
    select (extract(epoch from coalesce(a.started_at, clock_timestamp()) - d.created_at) * 1000)::float8 as wait
    from deliveries d
    left join attempts a on a.delivery_id = d.id and a.number = 1
    where ${within}`
  if (rows.length === 0) throw new Error('expected deliveries of the quiet project')
  const all = rows.map(({ wait }) => Math.max(0, wait))
  return { p50: quantile(all, 0.5), p99: quantile(all, 0.99), most: Math.max(...all) }
}
