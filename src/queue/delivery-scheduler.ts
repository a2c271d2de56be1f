/**
 * Schedules lanes, now or later, by adding jobs to the queue. The caller has committed its transaction and does not
 * wait. A wake-up that cannot be stored is tried again. If it is lost, the sweep finds the due deliveries.
 */
import type { LaneScheduler } from '../ports/lane-scheduler.ts'
import type { JobQueue, QueueOptions } from './backend/backend.ts'
import { within } from '../runtime/within.ts'
import {
  byTime,
  delayedWakeUp,
  earlierOf,
  makeStoredWakeUps,
  type DelayedWakeUp,
  type StoredWakeUps,
} from './delayed-wake-ups.ts'
import {
  LANES,
  PROBES,
  SCHEDULES,
  lanesJob,
  lanesJobOfBurst,
  probeJob,
  wakeAtJob,
  type LaneJob,
} from './jobs.ts'
import { closeAll, openBackend, readyOrClosed } from './backend/open-backend.ts'
import type { ReportFault } from './backend/faults.ts'
import { startProbe } from './backend/probe.ts'
import { makeQueueState, type QueueState } from './backend/queue-state.ts'
import { waitingJobs } from './backend/waiting-jobs.ts'
import { makeWakeBatcher, type WakeBatcher } from './wake-batcher.ts'

export interface DeliveryScheduler extends LaneScheduler {
  /** Resolves when all wake-ups that were passed so far are stored. */
  flush(): Promise<void>
  /** Rejects when the queue does not answer. */
  ping(): Promise<void>
  /** Whether the queue accepts and delivers jobs. The lane worker of the process reports to it as well. */
  readonly queue: QueueState
  close(): Promise<void>
}

const LAST_WAKE_UPS_WITHIN_MS = 3_000
/** When more lanes than this are woken by one call, their jobs have a lower priority than those of other calls. */
const FEW_LANES = 10
/** Maximum lanes of several calls in one job. */
const LANES_PER_JOB = 250
/** Maximum lanes of one burst in one job. 300 lanes of a project are six jobs, which several processes can share. */
const BURST_LANES_PER_JOB = 50
/** A delayed wake-up waits up to this long, and up to a quarter of its delay, for others to share a job with. */
const DELAYED_PATIENCE_MS = 1_000
/**
 * With more jobs than this waiting, wake-ups wait in the process, where there is at most one per webhook. Otherwise jobs
 * would pile up for as long as no process runs them.
 */
const MAX_WAITING_JOBS = 500
/**
 * On PostgreSQL `addBulk` creates two temporary tables (about 5 ms), and an `add` takes 0.4 ms. 500 jobs take 60 ms in
 * bulk and 210 ms with adds. Below about this number adds are cheaper.
 */
const BULK_FROM = 24

export async function makeDeliveryScheduler(options: QueueOptions): Promise<DeliveryScheduler> {
  const { backend, report } = await openBackend(options, 'scheduler')
  const lanes = backend.queue(LANES)
  const schedules = backend.queue(SCHEDULES)
  const probes = backend.queue(PROBES)
  await readyOrClosed(backend, [lanes, schedules, probes])

  const state = makeQueueState(options.log)
  const { few, burst, delayed, stored } = makeBatchers(lanes, schedules, state, report)
  const batchers = [few, burst, delayed]
  const flush = async (): Promise<void> => {
    await Promise.all(batchers.map((each) => each.flush()))
  }
  const probe = startProbe(
    'probe',
    async () => {
      await probes.add(probeJob.name, probeJob.data, probeJob.opts)
      const isFull = (await waitingJobs(lanes)) > MAX_WAITING_JOBS
      few.hold(isFull)
      burst.hold(isFull)
    },
    state,
  )

  return {
    wakeNow: (webhookIds) => {
      if (webhookIds.length === 0) return
      const batcher = webhookIds.length > FEW_LANES ? burst : few
      batcher.push(webhookIds.map((id) => [id, id]))
    },
    wakeAt: (webhookId, delayMs) => {
      const wakeUp = delayedWakeUp(webhookId, delayMs, performance.now())
      if (delayMs <= 0) few.push([[webhookId, webhookId]])
      else if (!stored.has(wakeUp))
        delayed.push([[webhookId, wakeUp]], Math.min(delayMs / 4, DELAYED_PATIENCE_MS))
    },
    flush,
    ping: () => backend.ping(),
    queue: state,
    close: async () => {
      probe.stop()
      for (const batcher of batchers) batcher.hold(false)
      await within(LAST_WAKE_UPS_WITHIN_MS, 'storing the last wake-ups', flush()).catch((fault: unknown) => {
        report('close', fault)
      })
      const lost = batchers.reduce((sum, each) => sum + each.stop(), 0)
      if (lost > 0) options.log.warn({ wakeUps: lost }, 'lanes.deferred-to-sweep')
      await closeAll(backend, [lanes, schedules, probes], report)
    },
  }
}

/** The waiting wake-ups, by kind, and the delayed ones that are stored. */
interface Batchers {
  readonly few: WakeBatcher<string>
  readonly burst: WakeBatcher<string>
  readonly delayed: WakeBatcher<DelayedWakeUp>
  readonly stored: StoredWakeUps
}

function makeBatchers(
  lanes: JobQueue,
  schedules: JobQueue,
  state: QueueState,
  report: ReportFault,
): Batchers {
  const store = async (part: string, queue: JobQueue, jobs: readonly LaneJob[]): Promise<void> => {
    try {
      await addAll(queue, jobs)
      state.works(part)
    } catch (fault) {
      state.fails(part, fault)
      throw fault
    }
  }
  const stored = makeStoredWakeUps()
  return {
    few: makeWakeBatcher({
      place: 'wake now',
      store: (ids) => store('wake now', lanes, [lanesJob(ids)]),
      report,
      atMost: LANES_PER_JOB,
    }),
    burst: makeWakeBatcher({
      place: 'wake many',
      store: (ids) => store('wake many', lanes, [lanesJobOfBurst(ids)]),
      report,
      atMost: BURST_LANES_PER_JOB,
    }),
    delayed: makeWakeBatcher<DelayedWakeUp>({
      place: 'wake at',
      store: async (wakeUps) => {
        await store('wake at', schedules, delayedJobs(wakeUps))
        stored.add(wakeUps, performance.now())
      },
      report,
      atMost: 2 * LANES_PER_JOB,
      merge: earlierOf,
    }),
    stored,
  }
}

function delayedJobs(wakeUps: readonly DelayedWakeUp[]): readonly LaneJob[] {
  return [...byTime(wakeUps)].map(([wakeAtMs, webhookIds]) =>
    wakeAtJob(webhookIds, Math.max(1, Math.ceil(wakeAtMs - performance.now()))),
  )
}

async function addAll(queue: JobQueue, jobs: readonly LaneJob[]): Promise<void> {
  if (jobs.length >= BULK_FROM) await queue.addBulk([...jobs])
  else await Promise.all(jobs.map(({ name, data, opts }) => queue.add(name, data, opts)))
}
