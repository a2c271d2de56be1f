/** Claims due deliveries of many lanes by one statement, and starts their requests. */
import { leaseMarginMs } from '../../domain/deliveries/lease.ts'
import type { Claimed, DispatchStore } from '../../ports/dispatch-store.ts'
import { makeClaimContext, type ClaimContext } from '../attempt.ts'
import type { Sends, SendsDeps } from './in-flight.ts'
import type { LaneDirectory } from './lane-directory.ts'
import { maxReadyMs, type ReadyDeliveries, type ReadyDelivery } from './ready-deliveries.ts'
import type { RequestSlot } from './request-slots.ts'
import type { Lane } from './waiting-lanes.ts'

/** The largest time limit of all presets. Leases of webhooks that do not override the time limit are based on it. */
const defaultTimeoutMs = 15_000
/** Requests that are started in one event-loop iteration. More would delay the other work of the process. */
const sendsPerIteration = 20

const lease = { timeoutMs: defaultTimeoutMs, marginMs: leaseMarginMs }

/** What one claim asks for a lane, and what it has returned. */
export interface LaneClaim {
  readonly lane: Lane
  /** The lane's slots. Each request that starts removes one. */
  readonly slots: RequestSlot[]
  /** Deliveries to claim ahead of the slots. */
  readonly ahead: number
  /** Maximum deliveries to claim: one for each slot, and those ahead. */
  readonly limit: number
  claimedCount: number
}

export interface ClaimDeps {
  readonly deps: SendsDeps & { readonly store: Pick<DispatchStore, 'claim'> }
  readonly directory: LaneDirectory
  readonly sends: Sends
  readonly ready: ReadyDeliveries
  readonly isDraining: boolean
}

/**
 * Claims deliveries for the lanes. Those that have a slot are sent, the others are ready for the next slots of their
 * lane. Slots that are not used stay in the claims.
 */
export async function claimDue(parts: ClaimDeps, claims: readonly LaneClaim[]): Promise<void> {
  const { deps, ready } = parts
  const claimOf = new Map(claims.map((claim) => [claim.lane.webhookId, claim]))
  const limits = claims.map(({ lane: { webhookId }, limit }) => ({ webhookId, limit }))
  const context = makeClaimContext(deps)
  const claimedDeliveries = await deps.store.claim(limits, lease)
  let isAhead = false
  for (const [index, claimed] of claimedDeliveries.entries()) {
    const { webhookId } = claimed
    const claim = claimOf.get(webhookId)
    if (claim === undefined || claim.claimedCount === claim.limit)
      throw new Error(`expected at most as many deliveries of ${webhookId} as were claimed, found more`)
    claim.claimedCount += 1
    const slot = claim.slots.shift()
    if (slot !== undefined) startRequest(parts, { claimed, context }, slot)
    else if (parts.isDraining) parts.sends.release(claimed)
    else {
      ready.add(webhookId, { claimed, context })
      isAhead = true
    }
    if (index % sendsPerIteration === sendsPerIteration - 1) await nextIteration()
  }
  if (isAhead) void releaseLater(parts, context)
}

/** The claim of a lane, with up to `maxAhead` deliveries ahead of its slots. Null: the lane needs no claim. */
export function claimFor(
  ready: ReadyDeliveries,
  lane: Lane,
  slots: RequestSlot[],
  maxAhead: number,
): LaneClaim | null {
  if (!ready.isLow(lane.webhookId)) return null
  const ahead = maxAhead > 0 ? Math.min(maxAhead, ready.aheadOf(lane.webhookId)) : 0
  const limit = slots.length + ahead
  return limit === 0 ? null : { lane, slots, ahead, limit, claimedCount: 0 }
}

/** Sends ready deliveries of the lane until it has no more of them or no more slots. */
export function sendReady(parts: ClaimDeps, { webhookId }: Lane, slots: RequestSlot[]): void {
  while (slots.length > 0) {
    const next = parts.ready.next(webhookId)
    if (next === null) return
    const slot = slots.shift()
    if (slot !== undefined) startRequest(parts, next, slot)
  }
}

/** Starts the request of a claimed delivery. */
function startRequest(
  { deps, directory, sends }: ClaimDeps,
  { claimed, context }: ReadyDelivery,
  slot: RequestSlot,
): void {
  const { webhookId, projectId, webhook }: Claimed = claimed
  const host = deps.sender.hostOf(webhook.url)
  if (host !== directory.cached(webhookId)?.host) {
    slot.moveTo(host)
    directory.remember({ webhookId, projectId, host })
  }
  sends.start(claimed, slot, context)
}

/** Releases what the claim has claimed ahead and what is not sent in time. */
async function releaseLater({ deps, ready, sends }: ClaimDeps, context: ClaimContext): Promise<void> {
  await deps.pause(maxReadyMs)
  for (const { claimed } of ready.remove(context)) sends.release(claimed)
}

/** Resolves in the next event-loop iteration. */
function nextIteration(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
