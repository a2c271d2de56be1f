import { spawn } from 'node:child_process'
import { once } from 'node:events'
import postgres from 'postgres'
import { expect, test } from 'vitest'
import { warnSkipped } from '../../support/redis.ts'
import { shiftedClock } from '../../support/shifted-clock.ts'
import { waitFor } from '../../support/wait-for.ts'
import { backends, recordLanes, startQueueFixture } from './queue-fixture.ts'

const A = 'whk_01h455vb4pex5vsknk084sn02a'
const B = 'whk_01h455vb4pex5vsknk084sn02b'

warnSkipped('a killed worker on Redis')

// The tests wait for time limits of the queue, each with a queue of its own.
test.concurrent.for(backends)(
  'the lane of a killed worker runs in another worker within 20 s, on %s',
  { timeout: 40_000 },
  async (backend, { onTestFinished }) => {
    const queue = await startQueueFixture(backend)
    onTestFinished(() => queue.tearDown())
    const scheduler = await queue.scheduler()
    const child = spawn(process.execPath, ['--input-type=module', '-e', endlessWorker], {
      env: { ...process.env, WHERE: JSON.stringify(queue.where) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    scheduler.wakeNow([A])
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    const killedAt = performance.now()

    const lane = recordLanes()
    await queue.worker({ runLane: lane.runLane })
    scheduler.wakeNow([A])

    await waitFor(() => lane.runsOf(A) >= 1, { what: 'the run by another worker', deadlineMs: 22_000 })
    expect(performance.now() - killedAt).toBeLessThan(20_000)
  },
)

test.concurrent(
  'a worker that is killed while its clock is a day ahead blocks its lane for at most 30 s',
  async ({ onTestFinished }) => {
    const queue = await startQueueFixture('postgres')
    onTestFinished(() => queue.tearDown())
    const scheduler = await queue.scheduler()
    const child = spawn(process.execPath, ['--input-type=module', '-e', endlessWorker], {
      env: { ...process.env, ...shiftedClock(86_400_000), WHERE: JSON.stringify(queue.where) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    // The first run begins before the clock is set, the second after it.
    scheduler.wakeNow([A])
    await once(child.stdout, 'data')
    child.kill('SIGUSR2')
    scheduler.wakeNow([B])
    await once(child.stdout, 'data')
    // Waits until the worker has checked for stalled jobs with its clock: no other worker checks for a day after that.
    const sql = postgres(queue.where.databaseUrl, { max: 1 })
    const checksAhead = () => sql`
    select from bullmq.meta where field = 'stalled-check'
    and value::bigint > extract(epoch from now()) * 1000 + 3600000`
    await waitFor(async () => (await checksAhead()).length > 0, { what: 'a check with the wrong clock' })
    child.kill('SIGKILL')
    await sql.end()

    const lane = recordLanes()
    await queue.worker({ runLane: lane.runLane })
    scheduler.wakeNow([A, B])
    await waitFor(() => lane.runsOf(A) >= 1 && lane.runsOf(B) >= 1, {
      what: 'both lanes',
      deadlineMs: 30_000,
    })
  },
  60_000,
)

/** A worker whose lane runs never end; it prints a line when one begins. */
const endlessWorker = `
  import { startLaneWorker } from ${JSON.stringify(new URL('../../../dist/queue/lane-worker.js', import.meta.url).href)}
  const nothing = () => undefined
  await startLaneWorker({
    ...JSON.parse(process.env.WHERE),
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    concurrency: 2,
    runLane: () => new Promise(() => console.log('running')),
    queue: { condition: () => 'ok', works: nothing, fails: nothing },
  })
`
