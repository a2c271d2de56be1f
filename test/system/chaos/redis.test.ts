/** The queue on Redis: deliveries end to end, and deliveries while Redis loses its data or is down. */
import { setTimeout as pause } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { depth } from '../../support/depth.ts'
import { migratedDatabase, type FreshDatabase } from '../../support/postgres.ts'
import { startReceiver } from '../../support/receiver.ts'
import {
  redisAvailable,
  redisKillable,
  warnSkipped,
  startRedis,
  type TestRedis,
} from '../../support/redis.ts'
import { waitFor } from '../../support/wait-for.ts'
import { allSettled, checkLedger } from '../support/ledger.ts'
import { startLoad, type Accepted } from '../support/load.ts'
import type { Readiness } from '../../../src/runtime/server/readiness.ts'
import { endAll, startServer, type Environment, type Server } from '../support/process.ts'
import { answerAfterMs, type Fixture } from '../support/fixture.ts'
import { verifyDeliveries, createProject, createSite, createWebhook } from '../support/tenant.ts'

const enough = depth(200)
type WebhookFixture = Pick<Fixture, 'receiver' | 'project' | 'tenant' | 'siteId' | 'webhookId'>

const deadlineMs = 60_000
const timeout = 2 * deadlineMs

warnSkipped('deliveries over Redis, and a Redis that is flushed or killed under load')

describe.skipIf(!redisAvailable())('queue on Redis', () => {
  let redis: TestRedis
  let database: FreshDatabase
  let settings: Environment

  beforeAll(async () => {
    redis = await startRedis()
    database = await migratedDatabase()
    const SECRETS_KEYS = `test:${Buffer.alloc(32, 7).toString('base64')}`
    settings = { DATABASE_URL: database.url, REDIS_URL: redis.url, SECRETS_KEYS }
  })
  afterAll(async () => {
    await endAll()
    await database.drop()
    await redis.stop()
  })

  describe('one server', () => {
    let server: Server
    beforeAll(async () => {
      server = await startServer(settings)
    }, timeout)
    afterAll(async () => {
      server.signal('SIGKILL')
      await server.ended
    })

    /** A project with a webhook for all order topics. */
    async function projectOnRedis(): Promise<WebhookFixture> {
      const receiver = await startReceiver()
      onTestFinished(() => receiver.close())
      receiver.script((_request, response) => {
        setTimeout(() => response.writeHead(200).end(), answerAfterMs)
      })
      const project = await createProject(settings)
      const tenant = project.through(server)
      const [siteId, webhookId] = await Promise.all([createSite(tenant), createWebhook(tenant, receiver.url)])
      return { receiver, project, tenant: () => tenant, siteId, webhookId }
    }

    it(
      'an order change is sent to its webhook with a valid signature, and the feed sends its attempts',
      { timeout },
      async () => {
        const { tenant, siteId } = await projectOnRedis()
        const receiver = await startReceiver()
        onTestFinished(() => receiver.close())
        expect(server.log('app.started')[0]).toMatchObject({ queue: 'redis' })
        // Each delivery fails once.
        const seen = new Set<unknown>()
        receiver.script(({ headers }, response) => {
          response.writeHead(seen.has(headers['webhook-id']) ? 200 : 500).end()
          seen.add(headers['webhook-id'])
        })
        const made = await tenant().gql<{ webhookCreate: { webhook: { id: string }; secret: string } }>(
          `mutation ($input: WebhookCreateInput!) { webhookCreate(input: $input) { webhook { id } secret } }`,
          {
            input: {
              name: 'POS',
              url: receiver.url,
              topics: ['order.state_changed'],
              policy: { retry: { waits: [{ minMs: 1_000, maxMs: 1_000 }] } },
            },
          },
        )
        const { webhook, secret } = made.webhookCreate
        const socket = tenant().socket()
        const feed = socket.iterate<{
          deliveryAttempts: { attempt: { number: number; outcome: string }; delivery: { id: string } }
        }>({
          query: `subscription ($filter: DeliveryAttemptFilter) {
        deliveryAttempts(filter: $filter) { cursor attempt { number outcome } delivery { id } }
      }`,
          variables: { filter: { webhookIds: [webhook.id] } },
        })
        // The load continues until the feed has sent a failure and a success. The feed may have started after the first ones.
        const load = startLoad(tenant, siteId, 1)
        const received: string[] = []
        for await (const { data } of feed) {
          if (data == null) continue
          const { number, outcome } = data.deliveryAttempts.attempt
          received.push(`${number} ${outcome}`)
          if (received.includes('1 HTTP_ERROR') && received.includes('2 SUCCEEDED')) break
        }
        await load.stop()
        await allSettled(tenant(), webhook.id, deadlineMs)

        for (const { body, headers } of receiver.requests)
          expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({
            type: 'order.state_changed',
          })
        expect(new Set(received)).toEqual(new Set(['1 HTTP_ERROR', '2 SUCCEEDED']))
        await socket.dispose()
      },
    )

    it.skipIf(!redisKillable())(
      'every accepted event is delivered when Redis is flushed three times under load',
      { timeout },
      async () => {
        const fixture = await projectOnRedis()
        const load = startLoad(fixture.tenant, fixture.siteId)
        for (let flushes = 1; flushes <= 3; flushes += 1) {
          const before = load.accepted.length
          await waitFor(() => load.accepted.length >= before + enough, { what: 'load', deadlineMs })
          await redis.flush()
        }
        await load.stop()
        const flushedAt = performance.now()
        await allSettled(fixture.tenant(), fixture.webhookId, deadlineMs)

        await checkHealthy(
          fixture,
          settings,
          load.accepted,
          `flushed Redis three times, then ${since(flushedAt)}`,
        )
        expect(load.unanswered(), 'clients had no failed request').toBe(0)
      },
    )

    it.skipIf(!redisKillable())(
      'the sweep sends retries when they are due after Redis is flushed while every delivery waits for its retry',
      { timeout },
      async () => {
        const { tenant, siteId } = await projectOnRedis()
        const receiver = await startReceiver()
        onTestFinished(() => receiver.close())
        receiver.script(500)
        const webhookId = await createWebhook(tenant(), receiver.url, { waitMs: 6_000 })
        const load = startLoad(tenant, siteId, 3)
        await waitFor(() => load.accepted.length >= 6, { what: 'orders', deadlineMs })
        await load.stop()
        await waitFor(() => receiver.requests.length >= load.accepted.length, {
          what: 'failures',
          deadlineMs,
        })
        // By then the attempts are recorded and the jobs of the retries stored. No running work would add the job again.
        await pause(1_000)
        await redis.flush()
        receiver.script(200)
        await allSettled(tenant(), webhookId, deadlineMs)

        const ledger = await checkLedger(tenant(), webhookId, load.accepted, receiver.requests)
        expect(ledger.outcomes).toEqual({
          HTTP_ERROR: ledger.deliveries.length,
          SUCCEEDED: ledger.deliveries.length,
        })
      },
    )

    it.skipIf(!redisKillable())(
      'orders are accepted and delivered while Redis is down, and every accepted event is delivered after it restarts empty',
      { timeout },
      async () => {
        const fixture = await projectOnRedis()
        const load = startLoad(fixture.tenant, fixture.siteId)
        await waitFor(() => load.accepted.length >= enough, { what: 'load', deadlineMs })
        await redis.kill()
        const before = load.accepted.length
        const probe = new URL('/readyz', server.url)
        const readiness = async (): Promise<unknown> =>
          ((await (await fetch(probe)).json()) as Readiness).status
        await waitFor(async () => (await readiness()) === 'degraded', { what: 'degraded', deadlineMs })
        expect((await fetch(probe)).status).toBe(200)
        await waitFor(() => load.accepted.length >= before + enough, {
          what: 'load without Redis',
          deadlineMs,
        })
        const delivered = fixture.receiver.requests.length
        await waitFor(() => fixture.receiver.requests.length >= delivered + enough, {
          what: 'deliveries without Redis',
          deadlineMs,
        })
        await redis.restart()
        const backAt = performance.now()
        await waitFor(async () => (await readiness()) === 'ready', { what: 'ready', deadlineMs })
        await load.stop()
        await allSettled(fixture.tenant(), fixture.webhookId, deadlineMs)

        await checkHealthy(fixture, settings, load.accepted, `restarted Redis empty, then ${since(backAt)}`)
        expect(load.unanswered(), 'clients had no failed request').toBe(0)
        expect(server.isOver(), 'the server is running').toBe(false)
      },
    )
  })

  it(
    'two dispatchers share the work of one installation and attempt no delivery twice',
    { timeout },
    async () => {
      const common = { ...settings, LOG_LEVEL: 'debug' }
      const [api, ...dispatchers] = await Promise.all([
        startServer({ ...common, ROLES: 'api' }),
        startServer({ ...common, ROLES: 'dispatcher' }),
        startServer({ ...common, ROLES: 'dispatcher' }),
      ])
      const receivers = await Promise.all(Array.from({ length: 6 }, () => startReceiver()))
      onTestFinished(async () => {
        for (const receiver of receivers) await receiver.close()
      })
      const project = await createProject(settings)
      const tenant = project.through(api)
      const siteId = await createSite(tenant)
      const webhookIds = await Promise.all(receivers.map(({ url }) => createWebhook(tenant, url)))
      const load = startLoad(() => tenant, siteId)
      await waitFor(() => load.accepted.length >= 2 * enough, { what: 'load', deadlineMs })
      await load.stop()
      for (const [index, webhookId] of webhookIds.entries()) {
        await allSettled(tenant, webhookId, deadlineMs)
        const { requests } = receivers[index] ?? { requests: [] }
        const ledger = await checkLedger(tenant, webhookId, load.accepted, requests)
        expect(ledger.duplicates).toBe(0)
        expect(ledger.outcomes).toEqual({ SUCCEEDED: load.accepted.length })
      }
      const shares = dispatchers.map((one) => one.log('delivery.attempted').length)
      expect(Math.min(...shares), 'both dispatchers made attempts').toBeGreaterThan(0)
      expect(api.log('delivery.attempted')).toHaveLength(0)
      expect(await verifyDeliveries(settings, project)).toMatchObject({ consistent: true, pending: 0 })
      console.info(`two dispatchers made ${shares.join(' and ')} attempts, none twice`)
    },
  )
})

/** Redis only schedules: its loss may delay deliveries, and it may neither lose an attempt nor repeat one. */
async function checkHealthy(
  { tenant, webhookId, receiver, project }: WebhookFixture,
  settings: Environment,
  accepted: readonly Accepted[],
  what: string,
) {
  const ledger = await checkLedger(tenant(), webhookId, accepted, receiver.requests)
  expect(ledger.outcomes).toEqual({ SUCCEEDED: ledger.deliveries.length })
  expect(ledger.duplicates).toBe(0)
  expect(await verifyDeliveries(settings, project)).toMatchObject({ consistent: true, pending: 0 })
  console.info(`${what}: ${accepted.length} accepted, all delivered, 0 duplicates`)
}

function since(startMs: number): string {
  return `${Math.round(performance.now() - startMs)} ms`
}
