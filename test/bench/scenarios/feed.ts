import { setTimeout as pause } from 'node:timers/promises'
import { documents } from '../../api/support/fixtures.ts'
import { beside } from '../frame/beside.ts'
import type { Bench, Queue } from '../frame/bench.ts'
import { quantile } from '../frame/figures.ts'
import { residentMb } from '../frame/processes.ts'
import { expectEqual, type Round, type Scenario } from '../frame/scenario.ts'
import { costFigures, measureUsage } from '../frame/usage.ts'
import { insertDeliveries, makeLoad, type Load } from '../parts/load.ts'
import { deliver, secondsUntil } from '../parts/rate.ts'
import type { BenchServer } from '../parts/server.ts'
import { attemptsRecorded, checkDeliveries } from '../parts/verify.ts'
import type { Peer } from '../peers/peer.ts'
import type { Command, ReceivedAttempts } from '../peers/subscribers.ts'

/** The maximum of one project: 20 on each of 50 sockets. */
const fullSubscriptions = 1_000
const fullDeliveries = 20_000
/** Deliveries whose lag is measured, and their pace. */
const fullPaced = 500
const pacedAtATime = 10
const pacedEveryMs = 100
/** Deliveries that all subscriptions receive, and their pace. */
const fullShared = 10
const sharedEveryMs = 2_000
/** A generous time for a process to start or to end 1,000 subscriptions. */
const settleDownMs = 3_000

export const feed: Scenario = {
  name: 'feed',
  summary:
    "ms from a settle's commit to the subscriber, 1,000 subscribers; ceiling: one subscriber, and none",
  setUp: `${fullSubscriptions.toLocaleString('en')} webhooks and as many subscriptions, each to one of them, against one subscription to all; ${1_000 / (pacedEveryMs / pacedAtATime)} deliveries a second, and ${fullDeliveries.toLocaleString('en')} at once. Each attempt must arrive exactly once.`,
  open: async (bench) => {
    const columns: Record<string, Round> = {}
    for (const queue of bench.queues) columns[queue] = await openFeed(bench, queue)
    return columns
  },
}

interface Parts {
  readonly server: BenchServer
  readonly receiver: Peer
  readonly subscribers: Peer
  readonly load: Load
  readonly key: string
  /** How long the subscriptions may take to start, and to end. */
  readonly startMs: number
  readonly endMs: number
}

async function openFeed(bench: Bench, queue: Queue): Promise<Round> {
  const server = await bench.server({ queue })
  const receiver = await bench.peer('receiver.ts', '1')
  const subscribers = await bench.peer('subscribers.ts')
  const [origin = ''] = receiver.greeting as string[]
  const load = await server.tenant(bench.count(fullSubscriptions, 2), (projectId) => `${origin}/${projectId}`)
  const key = await server.key(load.projectId, { role: 'PLATFORM' })
  const parts = {
    server,
    receiver,
    subscribers,
    load,
    key,
    startMs: bench.count(settleDownMs, 1_500),
    endMs: bench.count(settleDownMs, 200),
  }
  const deliveries = bench.count(fullDeliveries, load.webhookIds.length)
  await deliverAtOnce(parts, deliveries)
  await lagOf(parts, [null], bench.count(fullPaced, 20), pacedAtATime, pacedEveryMs)
  return async () => {
    const alone = async () => ({ perSecond: deliveries / (await deliverAtOnce(parts, deliveries)) })
    const { ceiling, result: watched } = await beside(alone, () => deliverWatched(parts, deliveries))
    const paced = bench.count(fullPaced, load.webhookIds.length)
    const lagOf1 = await lagOf(parts, [null], paced, pacedAtATime, pacedEveryMs)
    const lagOfMany = await lagOf(parts, load.webhookIds, paced, pacedAtATime, pacedEveryMs)
    const all = load.webhookIds.map(() => null)
    const lagOfAll = await lagOf(parts, all, bench.count(fullShared), 1, sharedEveryMs)
    const delivered = await attemptsRecorded(server.sql, load.projectId)
    const requestsSeen = Number(await receiver.ask(`/${load.projectId}`))
    await checkDeliveries(server.admin, server.sql, {
      ...{ projectId: load.projectId, deliveries: delivered, requestsSeen },
    })
    return {
      'commit to 1 subscriber, p50, ms': lagOf1,
      'commit to 1,000 subscribers, p50, ms': lagOfMany,
      '1,000 subscribers / 1': lagOfMany / lagOf1,
      'commit to 1,000 subscribers of the same attempt, p50, ms': lagOfAll,
      'deliveries/s with 1,000 subscribers': deliveries / watched.seconds,
      'ceiling, deliveries/s without': ceiling.perSecond,
      'deliveries / ceiling': deliveries / watched.seconds / ceiling.perSecond,
      'last recorded to last received, ms': watched.lastLagMs,
      'server, MB': watched.mb,
      ...watched.costs,
    }
  }
}

/** Returns the seconds until all were recorded. */
async function deliverAtOnce({ server, load }: Parts, deliveries: number): Promise<number> {
  await makeLoad(server.sql, load, deliveries, { orders: true })
  return deliver(server, load, deliveries)
}

/** Delivers while each webhook has a subscription. */
async function deliverWatched(parts: Parts, deliveries: number) {
  const { server, load } = parts
  await subscribe(parts, load.webhookIds)
  await makeLoad(server.sql, load, deliveries, { orders: true })
  const { result, usage } = await measureUsage(server.measured(), async () => {
    const seconds = await deliver(server, load, deliveries)
    const recordedAtMs = Date.now()
    const received = await receiveAll(parts, deliveries)
    return { seconds, lastLagMs: Math.max(0, (received.atMs.at(-1) ?? NaN) - recordedAtMs), received }
  })
  expectEqual('subscriptions with an attempt', result.received.subscriptions, load.webhookIds.length)
  const mb = (await residentMb(server.pids['server'] ?? 0)) ?? NaN
  await leave(parts)
  return { ...result, mb, costs: costFigures(usage, deliveries, 'delivery') }
}

/** The median time from the commit of an attempt to its arrival, while deliveries become due at a steady pace. */
async function lagOf(
  parts: Parts,
  webhookIds: readonly (string | null)[],
  deliveries: number,
  atATime: number,
  everyMs: number,
): Promise<number> {
  const { server, load } = parts
  const { projectId } = load
  await subscribe(parts, webhookIds)
  const already = await attemptsRecorded(server.sql, projectId)
  for (let from = 0; from < deliveries; from += atATime) {
    const nextMs = performance.now() + everyMs
    const count = Math.min(atATime, deliveries - from)
    const due = Array.from(
      { length: count },
      (_, index) => load.webhookIds[(from + index) % load.webhookIds.length] ?? '',
    )
    await insertDeliveries(server.sql, { projectId, webhookIds: due }, count)
    server.wake([...new Set(due)])
    await pause(Math.max(0, nextMs - performance.now()))
  }
  await secondsUntil(deliveries, async () => (await attemptsRecorded(server.sql, projectId)) - already)
  const frames = webhookIds.length > 1 && webhookIds[0] === null ? deliveries * webhookIds.length : deliveries
  const { attemptIds, atMs } = await receiveAll(parts, frames)
  await leave(parts)
  const committedAtMs = await commitTimes(server, projectId, already)
  return quantile(
    attemptIds.map((id, index) => Math.max(0, (atMs[index] ?? NaN) - (committedAtMs.get(id) ?? NaN))),
    0.5,
  )
}

/** When the attempts after this position were committed, on the system clock in ms. */
async function commitTimes(
  { sql }: BenchServer,
  projectId: string,
  already: number,
): Promise<ReadonlyMap<string, number>> {
  const rows = await sql<{ id: string; at: number }[]>`
    select id, (extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000)::float8 as at
    from attempts where project_id = ${projectId} and position > ${already}`
  return new Map(rows.map(({ id, at }) => [id, at]))
}

async function subscribe(
  { server, subscribers, key, startMs }: Parts,
  webhookIds: readonly (string | null)[],
): Promise<void> {
  await subscribers.ask({
    subscribe: { url: server.url, key, document: documents.Live, webhookIds },
  } satisfies Command)
  await pause(startMs)
}

async function leave({ subscribers, endMs }: Parts): Promise<void> {
  await subscribers.ask({ leave: true } satisfies Command)
  await pause(endMs)
}

/** Waits for this many frames. Throws unless each subscription received each of its attempts exactly once. */
async function receiveAll({ subscribers }: Parts, frames: number): Promise<ReceivedAttempts> {
  const received = (await subscribers.ask({ waitFor: frames } satisfies Command)) as ReceivedAttempts
  expectEqual('received attempts', received.attemptIds.length, frames)
  expectEqual('attempts received twice', received.repeated, 0)
  expectEqual('attempts received by other subscriptions', received.misdirected, 0)
  return received
}
