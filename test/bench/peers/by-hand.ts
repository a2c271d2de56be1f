/**
 * The design that people write by hand, in one process: a BullMQ job for each delivery, `fetch` with an HMAC signature,
 * one insert into a log of attempts and one update of the delivery. Uses the same queue backend as Orderbell.
 */
import { createHmac, randomUUID } from 'node:crypto'
import pg from 'pg'
import { openBackend } from '../../../src/queue/backend/open-backend.ts'
import { migrateQueue } from '../../../src/queue/backend/postgres-backend.ts'
import { nullLog } from '../../support/null-log.ts'
import { data, topic } from '../parts/sample.ts'

/** Prepares a load in an empty or prepared database; `run` then delivers it. */
export interface ByHandLoad {
  readonly databaseUrl: string
  readonly redisUrl: string | undefined
  readonly url: string
  readonly deliveries: number
}

/** What the tables contain at the end. */
export interface ByHandResult {
  readonly seconds: number
  readonly delivered: number
  readonly attempts: number
}

const concurrency = 50
const timeoutMs = 15_000
const jobsOfBulk = 1_000
const jobOptions = {
  attempts: 10,
  backoff: { type: 'exponential', delay: 5_000 },
  removeOnComplete: true,
} as const

const tables = `
  create table if not exists deliveries (
    id uuid primary key, topic text not null, payload jsonb not null, status text not null default 'PENDING',
    attempts int not null default 0, created_at timestamptz not null default now(), updated_at timestamptz
  );
  create index if not exists deliveries_created on deliveries (created_at);
  create table if not exists delivery_attempts (
    id uuid primary key, delivery_id uuid not null references deliveries, status_code int, response_body text,
    duration_ms int not null, created_at timestamptz not null default now()
  );
  create index if not exists attempts_delivery on delivery_attempts (delivery_id);
  truncate deliveries, delivery_attempts`

interface Job {
  readonly id: string
  readonly url: string
  readonly secret: string
  readonly payload: object
}

async function deliver(pool: pg.Pool, { id, url, secret, payload }: Job): Promise<void> {
  const beganMs = performance.now()
  const body = JSON.stringify(payload)
  const timestamp = Math.floor(Date.now() / 1_000).toString()
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
    body,
    signal: AbortSignal.timeout(timeoutMs),
  })
  const answer = await response.text()
  await pool.query(
    'insert into delivery_attempts (id, delivery_id, status_code, response_body, duration_ms) values ($1, $2, $3, $4, $5)',
    [randomUUID(), id, response.status, answer, Math.round(performance.now() - beganMs)],
  )
  if (!response.ok) throw new Error(`the receiver answered ${response.status}`)
  await pool.query(
    `update deliveries set status = 'DELIVERED', attempts = attempts + 1, updated_at = now() where id = $1`,
    [id],
  )
}

/** Inserts the deliveries and adds their jobs. Returns the function that runs the jobs. */
async function prepare(load: ByHandLoad): Promise<() => Promise<ByHandResult>> {
  const { databaseUrl, redisUrl, url, deliveries } = load
  if (redisUrl === undefined) await migrateQueue(databaseUrl)
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 })
  await pool.query(tables)
  const prefix = `by-hand-${randomUUID()}`
  const { backend } = await openBackend({ databaseUrl, redisUrl, log: nullLog, prefix }, 'worker')
  const queue = backend.queue('deliveries')
  const payload = { type: topic, timestamp: new Date().toISOString(), data: JSON.parse(data) as object }
  const ids = Array.from({ length: deliveries }, () => randomUUID())
  for (let from = 0; from < deliveries; from += jobsOfBulk) {
    const page = ids.slice(from, from + jobsOfBulk)
    await pool.query(
      'insert into deliveries (id, topic, payload) select id, $2, $3 from unnest($1::uuid[]) as d(id)',
      [page, topic, JSON.stringify(payload)],
    )
    await queue.addBulk(
      page.map((id) => ({
        name: 'deliver',
        data: { id, url, secret: 'secret', payload } satisfies Job,
        opts: jobOptions,
      })),
    )
  }
  await pool.query('analyze deliveries')
  return async () => {
    const beganMs = performance.now()
    const seconds = await new Promise<number>((resolve) => {
      let done = 0
      const worker = backend.worker(
        'deliveries',
        async (job) => {
          await deliver(pool, job.data as Job)
          done += 1
          if (done === deliveries) resolve((performance.now() - beganMs) / 1_000)
        },
        concurrency,
      )
      closers.push(() => worker.close())
      void worker.run()
    })
    const { rows } = await pool.query<{ delivered: number; attempts: number }>(`
      select (select count(*)::int from deliveries where status = 'DELIVERED') as delivered,
        (select count(*)::int from delivery_attempts) as attempts`)
    for (const close of closers.splice(0)) await close()
    await queue.close()
    await backend.close()
    await pool.end()
    return { seconds, delivered: rows[0]?.delivered ?? 0, attempts: rows[0]?.attempts ?? 0 }
  }
}

const closers: (() => Promise<void>)[] = []
let run: () => Promise<ByHandResult>

process.on('message', (command: ByHandLoad | 'run') => {
  if (command === 'run') void run().then((result) => process.send?.(result))
  else
    void prepare(command).then((prepared) => {
      run = prepared
      process.send?.('prepared')
    })
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
