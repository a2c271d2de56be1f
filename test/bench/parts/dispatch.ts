/** A round of dispatch: due deliveries are sent and recorded, beside the ceiling of undici alone. */
import { expectEqual, type Round } from '../frame/scenario.ts'
import { beside } from '../frame/beside.ts'
import type { Bench, Queue } from '../frame/bench.ts'
import { costFigures, measureUsage, type Usage } from '../frame/usage.ts'
import type { Peer } from '../peers/peer.ts'
import { makeLoad } from './load.ts'
import { openPostCeiling, postRatios } from './post-ceiling.ts'
import { deliver } from './rate.ts'
import type { BenchServer } from './server.ts'
import { checkDeliveries } from './verify.ts'

export interface DispatchOptions {
  readonly queue: Queue
  readonly webhooks: number
  /** Receivers, each at a port of its own, which makes it a host of its own. */
  readonly hosts: number
  readonly deliveries: number
}

const warmUpDeliveries = 2_000

/** Starts the server and the receivers, and returns the round. */
export async function openDispatch(bench: Bench, options: DispatchOptions): Promise<Round> {
  const { queue, webhooks, hosts, deliveries } = options
  const server = await bench.server({ queue })
  const receiver = await bench.peer('receiver.ts', String(hosts))
  const measurePosts = await openPostCeiling(bench, receiver)
  await warmUp(bench, server, receiver)
  return async () => {
    const { result, ceiling } = await beside(measurePosts, () =>
      deliverAll(server, receiver, { webhooks, deliveries }),
    )
    const costs = costFigures(result.usage, deliveries, 'delivery')
    return { ...postRatios(ceiling, deliveries / result.seconds, costs), ...costs }
  }
}

/** Delivers a few deliveries without measuring, so that the code is compiled. */
export async function warmUp(bench: Bench, server: BenchServer, receiver: Peer): Promise<void> {
  await deliverAll(server, receiver, { webhooks: 1, deliveries: bench.count(warmUpDeliveries) })
}

export interface Delivered {
  readonly seconds: number
  readonly usage: Usage
}

/** Delivers a load of a new project, measures it, and checks it. */
export async function deliverAll(
  server: BenchServer,
  receiver: Peer,
  { webhooks, deliveries }: Pick<DispatchOptions, 'webhooks' | 'deliveries'>,
): Promise<Delivered> {
  const origins = receiver.greeting as string[]
  const load = await server.tenant(
    webhooks,
    (projectId, index) => `${origins[index % origins.length] ?? ''}/${projectId}`,
  )
  const { projectId } = load
  await makeLoad(server.sql, load, deliveries)
  const { result: seconds, usage } = await measureUsage(server.measured({ receiver }), () =>
    deliver(server, load, deliveries),
  )
  const requestsSeen = Number(await receiver.ask(`/${projectId}`))
  const delivered = await checkDeliveries(server.admin, server.sql, { projectId, deliveries, requestsSeen })
  expectEqual('delivered', delivered, deliveries)
  return { seconds, usage }
}
