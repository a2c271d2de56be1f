/**
 * Runs lanes. A lane with due deliveries waits in memory until it gets request slots, claims due deliveries of its
 * webhook and sends them. Its job ends as soon as the lane waits. When a request ends, its slot goes to the next
 * waiting lane. If a process loses a lane, for example because the process dies, the sweep finds it.
 */
import type { DispatchStore } from '../../ports/dispatch-store.ts'
import type { LaneScheduler } from '../../ports/lane-scheduler.ts'
import type { Settler } from '../settle.ts'
import { claimDue, claimFor, sendReady, type LaneClaim } from './claim-due.ts'
import { makeSends, type Sends, type SendsDeps } from './in-flight.ts'
import { makeLaneDirectory, type LaneDirectory } from './lane-directory.ts'
import { makeNextRuns, type NextRuns } from './next-runs.ts'
import { makeReadyDeliveries, type ReadyDeliveries } from './ready-deliveries.ts'
import { makeRequestSlots, type RequestSlots } from './request-slots.ts'
import { makeRunningClaims, type RunningClaims } from './running-claims.ts'
import { makeShortWaits, maxShortWaitMs, type ShortWaits } from './short-waits.ts'
import { makeWaitingLanes, type Lane, type WaitingLanes } from './waiting-lanes.ts'

/** Maximum concurrent claims. */
const maxClaims = 2
/** Maximum deliveries that the lanes of one claim claim ahead of their slots, together. */
const maxClaimedAhead = 200
/** Delay before a lane runs again after a statement failed. By then the process has a new connection. */
const afterFaultMs = 1_000

export interface LaneDeps extends SendsDeps {
  readonly store: DispatchStore
  readonly laneScheduler: LaneScheduler
}

export interface Lanes {
  /** Makes sure that the due deliveries of a webhook are sent. Resolves as soon as its lane waits for slots. */
  runLane(webhookId: string): Promise<void>
  /** Like `runLane`, without waiting. Tries again later when a statement fails. */
  start(webhookId: string): void
  /** Whether at least half of this process's request slots are free, and it does not stop. */
  hasCapacity(): boolean
  /**
   * Returns whether the lane already waits or claims in this process. Such a lane also sends the deliveries that become
   * due meanwhile: a lane that claims now claims once more.
   */
  markDueIfActive(webhookId: string): boolean
  /** Schedules each lane's next wake-up at the earliest due time in PostgreSQL. Never throws. */
  rescheduleLanes(webhookIds: readonly string[]): void
  /**
   * Starts no more claims and waits for the requests in flight. Requests that take longer than `graceMs` are settled as
   * interrupted.
   */
  drain(graceMs: number): Promise<void>
}

/** The lanes of this process and what they share. */
interface LaneRunner {
  readonly deps: LaneDeps
  readonly directory: LaneDirectory
  readonly nextRuns: NextRuns
  readonly waiting: WaitingLanes
  /**
   * Lanes with more due deliveries and a full window. When one of their own requests ends, they join the waiting lanes.
   */
  readonly full: Set<string>
  readonly shortWaits: ShortWaits
  readonly claims: RunningClaims
  /** Deliveries that are claimed and wait for a slot. Their lanes wait for slots too, or are full. */
  readonly ready: ReadyDeliveries
  readonly slots: RequestSlots
  readonly sends: Sends
  isDraining: boolean
  /** Whether claims start in the next event-loop iteration. */
  isScheduled: boolean
}

export function makeLanes(deps: LaneDeps, settler: () => Settler): Lanes {
  const runner: LaneRunner = {
    deps,
    directory: makeLaneDirectory(deps),
    nextRuns: makeNextRuns(deps.store),
    waiting: makeWaitingLanes(),
    full: new Set(),
    shortWaits: makeShortWaits(
      { pause: deps.pause, monotonicMs: () => deps.system.monotonicMs() },
      (webhookId) => startOrRetry(runner, webhookId),
    ),
    claims: makeRunningClaims(maxClaims),
    ready: makeReadyDeliveries(() => deps.system.monotonicMs()),
    slots: makeRequestSlots(deps.sender, (lane) => {
      if (runner.full.delete(lane.webhookId)) waitForSlots(runner, lane)
      schedule(runner)
    }),
    sends: makeSends(deps, settler, {
      onEnded: (webhookId) => runner.ready.requestEnded(webhookId),
      onReleased: (webhookId) => startOrRetry(runner, webhookId),
    }),
    isDraining: false,
    isScheduled: false,
  }
  deps.sender.onRequestEnded(() => schedule(runner))
  return {
    runLane: (webhookId) => startLane(runner, webhookId),
    start: (webhookId) => startOrRetry(runner, webhookId),
    hasCapacity: () => !runner.isDraining && runner.slots.isMostlyFree(),
    // A lane of a process that stops starts no more claims: other processes must be woken.
    markDueIfActive: (webhookId) => !runner.isDraining && markDueIfActive(runner, webhookId),
    rescheduleLanes: (webhookIds) => {
      for (const webhookId of webhookIds) void reschedule(runner, webhookId, false)
    },
    drain: (graceMs) => drain(runner, graceMs),
  }
}

async function startLane(runner: LaneRunner, webhookId: string): Promise<void> {
  if (needsNothing(runner, webhookId)) return
  const lane = runner.directory.cached(webhookId) ?? (await runner.directory.load(webhookId))
  // Null for a deleted webhook. The sweep cancels its pending deliveries.
  if (lane !== null) enqueue(runner, lane)
}

function markDueIfActive({ claims, waiting, full }: LaneRunner, webhookId: string): boolean {
  return claims.markDue(webhookId) || waiting.has(webhookId) || full.has(webhookId)
}

function needsNothing(runner: LaneRunner, webhookId: string): boolean {
  return runner.isDraining || markDueIfActive(runner, webhookId)
}

/** Called when the lane has due deliveries: the lane waits for slots, or for the end of one of its own requests. */
function enqueue(runner: LaneRunner, lane: Lane): void {
  if (!needsNothing(runner, lane.webhookId)) waitForSlots(runner, lane)
}

function waitForSlots(runner: LaneRunner, lane: Lane): void {
  if (runner.isDraining) return
  if (runner.slots.windowHasRoom(lane.webhookId)) runner.waiting.add(lane)
  else runner.full.add(lane.webhookId)
  schedule(runner)
}

/** Serves the lanes in the next event-loop iteration, so that lanes of the same iteration share a claim. */
function schedule(runner: LaneRunner): void {
  if (runner.isScheduled) return
  runner.isScheduled = true
  setImmediate(() => {
    runner.isScheduled = false
    serveLanes(runner)
  })
}

/** Gives slots to the waiting lanes, which send their ready deliveries or claim. */
function serveLanes(runner: LaneRunner): void {
  const { claims, ready, slots, waiting } = runner
  const mayClaim = (projectId: string): boolean => claims.hasRoom() && claims.mayClaim(projectId)
  while (!runner.isDraining) {
    const granted = slots.allocate(waiting, {
      project: (projectId) => mayClaim(projectId) || ready.anyOf(projectId),
      lane: ({ projectId, webhookId }) => mayClaim(projectId) || ready.countOf(webhookId) > 0,
    })
    if (granted.size === 0) return
    // A lane claims ahead only when its own window limits it, and no other lane waits for slots.
    let aheadLeft = waiting.isEmpty() ? maxClaimedAhead : 0
    const toClaim: LaneClaim[] = []
    for (const [lane, laneSlots] of granted) {
      sendReady(runner, lane, laneSlots)
      const maxAhead = slots.windowHasRoom(lane.webhookId) ? 0 : aheadLeft
      const claim = mayClaim(lane.projectId) ? claimFor(ready, lane, laneSlots, maxAhead) : null
      if (claim === null) for (const slot of laneSlots) slot.release()
      else toClaim.push(claim)
      aheadLeft -= claim?.ahead ?? 0
      if (ready.countOf(lane.webhookId) > 0 || (claim === null && !claims.has(lane.webhookId)))
        waitForSlots(runner, lane)
    }
    if (toClaim.length > 0) claims.track(claimAndSend(runner, toClaim).finally(() => schedule(runner)))
  }
}

async function claimAndSend(runner: LaneRunner, toClaim: readonly LaneClaim[]): Promise<void> {
  const { deps, claims, nextRuns, ready } = runner
  const lanes = toClaim.map(({ lane }) => lane)
  claims.begin(lanes)
  const isDone = await claimDue(runner, toClaim).then(
    () => true,
    (error: unknown) => {
      deps.log.error({ lanes: lanes.length, cause: error }, 'lane.claim-failed')
      return false
    },
  )
  const dueAgain = claims.end(lanes)
  for (const { lane, slots, limit, claimedCount } of toClaim) {
    const { webhookId } = lane
    for (const slot of slots) slot.release()
    if (claimedCount > 0) nextRuns.claimed(webhookId)
    const isMoreDue = isDone && claimedCount === limit
    if (!isMoreDue) ready.noMoreDue(webhookId)
    if (!isDone) startLater(runner, webhookId, afterFaultMs)
    else if (dueAgain.has(webhookId) || isMoreDue || ready.countOf(webhookId) > 0) enqueue(runner, lane)
    else void reschedule(runner, webhookId, claimedCount === 0)
  }
}

/** Runs the lane at its next due time. `claimedNothing`: the lane's last claim returned no delivery. Never throws. */
async function reschedule(runner: LaneRunner, webhookId: string, claimedNothing: boolean): Promise<void> {
  try {
    if (needsNothing(runner, webhookId)) return
    const delayMs = await runner.nextRuns.delayOf(webhookId, claimedNothing)
    if (delayMs === null || needsNothing(runner, webhookId)) return
    if (delayMs === 0) await startLane(runner, webhookId)
    else startLater(runner, webhookId, delayMs)
  } catch (error) {
    retryLater(runner, webhookId, error)
  }
}

/** Starts the lane after `delayMs`: in this process after a short delay, otherwise by a job. */
function startLater({ deps, shortWaits }: LaneRunner, webhookId: string, delayMs: number): void {
  if (delayMs <= maxShortWaitMs) shortWaits.add(webhookId, delayMs)
  else deps.laneScheduler.wakeAt(webhookId, delayMs)
}

/** Never throws. */
function startOrRetry(runner: LaneRunner, webhookId: string): void {
  startLane(runner, webhookId).catch((error: unknown) => retryLater(runner, webhookId, error))
}

function retryLater(runner: LaneRunner, webhookId: string, error: unknown): void {
  runner.deps.log.warn({ webhookId, cause: error }, 'lane.reschedule-failed')
  startLater(runner, webhookId, afterFaultMs)
}

async function drain(runner: LaneRunner, graceMs: number): Promise<void> {
  const { waiting, full, shortWaits, claims, ready, sends } = runner
  runner.isDraining = true
  shortWaits.stop()
  for (const { claimed } of ready.remove()) sends.release(claimed)
  waiting.clear()
  full.clear()
  sends.interruptAfter(graceMs)
  // Deliveries of a running claim are sent too, because this process already holds their leases.
  for (;;) {
    const unfinished = [...claims.all(), ...sends.unsettled()]
    if (unfinished.length === 0) return
    await Promise.allSettled(unfinished)
  }
}
