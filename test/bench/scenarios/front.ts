import { beside } from '../frame/beside.ts'
import type { Bench } from '../frame/bench.ts'
import { cpuUs } from '../frame/processes.ts'
import { expectEqual, type Round, type Scenario } from '../frame/scenario.ts'
import { costFigures, measureUsage } from '../frame/usage.ts'
import { connections } from '../parts/api-load.ts'
import { makeLoad } from '../parts/load.ts'
import type { HttpLoad, LoadResult } from '../peers/http-load.ts'

const warmUpRequests = 1_500
const pageSize = 20

/** The operations, with their number of requests in a round. */
const operations = {
  '{ __typename }': { query: '{ __typename }', requests: 6_000 },
  [`${pageSize} deliveries`]: {
    query: `{ deliveries(first: ${pageSize}) { edges { cursor node { id state createdAt event { id topic } webhook { id name } } } pageInfo { hasNextPage endCursor } } }`,
    requests: 2_000,
  },
}

export const front: Scenario = {
  name: 'front',
  summary: 'requests/s to the API; ceiling: Express and Apollo Server alone, which return the same response',
  setUp: `${connections} connections, with a key, all limits on; \`{ __typename }\` and one page of ${pageSize} deliveries.`,
  open: async (bench) => {
    const columns: Record<string, Round> = {}
    for (const [name, operation] of Object.entries(operations))
      columns[name] = await openOperation(bench, operation)
    return columns
  },
}

async function openOperation(
  bench: Bench,
  operation: { readonly query: string; readonly requests: number },
): Promise<Round> {
  const [server, load, bare] = [
    await bench.server(),
    await bench.peer('http-load.ts'),
    await bench.peer('bare-apollo.ts'),
  ]
  const tenant = await server.tenant(1, () => 'http://127.0.0.1:61999/')
  await makeLoad(server.sql, tenant, pageSize * 5)
  const key = await server.key(tenant.projectId, { role: 'PLATFORM' })
  const send = async (command: HttpLoad) => (await load.ask(command)) as LoadResult
  const bodies = [JSON.stringify({ query: operation.query })]
  const requests = bench.count(operation.requests, connections)
  const warmUp = { bodies, connections, requests: bench.count(warmUpRequests, connections) }
  const { data } = await send({ ...warmUp, url: server.url, key })
  const url = bare.greeting as string
  await bare.ask(data as object)
  const same = await send({ ...warmUp, url })
  expectEqual('the response of Apollo alone', JSON.stringify(same.data), JSON.stringify(data))

  const ceilingOf = async () => {
    // Another operation may have set its response meanwhile.
    await bare.ask(data as object)
    const before = (await cpuUs(bare.pid)) ?? NaN
    const { perSecond } = await send({ bodies, connections, requests, url })
    return { perSecond, apolloUs: (((await cpuUs(bare.pid)) ?? NaN) - before) / requests }
  }
  return async () => {
    const { ceiling, result } = await beside(ceilingOf, () =>
      measureUsage(server.measured(), () => send({ bodies, connections, requests, url: server.url, key })),
    )
    const costs = costFigures(result.usage, requests, 'request')
    return {
      'requests/s': result.result.perSecond,
      'ceiling, Apollo alone, requests/s': ceiling.perSecond,
      'requests / ceiling': result.result.perSecond / ceiling.perSecond,
      'requests / ceiling, by CPU alone':
        ((costs['requests/s by CPU alone'] ?? NaN) * ceiling.apolloUs) / 1e6,
      'CPU us per request, Apollo alone': ceiling.apolloUs,
      ...costs,
    }
  }
}
