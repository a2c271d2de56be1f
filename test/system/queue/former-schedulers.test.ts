import { Queue, createPostgresBackend, type PgPool } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { warnSkipped } from '../../support/redis.ts'
import { waitFor } from '../../support/wait-for.ts'
import { backends, recordLanes, startQueueFixture, type QueueFixture } from './queue-fixture.ts'

const A = 'whk_01h455vb4pex5vsknk084sn02a'

warnSkipped('schedulers of earlier versions on Redis')

describe.each(backends)('job schedulers of an earlier version on %s', (backend) => {
  let queue: QueueFixture
  let schedules: Pick<Queue, 'upsertJobScheduler' | 'getJobSchedulersCount' | 'close'>
  let disconnect: () => unknown
  beforeEach(async () => {
    queue = await startQueueFixture(backend)
    const { redisUrl, databaseUrl, prefix } = queue.where
    if (redisUrl !== undefined) {
      const connection = new Redis(redisUrl, { maxRetriesPerRequest: null })
      disconnect = () => connection.disconnect()
      schedules = new Queue('schedules', { connection, ...(prefix !== undefined && { prefix }) })
    } else {
      const pool = new pg.Pool({ connectionString: databaseUrl, options: '-c search_path=bullmq' })
      pool.on('error', () => undefined)
      disconnect = () => pool.end()
      schedules = new Queue('schedules', { connection: pool as unknown as PgPool }, createPostgresBackend)
    }
  })
  afterEach(async () => {
    await schedules.close()
    await disconnect()
    await queue.tearDown()
  })

  test('job schedulers of an earlier version are removed at the start, also when their next run is a day away', async () => {
    await schedules.upsertJobScheduler(
      'sweep',
      { every: 5_000, startDate: Date.now() + 86_400_000 },
      { name: 'sweep' },
    )
    await schedules.upsertJobScheduler('retention', { every: 3_600_000 }, { name: 'retention' })
    await queue.worker()
    await waitFor(async () => (await schedules.getJobSchedulersCount()) === 0, { what: 'no scheduler' })
  })

  test('job schedulers that a running earlier version adds again are removed without a log line', async () => {
    const lane = recordLanes()
    await queue.worker({ runLane: lane.runLane })
    await schedules.upsertJobScheduler('sweep', { every: 200 }, { name: 'sweep' })
    await waitFor(async () => (await schedules.getJobSchedulersCount()) === 0, { what: 'no scheduler' })
    const scheduler = await queue.scheduler()
    scheduler.wakeAt(A, 50)
    await waitFor(() => lane.runsOf(A) === 1, { what: 'a lane run' })
    expect(queue.logged.filter(({ step }) => step === 'lane.unknown-job')).toEqual([])
  })
})
