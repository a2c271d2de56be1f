import { openDispatch } from '../parts/dispatch.ts'
import type { Round, Scenario } from '../frame/scenario.ts'

export const wideWebhooks = 1_000
export const deliveriesOfWebhook = 20
const manyHosts = 200

export const wide: Scenario = {
  name: 'wide',
  summary: 'deliveries/s to 1,000 webhooks at 1 and at 200 hosts; ceiling: undici alone',
  setUp: `${wideWebhooks.toLocaleString('en')} webhooks with ${deliveriesOfWebhook} due deliveries each, at one receiver and at ${manyHosts}.`,
  open: async (bench) => {
    const webhooks = bench.count(wideWebhooks, 2)
    const columns: Record<string, Round> = {}
    for (const queue of bench.queues) {
      const options = { queue, webhooks, deliveries: webhooks * deliveriesOfWebhook }
      columns[`${queue}, 1 host`] = await openDispatch(bench, { ...options, hosts: 1 })
      columns[`${queue}, ${manyHosts} hosts`] = await openDispatch(bench, {
        ...options,
        hosts: bench.count(manyHosts, 2),
      })
    }
    return columns
  },
}
