import { openDispatch } from '../parts/dispatch.ts'
import type { Round, Scenario } from '../frame/scenario.ts'

const deliveries = 20_000

export const hot: Scenario = {
  name: 'hot',
  summary: 'deliveries/s of one busy webhook, from due to recorded; ceiling: undici alone',
  setUp: `One webhook with ${deliveries.toLocaleString('en')} due deliveries of an event of 1 KB, and one receiver that answers at once.`,
  open: async (bench) => {
    const columns: Record<string, Round> = {}
    for (const queue of bench.queues)
      columns[queue] = await openDispatch(bench, {
        ...{ queue, webhooks: 1, hosts: 1, deliveries: bench.count(deliveries) },
      })
    return columns
  },
}
