import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { warnSkipped } from '../../support/redis.ts'
import { waitFor } from '../../support/wait-for.ts'
import { backends, recordLanes, startQueueFixture, type QueueFixture } from './queue-fixture.ts'

const A = 'whk_01h455vb4pex5vsknk084sn02a'
const B = 'whk_01h455vb4pex5vsknk084sn02b'
const C = 'whk_01h455vb4pex5vsknk084sn02c'

warnSkipped('wake-ups on Redis')

describe.each(backends)('wake-ups on %s', (backend) => {
  let queue: QueueFixture
  beforeEach(async () => void (queue = await startQueueFixture(backend)))
  afterEach(() => queue.tearDown())

  test('a wake-up runs the lane of its webhook and no other', async () => {
    const lane = recordLanes()
    await queue.worker({ runLane: lane.runLane })
    const scheduler = await queue.scheduler()

    scheduler.wakeNow([A])

    await waitFor(() => lane.runsOf(A) === 1, { what: 'the run' })
    scheduler.wakeNow([B])
    await waitFor(() => lane.runsOf(B) === 1, { what: 'the run of the other lane' })
    expect(lane.runsOf(A)).toBe(1)
  })

  test('a wake-up before any worker exists runs its lane when a worker starts', async () => {
    const lane = recordLanes()
    const scheduler = await queue.scheduler()
    scheduler.wakeNow([A])
    await scheduler.flush()

    await queue.worker({ runLane: lane.runLane })

    await waitFor(() => lane.runsOf(A) === 1, { what: 'the run' })
  })

  test('a wake-up during a run is followed by a second run', async () => {
    const lane = recordLanes()
    await queue.worker({ runLane: lane.runLane })
    const scheduler = await queue.scheduler()
    lane.hold()
    scheduler.wakeNow([A])
    await waitFor(() => lane.running.has(A), { what: 'the first run' })

    scheduler.wakeNow([A])
    await scheduler.flush()
    expect(lane.runsOf(A)).toBe(1)
    lane.release()

    await waitFor(() => lane.runsOf(A) === 2, { what: 'the second run' })
  })

  test('a hundred wake-ups of one lane cause two runs', async () => {
    const lane = recordLanes()
    await queue.worker({ runLane: lane.runLane })
    const [scheduler, another] = [await queue.scheduler(), await queue.scheduler()]
    lane.hold()
    scheduler.wakeNow([A])
    await waitFor(() => lane.running.has(A), { what: 'the first run' })

    for (let wake = 0; wake < 50; wake++) {
      scheduler.wakeNow([A])
      another.wakeNow([A])
      if (wake % 10 === 0) await scheduler.flush()
    }
    await Promise.all([scheduler.flush(), another.flush()])
    lane.release()
    await waitFor(() => lane.runsOf(A) === 2, { what: 'the second run' })

    // Another run of A would come before the run of B, whose wake-up was last.
    scheduler.wakeNow([B])
    await waitFor(() => lane.runsOf(B) === 1, { what: 'the run of the other lane' })
    expect(lane.runsOf(A)).toBe(2)
  })

  test('the lanes of 500 webhooks that are woken at once run once each', async () => {
    const lane = recordLanes()
    const ids = Array.from({ length: 500 }, (_, n) => `whk_${String(n).padStart(26, '0')}`)
    const scheduler = await queue.scheduler()
    scheduler.wakeNow(ids)
    await scheduler.flush()
    await queue.worker({ runLane: lane.runLane, concurrency: 20 })

    await waitFor(() => lane.runs.length >= 500, { what: 'five hundred runs' })
    expect(new Set(lane.runs.map((run) => run.webhookId)).size).toBe(500)
    expect(lane.runs).toHaveLength(500)
  })

  test('a webhook that is woken alone runs among the first 51 after 500 webhooks were woken together', async () => {
    const lane = recordLanes()
    const ids = Array.from({ length: 500 }, (_, n) => `whk_${String(n).padStart(26, '0')}`)
    const scheduler = await queue.scheduler()
    scheduler.wakeNow(ids)
    await scheduler.flush()
    scheduler.wakeNow([A])
    await scheduler.flush()
    await queue.worker({ runLane: lane.runLane, concurrency: 1 })

    await waitFor(() => lane.runs.length === 501, { what: 'all runs' })
    // The worker may have fetched one job of 50 lanes before the other job existed.
    expect(lane.runs.findIndex(({ webhookId }) => webhookId === A)).toBeLessThanOrEqual(50)
  })

  test('lanes that are woken together share jobs of 50 lanes, and waking the same lanes again adds no job', async () => {
    const lane = recordLanes()
    const ids = Array.from({ length: 100 }, (_, n) => `whk_${String(n).padStart(26, '0')}`)
    const scheduler = await queue.scheduler()
    for (let time = 0; time < 3; time += 1) {
      scheduler.wakeNow(ids)
      await scheduler.flush()
    }
    lane.hold()
    await queue.worker({ runLane: lane.runLane, concurrency: 1 })
    await waitFor(() => lane.running.size === 50, { what: 'the lanes of one job' })
    lane.release()

    await waitFor(() => lane.runs.length === 100, { what: 'the lanes of both jobs' })
    scheduler.wakeNow([A])
    await waitFor(() => lane.runsOf(A) === 1, { what: 'a job that was added after them' })
    expect(lane.runs).toHaveLength(101)
  })

  test('the lanes of three webhooks that are woken together run in one job', async () => {
    const lane = recordLanes()
    const scheduler = await queue.scheduler()
    scheduler.wakeNow([A, B])
    scheduler.wakeNow([C])
    lane.hold()
    await queue.worker({ runLane: lane.runLane, concurrency: 1 })
    await waitFor(() => lane.running.size === 3, { what: 'three lanes of the only job that may run' })
    lane.release()
  })

  test('while no process runs jobs, wake-ups add no jobs to more than 500 that wait, and a worker then runs all lanes', async () => {
    const lane = recordLanes()
    const ids = Array.from({ length: 60 }, (_, n) => `whk_${String(n).padStart(26, '0')}`)
    const pairs = ids.flatMap((one, n) => ids.slice(n + 1).map((other) => [one, other]))
    const scheduler = await queue.scheduler()
    const waitingJobs = await queue.waitingJobs()
    const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
    const woken = new Set<string>()
    const wake = async (webhookIds: readonly string[] = []): Promise<void> => {
      for (const id of webhookIds) woken.add(id)
      scheduler.wakeNow(webhookIds)
      // While the wake-ups wait, the flush does not end.
      await Promise.race([scheduler.flush(), pause(100)])
    }
    while ((await waitingJobs()) <= 500) await wake(pairs.pop())
    // The scheduler counts the jobs every 2 s.
    await pause(2_500)
    const waiting = await waitingJobs()
    for (const pair of pairs.splice(0, 20)) await wake(pair)
    await wake([A])
    expect(await waitingJobs()).toBe(waiting)

    await queue.worker({ runLane: lane.runLane, concurrency: 20 })

    await waitFor(() => lane.runsOf(A) > 0, { what: 'the lane that was woken last' })
    expect(new Set(lane.runs.map(({ webhookId }) => webhookId))).toEqual(woken)
  }, 30_000)

  test.each([
    ['200 ms', 200, 5_000],
    ['300 ms', 5_000, 300],
  ])(
    'of two timed wake-ups of a webhook the earlier runs the lane at its time, here after %s',
    async (_which, firstMs, lastMs) => {
      const lane = recordLanes()
      await queue.worker({ runLane: lane.runLane })
      const scheduler = await queue.scheduler()
      const addedAt = performance.now()
      scheduler.wakeAt(A, firstMs)
      await scheduler.flush()
      scheduler.wakeAt(A, lastMs)
      await scheduler.flush()

      await waitFor(() => lane.runsOf(A) === 1, { what: 'the run', deadlineMs: 2_500 })
      expect((lane.runs[0]?.atMs ?? 0) - addedAt).toBeGreaterThanOrEqual(Math.min(firstMs, lastMs) - 5)
    },
  )

  test('timed wake-ups of 40 webhooks for the same 100 ms run in one job, and those that are stored already in no other', async () => {
    const lane = recordLanes()
    const ids = Array.from({ length: 40 }, (_, n) => `whk_${String(n).padStart(26, '0')}`)
    const scheduler = await queue.scheduler()
    // In the middle of an interval, so that the delays of the second round end in it as well.
    const delayMs = 2_050 - (performance.now() % 100)
    const beganMs = performance.now()
    for (const id of ids) scheduler.wakeAt(id, delayMs)
    await scheduler.flush()
    for (const id of ids) scheduler.wakeAt(id, delayMs - (performance.now() - beganMs))
    await scheduler.flush()
    await queue.worker({ runLane: lane.runLane })

    await waitFor(() => lane.runs.length >= 40, { what: 'the runs' })
    const at = lane.runs.map(({ atMs }) => atMs)
    expect(Math.min(...at) - beganMs).toBeGreaterThanOrEqual(delayMs - 5)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(lane.runs).toHaveLength(40)
  })

  test('an immediate wake-up does not wait for a timed one and does not replace it', async () => {
    const lane = recordLanes()
    await queue.worker({ runLane: lane.runLane })
    const scheduler = await queue.scheduler()
    scheduler.wakeAt(A, 600)
    await scheduler.flush()

    scheduler.wakeNow([A])

    await waitFor(() => lane.runsOf(A) === 1, { what: 'the immediate run', deadlineMs: 500 })
    await waitFor(() => lane.runsOf(A) === 2, { what: 'the timed run', deadlineMs: 2_000 })
  })

  test('a timed wake-up that becomes due during a run of its lane runs the lane again', async () => {
    const lane = recordLanes()
    await queue.worker({ runLane: lane.runLane })
    const scheduler = await queue.scheduler()
    lane.hold()
    scheduler.wakeNow([A])
    await waitFor(() => lane.running.has(A), { what: 'the first run' })
    scheduler.wakeAt(A, 50)
    scheduler.wakeAt(B, 150)
    await waitFor(() => lane.running.has(B), { what: 'the run of another webhook' })

    lane.release()

    await waitFor(() => lane.runsOf(A) === 2, { what: 'the second run' })
  })

  test('a timed wake-up that is added during a run keeps its time of 600 ms', async () => {
    const lane = recordLanes()
    await queue.worker({ runLane: lane.runLane })
    const scheduler = await queue.scheduler()
    lane.hold()
    scheduler.wakeAt(A, 20)
    await waitFor(() => lane.running.has(A), { what: 'the run of the earlier wake-up' })

    const addedAt = performance.now()
    scheduler.wakeAt(A, 600)
    await scheduler.flush()
    await new Promise((resolve) => setTimeout(resolve, 400))
    lane.release()

    await waitFor(() => lane.runsOf(A) === 2, { what: 'the run of the later wake-up' })
    const afterMs = (lane.runs[1]?.atMs ?? 0) - addedAt
    expect(afterMs).toBeGreaterThanOrEqual(595)
    expect(afterMs).toBeLessThan(900)
  })

  test('a run follows the last of many random wake-ups of a webhook', async () => {
    const lane = recordLanes()
    const ids = Array.from({ length: 12 }, (_, n) => `whk_${String(n).padStart(26, '0')}`)
    const written = new Map(ids.map((id) => [id, 0]))
    const read = new Map(ids.map((id) => [id, 0]))
    const runLane = async (id: string): Promise<void> => {
      read.set(id, written.get(id) ?? 0)
      await lane.runLane(id)
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 8))
    }
    await Promise.all([queue.worker({ runLane, concurrency: 3 }), queue.worker({ runLane, concurrency: 3 })])
    const clocks = [await queue.scheduler(), await queue.scheduler()]

    const stopAt = performance.now() + 2_000
    const wakers = clocks.map(async (scheduler) => {
      while (performance.now() < stopAt) {
        const some = ids.filter(() => Math.random() < 0.4)
        for (const id of some) written.set(id, (written.get(id) ?? 0) + 1)
        if (Math.random() < 0.7) scheduler.wakeNow(some)
        else for (const id of some) scheduler.wakeAt(id, Math.random() * 60)
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 15))
      }
    })
    await Promise.all(wakers)

    await waitFor(() => ids.every((id) => read.get(id) === written.get(id)), {
      what: 'a run after each last wake-up',
    })
    expect(queue.logged.filter(({ step }) => step === 'lane.job-failed')).toEqual([])
  })

  test('a lane run that throws is logged with its webhook and cause, and the lane can run again', async () => {
    let runs = 0
    const runLane = (): Promise<void> => {
      runs++
      return runs === 1
        ? Promise.reject(new Error('no lease', { cause: new Error('no rows') }))
        : Promise.resolve()
    }
    await queue.worker({ runLane })
    const scheduler = await queue.scheduler()
    scheduler.wakeNow([A])
    await waitFor(() => queue.logged.length > 0, { what: 'the line in the log' })

    scheduler.wakeNow([A])

    await waitFor(() => runs === 2, { what: 'the second run' })
    expect(queue.logged).toEqual([
      { step: 'lane.job-failed', fields: { webhookId: A, cause: 'no lease: no rows' } },
    ])
  })

  test('a closing worker waits for the current run and starts no other', async () => {
    const lane = recordLanes()
    const worker = await queue.worker({ runLane: lane.runLane, concurrency: 1 })
    const scheduler = await queue.scheduler()
    lane.hold()
    scheduler.wakeNow([A])
    await waitFor(() => lane.running.has(A), { what: 'the run' })
    scheduler.wakeNow([B])
    await scheduler.flush()
    let closed = false

    const closing = worker.close().then(() => (closed = true))
    // Longer than closing takes at most when no lane runs.
    await new Promise((resolve) => setTimeout(resolve, 5_500))
    expect(closed).toBe(false)
    lane.release()
    await closing

    expect(lane.runs.map((run) => run.webhookId)).toEqual([A])
    await queue.worker({ runLane: lane.runLane })
    await waitFor(() => lane.runsOf(B) === 1, { what: 'the run by the next worker' })
  })

  test("the scheduler's ping resolves while the queue works", async () => {
    const scheduler = await queue.scheduler()
    await expect(scheduler.ping()).resolves.toBeUndefined()
  })
})
