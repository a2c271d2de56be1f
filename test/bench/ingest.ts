/**
 * What a change costs: changes of an order's state and published events per second through the API, each with deliveries
 * to three webhooks, compared with the same rows inserted by postgres.js in one transaction each.
 */
import postgres from 'postgres'
import { system } from '../../src/runtime/system.ts'
import { connections, measureLoad, processesOf, type Measured } from './api-load.ts'
import { expectEqual, spreadOf, write, type Bench, type BenchOptions, type Spread } from './bench.ts'
import { openCluster } from './cluster.ts'
import { insertOrders } from './load.ts'
import { startPeer, type Peer } from './peers/peer.ts'
import { data, topic } from './sample.ts'
import { startBenchServer, type BenchServer } from './server.ts'

const webhooks = 3
const warmUpRequests = 1_000
const requests = 2_000
/** A port on which no server listens: the requests to the webhooks fail at once, and are not part of this bench. */
const closedPort = 61_999

const stateChange = `mutation ($input: OrderStateChangeInput!) {
  orderStateChange(input: $input) { order { id state version } event { id } userErrors { code field message } }
}`
const publish = `mutation ($input: EventPublishInput!) {
  eventPublish(input: $input) { event { id } userErrors { code field message } }
}`

interface Result {
  readonly ceiling: Spread
  readonly rate: Spread
  readonly ratio: Spread
  readonly serverMs: Spread
  readonly postgresMs: Spread
}

export const ingestBench: Bench = {
  name: 'ingest',
  summary: 'changes/s through the API with three webhooks, compared with bare inserts of the same rows',
  run: async (options) => {
    const cluster = await openCluster()
    const load = await startPeer('http-load.ts')
    try {
      const settings = {
        RATE_COST_PER_MINUTE: '1000000000',
        RATE_MUTATIONS_PER_MINUTE: '1000000000',
        ROLES: 'api',
      }
      const server = await startBenchServer(await cluster.database('bench'), undefined, settings)
      try {
        const results = {
          orderStateChange: await measure(server, load, 'orderStateChange', options),
          eventPublish: await measure(server, load, 'eventPublish', options),
        }
        return {
          title: `Ingest: median of ${options.rounds} rounds of ${requests} changes over ${connections} connections (minimum to maximum)`,
          columns: {
            orderStateChange: figuresOf(results.orderStateChange),
            eventPublish: figuresOf(results.eventPublish),
          },
          json: results,
        }
      } finally {
        await server.close()
      }
    } finally {
      load.close()
      await cluster.close()
    }
  },
}

function figuresOf(result: Result): Readonly<Record<string, string>> {
  return {
    'bare inserts, transactions/s': write(result.ceiling, 0),
    'changes/s': write(result.rate, 0),
    'changes / bare inserts': write(result.ratio, 3),
    'server, CPU ms per change': write(result.serverMs, 3),
    'PostgreSQL, CPU ms per change': write(result.postgresMs, 3),
  }
}

type Mutation = 'orderStateChange' | 'eventPublish'

async function measure(
  server: BenchServer,
  load: Peer,
  mutation: Mutation,
  { rounds, progress }: BenchOptions,
): Promise<Result> {
  const { projectId, webhookIds } = await server.tenant(webhooks, () => `http://127.0.0.1:${closedPort}/`)
  const key = await server.key(projectId, { role: 'PLATFORM' })
  const processes = await processesOf(server)
  const send = async (count: number): Promise<Measured> => {
    const bodies =
      mutation === 'eventPublish'
        ? [
            JSON.stringify({
              query: publish,
              variables: { input: { topic: 'menu.updated', data: JSON.parse(data) as unknown } },
            }),
          ]
        : await stateChanges(server, projectId, count)
    return measureLoad(load, { url: server.url, key, bodies, connections, requests: count }, processes)
  }
  await send(warmUpRequests)
  const rates: Measured[] = []
  const ceilings: number[] = []
  for (let round = 1; round <= rounds; round += 1) {
    const ceiling = await bareInserts(server, projectId, webhookIds)
    const rate = await send(requests)
    ceilings.push(ceiling)
    rates.push(rate)
    progress(
      `${mutation}, round ${round}: ${rate.perSecond.toFixed(0)}/s of ${ceiling.toFixed(0)}/s, ` +
        `server ${rate.serverMs.toFixed(2)} ms, PostgreSQL ${rate.postgresMs.toFixed(2)} ms`,
    )
  }
  await expectComplete(server, projectId, warmUpRequests + rounds * requests)
  return {
    ceiling: spreadOf(ceilings),
    rate: spreadOf(rates.map(({ perSecond }) => perSecond)),
    ratio: spreadOf(rates.map(({ perSecond }, index) => perSecond / (ceilings[index] ?? NaN))),
    serverMs: spreadOf(rates.map(({ serverMs }) => serverMs)),
    postgresMs: spreadOf(rates.map(({ postgresMs }) => postgresMs)),
  }
}

/** The bodies of requests that each accept a new order. */
async function stateChanges(
  { sql }: BenchServer,
  projectId: string,
  count: number,
): Promise<readonly string[]> {
  const orderIds = Array.from({ length: count }, () => system.newId('order'))
  await insertOrders(sql, projectId, orderIds, 'CREATED')
  return orderIds.map((orderId) =>
    JSON.stringify({ query: stateChange, variables: { input: { orderId, state: 'ACCEPTED' } } }),
  )
}

/** Transactions per second that insert an event with a delivery and a due row for each webhook. */
async function bareInserts(
  { databaseUrl }: BenchServer,
  projectId: string,
  webhookIds: readonly string[],
): Promise<number> {
  const sql = postgres(databaseUrl, { max: connections, onnotice: () => undefined })
  let left = requests
  const beganMs = performance.now()
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (left > 0) {
        left -= 1
        const eventId = system.newId('event')
        const deliveryIds = webhookIds.map(() => system.newId('delivery'))
        await sql.begin(async (tx) => {
          // The rows are removed again below, so that the bench's own count stays right.
          await tx`
            with bare_event as (
              insert into events (id, project_id, topic, data, delivery_count, created_at)
              values (${eventId}, ${projectId}, ${topic}, ${data}, ${webhookIds.length}, now())
            ), bare_deliveries as (
              insert into deliveries (id, project_id, webhook_id, event_id, topic, state, due_at, created_at)
              select id, ${projectId}, webhook, ${eventId}, ${topic}, 'PENDING', now(), now()
              from unnest(${deliveryIds}::text[], ${[...webhookIds]}::text[]) as d(id, webhook)
            )
            insert into due_deliveries (delivery_id, webhook_id, due_at)
            select id, webhook, now() from unnest(${deliveryIds}::text[], ${[...webhookIds]}::text[]) as d(id, webhook)`
        })
      }
    }),
  )
  const seconds = (performance.now() - beganMs) / 1_000
  await sql`
    with removed as (delete from events where project_id = ${projectId} and topic = ${topic} and order_id is null returning id),
    removed_deliveries as (delete from deliveries where event_id in (select id from removed) returning id)
    delete from due_deliveries where delivery_id in (select id from removed_deliveries)`
  await sql.end()
  return requests / seconds
}

/** Throws unless each change has an event with a delivery for each webhook. */
async function expectComplete({ sql }: BenchServer, projectId: string, changes: number): Promise<void> {
  const [found] = await sql<{ events: number; deliveries: number; due: number }[]>`
    select
      (select count(*)::int from events where project_id = ${projectId}) as events,
      (select count(*)::int from deliveries where project_id = ${projectId}) as deliveries,
      (select count(*)::int from due_deliveries join deliveries on delivery_id = deliveries.id
        where project_id = ${projectId}) as due`
  expectEqual('events', found?.events, changes)
  expectEqual('deliveries', found?.deliveries, changes * webhooks)
  expectEqual('due deliveries', found?.due, changes * webhooks)
}
