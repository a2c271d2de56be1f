/**
 * BullMQ on PostgreSQL, in the schema `bullmq` of Orderbell's database. This module creates the pools, and therefore
 * also sets `search_path`, runs migrations and adds error listeners: BullMQ does none of that for a pool that it is
 * given.
 */
import { Queue, Worker, createPostgresBackend, runMigrations, type PgPool } from 'bullmq'
import pg from 'pg'
import { pgOptions } from '../../postgres/options.ts'
import { watchPool, WatchedClient } from '../../postgres/watched-pool.ts'
import { whileAnswering } from '../../postgres/watch-backend.ts'
import { RETRY_DELAY_MS, fewEvents, stallRules } from './backend.ts'
import type { QueueBackend, QueueOptions, Role } from './backend.ts'
import { within } from '../../runtime/within.ts'
import type { ReportFault } from './faults.ts'

// The sweep replaces jobs that are lost in a crash of PostgreSQL, so commits need not wait for the disk. That doubled
// the rate of adds (2,300 to 4,500 a second) where fsync is cheap, and gains more where it is not.
const settings = { search_path: 'bullmq', synchronous_commit: 'off' }
// A migration may take long. It ends when its connection stops answering, or when the process is stopped. Its commit
// waits for the disk, because only the next start of a process would create a lost schema again.
const migrationSettings = { search_path: 'bullmq', statement_timeout: '0' }
const END_WITHIN_MS = 2_000
const PING_WITHIN_MS = 2_000
// As many as `wake-batcher.ts` stores concurrently.
const SLOTS_TO_ADD = 4
// Each worker holds one connection for LISTEN. The others fetch and finish jobs; 8 of them measured best.
const SLOTS_TO_WORK = 8
const WORKERS = 2
const PAUSE_AFTER_FAULT_MS = 100

/**
 * BullMQ writes the end of a job's lock, and the time of the last check for stalled jobs, with the clock of one
 * process. If that clock is ahead and the process dies, its lock does not expire, and no other process checks for
 * stalled jobs. This statement corrects both by the database's clock, so that they expire as soon as those of other
 * dead processes.
 */
const clampLockExpiry = `
  with clock as (select (extract(epoch from clock_timestamp()) * 1000)::bigint as ms), checks as (
    delete from meta using clock
    where case when field = 'stalled-check' then value::bigint > clock.ms + $2::bigint end
  )
  update job set locked_until_ms = clock.ms + $1::bigint from clock
  where state = 'active' and locked_until_ms > clock.ms + 2 * $1::bigint`

/**
 * Creates or updates BullMQ's schema, in one transaction under an advisory lock, so that several processes can run it
 * concurrently. Ends soon after the signal.
 */
export async function migrateQueue(databaseUrl: string, signal?: AbortSignal): Promise<void> {
  const client = new pg.Client(
    pgOptions(databaseUrl, { name: 'orderbell-queue-migrate', settings: migrationSettings }),
  )
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    await whileAnswering(databaseUrl, rows[0]?.pid ?? 0, signal, () => runMigrations(client, 'bullmq'))
  } finally {
    await within(END_WITHIN_MS, 'ending the connection', client.end()).catch(() => undefined)
  }
}

export function openPostgresBackend(options: QueueOptions, role: Role, report: ReportFault): QueueBackend {
  const pool = new pg.Pool({
    ...pgOptions(options.databaseUrl, { name: `orderbell-queue-${role}`, settings }),
    max: role === 'worker' ? SLOTS_TO_WORK + WORKERS : SLOTS_TO_ADD,
    Client: WatchedClient,
  })
  pool.on('error', (fault) => report('postgres', fault))
  watchPool(pool, options.databaseUrl)

  // BullMQ has its own type for the pool of pg, which differs from @types/pg.
  const ofBullMq = pool as unknown as PoolOfBullMq
  const connection: PgPool = role === 'worker' ? withDelayedErrors(ofBullMq) : ofBullMq

  return {
    queue: (name) => {
      const queue = new Queue(name, { connection, streams: fewEvents }, createPostgresBackend)
      queue.on('error', (fault) => report(`queue ${name}`, fault))
      return queue
    },
    worker: (name, work, concurrency) => {
      const rules = { ...stallRules, runRetryDelay: RETRY_DELAY_MS, autorun: false, concurrency }
      const worker = new Worker(name, (job) => work(job), { connection, ...rules }, createPostgresBackend)
      worker.on('error', (fault) => report(`worker ${name}`, fault))
      return worker
    },
    ping: async () => {
      await within(PING_WITHIN_MS, 'pinging PostgreSQL for the queue', pool.query('select 1'))
    },
    maintain: async () => {
      await pool.query(clampLockExpiry, [stallRules.lockDuration, stallRules.stalledInterval])
    },
    close: async () => {
      await within(END_WITHIN_MS, 'ending the pool', pool.end()).catch((fault: unknown) =>
        report('close', fault),
      )
    },
  }
}

/** The members of pg's pool that BullMQ uses. */
interface PoolOfBullMq extends PgPool {
  /** BullMQ reads from them whether `keepAlive` is on. */
  readonly options: pg.PoolOptions
}

/**
 * Delays errors by 100 ms. BullMQ's worker retries at once after any error except a refused connection, so a server
 * that answers "starting up" or "no such function" would receive a thousand queries a second.
 */
function withDelayedErrors(pool: PoolOfBullMq): PoolOfBullMq {
  return {
    options: pool.options,
    query: async (text, params) => {
      try {
        return await pool.query(text, params)
      } catch (fault) {
        await new Promise((resolve) => setTimeout(resolve, PAUSE_AFTER_FAULT_MS))
        throw fault
      }
    },
    connect: () => pool.connect(),
    end: () => pool.end(),
    on(event: 'error' | 'connect', listener: (...args: never[]) => void) {
      pool.on(event as 'error', listener as (error: Error) => void)
      return this
    },
    removeAllListeners(event) {
      pool.removeAllListeners(event)
      return this
    },
  }
}
