/**
 * Finds due work that lost its job, whatever lost it: a flushed queue, a process that died, a wake that was never
 * stored. Also does what a deleted webhook left behind and what one that was enabled is still to get. Safe when
 * several run at once, in one process or in many: each part is done by whoever is first.
 */
import { settledInterrupted } from './attempt.ts'
import { cancelInBatches, eraseInBatches, inBatches, replayInBatches } from './pending-work.ts'
import type { DispatchStore } from '../ports/dispatch-store.ts'
import type { DueLanes } from './due-lanes.ts'
import type { System, Log, LaneScheduler } from '../ports/platform.ts'
import type { Settler } from './settle.ts'

const maxLeases = 500
/** What one sweep calls off of deleted webhooks, in batches. Who deletes one calls off what it can; the rest of a long backlog, or of a process that died over it, is here. */
const maxCancelBatches = 100
/** What one sweep brings back of what webhooks missed, in batches. */
const maxReplayBatches = 100
/** What one sweep erases of customers whose history was too long for the request, or whose request died over it. */
const maxEraseBatches = 100
/** What one sweep removes of old counts. */
const oldCountBatches = { size: 5_000, maxBatches: 100 }
/** Partitions are made days ahead, counts are kept for weeks: to look once in this time is plenty. */
const rarelyMs = 3_600_000
/** A part that takes longer begins no further batch, and keeps neither the other parts nor its own next run waiting. */
const partDeadlineMs = 10_000

export interface SweepWorld {
  readonly store: DispatchStore
  readonly laneScheduler: LaneScheduler
  readonly dueLanes: Pick<DueLanes, 'look'>
  readonly system: System
  readonly log: Log
  readonly pause: (ms: number) => Promise<void>
}

type Work = (signal: AbortSignal) => Promise<number>

export function makeSweep(world: SweepWorld, settler: Settler): () => Promise<void> {
  const { store, laneScheduler, system, dueLanes } = world
  const partitions = makePart(
    world,
    'partitions',
    rarely(system, async () => {
      await store.ensurePartitions()
      return 0
    }),
  )
  const leases = makePart(world, 'leases', (signal) => settleExpired(world, settler, signal))
  const replays = makePart(world, 'replays', (signal) =>
    replayInBatches(
      laneScheduler,
      async (limit) => (signal.aborted ? null : store.replaySkipped(limit)),
      maxReplayBatches,
    ),
  )
  const lanes = makePart(world, 'lanes', () => dueLanes.look())
  const deletedWebhooks = makePart(world, 'deleted webhooks', (signal) =>
    cancelInBatches(
      until(signal, (limit) => store.cancelPending(limit)),
      maxCancelBatches,
    ),
  )
  const erasures = makePart(world, 'erasures', (signal) =>
    eraseInBatches(
      until(signal, (limit) => store.erasePending(limit)),
      maxEraseBatches,
    ),
  )
  const oldCounts = makePart(
    world,
    'old counts',
    rarely(system, (signal) =>
      inBatches(
        oldCountBatches,
        until(signal, (limit) => store.removeOldCounts(limit)),
      ),
    ),
  )
  return async () => {
    await partitions()
    const expiredLeases = await leases()
    // Before the lanes: those of what is brought back are rung right after.
    const replayed = await replays()
    const dueWebhooks = await lanes()
    const cancelled = await deletedWebhooks()
    const erased = await erasures()
    await oldCounts()
    if (expiredLeases > 0 || replayed > 0 || dueWebhooks > 0 || cancelled > 0 || erased > 0)
      world.log.info({ expiredLeases, replayed, dueWebhooks, cancelled, erased }, 'sweep.found')
  }
}

/**
 * A part that fails or hangs does not keep the others from being done. The next sweep may begin while this one is
 * still at a part: that part is left out then, and the others are done.
 */
function makePart({ log, pause }: SweepWorld, what: string, work: Work): () => Promise<number> {
  let underWay = false
  return async () => {
    if (underWay) return 0
    underWay = true
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
      underWay = false
    }
  }
}

/** Batches that find nothing more once the signal is given. */
function until(
  signal: AbortSignal,
  batch: (limit: number) => Promise<number>,
): (limit: number) => Promise<number> {
  return async (limit) => (signal.aborted ? 0 : batch(limit))
}

/** Does the work when it has not been done for an hour; what failed is done the next time. */
function rarely(system: System, work: Work): Work {
  let doneMs = -Infinity
  return async (signal) => {
    if (system.monotonicMs() - doneMs < rarelyMs) return 0
    const done = await work(signal)
    doneMs = system.monotonicMs()
    return done
  }
}

async function settleExpired(world: SweepWorld, settler: Settler, signal: AbortSignal): Promise<number> {
  let settled = 0
  while (!signal.aborted) {
    const expired = await world.store.expiredLeases(maxLeases)
    const answer = {
      kind: 'INTERRUPTED',
      detail: 'the process that sent it died before it could say what came of it',
    } as const
    await Promise.all(
      expired.map((claimed) => settler.settle(settledInterrupted(world.system, claimed, answer))),
    )
    settled += expired.length
    if (expired.length < maxLeases) return settled
  }
  return settled
}
