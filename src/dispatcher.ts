/** Wires the dispatcher: lanes, their worker, the sweep and retention. */
import { makeCommitForKey } from './changes.ts'
import { makeArrivingStore } from './db/dispatch/arriving-times.ts'
import { createArriving } from './dispatch/arriving.ts'
import type { DueArrival } from './ports/arriving-store.ts'
import { makeKeyedLimit } from './runtime/keyed-limit.ts'
import { sendArriving } from './services/orders/send-arriving.ts'
import { setTimeout as pause } from 'node:timers/promises'
import type { Config } from './config.ts'
import { connectionsOfOneProject, type Connections } from './db/connection/connect.ts'
import { makeBulkRetryStore } from './db/dispatch/bulk-retries/bulk-retry-store.ts'
import { makeRetentionStore } from './db/maintenance/retention-statements.ts'
import type { DispatchStore } from './ports/dispatch-store.ts'
import { makeBulkRetries } from './dispatch/bulk-retries.ts'
import { makeDueLanes } from './dispatch/lanes/due-lanes.ts'
import { makeLanes } from './dispatch/lanes/lane.ts'
import { startingLanes, withoutActiveLanes } from './dispatch/lanes/wake-lanes.ts'
import type { Log } from './ports/log.ts'
import type { Secrets } from './ports/secrets.ts'
import type { LaneScheduler } from './ports/lane-scheduler.ts'
import type { RetentionStore } from './ports/retention-store.ts'
import { makeProbes } from './dispatch/probes.ts'
import { makeRetention } from './dispatch/retention.ts'
import { makeSettler } from './dispatch/settle.ts'
import { makeSweep } from './dispatch/sweep.ts'
import type { GuardedSender } from './sender/sender.ts'
import type { Notifier } from './feed/notify/notifier.ts'
import type { DeliveryScheduler } from './queue/delivery-scheduler.ts'
import type { QueueOptions } from './queue/backend/backend.ts'
import { startLaneWorker } from './queue/lane-worker.ts'
import { system } from './runtime/system.ts'
import type { ShutdownSteps } from './runtime/shutdown-steps.ts'
import { runPeriodically } from './runtime/periodic.ts'
import { userAgent } from './runtime/version.ts'

/** Maximum concurrent lane jobs in one process. A job ends as soon as its lane waits for request slots. */
const laneSlots = 32
const sweepEveryMs = 5_000
/** Interval of the search for due lanes while the queue is degraded. A new delivery waits at most this long. */
const lookEveryMs = 1_000
/** A search without a result for this long does not prevent the next one. */
const lookWithinMs = 10_000
const retainEveryMs = 3_600_000
/** Delay before the first run of retention, so that it does not compete with the start. */
const retainAfterMs = 2_000
/** A run of retention that takes longer than this hangs. It does not prevent the next one. */
const retainWithinMs = 24 * 3_600_000
/** How long the shutdown waits for a running sweep, search or run of retention. */
const upkeepEndsWithinMs = 3_000
/** How long the shutdown waits for requests in flight before they are settled as interrupted. */
const drainMs = 20_000
/** Time after that for storing the results of the requests. */
const settleMs = 2_000

/** The parts that the dispatcher shares with the process. */
interface Parts {
  readonly config: Config
  readonly log: Log
  readonly connections: Connections
  readonly dispatchStore: DispatchStore
  readonly deliveryScheduler: DeliveryScheduler
  readonly notifier: Notifier
  readonly sender: GuardedSender
  readonly secrets: Secrets
  readonly queueOptions: QueueOptions
}

export interface Dispatcher {
  /** Rejects when the queue does not answer. */
  ping(): Promise<void>
  /** Wakes the lanes of changes that this process has accepted: here, or by jobs. */
  readonly laneScheduler: LaneScheduler
  /** Makes this process look for bulk retries. */
  readonly wakeBulkRetries: () => void
}

/** Resolves when lanes run. Everything it opens is added to `shutdownSteps`. */
export async function startDispatcher(parts: Parts, shutdownSteps: ShutdownSteps): Promise<Dispatcher> {
  const { config, log, connections, deliveryScheduler, notifier, queueOptions } = parts
  const deps = {
    store: parts.dispatchStore,
    laneScheduler: deliveryScheduler,
    system,
    sender: parts.sender,
    secrets: parts.secrets,
    log,
    pause: wait,
    publicUrl: config.publicUrl,
    userAgent,
  }
  const lanes = makeLanes(deps, () => settler)
  const settler = makeSettler({
    ...deps,
    feedNotifier: notifier,
    rescheduleLanes: (webhookIds) => lanes.rescheduleLanes(webhookIds),
  })
  const laneScheduler = withoutActiveLanes(lanes, deliveryScheduler)
  const dueLanes = makeDueLanes({
    ...deps,
    laneScheduler,
    markDueIfActive: (webhookId: string) => lanes.markDueIfActive(webhookId),
    queue: deliveryScheduler.queue,
    slots: laneSlots,
    runLane: (webhookId) => lanes.runLane(webhookId),
  })
  const worker = await startLaneWorker({
    ...queueOptions,
    concurrency: laneSlots,
    runLane: (webhookId) => dueLanes.run(webhookId),
    queue: deliveryScheduler.queue,
  })
  const bulkRetries = makeBulkRetries({ ...deps, laneScheduler, store: makeBulkRetryStore(connections.sql) })
  const startedLanes = startingLanes(lanes, deliveryScheduler)
  const probes = makeProbes({ ...deps, laneScheduler }, () => settler)
  const sweep = makeSweep(
    {
      ...{ ...deps, laneScheduler, feedNotifier: notifier, dueLanes, probes },
      createArriving: arrivingWork(parts, startedLanes),
    },
    settler,
  )
  const upkeep = startUpkeep(config, log, {
    sweep: () => {
      bulkRetries.look()
      return sweep()
    },
    look: async () => {
      if (deliveryScheduler.queue.condition() === 'degraded') await dueLanes.look()
    },
    onDegraded: (listener) => deliveryScheduler.queue.onDegraded(listener),
    retention: makeRetentionStore((onClose) => connections.openUpkeep(onClose)),
  })
  shutdownSteps.add({
    what: 'dispatcher',
    withinMs: drainMs + settleMs,
    atOnce: true,
    close: async () => {
      await Promise.all([
        lanes.drain(drainMs),
        dueLanes.close(),
        worker.close(),
        upkeep.stop(),
        bulkRetries.stop(),
        probes.stop(),
      ])
    },
  })
  return {
    ping: () => worker.ping(),
    laneScheduler: startedLanes,
    wakeBulkRetries: () => bulkRetries.look(),
  }
}

/** Creates the events `order.arriving` that are due, as an API process stores events. */
function arrivingWork({ connections, notifier, log }: Parts, laneScheduler: LaneScheduler) {
  const commitForKey = makeCommitForKey({
    db: connections.db,
    limitOfProject: makeKeyedLimit(connectionsOfOneProject),
    laneScheduler,
    feedNotifier: notifier,
  })
  const deps = {
    store: makeArrivingStore(connections.sql),
    send: (due: DueArrival) => sendArriving({ commitForKey, system }, due),
    log,
  }
  return (signal: AbortSignal): Promise<number> => createArriving(deps, signal)
}

/** Periodic work of the dispatcher. It depends only on timers of this process, not on the queue. */
interface Upkeep {
  readonly sweep: () => Promise<void>
  readonly look: () => Promise<void>
  readonly onDegraded: (listener: () => void) => void
  readonly retention: RetentionStore
}

function startUpkeep(
  config: Config,
  log: Log,
  { sweep, look, onDegraded, retention }: Upkeep,
): { stop(): Promise<void> } {
  const retain = makeRetention({
    store: retention,
    system,
    log,
    pause: wait,
    retentionDays: config.retentionDays,
  })
  const stop = new AbortController()
  const sweeping = runPeriodically({ everyMs: sweepEveryMs, work: sweep, log, failedAs: 'sweep.failed' })
  const looking = runPeriodically({
    everyMs: lookEveryMs,
    exclusiveMs: lookWithinMs,
    work: look,
    log,
    failedAs: 'lanes.look-failed',
  })
  onDegraded(() => looking.now())
  const retaining = runPeriodically({
    everyMs: retainEveryMs,
    firstAfterMs: retainAfterMs,
    exclusiveMs: retainWithinMs,
    work: () => retain(stop.signal),
    log,
    failedAs: 'retention.failed',
  })
  return {
    stop: async () => {
      stop.abort()
      await Promise.all([sweeping, looking, retaining].map((each) => each.stop(upkeepEndsWithinMs)))
    },
  }
}

/** Waits without keeping the process alive. */
async function wait(ms: number): Promise<void> {
  await pause(ms, undefined, { ref: false })
}
