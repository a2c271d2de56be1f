/**
 * Answers the alarm clock: a lane's job rings that lane, a job that became due wakes its lane,
 * the sweep runs every few seconds whatever the queue forgot, and retention every hour. What ringing,
 * sweeping and retaining mean is the caller's.
 */
import type { JobQueue, JobWorker, QueueOptions } from './backend.ts'
import { within } from './deadline.ts'
import { causeOf, type ReportFault } from './faults.ts'
import {
  LANES,
  RETENTION,
  SCHEDULES,
  SWEEP,
  retentionJob,
  retentionSoonJob,
  ringJob,
  sweepJob,
  webhookIdOf,
} from './jobs.ts'
import { closeAll, openBackend, readyOrClosed } from './open-backend.ts'

export interface LaneWorkerOptions extends QueueOptions {
  /** Lanes at a time in this process. */
  readonly concurrency: number
  /** Works off what is due for the webhook. Throws only for faults of ours. */
  ring(webhookId: string): Promise<void>
  /** Finds due work that lost its job. */
  sweep(): Promise<void>
  readonly sweepEveryMs: number
  /** Removes what is too old. Ends soon after the signal; where another process is at it, at once. */
  retain(signal: AbortSignal): Promise<void>
  readonly retainEveryMs: number
}

export interface LaneWorker {
  /** Takes no more jobs and waits for those that run. */
  close(): Promise<void>
}

// A sweep takes one of these slots, and retention another; the others turn wakes that became due into rings.
const SCHEDULES_AT_A_TIME = 8
const RUN_AGAIN_AFTER_MS = 1_000
const UPSERT_WITHIN_MS = 5_000
const QUIET_MS = 200
/** How often it is seen to that a scheduler is still there, at the longest. */
const CHECK_EVERY_MS = 60_000
/** Retention begins so long after a start: what the start itself asks for goes first. */
const RETAIN_AFTER_MS = 2_000

export async function startLaneWorker(options: LaneWorkerOptions): Promise<LaneWorker> {
  const { log } = options
  const { backend, report } = openBackend(options, 'worker')
  const lanes = backend.queue(LANES)
  const schedules = backend.queue(SCHEDULES)
  const running = new Set<Promise<void>>()
  let sweeping = false

  /** A ring that throws is a fault of ours. Its job is over all the same: the sweep rings what is still due. */
  async function ring(data: unknown): Promise<void> {
    const webhookId = webhookIdOf(data)
    if (webhookId === null) {
      log.error({ data }, 'lane.unknown-job')
      return
    }
    try {
      await options.ring(webhookId)
    } catch (fault) {
      log.error({ webhookId, cause: causeOf(fault) }, 'lane.ring-failed')
    }
  }

  async function wake(data: unknown): Promise<void> {
    const webhookId = webhookIdOf(data)
    if (webhookId === null) {
      log.error({ data }, 'lane.unknown-job')
      return
    }
    const job = ringJob(webhookId)
    await lanes.add(job.name, job.data, job.opts)
  }

  /** The next sweep's job is due while a long one still runs; two at once would only do the same work twice. */
  async function sweep(): Promise<void> {
    if (sweeping) return
    sweeping = true
    try {
      await options.sweep()
    } catch (fault) {
      log.error({ cause: causeOf(fault) }, 'sweep.failed')
    } finally {
      sweeping = false
    }
  }

  /** Over its own time, and after a start, it may be asked for while it runs: what is left then is the next one's. */
  let retaining = false
  const stop = new AbortController()
  async function retain(): Promise<void> {
    if (retaining || stop.signal.aborted) return
    retaining = true
    try {
      await options.retain(stop.signal)
    } catch (fault) {
      log.error({ cause: causeOf(fault) }, 'retention.failed')
    } finally {
      retaining = false
    }
  }

  function scheduled(name: string, data: unknown): Promise<void> {
    if (name === SWEEP) return sweep()
    return name === RETENTION ? retain() : wake(data)
  }

  const workers = [
    backend.worker(LANES, (job) => counted(running, ring(job.data)), options.concurrency),
    backend.worker(SCHEDULES, (job) => counted(running, scheduled(job.name, job.data)), SCHEDULES_AT_A_TIME),
  ]
  await readyOrClosed(backend, [lanes, schedules, ...workers])

  let closing: Promise<void> | undefined
  const scheduling = [
    keepScheduled(schedules, sweepJob, options.sweepEveryMs, report),
    keepScheduled(schedules, retentionJob, options.retainEveryMs, report),
  ]
  const soon = retentionSoonJob(Math.min(RETAIN_AFTER_MS, options.retainEveryMs))
  schedules.add(soon.name, soon.data, soon.opts).catch((fault: unknown) => report('schedule', fault))
  for (const worker of workers) void keepRunning(worker, () => closing !== undefined, report)

  async function close(): Promise<void> {
    for (const stopScheduling of scheduling) stopScheduling()
    stop.abort()
    const closed = Promise.all(workers.map((worker) => worker.close())).then(() => undefined)
    // However long a ring takes, it is waited for; only then a server that is away may no longer hold us up.
    const over = closed.then(() => true)
    do await Promise.allSettled(running)
    while (!(await Promise.race([over, afterMs(QUIET_MS)])) && running.size > 0)
    await closeAll(backend, [{ close: () => closed }, lanes, schedules], report)
  }
  return { close: () => (closing ??= close()) }
}

function counted(running: Set<Promise<void>>, work: Promise<void>): Promise<void> {
  running.add(work)
  const over = (): void => void running.delete(work)
  work.then(over, over)
  return work
}

/** A scheduler that a flush of Redis took away comes back with the next round; one that stands keeps its times. */
function keepScheduled(
  schedules: JobQueue,
  job: typeof sweepJob,
  everyMs: number,
  report: ReportFault,
): () => void {
  let busy = false
  async function upsert(): Promise<void> {
    if (busy) return
    busy = true
    try {
      await within(
        UPSERT_WITHIN_MS,
        `scheduling the ${job.name}`,
        schedules.upsertJobScheduler(job.name, { every: everyMs }, job),
      )
    } catch (fault) {
      report('schedule', fault)
    } finally {
      busy = false
    }
  }
  void upsert()
  const timer = setInterval(() => void upsert(), Math.min(everyMs, CHECK_EVERY_MS))
  return () => clearInterval(timer)
}

/** BullMQ's loop goes on after faults by itself; should it end all the same, the lanes would fall silent. */
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
