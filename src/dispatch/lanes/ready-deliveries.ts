/**
 * Deliveries that are claimed and wait for a request slot. Only a lane whose receiver answers more than 500 requests a
 * second claims ahead of its slots, about 50 ms of work, so that it sends while its next claim runs. The other lanes
 * claim no more than they can send at once.
 */
import { makeKeyedCounter } from '../../domain/shared/keyed-counter.ts'
import type { Claimed } from '../../ports/dispatch-store.ts'
import type { ClaimContext } from '../attempt.ts'

/** A lane claims ahead the number of requests that end in this time, at its present pace. */
const aheadMs = 50
/** A lane that would claim fewer than this ahead does not claim ahead. With `aheadMs`: 500 requests a second. */
const minAhead = 25
/** The pace is not measured over a shorter time. */
const minMeasuredMs = 5
/** Maximum deliveries that a lane has ready. */
export const maxReady = 200
/** A delivery that waited this long is released, so that another process can send it. */
export const maxReadyMs = 1_000

export interface ReadyDelivery {
  readonly claimed: Claimed
  readonly context: ClaimContext
}

export interface ReadyDeliveries {
  countOf(webhookId: string): number
  /** Whether any lane of the project has ready deliveries. */
  anyOf(projectId: string): boolean
  /**
   * Called before a claim of the lane. Returns how many deliveries to claim ahead of the lane's slots: 0 unless enough
   * requests of the lane have ended since its previous claim.
   */
  aheadOf(webhookId: string): number
  /** Whether the lane should claim: it has used up its ready deliveries, or half of them and more are due. */
  isLow(webhookId: string): boolean
  /** Records the end of a request of the lane. */
  requestEnded(webhookId: string): void
  add(webhookId: string, ready: ReadyDelivery): void
  /** Removes and returns the lane's oldest ready delivery. */
  next(webhookId: string): ReadyDelivery | null
  /** The lane's last claim has returned all due deliveries. */
  noMoreDue(webhookId: string): void
  /** Removes and returns the deliveries of one claim, or all of them. */
  remove(context?: ClaimContext): readonly ReadyDelivery[]
}

interface LaneStock {
  /** Oldest last, so that the next one is removed from the end. */
  ready: ReadyDelivery[]
  endedSinceClaim: number
  claimedAtMs: number
  /** The lane claims when it has fewer ready deliveries. 0: when it has none. */
  refillBelow: number
}

/** `monotonicMs`: the monotonic clock. */
export function makeReadyDeliveries(monotonicMs: () => number): ReadyDeliveries {
  /** The lanes whose claims returned all the deliveries that they asked for. */
  const lanes = new Map<string, LaneStock>()
  const perProject = makeKeyedCounter<string>()

  return {
    countOf: (webhookId) => lanes.get(webhookId)?.ready.length ?? 0,
    anyOf: (projectId) => perProject.countOf(projectId) > 0,
    aheadOf: (webhookId) => {
      const nowMs = monotonicMs()
      const lane = lanes.get(webhookId)
      if (lane === undefined) {
        lanes.set(webhookId, newStock(nowMs))
        return 0
      }
      const pace = lane.endedSinceClaim / Math.max(minMeasuredMs, nowMs - lane.claimedAtMs)
      const wanted = Math.min(maxReady, Math.floor(pace * aheadMs))
      lane.endedSinceClaim = 0
      lane.claimedAtMs = nowMs
      lane.refillBelow = wanted < minAhead ? 0 : wanted / 2
      return wanted < minAhead ? 0 : Math.max(0, wanted - lane.ready.length)
    },
    isLow: (webhookId) => {
      const lane = lanes.get(webhookId)
      return lane === undefined || lane.ready.length === 0 || lane.ready.length < lane.refillBelow
    },
    requestEnded: (webhookId) => {
      const lane = lanes.get(webhookId)
      if (lane !== undefined) lane.endedSinceClaim += 1
    },
    add: (webhookId, ready) => {
      const lane = lanes.get(webhookId) ?? newStock(monotonicMs())
      lanes.set(webhookId, lane)
      lane.ready.unshift(ready)
      perProject.add(ready.claimed.projectId, 1)
    },
    next: (webhookId) => {
      const found = lanes.get(webhookId)?.ready.pop()
      if (found === undefined) return null
      perProject.add(found.claimed.projectId, -1)
      return found
    },
    noMoreDue: (webhookId) => {
      const lane = lanes.get(webhookId)
      if (lane === undefined) return
      lane.refillBelow = 0
      if (lane.ready.length === 0) lanes.delete(webhookId)
    },
    remove: (context) => {
      const removed: ReadyDelivery[] = []
      for (const lane of lanes.values()) {
        const kept: ReadyDelivery[] = []
        for (const one of lane.ready)
          (context === undefined || one.context === context ? removed : kept).push(one)
        lane.ready = kept
      }
      for (const { claimed } of removed) perProject.add(claimed.projectId, -1)
      return removed
    },
  }
}

function newStock(nowMs: number): LaneStock {
  return { ready: [], endedSinceClaim: 0, claimedAtMs: nowMs, refillBelow: 0 }
}
