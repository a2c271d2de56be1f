/**
 * The interface between the queue's code and its two backends, Redis and PostgreSQL, and the settings that both
 * backends share. All code that uses the interface, and its tests, are the same for both backends.
 */
import type { Queue, Worker } from 'bullmq'
import type { Log } from '../../ports/log.ts'

export interface QueueOptions {
  readonly databaseUrl: string
  /** When set, the queue is stored in Redis or Valkey; otherwise in PostgreSQL. */
  readonly redisUrl?: string | undefined
  readonly log: Log
  /** Separates installations, and tests, that share one Redis. On PostgreSQL the database separates them. */
  readonly prefix?: string | undefined
}

/** A `scheduler` only adds jobs; a `worker` also runs them. */
export type Role = 'scheduler' | 'worker'
export type JobQueue = Pick<
  Queue,
  'add' | 'addBulk' | 'getCountsPerPriority' | 'removeJobScheduler' | 'waitUntilReady' | 'close'
>
export type JobWorker = Pick<Worker, 'run' | 'waitUntilReady' | 'close'>
export type Work = (job: { readonly name: string; readonly data: unknown }) => Promise<void>

export interface QueueBackend {
  queue(name: string): JobQueue
  /** Creates a worker. It fetches no jobs before `run` is called. */
  worker(name: string, work: Work, concurrency: number): JobWorker
  ping(): Promise<void>
  /**
   * Writes through the workers' connections, and repairs or reports conditions that would stop the queue later. Called
   * every few seconds in processes with workers. Rejects when the queue accepts no writes.
   */
  maintain(): Promise<void>
  /** Closes the connections, whether the server answers or not. Close queues and workers first. */
  close(): Promise<void>
}

/**
 * How long a job may run without renewing its lock. The lease and the sweep decide what is sent again, but BullMQ's
 * lock decides when a lane can run again: if a worker dies, wake-ups of its webhook wait until the dead run counts as
 * stalled. With BullMQ's defaults of 30 s and 30 s, wake-ups by the sweep could have no effect for a minute. If the
 * times are too short, a lane may run in two processes for a while, for example after a process was suspended for 10 s.
 * The leases make that harmless.
 */
export const stallRules = {
  lockDuration: 10_000,
  stalledInterval: 5_000,
  // A job whose worker died runs again, however often. With BullMQ's default of 1 it would fail at the second time.
  maxStalledCount: 1_000_000,
}

/**
 * Pause after a refused connection. With BullMQ's default of 15 s a finished run could block its lane for that long.
 */
export const RETRY_DELAY_MS = 500

// BullMQ's event stream is not read. By default it keeps 10,000 events for each queue.
export const fewEvents = { events: { maxLen: 100 } }
