/**
 * A database that becomes read-only while the server runs, as hosting providers set it when a disk is nearly full.
 */
import postgres from 'postgres'
import { expect, inject, test } from 'vitest'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { startReceiver } from '../../support/receiver.ts'
import { redisAvailable, warnSkipped, startRedis } from '../../support/redis.ts'
import { waitFor } from '../../support/wait-for.ts'
import { createWebhook, createOrder, createSite } from '../support/fixtures.ts'

const stateWithinMs = 3_000
const worksWithinMs = 15_000
/** More requests than the API has connections. */
const requestCount = 20

warnSkipped('a read-only database beside a queue on Redis')

const readyz = async (server: TestServer): Promise<{ status: number; whole: string; postgres: string }> => {
  const response = await fetch(new URL('/readyz', server.url))
  const answer = (await response.json()) as { status: string; parts: Record<string, string> }
  return { status: response.status, whole: answer.status, postgres: answer.parts['postgres'] ?? '' }
}

const orderCreate = `mutation ($input: OrderCreateInput!) {
  orderCreate(input: $input) { order { id } userErrors { code } }
}`

test.each(['postgres', 'redis'])(
  'with a read-only database /readyz is 503 and orders are refused; after the reset all orders are created and sent (queue on %s)',
  { timeout: 90_000 },
  async (queue) => {
    if (queue === 'redis' && !redisAvailable()) return
    const redis = queue === 'redis' ? await startRedis() : undefined
    const server = await startTestServer(redis === undefined ? {} : { REDIS_URL: redis.url })
    const acme = await server.tenant()
    const receiver = await startReceiver()
    await createWebhook(acme, receiver)
    const siteId = await createSite(acme)
    const admin = postgres(inject('postgresUrl'), { max: 1, onnotice: () => undefined })
    const name = new URL(server.config.databaseUrl ?? '').pathname.slice(1)
    const createOrderWithKey = (idempotencyKey: string) =>
      acme.post({ query: orderCreate, variables: { input: { siteId, idempotencyKey } } })
    await createOrder(acme)
    await waitFor(() => receiver.requests.length === 1, { what: 'the first order to be sent' })

    await admin.unsafe(`alter database ${name} set default_transaction_read_only = on`)
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`
    await waitFor(async () => (await readyz(server)).status === 503, {
      what: 'a 503',
      deadlineMs: stateWithinMs,
    })
    expect(await readyz(server)).toEqual({ status: 503, whole: 'unavailable', postgres: 'unavailable' })
    const refused = await Promise.all(
      Array.from({ length: requestCount }, (_, n) => createOrderWithKey(`refused-${n}`)),
    )
    for (const { body } of refused) {
      expect(body.errors?.[0]?.extensions).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' })
      expect(JSON.stringify(body)).not.toContain('read-only')
    }

    // Sessions that are open keep the setting that they began with.
    await admin.unsafe(`alter database ${name} reset default_transaction_read_only`)
    await waitFor(async () => (await readyz(server)).status === 200, {
      what: 'a 200',
      deadlineMs: worksWithinMs,
    })
    await waitFor(
      async () => {
        const answers = await Promise.all(
          Array.from({ length: requestCount }, (_, n) => createOrderWithKey(`refused-${n}`)),
        )
        return answers.every(({ body }) => body.errors === undefined)
      },
      { what: 'every order to be created', deadlineMs: worksWithinMs },
    )
    await waitFor(() => receiver.requests.length >= 1 + requestCount, {
      what: 'every order to be sent',
      deadlineMs: worksWithinMs,
    })
    expect(receiver.requests).toHaveLength(1 + requestCount)
    // The queue's own connections as well.
    await waitFor(async () => (await readyz(server)).whole === 'ready', {
      what: 'the queue to take jobs',
      deadlineMs: worksWithinMs,
    })
    await admin.end()
    await receiver.close()
    await server.close()
    await redis?.stop()
  },
)
