/**
 * Runs the jobs of the queue: each runs the lanes of its webhooks, at once or when a delayed wake-up is due. The caller
 * supplies the function that runs a lane. The sweep does not depend on this worker.
 */
import type { JobQueue, JobWorker, QueueOptions } from './backend/backend.ts'
import { within } from '../runtime/within.ts'
import { causeOf, type ReportFault } from './backend/faults.ts'
import { makeFetchWatch } from './backend/fetch-watch.ts'
import { FORMER_SCHEDULERS, LANES, SCHEDULES, WAKE_AT, webhookIdsOf } from './jobs.ts'
import { closeAll, openBackend, readyOrClosed } from './backend/open-backend.ts'
import { startProbe } from './backend/probe.ts'
import type { QueueState } from './backend/queue-state.ts'

export interface LaneWorkerOptions extends QueueOptions {
  /** Maximum concurrent lane jobs in this process. */
  readonly concurrency: number
  /** Runs the lane of the webhook. Throws only for errors of this process or its database. */
  runLane(webhookId: string): Promise<void>
  /** Receives whether the workers' connections accept writes, and whether jobs arrive. */
  readonly queue: Omit<QueueState, 'onDegraded'>
}

export interface LaneWorker {
  /** Rejects when the queue does not answer. */
  ping(): Promise<void>
  /** Fetches no more jobs and waits for the running ones. */
  close(): Promise<void>
}

// Concurrent jobs of delayed wake-ups. They have a worker of their own, so that they do not delay lanes with a new delivery.
const SCHEDULES_AT_A_TIME = 8
const RUN_AGAIN_AFTER_MS = 1_000
const QUIET_MS = 200
const REMOVE_WITHIN_MS = 5_000

export async function startLaneWorker(options: LaneWorkerOptions): Promise<LaneWorker> {
  const { log } = options
  const { backend, report } = await openBackend(options, 'worker')
  const lanes = backend.queue(LANES)
  const schedules = backend.queue(SCHEDULES)
  const running = new Set<Promise<void>>()
  let jobsRunning = 0
  const watch = makeFetchWatch(lanes, () => jobsRunning < options.concurrency, options.queue)

  /**
   * Runs a job's lanes. A lane that throws is logged, and its job still completes: the sweep finds what is still due.
   */
  async function runLanes(data: unknown): Promise<void> {
    const webhookIds = webhookIdsOf(data)
    if (webhookIds.length === 0) log.error({ data }, 'lane.unknown-job')
    await Promise.all(webhookIds.map(runWebhook))
  }

  async function runWebhook(webhookId: string): Promise<void> {
    try {
      await options.runLane(webhookId)
    } catch (fault) {
      log.error({ webhookId, cause: causeOf(fault) }, 'lane.job-failed')
    }
  }

  async function runNow(data: unknown): Promise<void> {
    watch.fetched()
    jobsRunning++
    await runLanes(data)
    jobsRunning--
  }

  async function runScheduled(name: string, data: unknown): Promise<void> {
    if (name === WAKE_AT) return runLanes(data)
    // A process of an earlier version may run at the same time and add its schedulers again.
    if (FORMER_SCHEDULERS.includes(name)) return removeScheduler(schedules, name, report)
    log.error({ name }, 'lane.unknown-job')
  }

  const workers = [
    backend.worker(LANES, (job) => counted(running, runNow(job.data)), options.concurrency),
    backend.worker(
      SCHEDULES,
      (job) => counted(running, runScheduled(job.name, job.data)),
      SCHEDULES_AT_A_TIME,
    ),
  ]
  await readyOrClosed(backend, [lanes, schedules, ...workers])

  let closing: Promise<void> | undefined
  for (const name of FORMER_SCHEDULERS) void removeScheduler(schedules, name, report)
  const probe = startProbe(
    'worker',
    async () => {
      await backend.maintain()
      await watch.check()
    },
    options.queue,
  )
  for (const worker of workers) void keepRunning(worker, () => closing !== undefined, report)

  async function close(): Promise<void> {
    probe.stop()
    const closed = Promise.all(workers.map((worker) => worker.close())).then(() => undefined)
    await waitForLanes(running, closed)
    await closeAll(backend, [{ close: () => closed }, lanes, schedules], report)
  }
  return { ping: () => backend.ping(), close: () => (closing ??= close()) }
}

/** Waits for running lanes however long they take, but not for a queue server that does not answer the close. */
async function waitForLanes(running: ReadonlySet<Promise<void>>, closed: Promise<void>): Promise<void> {
  const isClosed = closed.then(() => true)
  do await Promise.allSettled(running)
  while (!(await Promise.race([isClosed, afterMs(QUIET_MS)])) && running.size > 0)
}

function counted(running: Set<Promise<void>>, work: Promise<void>): Promise<void> {
  running.add(work)
  const end = (): void => void running.delete(work)
  work.then(end, end)
  return work
}

async function removeScheduler(schedules: JobQueue, name: string, report: ReportFault): Promise<void> {
  try {
    await within(REMOVE_WITHIN_MS, `removing the ${name} scheduler`, schedules.removeJobScheduler(name))
  } catch (fault) {
    report('schedulers', fault)
  }
}

/**
 * BullMQ's loop continues after errors. If it ends nevertheless, it is started again, because otherwise no job would
 * run.
 */
async function keepRunning(worker: JobWorker, closing: () => boolean, report: ReportFault): Promise<void> {
  while (!closing()) {
    try {
      await worker.run()
    } catch (fault) {
      report('worker ended', fault)
    }
    if (!closing()) await afterMs(RUN_AGAIN_AFTER_MS)
  }
}

function afterMs(ms: number): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), ms))
}
