/** The data of a feed event cannot be read after the feed has read the event: the event is read again, or the subscription ends with an error. */
import type postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeCursor } from '../../src/domain/lists/cursor.ts'
import { startTestServer, type TestServer, type Tenant } from '../support/server.ts'
import { startReceiver, type Receiver } from '../support/receiver.ts'
import { waitFor } from '../support/wait-for.ts'
import { createWebhook, createOrder, waitForSettled } from '../api/support/fixtures.ts'
import { follow, type AttemptEvent } from './support/follow.ts'
import type { FeedSubscription } from './support/feed-subscription.ts'
import { copyAttempts } from './support/many-attempts.ts'

let server: TestServer
let receiver: Receiver

beforeAll(async () => {
  server = await startTestServer()
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

async function createTenantWithAttempts(): Promise<Tenant> {
  const tenant = await server.tenant()
  const webhook = await createWebhook(tenant, receiver)
  await createOrder(tenant)
  await waitForSettled(tenant, { webhookIds: [webhook.id] })
  await copyAttempts(server, tenant, 4)
  return tenant
}

const fromStart = ({ projectId }: Tenant): string =>
  writeCursor({ list: 'feed', projectId, filter: null }, '0')

/** Subscribes, and runs `work` while the first event waits for its data. */
async function duringFirstRead(
  tenant: Tenant,
  work: (pids: readonly number[], tx: postgres.TransactionSql) => Promise<unknown>,
): Promise<FeedSubscription<AttemptEvent>> {
  const { sql } = server.connections
  const begun = await sql.begin(async (tx) => {
    await tx`lock table deliveries in access exclusive mode`
    const following = follow(tenant.socket(), { after: fromStart(tenant) })
    let pids: number[] = []
    await waitFor(
      async () => {
        const waiting = await sql<{ pid: number }[]>`
          select pid from pg_locks where not granted and relation = 'deliveries'::regclass`
        pids = waiting.map(({ pid }) => pid)
        return pids.length > 0
      },
      { what: 'an event to wait for its data' },
    )
    await work(pids, tx)
    return { following }
  })
  return begun.following
}

test('an event whose database connection is lost while its data is read is read again, and the subscriber receives all five', async () => {
  const tenant = await createTenantWithAttempts()
  const following = await duringFirstRead(tenant, async (pids) => {
    await server.connections.sql`select pg_terminate_backend(pid) from unnest(${[...pids]}::int[]) as pid`
  })
  const events = await following.received(5)

  expect(new Set(events.map(({ attempt }) => attempt.id)).size).toBe(5)
})

test('an event that retention removes while its data is read ends the subscription with CURSOR_EXPIRED', async () => {
  const tenant = await createTenantWithAttempts()
  const following = await duringFirstRead(tenant, async (_pids, tx) => {
    await tx`update feeds set expired_position = 5 where project_id = ${tenant.projectId}`
    await tx`delete from deliveries where project_id = ${tenant.projectId}`
  })
  await waitFor(() => following.refused() !== undefined, { what: 'the end of the subscription' })

  expect(following.refused()).toBe('CURSOR_EXPIRED')
  expect(following.events).toEqual([])
})
