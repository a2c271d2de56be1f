import { beside } from '../frame/beside.ts'
import type { Bench, Queue } from '../frame/bench.ts'
import { expectEqual, type Figures, type Round, type Scenario } from '../frame/scenario.ts'
import { costFigures, measureUsage } from '../frame/usage.ts'
import { bareInserts, bodiesOf, connections, type Change } from '../parts/api-load.ts'
import { attemptsRecorded, checkDeliveries } from '../parts/verify.ts'
import { secondsUntil } from '../parts/rate.ts'
import type { BenchServer } from '../parts/server.ts'
import type { HttpLoad, LoadResult } from '../peers/http-load.ts'
import type { Peer } from '../peers/peer.ts'

const webhooks = 3
const warmUpChanges = 1_000
const fullChanges = 2_000
/** A port on which no server listens. */
const closedPort = 61_999

export const ingest: Scenario = {
  name: 'ingest',
  summary: 'changes/s through the API; ceiling: bare inserts of the same rows, one transaction each',
  setUp: `${connections} connections. A process with the API alone and ${webhooks} webhooks; and with one webhook and the dispatcher running, measured from the API until the delivery is recorded.`,
  open: async (bench) => {
    const columns: Record<string, Round> = {
      orderStateChange: await openChange(bench, 'orderStateChange'),
      eventPublish: await openChange(bench, 'eventPublish'),
    }
    for (const queue of bench.queues) columns[`one delivery, ${queue}`] = await openOneDelivery(bench, queue)
    return columns
  },
}

/** Prepares the changes of a project. Returns the function that sends them through the API. */
export async function sendChanges(
  { server, load }: { readonly server: BenchServer; readonly load: Peer },
  { change, projectId, changes }: { change: Change; projectId: string; changes: number },
): Promise<() => Promise<LoadResult>> {
  const key = await server.key(projectId, { role: 'PLATFORM' })
  const bodies = await bodiesOf(change, server, projectId, changes)
  const command: HttpLoad = { url: server.url, key, bodies, connections, requests: changes }
  return async () => (await load.ask(command)) as LoadResult
}

async function openChange(bench: Bench, change: Change): Promise<Round> {
  const server = await bench.server({ processes: { api: 'api' } })
  const load = await bench.peer('http-load.ts')
  const run = async (changes: number) => {
    const { projectId } = await server.tenant(webhooks, () => `http://127.0.0.1:${closedPort}/`)
    const send = await sendChanges({ server, load }, { change, projectId, changes })
    const measured = await measureUsage(server.measured(), send)
    await expectComplete(server, projectId, changes)
    return measured
  }
  const changes = bench.count(fullChanges, connections)
  await run(bench.count(warmUpChanges, connections))
  await bareInserts(server, changes, webhooks)
  return async () => {
    const { ceiling, result } = await beside(
      () => bareInserts(server, changes, webhooks),
      () => run(changes),
    )
    const costs = costFigures(result.usage, changes, 'change')
    return { ...insertRatios(ceiling, result.result.perSecond, costs), ...costs }
  }
}

function insertRatios(
  ceiling: { readonly perSecond: number; readonly byCpu: number },
  perSecond: number,
  costs: Figures,
): Figures {
  return {
    'changes/s': perSecond,
    'ceiling, transactions/s': ceiling.perSecond,
    'changes / ceiling': perSecond / ceiling.perSecond,
    'changes / ceiling, by CPU alone': (costs['changes/s by CPU alone'] ?? NaN) / ceiling.byCpu,
  }
}

/** One webhook, and the dispatcher running: everything from the request until the attempt is recorded. */
async function openOneDelivery(bench: Bench, queue: Queue): Promise<Round> {
  const server = await bench.server({ queue })
  const load = await bench.peer('http-load.ts')
  const receiver = await bench.peer('receiver.ts', '1')
  const [origin = ''] = receiver.greeting as string[]
  const run = async (changes: number) => {
    const { projectId } = await server.tenant(1, (project) => `${origin}/${project}`)
    const send = await sendChanges({ server, load }, { change: 'eventPublish', projectId, changes })
    const measured = await measureUsage(server.measured({ receiver }), async () => {
      const sent = await send()
      await secondsUntil(changes, () => attemptsRecorded(server.sql, projectId))
      return sent
    })
    const requestsSeen = Number(await receiver.ask(`/${projectId}`))
    await checkDeliveries(server.admin, server.sql, { projectId, deliveries: changes, requestsSeen })
    return measured
  }
  const changes = bench.count(fullChanges, connections)
  await run(bench.count(warmUpChanges, connections))
  return async () => {
    const { ceiling, result } = await beside(
      () => bareInserts(server, changes, 1),
      () => run(changes),
    )
    const costs = costFigures(result.usage, changes, 'change')
    const receiverUs = costs['CPU us per change, receiver'] ?? NaN
    return {
      ...insertRatios(ceiling, result.result.perSecond, costs),
      'CPU ms per event with one delivery':
        ((costs['CPU us per change, all processes'] ?? NaN) - receiverUs) / 1_000,
      ...costs,
    }
  }
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
