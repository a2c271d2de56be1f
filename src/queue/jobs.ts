/**
 * The queues and the kinds of job in them. A job only says "look at webhook W": what is due, and whether it still
 * is, stands in Postgres. Who adds them is `alarm-clock.ts`, who works them is `lane-worker.ts`.
 */
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

export interface LaneJobData {
  readonly webhookId: string
}

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
export function ringJob(webhookId: string): LaneJob {
  const deduplication = { id: `now-${webhookId}`, keepLastIfActive: true }
  return { name: RING, data: { webhookId }, opts: { ...forgotten, deduplication } }
}

/**
 * As `ringJob`, for one of many lanes that are woken together. Jobs without a priority go first, so that a project
 * whose events go to hundreds of webhooks does not delay a project whose events go to a few.
 */
export function ringJobOfMany(webhookId: string): LaneJob {
  const { name, data, opts } = ringJob(webhookId)
  return { name, data, opts: { ...opts, priority: 1 } }
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

/** What another version of us left in the queue is not trusted: null when it names no webhook. */
export function webhookIdOf(data: unknown): string | null {
  if (typeof data !== 'object' || data === null || !('webhookId' in data)) return null
  return typeof data.webhookId === 'string' && data.webhookId !== '' ? data.webhookId : null
}
