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
  sayWhatIsSkipped,
  startRedis,
  type TestRedis,
} from '../../support/redis.ts'
import { waitFor } from '../../support/wait-for.ts'
import { houseAt, lanes, type QueueFixture } from './queue-fixture.ts'

const A = 'whk_01h455vb4pex5vsknk084sn02a'
const B = 'whk_01h455vb4pex5vsknk084sn02b'
// An error event comes with every attempt to connect; a log line, with the first.
const FEW_LINES = 16

sayWhatIsSkipped('a Redis that is killed or flushed')

let queue: QueueFixture
afterEach(() => queue.tearDown())

async function atRedis(): Promise<TestRedis> {
  const redis = await startRedis()
  const databaseUrl = 'postgres://nobody@127.0.0.1:1/none'
  queue = houseAt({ databaseUrl, redisUrl: redis.url, prefix: redis.prefix }, () => redis.stop())
  return redis
}

describe.skipIf(!redisAvailable())('flushed Redis queue', () => {
  test('new wake-ups run lanes after Redis was flushed, also the lane whose wake-ups were lost', async () => {
    const redis = await atRedis()
    const lane = lanes()
    await queue.worker({ runLane: lane.runLane, concurrency: 1 })
    const clock = await queue.clock()
    lane.hold()
    clock.wakeNow([A])
    await waitFor(() => lane.running.has(A), { what: 'the run during the flush' })
    clock.wakeNow([A, B])
    clock.wakeAt(B, 100)
    await clock.flush()

    await redis.flush()
    lane.release()
    clock.wakeNow([A, B])
    clock.wakeAt(B, 700)

    await waitFor(() => lane.rings(A) === 2 && lane.rings(B) === 2, { what: 'the runs after the flush' })
  })
})

describe.skipIf(!redisKillable())('killed Redis queue', () => {
  test('wake-ups during a Redis outage run their lanes once Redis is back, with less than 16 log lines', async () => {
    const redis = await atRedis()
    const lane = lanes()
    await queue.worker({ runLane: lane.runLane })
    const clock = await queue.clock()
    clock.wakeNow([A])
    await waitFor(() => lane.rings(A) === 1, { what: 'a run before the outage' })

    await redis.kill()
    const pingedAt = performance.now()
    await expect(clock.ping()).rejects.toThrow()
    expect(performance.now() - pingedAt).toBeLessThan(1_000)
    const stopAt = performance.now() + 1_500
    while (performance.now() < stopAt) {
      clock.wakeNow([A])
      clock.wakeAt(B, 50)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await redis.restart()

    await clock.flush()
    await waitFor(() => lane.rings(A) === 2 && lane.rings(B) === 1, {
      what: 'the runs of the waiting wake-ups',
    })
    await expect(clock.ping()).resolves.toBeUndefined()
    expect(queue.logged.length).toBeLessThan(FEW_LINES)
  })

  test('scheduler and worker close within 9 s while Redis is down, and log the wake-ups that are left to the sweep', async () => {
    const redis = await atRedis()
    const worker = await queue.worker()
    const clock = await queue.clock()
    await redis.kill()
    clock.wakeNow([A, B])

    const from = performance.now()
    await Promise.all([clock.close(), worker.close()])

    expect(performance.now() - from).toBeLessThan(9_000)
    expect(queue.logged).toContainEqual({ step: 'lanes.deferred-to-sweep', fields: { wakeUps: 2 } })
  })

  test('a scheduler does not start while Redis is down', async () => {
    const redis = await atRedis()
    await redis.kill()
    await expect(queue.clock()).rejects.toThrow('the queue is not ready')
  })
})

describe('PostgreSQL queue outage', () => {
  test('wake-ups run their lanes after all PostgreSQL sessions are terminated three times', async () => {
    const database = await freshDatabase()
    await migrateQueue(database.url)
    queue = houseAt({ databaseUrl: database.url }, () => database.drop())
    const lane = lanes()
    await queue.worker({ runLane: lane.runLane })
    const clock = await queue.clock()
    const sql = postgres(database.url, { max: 1 })

    for (let round = 1; round <= 3; round++) {
      await sql`select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()`
      clock.wakeNow([A])
      // A job whose session ends between fetch and answer is found by the check for stalled jobs.
      await waitFor(() => lane.rings(A) >= round, { what: `the run after round ${round}` })
    }

    const steps = queue.logged.map(({ step }) => step)
    expect(steps.filter((step) => step === 'queue.faulted').length).toBeLessThan(FEW_LINES)
    // In each round the scheduler and the worker each log at most once that the queue failed and that it recovered.
    expect(steps.filter((step) => step !== 'queue.faulted').length).toBeLessThanOrEqual(3 * 2 * 2)
    await sql.end()
  })

  test('lanes that are woken while PostgreSQL is killed run once it is back', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'orderbell-queue-'))
    await chmod(dataDir, 0o755)
    const server = await startEmbeddedPostgres({ dataDir, log: nullLog, purpose: 'server' })
    await migrateQueue(server.url)
    queue = houseAt({ databaseUrl: server.url }, async () => {
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    })
    const lane = lanes()
    const clock = await queue.clock()
    await queue.worker({ runLane: lane.runLane })
    clock.wakeNow([A])
    await waitFor(() => lane.rings(A) === 1, { what: 'a run before the outage' })

    lane.hold()
    clock.wakeNow([B])
    await waitFor(() => lane.running.has(B), { what: 'a run during the crash' })
    process.kill(await postmasterPid(dataDir), 'SIGKILL')
    // Wakes the lanes as the sweep does: a crash may lose the last commits, and wake-ups with them.
    const sweep = setInterval(() => clock.wakeNow([A, B]), 500)
    lane.release()
    clock.wakeNow([A, B])
    clock.wakeAt(A, 300)

    await waitFor(() => lane.rings(A) >= 2, { what: 'the run of a lane that was free', deadlineMs: 10_000 })
    // The crash interrupted this lane's run; the lane is free again once that run counts as stalled.
    await waitFor(() => lane.rings(B) >= 2, { what: 'the run of the interrupted lane', deadlineMs: 60_000 })
    clearInterval(sweep)
    expect(queue.logged.length).toBeLessThan(2 * FEW_LINES)
  }, 120_000)

  test("scheduler and worker do not start without BullMQ's schema", async () => {
    const database = await freshDatabase()
    queue = houseAt({ databaseUrl: database.url }, () => database.drop())
    await expect(queue.clock()).rejects.toThrow('not initialized')
    await expect(queue.worker()).rejects.toThrow('not initialized')
  })

  test('four processes can migrate the queue at once, and a later one again', async () => {
    const database = await freshDatabase()
    queue = houseAt({ databaseUrl: database.url }, () => database.drop())
    await Promise.all([1, 2, 3, 4].map(() => migrateQueue(database.url)))
    await migrateQueue(database.url)
    await expect((await queue.clock()).ping()).resolves.toBeUndefined()
  })
})

async function postmasterPid(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true })
  const file = files.find((name) => name.endsWith('postmaster.pid'))
  if (file === undefined)
    throw new Error(`no postmaster.pid below ${folder}: ${files.slice(0, 20).join(' ')}`)
  return Number((await readFile(join(folder, file), 'utf8')).split('\n')[0])
}
