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
// An error event comes with every try to connect; a log line, with the first.
const FEW_LINES = 16

sayWhatIsSkipped('what happens when Redis dies or is emptied')

let queue: QueueFixture
afterEach(() => queue.tearDown())

async function atRedis(): Promise<TestRedis> {
  const redis = await startRedis()
  const databaseUrl = 'postgres://nobody@127.0.0.1:1/none'
  queue = houseAt({ databaseUrl, redisUrl: redis.url, prefix: redis.prefix }, () => redis.stop())
  return redis
}

describe.skipIf(!redisAvailable())('after Redis was flushed', () => {
  test('new wakes ring, also for the webhook whose wakes were lost', async () => {
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

    await waitFor(() => lane.rings(A) === 2 && lane.rings(B) === 2, { what: 'the rings after the flush' })
  })
})

describe.skipIf(!redisKillable())('when Redis dies', () => {
  test('wakes made meanwhile ring when it is back, and the log stays short', async () => {
    const redis = await atRedis()
    const lane = lanes()
    await queue.worker({ runLane: lane.runLane })
    const clock = await queue.clock()
    clock.wakeNow([A])
    await waitFor(() => lane.rings(A) === 1, { what: 'a ring before' })

    await redis.kill()
    const askedAt = performance.now()
    await expect(clock.ping()).rejects.toThrow()
    expect(performance.now() - askedAt).toBeLessThan(1_000)
    const stopAt = performance.now() + 1_500
    while (performance.now() < stopAt) {
      clock.wakeNow([A])
      clock.wakeAt(B, 50)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await redis.restart()

    await clock.flush()
    await waitFor(() => lane.rings(A) === 2 && lane.rings(B) === 1, {
      what: 'the rings of the wakes that waited',
    })
    await expect(clock.ping()).resolves.toBeUndefined()
    expect(queue.logged.length).toBeLessThan(FEW_LINES)
  })

  test('clock and worker close all the same, and say what is left to the sweep', async () => {
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

  test('a start without it is refused', async () => {
    const redis = await atRedis()
    await redis.kill()
    await expect(queue.clock()).rejects.toThrow('the queue is not ready')
  })
})

describe('when Postgres drops connections', () => {
  test('wakes go on after every session was ended, LISTEN included', async () => {
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
      // A session that ends between a job's fetch and its answer leaves that job to the check for stalled ones.
      await waitFor(() => lane.rings(A) >= round, { what: `the ring after round ${round}` })
    }

    const steps = queue.logged.map(({ step }) => step)
    expect(steps.filter((step) => step === 'queue.faulted').length).toBeLessThan(FEW_LINES)
    // The clock and the worker each say at most once in a round that the queue failed, and that it is back.
    expect(steps.filter((step) => step !== 'queue.faulted').length).toBeLessThanOrEqual(3 * 2 * 2)
    await sql.end()
  })

  test('lanes woken while Postgres was killed ring when it is back', async () => {
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
    await waitFor(() => lane.rings(A) === 1, { what: 'a ring before' })

    lane.hold()
    clock.wakeNow([B])
    await waitFor(() => lane.running.has(B), { what: 'a run during the crash' })
    process.kill(await postmasterPid(dataDir), 'SIGKILL')
    // As the sweep does: the last commits before a crash may be lost, and wakes among them.
    const sweep = setInterval(() => clock.wakeNow([A, B]), 500)
    lane.release()
    clock.wakeNow([A, B])
    clock.wakeAt(A, 300)

    await waitFor(() => lane.rings(A) >= 2, { what: 'the ring of a lane that was free', deadlineMs: 10_000 })
    // The crash caught this lane's run before it could finish; it is free again when that run counts as stalled.
    await waitFor(() => lane.rings(B) >= 2, { what: 'the ring of the lane that ran', deadlineMs: 60_000 })
    clearInterval(sweep)
    expect(queue.logged.length).toBeLessThan(2 * FEW_LINES)
  }, 120_000)

  test('a start without BullMQ’s schema is refused', async () => {
    const database = await freshDatabase()
    queue = houseAt({ databaseUrl: database.url }, () => database.drop())
    await expect(queue.clock()).rejects.toThrow('not initialized')
    await expect(queue.worker()).rejects.toThrow('not initialized')
  })

  test('several processes may migrate at once, and again', async () => {
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
