/**
 * A lane with a quick receiver claims up to 200 deliveries ahead of its requests. The webhook changes meanwhile. How far
 * ahead the lane claims depends on the speed of the machine.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { insertDeliveries } from '../../bench/parts/load.ts'
import type { Received } from '../../support/receiver.ts'
import { sharedTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { waitFor } from '../../support/wait-for.ts'
import { createWebhook, mutateOrThrow } from '../support/fixtures.ts'
import { closeReceivers, openReceiver } from '../support/receivers.ts'

const deliveries = 4_000
/** Ready deliveries are sent or released within a second of their claim. */
const boundMs = 1_000

let server: TestServer

beforeAll(async () => {
  server = await sharedTestServer()
})
afterAll(async () => {
  await closeReceivers()
  await server.close()
})

test('a webhook that is disabled during a backlog gets no request later than a second after that, and the others once it is enabled', async () => {
  const { tenant, id, requests } = await startBacklog()
  await mutateOrThrow(tenant, 'WebhookDisable', { id })
  const disabledAtMs = performance.now()
  await new Promise((resolve) => setTimeout(resolve, boundMs + 500))
  const last = requests.at(-1)
  expect((last?.atMs ?? 0) - disabledAtMs).toBeLessThan(boundMs)
  await waitFor(async () => (await leases(id)) === 0, { what: 'the end of all leases' })
  const sent = requests.length
  expect(sent).toBeLessThan(deliveries)
  expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({
    consistent: true,
    delivered: sent,
    pending: deliveries - sent,
  })

  await mutateOrThrow(tenant, 'WebhookEnable', { id })
  await waitFor(async () => (await server.admin.countDeliveries(tenant.projectId)).delivered === deliveries, {
    what: 'all deliveries',
    deadlineMs: 60_000,
  })
  expect(new Set(requests.map(({ headers }) => headers['webhook-id'])).size).toBe(deliveries)
  expect(requests).toHaveLength(deliveries)
}, 120_000)

test('a webhook that is paused during a backlog gets no request later than a second after that, nothing is SKIPPED, and the others once it is resumed', async () => {
  const { tenant, id, requests } = await startBacklog()
  await mutateOrThrow(tenant, 'WebhookPause', { id })
  const pausedAtMs = performance.now()
  await new Promise((resolve) => setTimeout(resolve, boundMs + 500))
  expect((requests.at(-1)?.atMs ?? 0) - pausedAtMs).toBeLessThan(boundMs)
  await waitFor(async () => (await leases(id)) === 0, { what: 'the end of all leases' })
  const sent = requests.length
  expect(sent).toBeLessThan(deliveries)
  expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({
    consistent: true,
    delivered: sent,
    pending: deliveries - sent,
  })

  await mutateOrThrow(tenant, 'WebhookResume', { id })
  await waitFor(async () => (await server.admin.countDeliveries(tenant.projectId)).delivered === deliveries, {
    what: 'all deliveries',
    deadlineMs: 60_000,
  })
  expect(requests).toHaveLength(deliveries)
}, 120_000)

test('a webhook that is deleted during a backlog gets no request later than a second after that, and no delivery stays PENDING', async () => {
  const { tenant, id, requests } = await startBacklog()
  await mutateOrThrow(tenant, 'WebhookDelete', { id })
  const deletedAtMs = performance.now()
  await waitFor(async () => (await server.admin.countDeliveries(tenant.projectId)).pending === 0, {
    what: 'no pending delivery',
    deadlineMs: 60_000,
  })
  const last = requests.at(-1)
  expect((last?.atMs ?? 0) - deletedAtMs).toBeLessThan(boundMs)
  expect(requests.length).toBeLessThan(deliveries)
  const counts = await server.admin.countDeliveries(tenant.projectId)
  expect(counts.consistent).toBe(true)
  expect(counts.delivered + counts.cancelled).toBe(deliveries)
}, 120_000)

/** Starts the lane of a webhook with 4,000 due deliveries, and waits for its first 300 requests. */
async function startBacklog(): Promise<{
  readonly tenant: Tenant
  readonly id: string
  readonly requests: readonly Received[]
}> {
  const tenant = await server.tenant()
  const receiver = await openReceiver()
  const { id } = await createWebhook(tenant, receiver, { enabled: false })
  await insertDeliveries(
    server.connections.sql,
    { projectId: tenant.projectId, webhookIds: [id] },
    deliveries,
  )
  const { requests } = receiver
  await mutateOrThrow(tenant, 'WebhookEnable', { id })
  await waitFor(() => requests.length >= 300, { what: 'the first requests' })
  return { tenant, id, requests }
}

async function leases(webhookId: string): Promise<number> {
  const { sql } = server.connections
  return (await sql`select from due_deliveries where webhook_id = ${webhookId} and lease_token is not null`)
    .length
}
