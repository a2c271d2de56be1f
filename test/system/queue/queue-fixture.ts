/** An empty queue on either backend for one test, and lanes that record their runs and can be held. */
import type { Log } from '../../../src/ports/log.ts'
import { makeDeliveryScheduler, type DeliveryScheduler } from '../../../src/queue/delivery-scheduler.ts'
import { startLaneWorker, type LaneWorker, type LaneWorkerOptions } from '../../../src/queue/lane-worker.ts'
import { closeAll, openBackend } from '../../../src/queue/backend/open-backend.ts'
import { waitingJobs } from '../../../src/queue/backend/waiting-jobs.ts'
import { LANES } from '../../../src/queue/jobs.ts'
import { makeQueueState } from '../../../src/queue/backend/queue-state.ts'
import { migratedDatabase } from '../../support/postgres.ts'
import { redisAvailable, startRedis } from '../../support/redis.ts'

export const backends = redisAvailable() ? (['postgres', 'redis'] as const) : (['postgres'] as const)
export type BackendName = (typeof backends)[number]

const TEAR_DOWN_WITHIN_MS = 8_000

export interface QueueFixture {
  readonly where: { readonly databaseUrl: string; readonly redisUrl?: string; readonly prefix?: string }
  readonly logged: { readonly step: string; readonly fields: Record<string, unknown> }[]
  scheduler(): Promise<DeliveryScheduler>
  worker(parts?: Partial<LaneWorkerOptions>): Promise<LaneWorker>
  /** Opens a connection that counts the lane jobs that wait for a worker. */
  waitingJobs(): Promise<() => Promise<number>>
  tearDown(): Promise<void>
}

export async function startQueueFixture(backend: BackendName): Promise<QueueFixture> {
  if (backend === 'redis') {
    const redis = await startRedis()
    const where = {
      databaseUrl: 'postgres://nobody@127.0.0.1:1/none',
      redisUrl: redis.url,
      prefix: redis.prefix,
    }
    return queueFixtureAt(where, () => redis.stop())
  }
  const database = await migratedDatabase()
  return queueFixtureAt({ databaseUrl: database.url }, () => database.drop())
}

export function queueFixtureAt(where: QueueFixture['where'], tearDown: () => Promise<void>): QueueFixture {
  const logged: QueueFixture['logged'] = []
  const note = (fields: Record<string, unknown>, step: string): void => void logged.push({ step, fields })
  const log: Log = { debug: note, info: note, warn: note, error: note }
  const open: { close(): Promise<void> }[] = []
  return {
    where,
    logged,
    scheduler: async () => {
      const scheduler = await makeDeliveryScheduler({ ...where, log })
      open.push(scheduler)
      return scheduler
    },
    worker: async (parts = {}) => {
      const runLane = (): Promise<void> => Promise.resolve()
      const queue = makeQueueState(log)
      const worker = await startLaneWorker({ ...where, log, concurrency: 4, runLane, queue, ...parts })
      open.push(worker)
      return worker
    },
    waitingJobs: async () => {
      const { backend } = await openBackend({ ...where, log }, 'scheduler')
      const lanes = backend.queue(LANES)
      open.push({ close: () => closeAll(backend, [lanes], () => undefined) })
      return () => waitingJobs(lanes)
    },
    tearDown: async () => {
      // A failed test may have left a lane run held, and a closing worker waits for its runs.
      const closed = Promise.all(open.map((part) => part.close()))
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, TEAR_DOWN_WITHIN_MS))])
      await tearDown()
    },
  }
}

/** Lanes that record their runs. A run does not end while it is held. */
export function recordLanes(): {
  readonly runs: { readonly webhookId: string; readonly atMs: number }[]
  readonly running: Set<string>
  readonly runLane: (webhookId: string) => Promise<void>
  readonly runsOf: (webhookId: string) => number
  /** From now on runs do not end until the release. */
  readonly hold: () => void
  readonly release: () => void
} {
  const runs: { webhookId: string; atMs: number }[] = []
  const running = new Set<string>()
  let held: Promise<void> = Promise.resolve()
  let letGo = (): void => undefined
  return {
    runs,
    running,
    runLane: async (webhookId) => {
      running.add(webhookId)
      runs.push({ webhookId, atMs: performance.now() })
      await held
      running.delete(webhookId)
    },
    runsOf: (webhookId) => runs.filter((run) => run.webhookId === webhookId).length,
    hold: () => {
      held = new Promise((resolve) => (letGo = resolve))
    },
    release: () => letGo(),
  }
}
