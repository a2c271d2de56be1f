/**
 * Finds due work that lost its job, whatever lost it: a flushed queue, a process that died, a wake
 * that was never stored; and what a deleted webhook left behind. Safe when several run at once: a lease is settled by whoever is first.
 */
import { settledInterrupted } from './attempt.ts'
import { callOff } from './call-off.ts'
import type { Chance, DispatchStore, Log, Wakes } from './ports.ts'
import type { Settler } from './settle.ts'

const maxLeases = 500
const maxWebhooks = 10_000
/** What one sweep calls off of deleted webhooks, in batches. Who deletes one calls off what it can; the rest of a long backlog, or of a process that died over it, is here. */
const maxCancelBatches = 100
/** Partitions are made days ahead: to look once in this time is plenty. */
const partitionsEveryMs = 3_600_000

export interface SweepWorld {
  readonly store: DispatchStore
  readonly wakes: Wakes
  readonly chance: Chance
  readonly log: Log
}

export function makeSweep(world: SweepWorld, settler: Settler): () => Promise<void> {
  let partitionsMs = -Infinity
  /** One part that fails does not keep the others from being done. */
  const part = async (what: string, work: () => Promise<number>): Promise<number> => {
    try {
      return await work()
    } catch (error) {
      world.log.error({ what, cause: error }, 'sweep.failed')
      return 0
    }
  }
  return async () => {
    await part('partitions', async () => {
      if (world.chance.monotonicMs() - partitionsMs < partitionsEveryMs) return 0
      await world.store.ensurePartitions()
      partitionsMs = world.chance.monotonicMs()
      return 0
    })
    const expiredLeases = await part('leases', () => settleExpired(world, settler))
    const dueWebhooks = await part('lanes', async () => {
      const due = await world.store.dueWebhooks(maxWebhooks)
      world.wakes.wakeNow(due)
      return due.length
    })
    const cancelled = await part('deleted webhooks', () =>
      callOff((limit) => world.store.cancelOwed(limit), maxCancelBatches),
    )
    if (expiredLeases > 0 || dueWebhooks > 0 || cancelled > 0)
      world.log.info({ expiredLeases, dueWebhooks, cancelled }, 'sweep.found')
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
