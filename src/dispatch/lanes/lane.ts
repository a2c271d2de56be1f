/**
 * Runs lanes. A lane with due deliveries waits in memory until it gets request slots, claims due deliveries of its
 * webhook and sends them. Its job ends as soon as the lane waits. When a request ends, its slot goes to the next
 * waiting lane. If a process loses a lane, for example because the process dies, the sweep finds it.
 */
import { leaseMarginMs } from '../../domain/deliveries/lease.ts'
import type { DispatchStore } from '../../ports/dispatch-store.ts'
import type { LaneScheduler } from '../../ports/lane-scheduler.ts'
import { makeClaimContext } from '../attempt.ts'
import type { Settler } from '../settle.ts'
import { makeSends, type Sends, type SendsDeps } from './in-flight.ts'
import { makeLaneDirectory, type LaneDirectory } from './lane-directory.ts'
import { makeNextRuns, type NextRuns } from './next-runs.ts'
import { makeRequestSlots, type RequestSlot, type RequestSlots } from './request-slots.ts'
import { makeRunningClaims, type RunningClaims } from './running-claims.ts'
import { makeShortWaits, maxShortWaitMs, type ShortWaits } from './short-waits.ts'
import { makeWaitingLanes, type Lane, type WaitingLanes } from './waiting-lanes.ts'

/** The largest time limit of all presets. Leases of webhooks that do not override the time limit are based on it. */
const defaultTimeoutMs = 15_000
/** Maximum concurrent claims. */
const maxClaims = 2
/** Requests that are started in one event-loop iteration. More would delay the other work of the process. */
const sendsPerIteration = 20
/** Delay before a lane runs again after a statement failed. By then the process has a new connection. */
const afterFaultMs = 1_000

const lease = { timeoutMs: defaultTimeoutMs, marginMs: leaseMarginMs }

export interface LaneDeps extends SendsDeps {
  readonly store: DispatchStore
  readonly laneScheduler: LaneScheduler
}

export interface Lanes {
  /** Makes sure that the due deliveries of a webhook are sent. Resolves as soon as its lane waits for slots. */
  runLane(webhookId: string): Promise<void>
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
    slots: makeRequestSlots(deps.sender, (lane) => {
      if (runner.full.delete(lane.webhookId)) enqueue(runner, lane)
      schedule(runner)
    }),
    sends: makeSends(deps, settler, (webhookId) => startOrRetry(runner, webhookId)),
    isDraining: false,
    isScheduled: false,
  }
  deps.sender.onRequestEnded(() => schedule(runner))
  return {
    runLane: (webhookId) => startLane(runner, webhookId),
    markDueIfActive: (webhookId) => markDueIfActive(runner, webhookId),
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
  if (needsNothing(runner, lane.webhookId)) return
  if (runner.slots.windowHasRoom(lane.webhookId)) runner.waiting.add(lane)
  else runner.full.add(lane.webhookId)
  schedule(runner)
}

/** Starts claims in the next event-loop iteration, so that lanes of the same iteration share a claim. */
function schedule(runner: LaneRunner): void {
  if (runner.isScheduled) return
  runner.isScheduled = true
  setImmediate(() => {
    runner.isScheduled = false
    startClaims(runner)
  })
}

function startClaims(runner: LaneRunner): void {
  const { claims, slots, waiting } = runner
  while (!runner.isDraining && claims.hasRoom()) {
    const granted = slots.allocate(waiting, (projectId) => claims.mayClaim(projectId))
    if (granted.size === 0) return
    claims.track(claimAndSend(runner, granted).finally(() => schedule(runner)))
  }
}

async function claimAndSend(runner: LaneRunner, granted: ReadonlyMap<Lane, RequestSlot[]>): Promise<void> {
  const { deps, claims, nextRuns } = runner
  const grantedCounts = new Map([...granted].map(([lane, slots]) => [lane, slots.length]))
  claims.begin(granted.keys())
  const isDone = await sendDue(runner, granted).then(
    () => true,
    (error: unknown) => {
      deps.log.error({ lanes: granted.size, cause: error }, 'lane.claim-failed')
      return false
    },
  )
  const dueAgain = claims.end(granted.keys())
  for (const [lane, unused] of granted) {
    const { webhookId } = lane
    for (const slot of unused) slot.release()
    const claimedNothing = unused.length === grantedCounts.get(lane)
    if (!claimedNothing) nextRuns.claimed(webhookId)
    if (!isDone) startLater(runner, webhookId, afterFaultMs)
    else if (dueAgain.has(webhookId) || unused.length === 0) enqueue(runner, lane)
    else void reschedule(runner, webhookId, claimedNothing)
  }
}

/** Claims deliveries for the lanes and sends them. Slots that are not used stay in `granted`. */
async function sendDue(runner: LaneRunner, granted: ReadonlyMap<Lane, RequestSlot[]>): Promise<void> {
  const { deps, directory, sends } = runner
  const slotsOf = new Map([...granted].map(([{ webhookId }, slots]) => [webhookId, slots]))
  const limits = [...slotsOf].map(([webhookId, { length: limit }]) => ({ webhookId, limit }))
  const context = makeClaimContext(deps)
  const claimedDeliveries = await deps.store.claim(limits, lease)
  for (const [index, claimed] of claimedDeliveries.entries()) {
    const { webhookId, projectId, webhook } = claimed
    const slot = slotsOf.get(webhookId)?.shift()
    if (slot === undefined)
      throw new Error(`expected at most as many deliveries of ${webhookId} as were claimed, found more`)
    const host = deps.sender.hostOf(webhook.url)
    if (host !== directory.cached(webhookId)?.host) {
      slot.moveTo(host)
      directory.remember({ webhookId, projectId, host })
    }
    sends.start(claimed, slot, context)
    if (index % sendsPerIteration === sendsPerIteration - 1) await nextIteration()
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
  const { waiting, full, shortWaits, claims, sends } = runner
  runner.isDraining = true
  shortWaits.stop()
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

/** Resolves in the next event-loop iteration. */
function nextIteration(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** A scheduler that adds no job for lanes that already wait or claim in this process. */
export function withoutActiveLanes(
  lanes: Pick<Lanes, 'markDueIfActive'>,
  queue: LaneScheduler,
): LaneScheduler {
  return {
    wakeNow: (webhookIds) =>
      queue.wakeNow(webhookIds.filter((webhookId) => !lanes.markDueIfActive(webhookId))),
    wakeAt: (webhookId, delayMs) => queue.wakeAt(webhookId, delayMs),
  }
}
