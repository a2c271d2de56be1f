/**
 * The seam between the alarm clock and what keeps it, and the rules that hold for both keepers:
 * `redis-backend.ts` and `postgres-backend.ts`. Everything above the seam is the same for both,
 * and so are the tests.
 */
import type { Queue, Worker } from 'bullmq'
import type { Log } from '../../ports/platform.ts'

export interface QueueOptions {
  readonly databaseUrl: string
  /** With it the queue lives on Redis or Valkey; without it on the database. */
  readonly redisUrl?: string | undefined
  readonly log: Log
  /** Keeps installations, and tests, apart on one Redis. On Postgres the database does that. */
  readonly prefix?: string | undefined
}

/** A clock only adds jobs; a worker also takes them. */
export type Role = 'clock' | 'worker'
export type JobQueue = Pick<
  Queue,
  'add' | 'addBulk' | 'getCountsPerPriority' | 'removeJobScheduler' | 'waitUntilReady' | 'close'
>
export type JobWorker = Pick<Worker, 'run' | 'waitUntilReady' | 'close'>
export type Work = (job: { readonly name: string; readonly data: unknown }) => Promise<void>

export interface QueueBackend {
  queue(name: string): JobQueue
  /** The worker does not run before `run` is called. */
  worker(name: string, work: Work, concurrency: number): JobWorker
  ping(): Promise<void>
  /**
   * Writes over the connections of the workers, and repairs or reports what would stop the queue in time. Called every
   * few seconds where there are workers. Rejects when the queue takes no writes.
   */
  maintain(): Promise<void>
  /** Cuts the connections, whether the server answers or not. Queues and workers are closed before. */
  close(): Promise<void>
}

/**
 * How long a job may go without a sign of life. Our lease and our sweep decide what is sent
 * again, but BullMQ's lock decides when a *lane* is free again: wakes of a webhook whose worker
 * died are stored behind the dead run until that run counts as stalled, and with BullMQ's own
 * 30 s + 30 s the sweep could ring in vain for a minute. Too short only means that a process
 * that was stopped for 10 s shares its lane for a while: the leases make that harmless.
 */
export const stallRules = {
  lockDuration: 10_000,
  stalledInterval: 5_000,
  // A lane whose worker died is rung again, however often: BullMQ would drop it after the first time.
  maxStalledCount: 1_000_000,
}

/** Pause after a refused connection; BullMQ's own 15 s would let a finished run keep its lane that long. */
export const RETRY_DELAY_MS = 500

// Nobody reads BullMQ's event stream here; its default keeps 10,000 of them for each queue.
export const fewEvents = { events: { maxLen: 100 } }
