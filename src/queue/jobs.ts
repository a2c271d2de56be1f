/**
 * The queues and the kinds of jobs in them. A job only means "look at webhook W". Which deliveries are due is stored in
 * PostgreSQL.
 */
import { createHash } from 'node:crypto'
import type { JobsOptions } from 'bullmq'

/** Jobs that run a lane as soon as a worker has a free slot. */
export const LANES = 'lanes'
/** Delayed jobs: wake-ups that are due later. */
export const SCHEDULES = 'schedules'
/** Jobs that only show that the queue accepts jobs. No worker runs them. */
export const PROBES = 'probes'

export const RUN_LANE = 'run-lane'
export const WAKE_AT = 'wake-at'
/** Job schedulers of earlier versions, and the names of their jobs. They depended on the clock of a single process. */
export const FORMER_SCHEDULERS: readonly string[] = ['sweep', 'retention']

export type LaneJobData = { readonly webhookId: string } | { readonly webhookIds: readonly string[] }

export interface LaneJob {
  readonly name: string
  readonly data: LaneJobData
  readonly opts: JobsOptions
}

// One attempt, and no finished job is kept: PostgreSQL stores which deliveries are due, and the sweep runs the lane
// again.
const notKept: JobsOptions = { attempts: 1, removeOnComplete: true, removeOnFail: true }

/**
 * The job that runs one lane. All wake-ups of a webhook share its deduplication id, so that BullMQ never runs two of
 * these jobs for one webhook. `keepLastIfActive`: a wake-up during a run is stored and becomes a job when the run ends.
 * Without it BullMQ would drop the wake-up, and its delivery would wait for the sweep.
 */
export function laneJob(webhookId: string): LaneJob {
  const deduplication = { id: `now-${webhookId}`, keepLastIfActive: true }
  return { name: RUN_LANE, data: { webhookId }, opts: { ...notKept, deduplication } }
}

/**
 * Like `laneJob`, for a lane whose wake-up was delayed, usually for a retry. BullMQ runs jobs without a priority first,
 * so retries do not delay lanes with a new delivery.
 */
export function laterLaneJob(webhookId: string): LaneJob {
  const { name, data, opts } = laneJob(webhookId)
  return { name, data, opts: { ...opts, priority: 1 } }
}

/**
 * One job that runs many lanes that are woken together. A job for each lane would keep the queue's database busy for
 * seconds and delay all other projects. Unlike `laneJob`, it may run a lane concurrently with another run of that lane;
 * one run does not find what the other has claimed. The deduplication id keeps jobs for the same lanes from piling up
 * while no process runs jobs.
 */
export function laneJobOfMany(webhookIds: readonly string[]): LaneJob {
  const sorted = webhookIds.toSorted()
  const hash = createHash('sha256').update(sorted.join(' ')).digest('base64url')
  const deduplication = { id: `many-${hash}`, keepLastIfActive: true }
  return { name: RUN_LANE, data: { webhookIds: sorted }, opts: { ...notKept, priority: 1, deduplication } }
}

/**
 * A delayed wake-up. When it is due, the job only adds a lane job and ends. Tested on both backends:
 * - with `replace` alone, a wake-up added while the earlier one is running is lost;
 * - with `keepLastIfActive` it is kept, but its delay counts from the end of that run.
 *
 * Therefore the job uses both, and it takes only about a millisecond, however long the lane runs. Running the lane in
 * this job would also allow a second concurrent run of the lane, next to that of `laneJob`.
 */
export function wakeAtJob(webhookId: string, delayMs: number): LaneJob {
  const deduplication = { id: `at-${webhookId}`, replace: true, keepLastIfActive: true }
  return { name: WAKE_AT, data: { webhookId }, opts: { ...notKept, delay: delayMs, deduplication } }
}

/** Replaces the previous probe job. The delay of one day keeps it out of the list of waiting jobs. */
export const probeJob = {
  name: 'probe',
  data: {},
  opts: { ...notKept, delay: 86_400_000, deduplication: { id: 'probe', replace: true } },
}

/**
 * The webhooks whose lanes a job runs. Empty when the data are not valid, because another version may have added the
 * job.
 */
export function webhookIdsOf(data: unknown): readonly string[] {
  if (typeof data !== 'object' || data === null) return []
  const given: unknown = 'webhookId' in data ? [data.webhookId] : 'webhookIds' in data ? data.webhookIds : []
  if (!Array.isArray(given)) return []
  const isId = (id: unknown): id is string => typeof id === 'string' && id !== ''
  return given.every(isId) ? given : []
}
