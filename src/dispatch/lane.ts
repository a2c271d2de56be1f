/**
 * Runs lanes. A lane with due deliveries waits in memory until it gets request slots, claims due deliveries of its
 * webhook and sends them. Its job ends as soon as the lane waits. When a request ends, its slot goes to the next
 * waiting lane. If a process loses a lane, for example because the process dies, the sweep finds it.
 */
import { leaseMarginMs } from '../domain/deliveries/lease.ts'
import { makeClaimContext } from './attempt.ts'
import { batched } from './batch.ts'
import type { DispatchStore } from '../ports/dispatch-store.ts'
import { makeRequestSlots, type RequestSlot } from './request-slots.ts'
import type { LaneScheduler } from '../ports/lane-scheduler.ts'
import { makeSends, type SendsWorld } from './in-flight.ts'
import type { Settler } from './settle.ts'
import { makeWaitingLanes, type Lane } from './waiting-lanes.ts'

/** The largest time limit of all presets. Leases of webhooks that do not override the time limit are based on it. */
const defaultTimeoutMs = 15_000
/**
 * Maximum concurrent claims. Two of them never share a project, so that one project's long claim does not delay the
 * others.
 */
const maxClaims = 2
/** Requests that are started in one event-loop iteration. More would delay the other work of the process. */
const sendsPerTurn = 20
/** Maximum lanes whose URLs, or whose next due times, are read by one statement. */
const maxLanesPerStatement = 200
/** A lane that is due within this time runs at once, without a scheduled wake-up. */
const soonMs = 5
/** Delay before a lane runs again when another process is claiming its due deliveries. */
const claimedElsewhereMs = 100
/** Delay before a lane runs again after a statement failed. By then the process has a new connection. */
const afterFaultMs = 1_000
/** Maximum webhooks whose project and host are cached. When the cache is full it is cleared. */
const maxRemembered = 100_000

const lease = { timeoutMs: defaultTimeoutMs, marginMs: leaseMarginMs }

export interface LaneWorld extends SendsWorld {
  readonly store: DispatchStore
  readonly laneScheduler: LaneScheduler
}

export interface Lanes {
  /** Makes sure that the due deliveries of a webhook are sent. Resolves as soon as its lane waits for slots. */
  runLane(webhookId: string): Promise<void>
  /**
   * Whether the lane already waits or claims in this process. Such a lane also finds deliveries that become due
   * meanwhile.
   */
  takesOver(webhookId: string): boolean
  /** Schedules each lane's next wake-up at the earliest due time in PostgreSQL. Never throws. */
  rearm(webhookIds: readonly string[]): void
  /**
   * Starts no more claims and waits for the requests in flight. Requests that take longer than `graceMs` are settled as
   * interrupted.
   */
  drain(graceMs: number): Promise<void>
}

export function makeLanes(world: LaneWorld, settler: () => Settler): Lanes {
  const known = new Map<string, Lane>()
  const waiting = makeWaitingLanes()
  /**
   * Lanes with more due deliveries and a full window. When one of their own requests ends, they join the waiting lanes.
   */
  const full = new Set<string>()
  /** Lanes that are claiming; `again` is true when deliveries may have become due since the claim started. */
  const claiming = new Map<string, { again: boolean }>()
  const claims = new Set<Promise<void>>()
  const claimingProjects = new Set<string>()
  /** Lanes whose last claim returned no delivery although deliveries were due. */
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
    // Null for a deleted webhook. The sweep cancels its pending deliveries.
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

  /** Called when the lane has due deliveries: the lane waits for slots, or for the end of one of its own requests. */
  function want(lane: Lane): void {
    if (needsNothing(lane.webhookId)) return
    if (places.windowHasRoom(lane.webhookId)) waiting.add(lane)
    else full.add(lane.webhookId)
    schedule()
  }

  /** Starts claims in the next event-loop iteration, so that lanes of the same iteration share a claim. */
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

  /** Claims deliveries for the lanes and sends them. Slots that are not used stay in `dealt`. */
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
      // Deliveries of a running claim are sent too, because this process already holds their leases.
      for (;;) {
        const underWay = [...claims, ...sends.underWay()]
        if (underWay.length === 0) return
        await Promise.allSettled(underWay)
      }
    },
  }
}

/** Resolves in the next event-loop iteration. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** A scheduler that adds no job for lanes that already wait or claim in this process. */
export function wakesBesides(lanes: Pick<Lanes, 'takesOver'>, queue: LaneScheduler): LaneScheduler {
  return {
    wakeNow: (webhookIds) => queue.wakeNow(webhookIds.filter((webhookId) => !lanes.takesOver(webhookId))),
    wakeAt: (webhookId, delayMs) => queue.wakeAt(webhookId, delayMs),
  }
}
