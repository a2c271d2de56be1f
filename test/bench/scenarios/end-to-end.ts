import { beside } from '../frame/beside.ts'
import type { Bench } from '../frame/bench.ts'
import type { Round, Scenario } from '../frame/scenario.ts'
import { costFigures, measureUsage } from '../frame/usage.ts'
import { bareInserts, connections } from '../parts/api-load.ts'
import { secondsUntil } from '../parts/rate.ts'
import type { ServerOptions } from '../parts/server.ts'
import { attemptsRecorded, checkDeliveries } from '../parts/verify.ts'
import type { RawLoad } from '../peers/raw.ts'
import { sendChanges } from './ingest.ts'

const webhooks = 3
const warmUpChanges = 500
const fullChanges = 2_000

const apart = { api: 'api', dispatcher: 'dispatcher' }

export const endToEnd: Scenario = {
  name: 'end-to-end',
  summary:
    'changes/s from the API until all deliveries are recorded; ceiling: bare inserts and undici at once',
  setUp: `${connections} connections change orders while the dispatcher delivers them to ${webhooks} webhooks: one process, and API and dispatcher apart.`,
  open: async (bench) => {
    const columns: Record<string, Round> = {}
    for (const queue of bench.queues) {
      columns[`one process, ${queue}`] = await openEndToEnd(bench, { queue })
      columns[`apart, ${queue}`] = await openEndToEnd(bench, { queue, processes: apart })
    }
    return columns
  },
}

async function openEndToEnd(bench: Bench, options: ServerOptions): Promise<Round> {
  const server = await bench.server(options)
  const [load, raw, receiver] = [
    await bench.peer('http-load.ts'),
    await bench.peer('raw.ts'),
    await bench.peer('receiver.ts', '1'),
  ]
  const origins = receiver.greeting as string[]
  const run = async (changes: number) => {
    const deliveries = changes * webhooks
    const { projectId } = await server.tenant(webhooks, (project) => `${origins[0] ?? ''}/${project}`)
    const send = await sendChanges({ server, load }, { change: 'orderStateChange', projectId, changes })
    const { usage } = await measureUsage(server.measured({ receiver }), async () => {
      await send()
      await secondsUntil(deliveries, () => attemptsRecorded(server.sql, projectId))
    })
    const requestsSeen = Number(await receiver.ask(`/${projectId}`))
    await checkDeliveries(server.admin, server.sql, { projectId, deliveries, requestsSeen })
    return usage
  }
  const changes = bench.count(fullChanges, connections)
  const bothAtOnce = async () => {
    const posts: RawLoad = { origins, requests: changes * webhooks }
    const [{ perSecond }, seconds] = await Promise.all([
      bareInserts(server, changes, webhooks),
      raw.ask(posts).then(Number),
    ])
    return { perSecond: Math.min(perSecond, changes / seconds) }
  }
  await run(bench.count(warmUpChanges, connections))
  await bothAtOnce()
  return async () => {
    const { ceiling, result } = await beside(bothAtOnce, () => run(changes))
    return {
      'changes/s': changes / result.seconds,
      'ceiling, changes/s': ceiling.perSecond,
      'changes / ceiling': changes / result.seconds / ceiling.perSecond,
      'deliveries/s': (changes * webhooks) / result.seconds,
      ...costFigures(result, changes, 'change'),
    }
  }
}
