/**
 * Finds due work that lost its job, whatever lost it: a flushed queue, a process that died, a wake
 * that was never stored; what a deleted webhook left behind, and what one that was enabled is still to get. Safe when several run at once: a lease is settled by whoever is first.
 */
import { settledInterrupted } from './attempt.ts'
import { callOff } from './call-off.ts'
import { eraseBatchSize } from './erase-customer.ts'
import { inBatches } from './in-batches.ts'
import type { DispatchStore } from './dispatch-ports.ts'
import type { Chance, Log, Wakes } from './ports.ts'
import { replay } from './replay.ts'
import type { Settler } from './settle.ts'

const maxLeases = 500
const maxWebhooks = 10_000
/** What one sweep calls off of deleted webhooks, in batches. Who deletes one calls off what it can; the rest of a long backlog, or of a process that died over it, is here. */
const maxCancelBatches = 100
/** What one sweep brings back of what webhooks missed, in batches. */
const maxReplayBatches = 100
/** What one sweep erases of customers whose history was too long for the request, or whose request died over it. */
const maxEraseBatches = 100
/** What one sweep removes of old counts. */
const oldTallyBatches = { size: 5_000, maxBatches: 100 }
/** Partitions are made days ahead, counts are kept for weeks: to look once in this time is plenty. */
const rarelyMs = 3_600_000

export interface SweepWorld {
  readonly store: DispatchStore
  readonly wakes: Wakes
  readonly chance: Chance
  readonly log: Log
}

export function makeSweep(world: SweepWorld, settler: Settler): () => Promise<void> {
  /** One part that fails does not keep the others from being done. */
  const part = async (what: string, work: () => Promise<number>): Promise<number> => {
    try {
      return await work()
    } catch (error) {
      world.log.error({ what, cause: error }, 'sweep.failed')
      return 0
    }
  }
  const partitions = rarely(world.chance, async () => {
    await world.store.ensurePartitions()
    return 0
  })
  const oldTallies = rarely(world.chance, () =>
    inBatches(oldTallyBatches, (limit) => world.store.forgetTallies(limit)),
  )
  return async () => {
    await part('partitions', partitions)
    const expiredLeases = await part('leases', () => settleExpired(world, settler))
    // Before the lanes: those of what is brought back are rung right after.
    const replayed = await part('replays', () =>
      replay(world.wakes, (limit) => world.store.replayMissed(limit), maxReplayBatches),
    )
    const dueWebhooks = await part('lanes', async () => {
      const due = await world.store.dueWebhooks(maxWebhooks)
      world.wakes.wakeNow(due)
      return due.length
    })
    const cancelled = await part('deleted webhooks', () =>
      callOff((limit) => world.store.cancelOwed(limit), maxCancelBatches),
    )
    const erased = await part('erasures', () =>
      inBatches({ size: eraseBatchSize, maxBatches: maxEraseBatches }, (limit) =>
        world.store.eraseOwed(limit),
      ),
    )
    await part('old counts', oldTallies)
    if (expiredLeases > 0 || replayed > 0 || dueWebhooks > 0 || cancelled > 0 || erased > 0)
      world.log.info({ expiredLeases, replayed, dueWebhooks, cancelled, erased }, 'sweep.found')
  }
}

/** Does the work when it has not been done for an hour; what failed is done the next time. */
function rarely(chance: Chance, work: () => Promise<number>): () => Promise<number> {
  let doneMs = -Infinity
  return async () => {
    if (chance.monotonicMs() - doneMs < rarelyMs) return 0
    const done = await work()
    doneMs = chance.monotonicMs()
    return done
  }
}

async function settleExpired(world: SweepWorld, settler: Settler): Promise<number> {
  let settled = 0
  for (;;) {
    const expired = await world.store.expiredLeases(maxLeases)
    const answer = {
      kind: 'INTERRUPTED',
      detail: 'the process that sent it died before it could say what came of it',
    } as const
    await Promise.all(
      expired.map((claimed) => settler.settle(settledInterrupted(world.chance, claimed, answer))),
    )
    settled += expired.length
    if (expired.length < maxLeases) return settled
  }
}
