/**
 * The periodic search for due work without a job, for example after the queue was flushed, a process died, or a wake-up
 * was not stored. Each dispatcher runs it every 5 s (`sweepEveryMs` in `src/dispatcher.ts`). It also settles expired
 * leases, and completes pending cancellations, replays and erasures. Safe to run concurrently, in one process or in
 * several: the database gives each piece of work to one of them.
 */
import { settledInterrupted } from './attempt.ts'
import { cancelInBatches, eraseInBatches, inBatches, replayInBatches } from './pending-work.ts'
import type { DispatchStore } from '../ports/dispatch-store.ts'
import type { System } from '../ports/system.ts'
import type { FeedNotifier } from '../ports/feed-store.ts'
import type { Log } from '../ports/log.ts'
import type { LaneScheduler } from '../ports/lane-scheduler.ts'
import type { Settler } from './settle.ts'

const maxLeases = 500
/** Deliveries whose deadline has passed: rows in a batch, and batches of one sweep. */
const expiredBatches = { size: 1_000, maxBatches: 100 }
/** Interval of the search for them, which reads the waiting deliveries of webhooks with a deadline. */
const expireEveryMs = 20_000
/** Ended pauses that one sweep records. */
const maxEndedPauses = 500
/**
 * Batches of deliveries of deleted webhooks that one sweep cancels. The request that deletes a webhook cancels the
 * first batches; the sweep cancels the remainder of a long backlog, and what a process left when it died.
 */
const maxCancelBatches = 100
/** Batches of skipped deliveries that one sweep replays. */
const maxReplayBatches = 100
/** Batches that one sweep erases, for customers whose history was too long for the request or whose request failed. */
const maxEraseBatches = 100
/** Attempt counters that one sweep removes: rows in a batch, and batches. */
const oldCountBatches = { size: 5_000, maxBatches: 100 }
/**
 * Interval of the parts that need not run at every sweep. Partitions are created days ahead, counters are kept for
 * weeks.
 */
const rarelyMs = 3_600_000
/**
 * A part that takes longer starts no further batch. The sweep continues with the next part, and may run this one again.
 */
const partDeadlineMs = 10_000

export interface SweepDeps {
  readonly store: DispatchStore
  readonly laneScheduler: LaneScheduler
  /** Runs the lanes of webhooks with due deliveries. Returns the number of those webhooks. */
  readonly dueLanes: { look(): Promise<number> }
  /** Creates the events `order.arriving` that are due. Returns their number. */
  readonly createArriving: (signal: AbortSignal) => Promise<number>
  /** Starts the probes that are due. Returns how many. */
  readonly probes: { look(): Promise<number> }
  readonly feedNotifier: FeedNotifier
  readonly system: System
  readonly log: Log
  readonly pause: (ms: number) => Promise<void>
}

type Work = (signal: AbortSignal) => Promise<number>

export function makeSweep(deps: SweepDeps, settler: Settler): () => Promise<void> {
  const { store, laneScheduler, system, dueLanes } = deps
  const partitions = makePart(
    deps,
    'partitions',
    rarely(system, rarelyMs, async () => {
      await store.ensurePartitions()
      return 0
    }),
  )
  const leases = makePart(deps, 'leases', (signal) => settleExpired(deps, settler, signal))
  const replays = makePart(deps, 'replays', (signal) =>
    replayInBatches(
      laneScheduler,
      async (limit) => (signal.aborted ? null : store.replaySkipped(limit)),
      maxReplayBatches,
    ),
  )
  const deadlines = makePart(deps, 'deadlines', rarely(system, expireEveryMs, expireWork(store)))
  const arriving = makePart(deps, 'arriving orders', deps.createArriving)
  const pauses = makePart(deps, 'pauses', () => recordEndedPauses(deps))
  const probes = makePart(deps, 'probes', () => deps.probes.look())
  const lanes = makePart(deps, 'lanes', () => dueLanes.look())
  const deletedWebhooks = makePart(deps, 'deleted webhooks', (signal) =>
    cancelInBatches(
      until(signal, (limit) => store.cancelPending(limit)),
      maxCancelBatches,
    ),
  )
  const erasures = makePart(deps, 'erasures', (signal) =>
    eraseInBatches(
      until(signal, (limit) => store.erasePending(limit)),
      maxEraseBatches,
    ),
  )
  const oldCounts = makePart(
    deps,
    'old counts',
    rarely(system, rarelyMs, (signal) =>
      inBatches(
        oldCountBatches,
        until(signal, (limit) => store.removeOldCounts(limit)),
      ),
    ),
  )
  return async () => {
    await partitions()
    const expiredLeases = await leases()
    // Before the lanes, so that the lanes of replayed deliveries run right away.
    const replayed = await replays()
    const expired = await deadlines()
    const endedPauses = await pauses()
    const probed = await probes()
    const dueWebhooks = await lanes()
    const arrivingOrders = await arriving()
    const cancelled = await deletedWebhooks()
    const erased = await erasures()
    await oldCounts()
    const found = {
      expiredLeases,
      replayed,
      expired,
      endedPauses,
      probed,
      dueWebhooks,
      arrivingOrders,
      cancelled,
      erased,
    }
    if (Object.values(found).some((count) => count > 0)) deps.log.info(found, 'sweep.found')
  }
}

/**
 * Isolates a part: a part that fails or hangs does not prevent the other parts. The next sweep may start while this one
 * still runs a part; it then skips that part and runs the others.
 */
function makePart({ log, pause }: SweepDeps, what: string, work: Work): () => Promise<number> {
  let isRunning = false
  return async () => {
    if (isRunning) return 0
    isRunning = true
    const stop = new AbortController()
    try {
      const late = pause(partDeadlineMs).then(() => {
        throw new Error(`not done within ${partDeadlineMs} ms`)
      })
      late.catch(() => undefined)
      return await Promise.race([work(stop.signal), late])
    } catch (error) {
      log.error({ what, cause: error }, 'sweep.failed')
      return 0
    } finally {
      stop.abort()
      isRunning = false
    }
  }
}

/** Wraps a batch function so that it finds nothing more after the signal. */
function until(
  signal: AbortSignal,
  batch: (limit: number) => Promise<number>,
): (limit: number) => Promise<number> {
  return async (limit) => (signal.aborted ? 0 : batch(limit))
}

/** Runs the work when its last successful run was `everyMs` or more ago. Work that failed is tried at the next sweep. */
function rarely(system: System, everyMs: number, work: Work): Work {
  let doneMs = -Infinity
  return async (signal) => {
    if (system.monotonicMs() - doneMs < everyMs) return 0
    const done = await work(signal)
    doneMs = system.monotonicMs()
    return done
  }
}

function expireWork(store: DispatchStore): Work {
  return (signal) =>
    inBatches(
      expiredBatches,
      until(signal, (limit) => store.expireDue(limit)),
    )
}

/** Claims do not wait for this: a webhook whose pause has ended is no longer excluded from them. */
async function recordEndedPauses({ store, feedNotifier, log }: SweepDeps): Promise<number> {
  const ended = await store.endPauses(maxEndedPauses)
  if (ended.length === 0) return 0
  feedNotifier.notify('WEBHOOK_CHANGES', [...new Set(ended.map(({ projectId }) => projectId))])
  for (const { webhookId, projectId } of ended) log.info({ webhookId, projectId }, 'webhook.resumed')
  return ended.length
}

async function settleExpired(deps: SweepDeps, settler: Settler, signal: AbortSignal): Promise<number> {
  let settled = 0
  while (!signal.aborted) {
    const expired = await deps.store.expiredLeases(maxLeases)
    const answer = {
      kind: 'INTERRUPTED',
      detail: 'the process that sent it died before it recorded the result',
    } as const
    await Promise.all(
      expired.map((claimed) => settler.settle(settledInterrupted(deps.system, claimed, answer))),
    )
    settled += expired.length
    if (expired.length < maxLeases) return settled
  }
  return settled
}
