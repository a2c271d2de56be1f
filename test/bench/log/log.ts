/**
 * Pages of deliveries and attempts over HTTP from a database with 50 thousand attempts and from one with 5 million,
 * measured alternately. A page must not take longer because the table has more rows. BENCH_LOG_ATTEMPTS sets another
 * size of the larger one.
 */
import { Client } from 'undici'
import { writeCursor } from '../../../src/domain/lists/cursor.ts'
import { toAttemptFilter, toDeliveryFilter } from '../../../src/graphql/resolvers/filters.ts'
import { expectEqual, spreadOf, write, type Bench, type BenchOptions } from '../bench.ts'
import { openCluster } from '../cluster.ts'
import { startBenchServer, type BenchServer } from '../server.ts'
import { casesOf, documents, type Case } from './cases.ts'
import { makeLogRows, type LogRows } from './rows.ts'

const fewAttempts = 50_000
const manyAttempts = Number(process.env['BENCH_LOG_ATTEMPTS'] ?? 5_000_000)
const requestsOfRound = 10
const warmUps = 3
/** A page that takes longer is requested only three times. */
const tooLongMs = 1_000

interface Log {
  readonly server: BenchServer
  readonly rows: LogRows
  readonly client: Client
}

export const logBench: Bench = {
  name: 'log',
  summary: 'pages of the log with 50 thousand attempts in the database and with 5 million',
  run: async (options) => {
    const cluster = await openCluster()
    const logs: Log[] = []
    try {
      for (const [name, attempts] of [
        ['few', fewAttempts],
        ['many', manyAttempts],
      ] as const) {
        const log = await openLog(await cluster.database(name), attempts, options.progress)
        logs.push(log)
        // Finds a page that differs from its case before the larger log is written.
        for (const page of casesOf(log.rows)) await requestPage(log, page)
      }
      const [few, many] = logs
      if (few === undefined || many === undefined) throw new Error('expected two logs')
      return await measure(few, many, options)
    } finally {
      for (const { client, server } of logs) {
        await client.close()
        await server.close()
      }
      await cluster.close()
    }
  },
}

async function openLog(
  databaseUrl: string,
  attempts: number,
  progress: BenchOptions['progress'],
): Promise<Log> {
  const server = await startBenchServer(databaseUrl, undefined, { ROLES: 'api' })
  try {
    progress(`writing ${attempts} attempts`)
    const rows = await makeLogRows(server, attempts, progress)
    progress(`wrote ${rows.attempts} attempts in ${rows.seconds.toFixed(0)} s`)
    return { server, rows, client: new Client(new URL(server.url).origin) }
  } catch (error) {
    await server.close()
    throw error
  }
}

async function measure(few: Log, many: Log, { rounds, progress }: BenchOptions) {
  const figures: Record<string, { few: number; many: number; ratio: number }> = {}
  const columns: Record<string, Record<string, string>> = { few: {}, many: {}, ratio: {} }
  const casesOfMany = casesOf(many.rows)
  for (const [index, ofFew] of casesOf(few.rows).entries()) {
    const ofMany = casesOfMany[index] ?? ofFew
    const times = { few: [] as number[], many: [] as number[] }
    let requests = rounds * requestsOfRound
    for (let request = -warmUps; request < requests; request += 1) {
      const fewMs = await requestPage(few, ofFew)
      const manyMs = await requestPage(many, ofMany)
      if (manyMs > tooLongMs) requests = 3
      if (request < 0) continue
      times.few.push(fewMs)
      times.many.push(manyMs)
    }
    const [a, b] = [spreadOf(times.few), spreadOf(times.many)]
    const ratio = b.median / a.median
    figures[ofFew.name] = { few: a.median, many: b.median, ratio }
    for (const [column, text] of [
      ['few', write(a, 1)],
      ['many', write(b, 1)],
      ['ratio', ratio.toFixed(2)],
    ] as const)
      (columns[column] ??= {})[ofFew.name] = text
    progress(`${ofFew.name}: ${a.median.toFixed(1)} ms, ${b.median.toFixed(1)} ms, ratio ${ratio.toFixed(2)}`)
  }
  const worst = Math.max(...Object.values(figures).map(({ ratio }) => ratio))
  const sizes = { few: few.rows.attempts, many: many.rows.attempts }
  return {
    title: `Log: ms of a page, median of ${rounds * requestsOfRound} requests (minimum to maximum), with ${sizes.few} and ${sizes.many} attempts; worst ratio ${worst.toFixed(2)}`,
    columns,
    json: { sizes, seconds: { few: few.rows.seconds, many: many.rows.seconds }, worst, figures },
  }
}

interface Answer {
  readonly data?: Readonly<Record<string, Page>> | null
  readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[]
}

interface Page {
  readonly nodes: readonly { readonly id: string }[]
  readonly pageInfo: { readonly endCursor: string | null }
}

/** Returns the duration of one request in ms, also when it was refused because it took too long. Throws unless the page has the number of members of its case and the expected cursor. */
async function requestPage({ rows, client }: Log, { list, filter, from, ...page }: Case): Promise<number> {
  const partnerId = page.role === 'PARTNER' ? rows.partnerId : null
  const scope = {
    ...{ list, projectId: rows.projectId, partnerId },
    filter: list === 'deliveries' ? toDeliveryFilter(filter) : toAttemptFilter(filter),
  }
  const size = page.backwards ? { last: page.size } : { first: page.size }
  const cursor = from === null ? null : writeCursor(scope, from)
  const place = page.backwards ? { before: cursor } : { after: cursor }
  const body = JSON.stringify({ query: documents[list], variables: { filter, ...size, ...place } })
  const beganMs = performance.now()
  const response = await client.request({
    ...{ method: 'POST', path: '/graphql', body },
    headers: { 'content-type': 'application/json', authorization: `Bearer ${rows.keys[page.role]}` },
  })
  const answer = (await response.body.json()) as Answer
  const tookMs = performance.now() - beganMs
  if (answer.errors?.every(({ extensions }) => extensions?.code === 'QUERY_TOO_COMPLEX') === true)
    return tookMs
  const found = answer.data?.[list]
  if (found === undefined || answer.errors !== undefined)
    throw new Error(`${page.name}: ${JSON.stringify(answer.errors)}`)
  const ids = found.nodes.map(({ id }) => id)
  if (page.members === 'FULL') expectEqual(`${page.name}: members`, ids.length, page.size)
  if (page.members === 'NONE') expectEqual(`${page.name}: members`, ids.length, 0)
  if (page.members === 'SOME') expectEqual(`${page.name}: has members`, ids.length > 0, true)
  const last = ids.at(-1)
  // A cursor in the middle equals the one that a client gets that reads all pages before it.
  if (last !== undefined)
    expectEqual(`${page.name}: cursor`, found.pageInfo.endCursor, writeCursor(scope, last))
  return tookMs
}
