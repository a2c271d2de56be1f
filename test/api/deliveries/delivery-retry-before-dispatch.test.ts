/** deliveryRetry while no dispatcher runs: what the next dispatcher sends. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { createOrder, mutateOrThrow, quickRetries, waitForSettled } from '../support/fixtures.ts'
import { startDispatcher, readDelivery, newestDeliveryId } from '../support/manual-retry.ts'
import { closeReceivers } from '../support/receivers.ts'
import { startDelivery } from '../support/started-delivery.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer({ ROLES: 'api' })
})
afterAll(async () => {
  await closeReceivers()
  await server.close()
})

const retry = (tenant: Tenant, id: string) => mutateOrThrow(tenant, 'Retry', { id })

test('three deliveryRetry before the attempt cause one attempt, which is held while the webhook is disabled', async () => {
  const { tenant, receiver, webhook, id } = await startDelivery(server, quickRetries(0), 500)
  await mutateOrThrow(tenant, 'Cancel', { id })
  for (let count = 0; count < 3; count += 1) await retry(tenant, id)
  expect(await readDelivery(tenant, id)).toMatchObject({ state: 'PENDING', finishedAt: null })
  expect((await readDelivery(tenant, id)).nextAttemptAt).not.toBeNull()
  await mutateOrThrow(tenant, 'WebhookDisable', { id: webhook.id })
  const other = await startDelivery(server, quickRetries(0), 200)

  const dispatcher = await startDispatcher(server)
  // The delivery of the other webhook was created later. When it is sent, this one would have been sent as well.
  await waitForSettled(other.tenant, {})
  expect(receiver.requests).toHaveLength(0)
  expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({
    consistent: true,
    pending: 1,
  })
  await mutateOrThrow(tenant, 'WebhookEnable', { id: webhook.id })
  const [delivery] = await waitForSettled(tenant, {})

  expect(delivery).toMatchObject({ state: 'CANCELLED', attemptCount: 1 })
  expect(receiver.requests).toHaveLength(1)
  await dispatcher.stop()
})

test('a manual retry is sent before the deliveries that wait longer', async () => {
  const { tenant, receiver } = await startDelivery(server, quickRetries(0), 200)
  for (let count = 0; count < 3; count += 1) await createOrder(tenant)
  const last = await newestDeliveryId(tenant)
  await server.connections.sql`
    update webhooks set max_concurrency = 1 where project_id = ${tenant.projectId}`
  await retry(tenant, last)
  const dispatcher = await startDispatcher(server)
  await waitForSettled(tenant, {}, 4)

  // Of deliveries that are due since the same instant the older id goes first: at most one.
  expect(receiver.requests.map(({ headers }) => headers['webhook-id']).indexOf(last)).toBeLessThan(2)
  await dispatcher.stop()
})
