/**
 * What a request to the API costs: requests per second and CPU time of `{ __typename }` and of one page of deliveries,
 * compared with Express and Apollo Server alone that return the same response.
 */
import { connections, measureLoad, processesOf, type Measured } from './api-load.ts'
import { expectEqual, spreadOf, write, type Bench, type BenchOptions, type Spread } from './bench.ts'
import { openCluster } from './cluster.ts'
import { makeLoad } from './load.ts'
import { startPeer, type Peer } from './peers/peer.ts'
import { startBenchServer, type BenchServer } from './server.ts'

const warmUpRequests = 1_500
const requests = 6_000
const pageSize = 20

/** The operations, with their number of requests in a measurement. */
const operations = {
  typename: { query: '{ __typename }', requests },
  page: {
    query: `{ deliveries(first: ${pageSize}) { edges { cursor node { id state createdAt event { id topic } webhook { id name } } } pageInfo { hasNextPage endCursor } } }`,
    requests: requests / 3,
  },
} as const
type Operation = keyof typeof operations

interface Result {
  readonly ceiling: Spread
  readonly rate: Spread
  readonly ratio: Spread
  readonly ceilingMs: Spread
  readonly serverMs: Spread
  readonly postgresMs: Spread
}

export const frontBench: Bench = {
  name: 'front',
  summary: 'requests/s to the API compared with Express and Apollo Server alone, and their CPU time',
  run: async (options) => {
    const cluster = await openCluster()
    const [load, bare] = await Promise.all([startPeer('http-load.ts'), startPeer('bare-apollo.ts')])
    try {
      const settings = { RATE_COST_PER_MINUTE: '1000000000' }
      const server = await startBenchServer(await cluster.database('bench'), undefined, settings)
      try {
        const results = await measure({ server, load, bare }, options)
        return {
          title: `Front: median of ${options.rounds} rounds over ${connections} connections (minimum to maximum)`,
          columns: {
            '{ __typename }': figuresOf(results.typename),
            [`${pageSize} deliveries`]: figuresOf(results.page),
          },
          json: results,
        }
      } finally {
        await server.close()
      }
    } finally {
      load.close()
      bare.close()
      await cluster.close()
    }
  },
}

function figuresOf(result: Result): Readonly<Record<string, string>> {
  return {
    'Apollo alone, requests/s': write(result.ceiling, 0),
    'Orderbell, requests/s': write(result.rate, 0),
    'Orderbell / Apollo alone': write(result.ratio, 3),
    'Apollo alone, CPU ms per request': write(result.ceilingMs, 3),
    'Orderbell, CPU ms per request': write(result.serverMs, 3),
    'PostgreSQL, CPU ms per request': write(result.postgresMs, 3),
  }
}

interface Setup {
  readonly server: BenchServer
  readonly load: Peer
  readonly bare: Peer
}

async function measure(
  setup: Setup,
  { rounds, progress }: BenchOptions,
): Promise<Readonly<Record<Operation, Result>>> {
  const { server, load, bare } = setup
  const tenant = await server.tenant(1, () => 'http://127.0.0.1:61999/')
  await makeLoad(server.sql, tenant, pageSize * 5)
  const key = await server.key(tenant.projectId, { role: 'PLATFORM' })
  const ours = await processesOf(server)
  const alone = bare.greeting as { readonly url: string; readonly pid: number }
  const theirs = { ...ours, serverPid: alone.pid }
  const results: Partial<Record<Operation, Result>> = {}
  for (const name of Object.keys(operations) as Operation[]) {
    const { query, requests: count } = operations[name]
    const bodies = [JSON.stringify({ query })]
    const request = { url: server.url, key, bodies, connections, requests: warmUpRequests }
    const sameRequest = { url: alone.url, bodies, connections, requests: warmUpRequests }
    const { data } = await measureLoad(load, request, ours)
    await bare.ask(data as object)
    const same = await measureLoad(load, sameRequest, theirs)
    expectEqual('the response of Apollo alone', JSON.stringify(same.data), JSON.stringify(data))
    const rates: Measured[] = []
    const ceilings: Measured[] = []
    for (let round = 1; round <= rounds; round += 1) {
      const ceiling = await measureLoad(load, { ...sameRequest, requests: count }, theirs)
      const rate = await measureLoad(load, { ...request, requests: count }, ours)
      ceilings.push(ceiling)
      rates.push(rate)
      progress(
        `${name}, round ${round}: ${rate.perSecond.toFixed(0)}/s of ${ceiling.perSecond.toFixed(0)}/s, ` +
          `server ${rate.serverMs.toFixed(3)} ms, PostgreSQL ${rate.postgresMs.toFixed(3)} ms, alone ${ceiling.serverMs.toFixed(3)} ms`,
      )
    }
    results[name] = {
      ceiling: spreadOf(ceilings.map(({ perSecond }) => perSecond)),
      rate: spreadOf(rates.map(({ perSecond }) => perSecond)),
      ratio: spreadOf(rates.map(({ perSecond }, index) => perSecond / (ceilings[index]?.perSecond ?? NaN))),
      ceilingMs: spreadOf(ceilings.map(({ serverMs }) => serverMs)),
      serverMs: spreadOf(rates.map(({ serverMs }) => serverMs)),
      postgresMs: spreadOf(rates.map(({ postgresMs }) => postgresMs)),
    }
  }
  return results as Readonly<Record<Operation, Result>>
}
