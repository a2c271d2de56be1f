import { beside } from '../frame/beside.ts'
import type { Bench, Queue } from '../frame/bench.ts'
import { expectEqual, type Round, type Scenario } from '../frame/scenario.ts'
import { costFigures, measureUsage } from '../frame/usage.ts'
import { connectTo } from '../parts/cluster.ts'
import { deliverAll, warmUp, type Delivered } from '../parts/dispatch.ts'
import { openPostCeiling } from '../parts/post-ceiling.ts'
import type { ByHandLoad, ByHandResult } from '../peers/by-hand.ts'

const fullDeliveries = 20_000
const byCpu = 'deliveries/s by CPU alone'
const warmUpDeliveries = 2_000

export const byHand: Scenario = {
  name: 'by-hand',
  summary:
    'deliveries/s of `hot` against a BullMQ job per delivery, as people write it; ceiling: undici alone',
  setUp: `${fullDeliveries.toLocaleString('en')} deliveries of 1 KB to one receiver: one job, one \`fetch\` with an HMAC, one insert and one update each, 50 at a time, on the same queue backend. The jobs are added before. The costs are those of the program by hand.`,
  open: async (bench) => {
    const columns: Record<string, Round> = {}
    for (const queue of bench.queues) columns[queue] = await openByHand(bench, queue)
    return columns
  },
}

async function openByHand(bench: Bench, queue: Queue): Promise<Round> {
  const server = await bench.server({ queue })
  const receiver = await bench.peer('receiver.ts', '1')
  const peer = await bench.peer('by-hand.ts')
  const redis = queue === 'Redis' ? await bench.redis() : undefined
  const database = await bench.database('by_hand')
  const sql = connectTo(database.benchUrl, 1)
  bench.beforeClose(() => sql.end({ timeout: 1 }))
  const [origin = ''] = receiver.greeting as string[]

  const run = async (deliveries: number): Promise<Delivered> => {
    const path = `/by-hand/${performance.now()}`
    await peer.ask({
      ...{ databaseUrl: database.url, redisUrl: redis?.url, url: `${origin}${path}`, deliveries },
    } satisfies ByHandLoad)
    const measured = {
      ...server.measured(),
      ...{ sql, pids: { 'by hand': peer.pid, receiver: receiver.pid } },
    }
    const { result, usage } = await measureUsage(
      measured,
      async () => (await peer.ask('run')) as ByHandResult,
    )
    expectEqual('delivered by hand', result.delivered, deliveries)
    expectEqual('attempts by hand', result.attempts, deliveries)
    expectEqual('requests that the receiver saw', Number(await receiver.ask(path)), deliveries)
    return { seconds: result.seconds, usage }
  }

  const deliveries = bench.count(fullDeliveries)
  const measurePosts = await openPostCeiling(bench, receiver)
  await run(bench.count(warmUpDeliveries))
  await warmUp(bench, server, receiver)
  return async () => {
    const ours = await deliverAll(server, receiver, { webhooks: 1, deliveries })
    const { ceiling, result } = await beside(measurePosts, () => run(deliveries))
    const perSecond = deliveries / result.seconds
    const oursPerSecond = deliveries / ours.seconds
    const costs = costFigures(result.usage, deliveries, 'delivery')
    const oursByCpu = costFigures(ours.usage, deliveries, 'delivery')[byCpu] ?? NaN
    return {
      'Orderbell, deliveries/s': oursPerSecond,
      'by hand, deliveries/s': perSecond,
      'Orderbell / by hand': oursPerSecond / perSecond,
      'Orderbell / by hand, by CPU alone': oursByCpu / (costs[byCpu] ?? NaN),
      'ceiling, POSTs/s': ceiling.perSecond,
      'by hand / ceiling': perSecond / ceiling.perSecond,
      ...costs,
    }
  }
}
