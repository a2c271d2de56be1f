import { chmod, mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterEach, describe, expect, test } from 'vitest'
import { migrateQueue } from '../../../src/queue/backend/postgres-backend.ts'
import { startEmbeddedPostgres } from '../../../src/runtime/embedded-postgres/index.ts'
import { freshDatabase } from '../../support/postgres.ts'
import { nullLog } from '../../support/null-log.ts'
import {
  redisAvailable,
  redisKillable,
  warnSkipped,
  startRedis,
  type TestRedis,
} from '../../support/redis.ts'
import { waitFor } from '../../support/wait-for.ts'
import { queueFixtureAt, recordLanes, type QueueFixture } from './queue-fixture.ts'

const A = 'whk_01h455vb4pex5vsknk084sn02a'
const B = 'whk_01h455vb4pex5vsknk084sn02b'
// An error event comes with every attempt to connect; a log line, with the first.
const FEW_LINES = 16

warnSkipped('a Redis that is killed or flushed')

let queue: QueueFixture
afterEach(() => queue.tearDown())

async function atRedis(): Promise<TestRedis> {
  const redis = await startRedis()
  const databaseUrl = 'postgres://nobody@127.0.0.1:1/none'
  queue = queueFixtureAt({ databaseUrl, redisUrl: redis.url, prefix: redis.prefix }, () => redis.stop())
  return redis
}

describe.skipIf(!redisAvailable())('flushed Redis queue', () => {
  test('new wake-ups run lanes after Redis was flushed, also the lane whose wake-ups were lost', async () => {
    const redis = await atRedis()
    const lane = recordLanes()
    await queue.worker({ runLane: lane.runLane, concurrency: 1 })
    const scheduler = await queue.scheduler()
    lane.hold()
    scheduler.wakeNow([A])
    await waitFor(() => lane.running.has(A), { what: 'the run during the flush' })
    scheduler.wakeNow([A, B])
    scheduler.wakeAt(B, 100)
    await scheduler.flush()

    await redis.flush()
    lane.release()
    scheduler.wakeNow([A, B])
    scheduler.wakeAt(B, 700)

    await waitFor(() => lane.runsOf(A) === 2 && lane.runsOf(B) === 2, { what: 'the runs after the flush' })
  })
})

describe.skipIf(!redisKillable())('killed Redis queue', () => {
  test('wake-ups during a Redis outage run their lanes once Redis is back, with less than 16 log lines', async () => {
    const redis = await atRedis()
    const lane = recordLanes()
    await queue.worker({ runLane: lane.runLane })
    const scheduler = await queue.scheduler()
    scheduler.wakeNow([A])
    await waitFor(() => lane.runsOf(A) === 1, { what: 'a run before the outage' })

    await redis.kill()
    const pingedAt = performance.now()
    await expect(scheduler.ping()).rejects.toThrow()
    expect(performance.now() - pingedAt).toBeLessThan(1_000)
    const stopAt = performance.now() + 1_500
    while (performance.now() < stopAt) {
      scheduler.wakeNow([A])
      scheduler.wakeAt(B, 50)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await redis.restart()

    await scheduler.flush()
    await waitFor(() => lane.runsOf(A) === 2 && lane.runsOf(B) === 1, {
      what: 'the runs of the waiting wake-ups',
    })
    await expect(scheduler.ping()).resolves.toBeUndefined()
    expect(queue.logged.length).toBeLessThan(FEW_LINES)
  })

  test('scheduler and worker close within 9 s while Redis is down, and log the wake-ups that are left to the sweep', async () => {
    const redis = await atRedis()
    const worker = await queue.worker()
    const scheduler = await queue.scheduler()
    await redis.kill()
    scheduler.wakeNow([A, B])

    const from = performance.now()
    await Promise.all([scheduler.close(), worker.close()])

    expect(performance.now() - from).toBeLessThan(9_000)
    expect(queue.logged).toContainEqual({ step: 'lanes.deferred-to-sweep', fields: { wakeUps: 2 } })
  })

  test('a scheduler does not start while Redis is down', async () => {
    const redis = await atRedis()
    await redis.kill()
    await expect(queue.scheduler()).rejects.toThrow('the queue is not ready')
  })
})

describe('PostgreSQL queue outage', () => {
  test('wake-ups run their lanes after all PostgreSQL sessions are terminated three times', async () => {
    const database = await freshDatabase()
    await migrateQueue(database.url)
    queue = queueFixtureAt({ databaseUrl: database.url }, () => database.drop())
    const lane = recordLanes()
    await queue.worker({ runLane: lane.runLane })
    const scheduler = await queue.scheduler()
    const sql = postgres(database.url, { max: 1 })

    for (let round = 1; round <= 3; round++) {
      await sql`select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()`
      scheduler.wakeNow([A])
      // A job whose session ends between fetch and answer is found by the check for stalled jobs.
      await waitFor(() => lane.runsOf(A) >= round, { what: `the run after round ${round}` })
    }

    const steps = queue.logged.map(({ step }) => step)
    expect(steps.filter((step) => step === 'queue.faulted').length).toBeLessThan(FEW_LINES)
    // In each round the scheduler and the worker each log at most once that the queue failed and that it recovered.
    expect(steps.filter((step) => step !== 'queue.faulted').length).toBeLessThanOrEqual(3 * 2 * 2)
    await sql.end()
  })

  test("BullMQ's schema survives a crash of PostgreSQL right after its migration", async () => {
    const server = await atKillablePostgres()
    await writeLogOnlyAtCommits(server.url)
    await migrateQueue(server.url)

    await server.kill()

    await waitFor(() => answers(server.url), { what: 'PostgreSQL after the crash' })
    const scheduler = await queue.scheduler()
    scheduler.wakeNow([A])
    await scheduler.flush()
  })

  test('lanes that are woken while PostgreSQL is killed run once it is back', async () => {
    const server = await atKillablePostgres()
    await migrateQueue(server.url)
    const lane = recordLanes()
    const scheduler = await queue.scheduler()
    await queue.worker({ runLane: lane.runLane })
    scheduler.wakeNow([A])
    await waitFor(() => lane.runsOf(A) === 1, { what: 'a run before the outage' })

    lane.hold()
    scheduler.wakeNow([B])
    await waitFor(() => lane.running.has(B), { what: 'a run during the crash' })
    await server.kill()
    // Wakes the lanes as the sweep does: a crash may lose the last commits, and wake-ups with them.
    const sweep = setInterval(() => scheduler.wakeNow([A, B]), 500)
    scheduler.wakeNow([A, B])
    scheduler.wakeAt(A, 300)
    await waitFor(() => queue.logged.length > 0, { what: 'the failure of the queue' })
    lane.release()

    // The crash interrupts the run of B, and sometimes a run of A. Such a lane is free again once its run counts as
    // stalled.
    await waitFor(() => lane.runsOf(A) >= 2, { what: 'the second run of A', deadlineMs: 60_000 })
    await waitFor(() => lane.runsOf(B) >= 2, { what: 'the second run of B', deadlineMs: 60_000 })
    clearInterval(sweep)
    expect(queue.logged.length).toBeLessThan(2 * FEW_LINES)
  }, 180_000)

  test("scheduler and worker do not start without BullMQ's schema", async () => {
    const database = await freshDatabase()
    queue = queueFixtureAt({ databaseUrl: database.url }, () => database.drop())
    await expect(queue.scheduler()).rejects.toThrow('not initialized')
    await expect(queue.worker()).rejects.toThrow('not initialized')
  })

  test('four processes can migrate the queue at once, and a later one again', async () => {
    const database = await freshDatabase()
    queue = queueFixtureAt({ databaseUrl: database.url }, () => database.drop())
    await Promise.all([1, 2, 3, 4].map(() => migrateQueue(database.url)))
    await migrateQueue(database.url)
    await expect((await queue.scheduler()).ping()).resolves.toBeUndefined()
  })
})

interface KillablePostgres {
  readonly url: string
  /** Kills the server, which then starts again at the same port. */
  kill(): Promise<void>
}

/** Starts a PostgreSQL of its own for the queue. */
async function atKillablePostgres(): Promise<KillablePostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'orderbell-queue-'))
  await chmod(dataDir, 0o755)
  const server = await startEmbeddedPostgres({ dataDir, log: nullLog, purpose: 'server' })
  queue = queueFixtureAt({ databaseUrl: server.url }, async () => {
    await server.stop()
    await rm(dataDir, { recursive: true, force: true })
  })
  return {
    url: server.url,
    kill: async () => void process.kill(await postmasterPid(dataDir), 'SIGKILL'),
  }
}

/** Makes a crash lose every commit that did not wait for the disk. Otherwise it loses those of the last 0.6 s. */
async function writeLogOnlyAtCommits(url: string): Promise<void> {
  const sql = postgres(url, { max: 1 })
  await sql`alter system set wal_writer_delay = '10s'`
  await sql`alter system set wal_writer_flush_after = '1GB'`
  await sql`select pg_reload_conf()`
  await waitFor(async () => (await sql`show wal_writer_delay`)[0]?.['wal_writer_delay'] === '10s', {
    what: 'the settings of the WAL writer',
  })
  await sql.end()
}

async function answers(url: string): Promise<boolean> {
  const sql = postgres(url, { max: 1 })
  try {
    await sql`select`
    return true
  } catch {
    return false
  } finally {
    await sql.end()
  }
}

async function postmasterPid(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true })
  const file = files.find((name) => name.endsWith('postmaster.pid'))
  if (file === undefined)
    throw new Error(`no postmaster.pid below ${folder}: ${files.slice(0, 20).join(' ')}`)
  return Number((await readFile(join(folder, file), 'utf8')).split('\n')[0])
}
