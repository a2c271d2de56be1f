/**
 * Pages of deliveries and attempts over HTTP from a database with 50 thousand attempts and from one with 5 million,
 * measured alternately. A page must not take longer because the table has more rows. Then deliveries of a busy webhook in
 * the larger database and in an empty one. BENCH_LOG_ATTEMPTS sets another size of the larger one.
 */
import { Client } from 'undici'
import { writeCursor } from '../../../../src/domain/lists/cursor.ts'
import { toAttemptFilter, toDeliveryFilter } from '../../../../src/graphql/resolvers/filters.ts'
import type { Bench } from '../../frame/bench.ts'
import { quantile } from '../../frame/figures.ts'
import { expectEqual, type Figures, type Scenario } from '../../frame/scenario.ts'
import { deliverAll, warmUp } from '../../parts/dispatch.ts'
import type { BenchServer } from '../../parts/server.ts'
import { casesOf, documents, type Case } from './cases.ts'
import { makeLogRows, type LogRows } from './rows.ts'

/** In a log with fewer attempts, as tests write it, pages may have no members. */
const fewAttempts = 50_000
const manyAttempts = Number(process.env['BENCH_LOG_ATTEMPTS'] ?? 5_000_000)
const fullDays = 30
const leastAttempts = 2_000
const requestsOfRound = 10
const warmUps = 3
/** A page that takes longer is requested only three times. */
const tooLongMs = 1_000
const fullDeliveries = 20_000

interface Log {
  readonly server: BenchServer
  readonly rows: LogRows
  readonly client: Client
}

export const log: Scenario = {
  name: 'log',
  summary:
    'ms of pages of the log, and deliveries/s, with 5 million attempts; ceiling: 50 thousand, and none',
  setUp: `Thirty days of the log of four projects, ${manyAttempts.toLocaleString('en')} attempts and ${fewAttempts.toLocaleString('en')}; needs about 12 GB of disk space in the directory for temporary files.`,
  onlyWhenNamed: true,
  open: async (bench) => {
    const few = await openLog(bench, 'few', bench.count(fewAttempts, leastAttempts))
    // Finds a page that differs from its case before the larger log is written.
    for (const page of casesOf(few.rows)) await requestPage(few, page)
    const many = await openLog(bench, 'many', bench.count(manyAttempts, 2 * leastAttempts))
    const ofRound: { few: Figures; many: Figures; ratio: Figures } = { few: {}, many: {}, ratio: {} }
    return {
      'larger log, ms': async () => {
        Object.assign(ofRound, await measurePages(bench, few, many))
        return ofRound.many
      },
      'smaller log, ms': async () => ofRound.few,
      ratio: async () => ofRound.ratio,
      deliveries: () => measureDeliveries(bench, many),
    }
  },
}

async function openLog(bench: Bench, name: string, attempts: number): Promise<Log> {
  const server = await bench.server({ name, processes: { api: 'api' } })
  bench.progress(`writing ${attempts} attempts`)
  const rows = await makeLogRows(server, { attempts, days: bench.count(fullDays, 3) }, (line) =>
    bench.progress(line),
  )
  bench.progress(`wrote ${rows.attempts} attempts in ${rows.seconds.toFixed(0)} s`)
  const client = new Client(new URL(server.url).origin)
  bench.beforeClose(() => client.close())
  return { server, rows, client }
}

async function measurePages(bench: Bench, few: Log, many: Log) {
  const [ofFew, ofMany, ratio]: Record<string, number>[] = [{}, {}, {}]
  const casesOfMany = casesOf(many.rows)
  for (const [index, page] of casesOf(few.rows).entries()) {
    const times = { few: [] as number[], many: [] as number[] }
    let requests = bench.count(requestsOfRound)
    for (let request = -bench.count(warmUps); request < requests; request += 1) {
      const fewMs = await requestPage(few, page)
      const manyMs = await requestPage(many, casesOfMany[index] ?? page)
      if (manyMs > tooLongMs) requests = Math.min(requests, 3)
      if (request < 0) continue
      times.few.push(fewMs)
      times.many.push(manyMs)
    }
    const [a, b] = [quantile(times.few, 0.5), quantile(times.many, 0.5)]
    Object.assign(ofFew ?? {}, { [page.name]: a })
    Object.assign(ofMany ?? {}, { [page.name]: b })
    Object.assign(ratio ?? {}, { [page.name]: b / a })
  }
  const worst = Math.max(...Object.values(ratio ?? {}))
  return { few: ofFew, many: ofMany, ratio: { 'worst ratio': worst, ...ratio } }
}

/** Deliveries of a busy webhook by a dispatcher on the larger log, and by one on an empty database. */
async function measureDeliveries(bench: Bench, many: Log): Promise<Figures> {
  const receiver = await bench.peer('receiver.ts', '1')
  const deliveries = bench.count(fullDeliveries)
  const perSecond: number[] = []
  for (const database of [undefined, many.server.database]) {
    const server = await bench.server(database === undefined ? {} : { database })
    await warmUp(bench, server, receiver)
    const { seconds } = await deliverAll(server, receiver, { webhooks: 1, deliveries })
    perSecond.push(deliveries / seconds)
  }
  const [withNone = NaN, withMany = NaN] = perSecond
  return {
    'deliveries/s with the larger log': withMany,
    'ceiling, deliveries/s with an empty log': withNone,
    'deliveries / ceiling': withMany / withNone,
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
  if (rows.attempts < fewAttempts) return tookMs
  if (page.members === 'FULL') expectEqual(`${page.name}: members`, ids.length, page.size)
  if (page.members === 'NONE') expectEqual(`${page.name}: members`, ids.length, 0)
  if (page.members === 'SOME') expectEqual(`${page.name}: has members`, ids.length > 0, true)
  const last = ids.at(-1)
  // A cursor in the middle equals the one that a client gets that reads all pages before it.
  if (last !== undefined)
    expectEqual(`${page.name}: cursor`, found.pageInfo.endCursor, writeCursor(scope, last))
  return tookMs
}
