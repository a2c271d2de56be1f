import { setTimeout as pause } from 'node:timers/promises'
import type { Bench } from '../frame/bench.ts'
import { spreadOf } from '../frame/figures.ts'
import { familyMb, residentMb } from '../frame/processes.ts'
import type { Round, Scenario } from '../frame/scenario.ts'
import { costFigures, measureUsage } from '../frame/usage.ts'
import { deliverAll } from '../parts/dispatch.ts'
import { makeLoad, releaseLoad } from '../parts/load.ts'
import { attemptsRecorded, checkDeliveries } from '../parts/verify.ts'
import { deliveriesOfWebhook, wideWebhooks } from './wide.ts'

const fullDue = 1_000_000
/** How long deliveries are sent while the rest is due. */
const fullMs = 60_000
const lookEveryMs = 250

export const backlog: Scenario = {
  name: 'backlog',
  summary:
    'memory and deliveries/s while 1,000,000 deliveries are due; ceiling: the rate of `wide` just before',
  setUp: `${fullDue.toLocaleString('en')} due deliveries of ${wideWebhooks.toLocaleString('en')} webhooks at one receiver that answers at once, for ${fullMs / 1_000} s.`,
  onlyWhenNamed: true,
  open: async (bench) => ({ PostgreSQL: openBacklog(bench) }),
}

/** Each round has a server of its own, because it ends with most deliveries due. */
function openBacklog(bench: Bench): Round {
  let rounds = 0
  return async () => {
    rounds += 1
    const server = await bench.server({ name: `backlog ${rounds}` })
    const receiver = await bench.peer('receiver.ts', '1')
    const [origin = ''] = receiver.greeting as string[]
    const webhooks = bench.count(wideWebhooks, 2)
    const serverMb = async () => (await residentMb(server.pids['server'] ?? 0)) ?? NaN
    const startedMb = await serverMb()
    const few = webhooks * deliveriesOfWebhook
    await deliverAll(server, receiver, { webhooks, deliveries: few })
    const before = await deliverAll(server, receiver, { webhooks, deliveries: few })
    const beforeMb = await serverMb()

    const due = bench.count(fullDue, 500)
    const load = await server.tenant(webhooks, (projectId) => `${origin}/${projectId}`)
    await makeLoad(server.sql, load, due)
    const sizesMb: number[] = []
    const { usage } = await measureUsage(server.measured({ receiver }), async () => {
      await releaseLoad(server.sql, load)
      server.wake(load.webhookIds)
      const untilMs = performance.now() + bench.count(fullMs, 500)
      while (performance.now() < untilMs) {
        sizesMb.push(await serverMb())
        await pause(lookEveryMs)
      }
    })
    const recorded = await attemptsRecorded(server.sql, load.projectId)
    const postgresMb = (await familyMb(bench.cluster.postmasterPid)) ?? NaN
    await server.stop()
    await checkDeliveries(server.admin, server.sql, {
      ...{ projectId: load.projectId, deliveries: due },
      requestsSeen: Number(await receiver.ask(`/${load.projectId}`)),
    })
    const half = Math.ceil(sizesMb.length / 2)
    const early = spreadOf(sizesMb.slice(0, half)).median
    const late = spreadOf(sizesMb.slice(half)).median
    const perSecond = recorded / usage.seconds
    return {
      'server, MB, most': Math.max(...sizesMb),
      'server, MB, started': startedMb,
      'server, MB, before the backlog': beforeMb,
      'server, MB, second half / first half of the time': late / early,
      'PostgreSQL, MB': postgresMb,
      'deliveries/s': perSecond,
      'ceiling, deliveries/s of `wide`': few / before.seconds,
      'deliveries / ceiling': perSecond / (few / before.seconds),
      ...costFigures(usage, recorded, 'delivery'),
    }
  }
}
