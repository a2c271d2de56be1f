/**
 * The queues and the kinds of job in them. A job only says "look at webhook W": what is due, and whether it still
 * is, stands in Postgres. Who adds them is `alarm-clock.ts`, who works them is `lane-worker.ts`.
 */
import { createHash } from 'node:crypto'
import type { JobsOptions } from 'bullmq'

/** Jobs that ring a lane, as soon as a slot is free. */
export const LANES = 'lanes'
/** Jobs that wait for a time: wakes that are due later. */
export const SCHEDULES = 'schedules'
/** Jobs that only show that the queue takes jobs. Nothing works them. */
export const PROBES = 'probes'

export const RING = 'ring'
export const WAKE_AT = 'wake-at'
/** Job schedulers of earlier versions, and the names of their jobs. Their next run was an instant on the clock of one process. */
export const FORMER_SCHEDULERS: readonly string[] = ['sweep', 'retention']

export type LaneJobData = { readonly webhookId: string } | { readonly webhookIds: readonly string[] }

export interface LaneJob {
  readonly name: string
  readonly data: LaneJobData
  readonly opts: JobsOptions
}

// One attempt, and nothing kept: Postgres knows what is still due, and the sweep rings again.
const forgotten: JobsOptions = { attempts: 1, removeOnComplete: true, removeOnFail: true }

/**
 * Every ring, whatever asked for it, is this one job, so that BullMQ never runs two for one
 * webhook. `keepLastIfActive`: a wake that comes during a run is stored, and becomes a job when
 * the run ends; without it the wake would be dropped, and its delivery would wait for the sweep.
 */
export function laneJob(webhookId: string): LaneJob {
  const deduplication = { id: `now-${webhookId}`, keepLastIfActive: true }
  return { name: RING, data: { webhookId }, opts: { ...forgotten, deduplication } }
}

/**
 * As `ringJob`, for a lane whose wake-up was due later, as a rule for a retry. Jobs without a priority go first, so that
 * retries do not delay lanes with a new delivery.
 */
export function laterLaneJob(webhookId: string): LaneJob {
  const { name, data, opts } = laneJob(webhookId)
  return { name, data, opts: { ...opts, priority: 1 } }
}

/**
 * Runs many lanes that are woken together by one job: a job for each would keep the queue's database busy for seconds,
 * and delay every other project. Unlike `ringJob` it may run a lane beside another run of that lane; what one run has
 * claimed, the other does not find. Where no process works the jobs, the same lanes do not wait twice.
 */
export function laneJobOfMany(webhookIds: readonly string[]): LaneJob {
  const sorted = webhookIds.toSorted()
  const hash = createHash('sha256').update(sorted.join(' ')).digest('base64url')
  const deduplication = { id: `many-${hash}`, keepLastIfActive: true }
  return { name: RING, data: { webhookIds: sorted }, opts: { ...forgotten, priority: 1, deduplication } }
}

/**
 * Does not ring by itself: when due, it adds a `ringJob` and is over. Tried on both backends:
 * - with `replace` alone, a wake added while the earlier one is being worked is lost;
 * - with `keepLastIfActive` it is kept, but its delay counts from the end of that run.
 * So the two go together, and the job lives for a millisecond, whatever the ring takes. Ringing
 * from here would also let a second ring of the same webhook run beside the one of `ringJob`.
 */
export function wakeAtJob(webhookId: string, delayMs: number): LaneJob {
  const deduplication = { id: `at-${webhookId}`, replace: true, keepLastIfActive: true }
  return { name: WAKE_AT, data: { webhookId }, opts: { ...forgotten, delay: delayMs, deduplication } }
}

/** Replaces the one before. The delay keeps it out of the list of waiting jobs. */
export const probeJob = {
  name: 'probe',
  data: {},
  opts: { ...forgotten, delay: 86_400_000, deduplication: { id: 'probe', replace: true } },
}

/** The webhooks whose lanes a job runs. What another version left in the queue is not trusted: empty when the job names none. */
export function webhookIdsOf(data: unknown): readonly string[] {
  if (typeof data !== 'object' || data === null) return []
  const given: unknown = 'webhookId' in data ? [data.webhookId] : 'webhookIds' in data ? data.webhookIds : []
  if (!Array.isArray(given)) return []
  const isId = (id: unknown): id is string => typeof id === 'string' && id !== ''
  return given.every(isId) ? given : []
}
