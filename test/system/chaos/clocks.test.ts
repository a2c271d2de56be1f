/** A process whose clock is wrong, on both queues: the process and those started after it continue to deliver. */
import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import { afterAll, describe, it } from 'vitest'
import type { Tenant } from '../../support/server.ts'
import { migratedDatabase } from '../../support/postgres.ts'
import { startReceiver } from '../../support/receiver.ts'
import { redisAvailable, warnSkipped, startRedis } from '../../support/redis.ts'
import { shiftedClock } from '../../support/shifted-clock.ts'
import { waitFor } from '../../support/wait-for.ts'
import { endAll, startServer, type Environment, type Server } from '../support/process.ts'
import { createProject, createSite, createWebhook } from '../support/tenant.ts'
import { createOrder } from '../support/order.ts'

const dayMs = 86_400_000
/** A due delivery is sent within this time, also when its job was lost. */
const withinMs = 30_000
const timeout = 150_000

warnSkipped('wrong clocks with the queue on Redis')
const queues = redisAvailable() ? (['postgres', 'redis'] as const) : (['postgres'] as const)

/** A database, a queue and a receiver of one test. */
async function startClockFixture(queue: (typeof queues)[number]) {
  const [database, receiver] = await Promise.all([migratedDatabase(), startReceiver()])
  const redis = queue === 'redis' ? await startRedis() : undefined
  const settings: Environment = {
    DATABASE_URL: database.url,
    SECRETS_KEYS: `test:${Buffer.alloc(32, 7).toString('base64')}`,
    ...(redis !== undefined && { REDIS_URL: redis.url }),
  }
  const servers: Server[] = []
  return {
    settings,
    receiver,
    /** Starts a server with more settings. */
    start: async (more: Environment = {}): Promise<Server> => {
      const server = await startServer({ ...settings, ...more })
      servers.push(server)
      return server
    },
    /** Lets one attempt fail and makes its retry due without a job, as when the job was lost. */
    loseJob: async (tenant: Tenant, siteId: string): Promise<void> => {
      await createWebhook(tenant, receiver.url, { waitMs: 3_600_000 })
      receiver.script(500, 200)
      await createOrder(tenant, siteId)
      await waitFor(() => receiver.requests.length === 1, { what: 'the first attempt' })
      const sql = postgres(database.url, { max: 1 })
      try {
        await waitFor(async () => (await makeDue(sql)) === 1, { what: 'a delivery that waits for its retry' })
      } finally {
        await sql.end()
      }
    },
    close: async (): Promise<void> => {
      for (const server of servers) server.signal('SIGKILL')
      await Promise.all(servers.map(({ ended }) => ended))
      await Promise.all([receiver.close(), database.drop(), redis?.stop()])
    },
  }
}

afterAll(endAll)

// The tests wait most of the time, each with a fixture of its own.
describe.concurrent.each(queues)('wrong clock with the queue on %s', (queue) => {
  it(
    'a process with the right clock sweeps after a process whose clock was a day ahead is killed',
    { timeout },
    async ({ onTestFinished }) => {
      const { settings, receiver, start, loseJob, close } = await startClockFixture(queue)
      onTestFinished(close)
      const project = await createProject(settings)
      const shifted = await start(shiftedClock(dayMs))
      shifted.signal('SIGUSR2')
      // Longer than the interval of the sweep.
      await pause(6_000)
      shifted.signal('SIGKILL')
      await shifted.ended

      const tenant = project.through(await start())
      await loseJob(tenant, await createSite(tenant))
      await waitFor(() => receiver.requests.length === 2, {
        what: 'the second attempt',
        deadlineMs: withinMs,
      })
    },
  )

  it.for([dayMs, -dayMs])(
    'a process whose clock jumps by %i ms sends a delivery that lost its job and delivers a new order',
    { timeout },
    async (shiftMs, { onTestFinished }) => {
      const { settings, receiver, start, loseJob, close } = await startClockFixture(queue)
      onTestFinished(close)
      const project = await createProject(settings)
      const server = await start(shiftedClock(shiftMs))
      server.signal('SIGUSR2')
      await pause(6_000)
      const tenant = project.through(server)
      const siteId = await createSite(tenant)
      await loseJob(tenant, siteId)
      await waitFor(() => receiver.requests.length === 2, {
        what: 'the second attempt',
        deadlineMs: withinMs,
      })
      await createOrder(tenant, siteId)
      await waitFor(() => receiver.requests.length === 3, {
        what: 'the request of another order',
        deadlineMs: withinMs,
      })
    },
  )
})

/** Makes the deliveries that wait for their retry due, and returns their number. */
async function makeDue(sql: postgres.Sql): Promise<number> {
  const rows = await sql`
    update due_deliveries set due_at = now() where lease_token is null and due_at > now() returning delivery_id`
  return rows.length
}
