/**
 * Sends the probes of webhooks that a rule has disabled (`policy.recovery`). The sweep starts them, so that a probe that is
 * due is found by any process. PostgreSQL decides which webhooks are probed, and when.
 */
import { leaseMarginMs } from '../domain/deliveries/lease.ts'
import type { Claimed, DispatchStore } from '../ports/dispatch-store.ts'
import type { LaneScheduler } from '../ports/lane-scheduler.ts'
import type { Log } from '../ports/log.ts'
import { attemptDelivery, makeClaimContext, type AttemptDeps, type ClaimContext } from './attempt.ts'
import { replayInBatches } from './pending-work.ts'
import { makePrepareClaimed } from './prepared-webhook.ts'
import type { Settler } from './settle.ts'

/** Maximum probes of this process at one time. The others follow with the next sweeps. */
const maxProbes = 50
/** Batches of skipped deliveries that a probe that succeeded replays. */
const maxReplayBatches = 20
/** The largest time limit of all presets. */
const lease = { timeoutMs: 15_000, marginMs: leaseMarginMs }

export interface ProbesDeps extends AttemptDeps {
  readonly store: Pick<DispatchStore, 'claimProbes' | 'release' | 'replaySkipped'>
  readonly laneScheduler: LaneScheduler
  readonly pause: (ms: number) => Promise<void>
  readonly log: Log
}

export interface Probes {
  /** Starts the probes that are due, without waiting for their results. Returns how many it has started. */
  look(): Promise<number>
  /** Starts no more probes, and resolves when the running ones are recorded. */
  stop(): Promise<void>
}

export function makeProbes(deps: ProbesDeps, settler: () => Settler): Probes {
  const attemptDeps = { ...deps, prepare: makePrepareClaimed(deps) }
  const running = new Set<Promise<void>>()
  let isStopped = false

  /** Never rejects. If it fails, the lease expires and the sweep records the attempt as interrupted. */
  async function send(claimed: Claimed, context: ClaimContext): Promise<void> {
    const { sender, store, laneScheduler, log } = deps
    const { webhookId, deliveryId } = claimed
    const leave = sender.enter(sender.hostOf(claimed.webhook.url), claimed.projectId)
    try {
      const attempt = await attemptDelivery(attemptDeps, claimed, context, () => null).finally(leave)
      if (attempt === null) await store.release([claimed])
      else {
        await settler().settle(attempt)
        // Now, so that what was skipped is sent before newer events. The sweep replays the remainder.
        if (attempt.settlement.outcome === 'SUCCEEDED')
          await replayInBatches(laneScheduler, (limit) => store.replaySkipped(limit), maxReplayBatches)
      }
    } catch (error) {
      log.error({ webhookId, deliveryId, cause: error }, 'probe.failed')
    }
  }

  return {
    look: async () => {
      const free = maxProbes - running.size
      if (isStopped || free === 0) return 0
      const context = makeClaimContext(deps)
      const claimed = await deps.store.claimProbes(free, lease)
      for (const one of claimed) {
        const sending = send(one, context).finally(() => running.delete(sending))
        running.add(sending)
      }
      return claimed.length
    },
    stop: async () => {
      isStopped = true
      await Promise.all(running)
    },
  }
}
