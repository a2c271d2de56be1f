/**
 * Schedules lanes, now or later, by adding jobs to the queue. The caller has committed its transaction and does not
 * wait. A wake-up that cannot be stored is tried again. If it is lost, the sweep finds the due deliveries.
 */
import type { LaneScheduler } from '../ports/lane-scheduler.ts'
import type { JobQueue, QueueOptions } from './backend/backend.ts'
import { within } from '../runtime/within.ts'
import {
  LANES,
  PROBES,
  SCHEDULES,
  probeJob,
  laneJob,
  laneJobOfMany,
  wakeAtJob,
  type LaneJob,
} from './jobs.ts'
import { closeAll, openBackend, readyOrClosed } from './backend/open-backend.ts'
import { startProbe } from './backend/probe.ts'
import { makeQueueState, type QueueState } from './backend/queue-state.ts'
import { makeWakeBatcher } from './wake-batcher.ts'

export interface DeliveryScheduler extends LaneScheduler {
  /** Resolves when all wake-ups that were passed so far are stored. */
  flush(): Promise<void>
  /** Rejects when the queue does not answer. */
  ping(): Promise<void>
  /** Whether the queue accepts and delivers jobs. The lane worker of the process reports to it as well. */
  readonly queue: QueueState
  close(): Promise<void>
}

interface DelayedWakeUp {
  readonly webhookId: string
  /** On the clock of `performance.now()`, so that the delay includes the time until the wake-up is stored. */
  readonly dueAt: number
}

const LAST_WAKE_UPS_WITHIN_MS = 3_000
/**
 * When more lanes than this are woken together, they share jobs, which have a lower priority than jobs of single lanes.
 */
const FEW_LANES = 10
/** With this number, 300 lanes of a project are six jobs, which several processes can share. */
const LANES_PER_JOB = 50

export async function makeDeliveryScheduler(options: QueueOptions): Promise<DeliveryScheduler> {
  const { backend, report } = await openBackend(options, 'scheduler')
  const lanes = backend.queue(LANES)
  const schedules = backend.queue(SCHEDULES)
  const probes = backend.queue(PROBES)
  await readyOrClosed(backend, [lanes, schedules, probes])

  const state = makeQueueState(options.log)
  const probe = startProbe('probe', () => probes.add(probeJob.name, probeJob.data, probeJob.opts), state)
  const store = async (part: string, queue: JobQueue, jobs: readonly LaneJob[]): Promise<void> => {
    try {
      await addAll(queue, jobs)
      state.works(part)
    } catch (fault) {
      state.fails(part, fault)
      throw fault
    }
  }
  const single = makeWakeBatcher<string>(
    'wake now',
    (ids) => store('wake now', lanes, ids.map(laneJob)),
    report,
  )
  const grouped = makeWakeBatcher<string>(
    'wake many',
    (ids) => store('wake many', lanes, [laneJobOfMany(ids)]),
    report,
    { from: 1, atMost: LANES_PER_JOB },
  )
  const delayed = makeWakeBatcher<DelayedWakeUp>(
    'wake at',
    (wakeUps) => store('wake at', schedules, wakeUps.map(delayedJob)),
    report,
  )

  const flush = async (): Promise<void> => {
    await Promise.all([single.flush(), grouped.flush(), delayed.flush()])
  }

  return {
    wakeNow: (webhookIds) => {
      const batcher = webhookIds.length > FEW_LANES ? grouped : single
      for (const id of webhookIds) batcher.push(id, id)
    },
    wakeAt: (webhookId, delayMs) => {
      if (delayMs > 0) delayed.push(webhookId, { webhookId, dueAt: performance.now() + delayMs })
      else single.push(webhookId, webhookId)
    },
    flush,
    ping: () => backend.ping(),
    queue: state,
    close: async () => {
      probe.stop()
      await within(LAST_WAKE_UPS_WITHIN_MS, 'storing the last wake-ups', flush()).catch((fault: unknown) => {
        report('close', fault)
      })
      const lost = single.stop() + grouped.stop() + delayed.stop()
      if (lost > 0) options.log.warn({ wakeUps: lost }, 'lanes.deferred-to-sweep')
      await closeAll(backend, [lanes, schedules, probes], report)
    },
  }
}

function delayedJob({ webhookId, dueAt }: DelayedWakeUp): LaneJob {
  return wakeAtJob(webhookId, Math.max(1, Math.ceil(dueAt - performance.now())))
}

async function addAll(queue: JobQueue, jobs: readonly LaneJob[]): Promise<void> {
  const [first] = jobs
  if (first === undefined) return
  // On PostgreSQL an `addBulk` of one job costs as much as about ten adds (measured, see `wake-batcher.ts`).
  if (jobs.length === 1) await queue.add(first.name, first.data, first.opts)
  else await queue.addBulk([...jobs])
}
