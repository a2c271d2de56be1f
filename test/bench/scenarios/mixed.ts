import type { Bench, Queue } from '../frame/bench.ts'
import type { Figures, Round, Scenario } from '../frame/scenario.ts'
import { costFigures, measureUsage } from '../frame/usage.ts'
import { deliverAll, warmUp } from '../parts/dispatch.ts'
import { makeLoad, releaseLoad } from '../parts/load.ts'
import { secondsUntil } from '../parts/rate.ts'
import type { BenchServer } from '../parts/server.ts'
import { endTarpitRequests } from '../parts/tarpits.ts'
import type { Peer } from '../peers/peer.ts'
import { deliveriesOfWebhook, wideWebhooks } from './wide.ts'

/** Of this many webhooks, one has a receiver that never answers, and one a receiver that answers 500. */
const sickOneIn = 20

export const mixed: Scenario = {
  name: 'mixed',
  summary: 'deliveries/s to healthy webhooks beside 5 % tarpits and 5 % failing ones; ceiling: without those',
  setUp: `${wideWebhooks.toLocaleString('en')} webhooks with ${deliveriesOfWebhook} due deliveries each, one in ${sickOneIn} at a receiver that never answers and one in ${sickOneIn} at a receiver that answers 500.`,
  open: async (bench) => {
    const columns: Record<string, Round> = {}
    for (const queue of bench.queues) columns[queue] = await openMixed(bench, queue)
    return columns
  },
}

async function openMixed(bench: Bench, queue: Queue): Promise<Round> {
  const webhooks = bench.count(wideWebhooks, sickOneIn)
  const server = await bench.server({ queue })
  const receiver = await bench.peer('receiver.ts', '1')
  const tarpits = await bench.peer('tarpit.ts', String(Math.ceil(webhooks / sickOneIn)))
  const healthy = Array.from({ length: webhooks }, (_, index) => index).filter(isHealthy).length
  const deliveries = healthy * deliveriesOfWebhook
  await warmUp(bench, server, receiver)
  return async () => {
    const alone = await deliverAll(server, receiver, { webhooks: healthy, deliveries })
    const beside = await deliverBesideSick({ server, receiver, tarpits }, webhooks, deliveries)
    return {
      'healthy deliveries/s': deliveries / beside.seconds,
      'ceiling, without the sick ones': deliveries / alone.seconds,
      'healthy / ceiling': alone.seconds / beside.seconds,
      ...beside.costs,
    }
  }
}

function isHealthy(index: number): boolean {
  return index % sickOneIn !== 0 && index % sickOneIn !== sickOneIn / 2
}

interface Parts {
  readonly server: BenchServer
  readonly receiver: Peer
  readonly tarpits: Peer
}

/** Returns the seconds until the deliveries to the healthy webhooks were recorded. Their costs include the sick ones. */
async function deliverBesideSick(
  { server, receiver, tarpits }: Parts,
  webhooks: number,
  healthyDeliveries: number,
): Promise<{ readonly seconds: number; readonly costs: Figures }> {
  const [origin = ''] = receiver.greeting as string[]
  const ports = tarpits.greeting as number[]
  const load = await server.tenant(webhooks, (projectId, index) => {
    if (isHealthy(index)) return `${origin}/${projectId}`
    if (index % sickOneIn !== 0) return `${origin}/failing/${projectId}`
    return `http://127.0.0.1:${ports[(index / sickOneIn) % ports.length] ?? 0}/`
  })
  await makeLoad(server.sql, load, webhooks * deliveriesOfWebhook)
  const healthy = load.webhookIds.filter((_, index) => isHealthy(index))
  const { result, usage } = await measureUsage(server.measured({ receiver }), async () => {
    await releaseLoad(server.sql, load)
    server.wake(load.webhookIds)
    const beganMs = performance.now()
    await secondsUntil(healthyDeliveries, async () => Number(await receiver.ask(`/${load.projectId}`)))
    await secondsUntil(1, async () => ((await hasPending(server, healthy)) ? 0 : 1))
    return (performance.now() - beganMs) / 1_000
  })
  await endTarpitRequests(server.sql, [load], tarpits)
  return { seconds: result, costs: costFigures(usage, healthyDeliveries, 'delivery') }
}

async function hasPending({ sql }: BenchServer, webhookIds: readonly string[]): Promise<boolean> {
  const [row] = await sql<{ found: boolean }[]>`
    select exists (
      select from deliveries where webhook_id = any(${[...webhookIds]}) and state <> 'DELIVERED'
    ) as found`
  return row?.found ?? false
}
