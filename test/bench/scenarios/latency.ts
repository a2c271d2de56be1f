import { beside } from '../frame/beside.ts'
import type { Bench, Queue } from '../frame/bench.ts'
import { quantile } from '../frame/figures.ts'
import type { Round, Scenario } from '../frame/scenario.ts'
import { costFigures, measureUsage } from '../frame/usage.ts'
import type { LatencyLoad } from '../peers/latency.ts'

const perSecond = 100
const fullChanges = 1_000
const warmUpChanges = 300

export const latency: Scenario = {
  name: 'latency',
  summary: 'ms from sending a mutation to the first byte at the receiver; ceiling: one commit and one POST',
  setUp: `One webhook, ${perSecond} events a second through the API; the ceiling inserts an event and a delivery and sends one POST, at the same rate.`,
  open: async (bench) => {
    const columns: Record<string, Round> = {}
    for (const queue of bench.queues) columns[queue] = await openLatency(bench, queue)
    return columns
  },
}

async function openLatency(bench: Bench, queue: Queue): Promise<Round> {
  const server = await bench.server({ queue })
  const peer = await bench.peer('latency.ts')
  const { projectId, webhookIds } = await server.tenant(1, () => `${String(peer.greeting)}/`)
  const key = await server.key(projectId, { role: 'PLATFORM' })
  const measure = async (by: LatencyLoad['by'], changes: number) => {
    const times = (await peer.ask({ perSecond, changes, by } satisfies LatencyLoad)) as number[]
    return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
  }
  const changes = bench.count(fullChanges, 20)
  const throughApi = { url: server.url, key }
  const bare = { databaseUrl: server.database.benchUrl, projectId, webhookId: webhookIds[0] ?? '' }
  await measure(throughApi, bench.count(warmUpChanges, 20))
  await measure(bare, bench.count(warmUpChanges, 20))
  return async () => {
    const { ceiling, result } = await beside(
      () => measure(bare, changes),
      () =>
        measureUsage(server.measured({ 'client and receiver': peer }), () => measure(throughApi, changes)),
    )
    const { p50, p99 } = result.result
    return {
      'p50, ms': p50,
      'p99, ms': p99,
      'ceiling p50, ms': ceiling.p50,
      'ceiling p99, ms': ceiling.p99,
      'p50 / ceiling': p50 / ceiling.p50,
      'p99 / ceiling': p99 / ceiling.p99,
      ...costFigures(result.usage, changes, 'change'),
    }
  }
}
