/**
 * Steps 6 and 7 of the path: a lane with something due waits in memory until it has room, claims what is due of its
 * webhook and sends it. Its job is over as soon as the lane waits. An end of a send gives room to the lane whose turn
 * it is. A lane that a process forgets is found by the sweep.
 */
import { leaseMarginMs } from '../domain/deliveries/lease.ts'
import { makeClaimContext } from './attempt.ts'
import { batched } from './batch.ts'
import type { DispatchStore } from '../ports/dispatch-store.ts'
import { makeRequestSlots, type RequestSlot } from './request-slots.ts'
import type { LaneScheduler } from '../ports/platform.ts'
import { makeSends, type SendsWorld } from './in-flight.ts'
import type { Settler } from './settle.ts'
import { makeWaitingLanes, type Lane } from './waiting-lanes.ts'

/** The time limit of every preset that sets none of its own is at most this. */
const defaultTimeoutMs = 15_000
/** Claims under way at once. No two are of one project, so that one project's long claim does not delay the others. */
const maxClaims = 2
/** Requests that are written before whatever else waits for the event loop has a turn. */
const sendsPerTurn = 20
/** Lanes that share a look-up, or a look at their next due time. */
const maxLanesPerStatement = 200
/** A wake at an instant that has passed is a wake now. */
const soonMs = 5
/** A lane whose due deliveries another process is claiming looks again after this. */
const claimedElsewhereMs = 100
/** A lane whose database gave no answer is looked at again after this, over a new connection. */
const afterFaultMs = 1_000
/** Webhooks whose project and host are remembered; beyond them all are forgotten, and looked up again. */
const maxRemembered = 100_000

const lease = { timeoutMs: defaultTimeoutMs, marginMs: leaseMarginMs }

export interface LaneWorld extends SendsWorld {
  readonly store: DispatchStore
  readonly laneScheduler: LaneScheduler
}

export interface Lanes {
  /** Sees to it that what is due of a webhook is sent; resolves as soon as its lane waits for its turn. */
  runLane(webhookId: string): Promise<void>
  /** Whether the lane waits or claims in this process already; it then looks for what became due meanwhile. */
  takesOver(webhookId: string): boolean
  /** Arms each lane's next wake from Postgres' own earliest due time. Never throws. */
  rearm(webhookIds: readonly string[]): void
  /**
   * Claims no more and waits for the sends under way; those that last longer than `graceMs` are settled as
   * interrupted.
   */
  drain(graceMs: number): Promise<void>
}

export function makeLanes(world: LaneWorld, settler: () => Settler): Lanes {
  const known = new Map<string, Lane>()
  const waiting = makeWaitingLanes()
  /** Lanes that have more due and a full window: the next of their own sends that ends lets them wait for their turn. */
  const full = new Set<string>()
  /** Lanes that claim, and whether something may have become due meanwhile. */
  const claiming = new Map<string, { again: boolean }>()
  const claims = new Set<Promise<void>>()
  const claimingProjects = new Set<string>()
  /** Lanes whose last claim got nothing, though something was due. */
  const missed = new Set<string>()
  let draining = false
  let scheduled = false

  const places = makeRequestSlots(world.sender, (lane) => {
    if (full.delete(lane.webhookId)) want(lane)
    schedule()
  })
  const sends = makeSends(
    world,
    settler,
    (webhookId) => void startLane(webhookId).catch(notRearmed(webhookId)),
  )
  world.sender.onRoom(schedule)

  const lookUp = batched<string, Lane | null>(maxLanesPerStatement, async (webhookIds) => {
    const found = await world.store.urlsOf(webhookIds)
    for (const { webhookId, projectId, url } of found)
      remember({ webhookId, projectId, host: world.sender.hostOf(url) })
    return webhookIds.map((webhookId) => known.get(webhookId) ?? null)
  })
  const nextDueOf = batched<string, number | null>(maxLanesPerStatement, async (webhookIds) => {
    const due = new Map((await world.store.nextDue(webhookIds)).map((one) => [one.webhookId, one.inMs]))
    return webhookIds.map((webhookId) => due.get(webhookId) ?? null)
  })

  function remember(lane: Lane): void {
    if (known.size >= maxRemembered) known.clear()
    known.set(lane.webhookId, lane)
  }

  async function startLane(webhookId: string): Promise<void> {
    if (needsNothing(webhookId)) return
    const lane = known.get(webhookId) ?? (await lookUp(webhookId))
    // A deleted webhook may be left out; the sweep cancels what it left.
    if (lane !== null) want(lane)
  }

  function takesOver(webhookId: string): boolean {
    const claim = claiming.get(webhookId)
    if (claim !== undefined) claim.again = true
    return claim !== undefined || waiting.has(webhookId) || full.has(webhookId)
  }

  function needsNothing(webhookId: string): boolean {
    return draining || takesOver(webhookId)
  }

  /** Something of the lane is due. */
  function want(lane: Lane): void {
    if (needsNothing(lane.webhookId)) return
    if (places.windowHasRoom(lane.webhookId)) waiting.add(lane)
    else full.add(lane.webhookId)
    schedule()
  }

  /** Whatever asks in the same turn of the event loop shares a claim. */
  function schedule(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      startClaims()
    })
  }

  function startClaims(): void {
    while (!draining && claims.size < maxClaims) {
      const dealt = places.deal(waiting, (projectId) => !claimingProjects.has(projectId))
      if (dealt.size === 0) return
      const claim: Promise<void> = claimAndSend(dealt).finally(() => {
        claims.delete(claim)
        schedule()
      })
      claims.add(claim)
    }
  }

  async function claimAndSend(dealt: ReadonlyMap<Lane, RequestSlot[]>): Promise<void> {
    const projects = new Set([...dealt.keys()].map(({ projectId }) => projectId))
    const granted = new Map([...dealt].map(([lane, places]) => [lane, places.length]))
    for (const projectId of projects) claimingProjects.add(projectId)
    for (const { webhookId } of dealt.keys()) claiming.set(webhookId, { again: false })
    const isDone = await sendDue(dealt).then(
      () => true,
      (error: unknown) => {
        world.log.error({ lanes: dealt.size, cause: error }, 'lane.claim-failed')
        return false
      },
    )
    for (const projectId of projects) claimingProjects.delete(projectId)
    for (const [lane, unused] of dealt) {
      for (const place of unused) place.leave()
      const again = claiming.get(lane.webhookId)?.again === true
      claiming.delete(lane.webhookId)
      const gotNothing = unused.length === granted.get(lane)
      if (!gotNothing) missed.delete(lane.webhookId)
      if (!isDone) {
        world.laneScheduler.wakeAt(lane.webhookId, afterFaultMs)
        continue
      }
      if (again || unused.length === 0) want(lane)
      else void rearmOne(lane.webhookId, gotNothing)
    }
  }

  /** Claims for the lanes and sends what they get; the places that are not used stay in `dealt`. */
  async function sendDue(dealt: ReadonlyMap<Lane, RequestSlot[]>): Promise<void> {
    const placesOf = new Map([...dealt].map(([{ webhookId }, places]) => [webhookId, places]))
    const wishes = [...placesOf].map(([webhookId, { length: limit }]) => ({ webhookId, limit }))
    const ofClaim = makeClaimContext(world)
    const claims = await world.store.claim(wishes, lease)
    for (const [index, claimed] of claims.entries()) {
      const { webhookId, projectId, webhook } = claimed
      const place = placesOf.get(webhookId)?.shift()
      if (place === undefined) throw new Error(`expected no more of ${webhookId} than asked for, found more`)
      const host = world.sender.hostOf(webhook.url)
      if (host !== known.get(webhookId)?.host) {
        place.moveTo(host)
        remember({ webhookId, projectId, host })
      }
      sends.start(claimed, place, ofClaim)
      if (index % sendsPerTurn === sendsPerTurn - 1) await nextTurn()
    }
  }

  async function rearmOne(webhookId: string, gotNothing = false): Promise<void> {
    try {
      if (needsNothing(webhookId)) return
      const inMs = await nextDueOf(webhookId)
      const isOverdue = inMs !== null && inMs <= soonMs
      const missedTwice = gotNothing && isOverdue && missed.has(webhookId)
      if (gotNothing && isOverdue && !missedTwice) missed.add(webhookId)
      else missed.delete(webhookId)
      if (inMs === null || needsNothing(webhookId)) return
      if (missedTwice) world.laneScheduler.wakeAt(webhookId, claimedElsewhereMs)
      else if (isOverdue) await startLane(webhookId)
      else world.laneScheduler.wakeAt(webhookId, Math.ceil(inMs))
    } catch (error) {
      notRearmed(webhookId)(error)
    }
  }

  function notRearmed(webhookId: string): (error: unknown) => void {
    return (error) => {
      world.log.warn({ webhookId, cause: error }, 'lane.reschedule-failed')
      world.laneScheduler.wakeAt(webhookId, afterFaultMs)
    }
  }

  return {
    runLane: startLane,
    takesOver,
    rearm: (webhookIds) => {
      for (const webhookId of webhookIds) void rearmOne(webhookId)
    },
    drain: async (graceMs) => {
      draining = true
      waiting.clear()
      full.clear()
      sends.interruptAfter(graceMs)
      // What a claim under way brings is sent, too: its leases are ours.
      for (;;) {
        const underWay = [...claims, ...sends.underWay()]
        if (underWay.length === 0) return
        await Promise.allSettled(underWay)
      }
    },
  }
}

/** Lets whatever waits for the event loop have its turn. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Wakes through the queue the lanes that do not wait or claim in this process already: those need no job. */
export function wakesBesides(lanes: Pick<Lanes, 'takesOver'>, queue: LaneScheduler): LaneScheduler {
  return {
    wakeNow: (webhookIds) => queue.wakeNow(webhookIds.filter((webhookId) => !lanes.takesOver(webhookId))),
    wakeAt: (webhookId, delayMs) => queue.wakeAt(webhookId, delayMs),
  }
}
