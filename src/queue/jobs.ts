/**
 * The queues and the kinds of jobs in them. A job only means "look at these webhooks". Which deliveries are due is
 * stored in PostgreSQL.
 */
import { createHash } from 'node:crypto'
import type { JobsOptions } from 'bullmq'
import { burstPriority } from './backend/waiting-jobs.ts'

/** Jobs that run a lane as soon as a worker has a free slot. */
export const LANES = 'lanes'
/** Delayed jobs: wake-ups that are due later. */
export const SCHEDULES = 'schedules'
/** Jobs that only show that the queue accepts jobs. No worker runs them. */
export const PROBES = 'probes'

export const RUN_LANES = 'run-lane'
export const WAKE_AT = 'wake-at'
/** Job schedulers of earlier versions, and the names of their jobs. They depended on the clock of a single process. */
export const FORMER_SCHEDULERS: readonly string[] = ['sweep', 'retention']

export interface LaneJob {
  readonly name: string
  readonly data: { readonly webhookIds: readonly string[] }
  readonly opts: JobsOptions
}

// One attempt, and no finished job is kept: PostgreSQL stores which deliveries are due, and the sweep runs the lane
// again.
const notKept: JobsOptions = { attempts: 1, removeOnComplete: true, removeOnFail: true }

/**
 * One job that runs the lanes of webhooks that were woken at about the same time. A job costs about 3 ms of CPU, and
 * hardly more with 250 webhooks. BullMQ stores one waiting job for the same set of webhooks. `keepLastIfActive`: a
 * wake-up during the job's run is stored and becomes a job when the run ends. Without it BullMQ would drop the wake-up,
 * and its delivery would wait for the sweep. Jobs of different sets may run a lane in several processes at once; one
 * run does not find what another has claimed.
 */
export function lanesJob(webhookIds: readonly string[]): LaneJob {
  const sorted = webhookIds.toSorted()
  const deduplication = { id: `now-${idOfSet(sorted)}`, keepLastIfActive: true }
  return { name: RUN_LANES, data: { webhookIds: sorted }, opts: { ...notKept, deduplication } }
}

/**
 * Like `lanesJob`, for lanes of one change with many webhooks. BullMQ runs jobs without a priority first, so such a
 * change does not delay lanes that were woken by other changes.
 */
export function lanesJobOfBurst(webhookIds: readonly string[]): LaneJob {
  const { name, data, opts } = lanesJob(webhookIds)
  return { name, data, opts: { ...opts, priority: burstPriority } }
}

/** A delayed wake-up of lanes that are due at about the same time, usually for retries. */
export function wakeAtJob(webhookIds: readonly string[], delayMs: number): LaneJob {
  return { name: WAKE_AT, data: { webhookIds }, opts: { ...notKept, delay: delayMs } }
}

/** The id itself for one webhook, otherwise a hash of the ids, which must be sorted. */
function idOfSet(sorted: readonly string[]): string {
  const [first = '', ...others] = sorted
  return others.length === 0 ? first : createHash('sha256').update(sorted.join(' ')).digest('base64url')
}

/** Replaces the previous probe job. The delay of one day keeps it out of the list of waiting jobs. */
export const probeJob = {
  name: 'probe',
  data: {},
  opts: { ...notKept, delay: 86_400_000, deduplication: { id: 'probe', replace: true } },
}

/**
 * The webhooks whose lanes a job runs. Earlier versions added jobs with one `webhookId`. Empty when the data are not
 * valid, because another version may have added the job.
 */
export function webhookIdsOf(data: unknown): readonly string[] {
  if (typeof data !== 'object' || data === null) return []
  const given: unknown = 'webhookId' in data ? [data.webhookId] : 'webhookIds' in data ? data.webhookIds : []
  if (!Array.isArray(given)) return []
  const isId = (id: unknown): id is string => typeof id === 'string' && id !== ''
  return given.every(isId) ? given : []
}
