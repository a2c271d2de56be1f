import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Receiver } from '../../support/receiver.ts'
import { sharedTestServer, type Tenant, type TestServer } from '../../support/server.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  createOrder,
  createSite,
  createWebhook,
  listDeliveries,
  mutate,
  mutateOrThrow,
  waitForSettled,
  type Input,
} from '../support/fixtures.ts'
import { holdResponse } from '../support/held-response.ts'
import { longWait, newestDeliveryId, readDelivery } from '../support/manual-retry.ts'
import { closeReceivers, openReceiver } from '../support/receivers.ts'

let server: TestServer
let tenant: Tenant
let siteId: string

beforeAll(async () => {
  server = await sharedTestServer()
  tenant = await server.tenant()
  siteId = await createSite(tenant)
})
afterAll(async () => {
  await closeReceivers()
  await server.close()
})

interface Shown {
  readonly paused: { readonly since: string; readonly until: string | null } | null
  readonly enabled: boolean
  readonly version: number
  readonly pendingCount: number
  readonly nextDueAt: string | null
}

async function shown(id: string): Promise<Shown> {
  const { webhook } = await tenant.gql<{ webhook: Shown }>(
    'query ($id: ID!) { webhook(id: $id) { paused { since until } enabled version pendingCount nextDueAt } }',
    { id },
  )
  return webhook
}

const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString()
const pause = (id: string, given: Input = {}) => mutate(tenant, 'WebhookPause', { id, ...given })
const resume = (id: string, given: Input = {}) => mutate(tenant, 'WebhookResume', { id, ...given })

/** A webhook for orders of one source, so that the tests of this file do not share deliveries. */
async function open(source: string, given: Input = {}, receiver?: Receiver) {
  const opened = receiver ?? (await openReceiver())
  const { id } = await createWebhook(tenant, opened, { filters: { sources: [source] }, ...given })
  const order = () => createOrder(tenant, { siteId, source })
  return { id, receiver: opened, order, filter: { webhookIds: [id] } }
}

describe('webhookPause', () => {
  test('deliveries of a paused webhook wait as PENDING, none is SKIPPED, and webhookResume sends them, the oldest first', async () => {
    const { id, receiver, order, filter } = await open('wait', { maxConcurrency: 1 })
    expect((await pause(id)).userErrors).toEqual([])
    for (let count = 0; count < 3; count += 1) await order()
    const waiting = await shown(id)
    expect(waiting).toMatchObject({ enabled: true, version: 2, pendingCount: 3, nextDueAt: null })
    expect(waiting.paused).toMatchObject({ until: null })
    await resume(id)
    const sent = await waitForSettled(tenant, filter, 3)
    expect(sent.map(({ state, attemptCount }) => [state, attemptCount])).toEqual(
      Array.from({ length: 3 }, () => ['DELIVERED', 1]),
    )
    const events = receiver.requests.map(
      ({ body }) => (JSON.parse(body) as { data: { number: number } }).data.number,
    )
    expect(events).toEqual([...events].sort((a, b) => a - b))
    expect(await shown(id)).toMatchObject({ paused: null, pendingCount: 0, version: 3 })
  })

  test('a pause ends at its time: the deliveries are sent, the webhook is not paused, and the changes are recorded', async () => {
    const { id, order, filter } = await open('until')
    const until = inMs(1_500)
    await pause(id, { until })
    await order()
    expect(await shown(id)).toMatchObject({ paused: { until }, nextDueAt: until })
    await waitForSettled(tenant, filter, 1)
    const [delivery] = await listDeliveries(tenant, filter)
    expect(delivery?.attempts.nodes[0]?.startedAt.localeCompare(until)).toBeGreaterThanOrEqual(0)
    expect(await shown(id)).toMatchObject({ paused: null, version: 2 })
    const { sql } = server.connections
    const kinds = async () =>
      (
        await sql<
          { kind: string }[]
        >`select kind from webhook_changes where webhook_id = ${id} order by position`
      ).map(({ kind }) => kind)
    await waitFor(async () => (await kinds()).length === 3, { what: 'the recorded end of the pause' })
    expect(await kinds()).toEqual(['CREATED', 'PAUSED', 'RESUMED'])
  })

  test('pausing again moves the end, the same end changes nothing, and resuming a webhook that is not paused changes nothing', async () => {
    const { id } = await open('twice')
    await resume(id)
    expect((await shown(id)).version).toBe(1)
    await pause(id, { until: inMs(60_000) })
    const first = await shown(id)
    const later = inMs(120_000)
    await pause(id, { until: later })
    await pause(id, { until: later })
    expect(await shown(id)).toMatchObject({
      paused: { since: first.paused?.since, until: later },
      version: 3,
    })
    await pause(id)
    expect((await shown(id)).paused).toMatchObject({ until: null })
  })

  test('an end that is not in the future or more than five years ahead, another version and a disabled webhook are refused', async () => {
    const { id } = await open('refused')
    for (const until of [inMs(-60_000), '1970-01-01T00:00:00.000Z', inMs(6 * 366 * 86_400_000)])
      expect((await pause(id, { until })).userErrors).toMatchObject([{ code: 'INVALID', field: ['until'] }])
    const conflict = [{ code: 'VERSION_CONFLICT', field: ['expectedVersion'] }]
    expect((await pause(id, { expectedVersion: 7 })).userErrors).toMatchObject(conflict)
    expect((await resume(id, { expectedVersion: 7 })).userErrors).toMatchObject(conflict)
    await mutateOrThrow(tenant, 'WebhookDisable', { id })
    expect((await pause(id)).userErrors).toMatchObject([{ code: 'WEBHOOK_DISABLED', field: ['id'] }])
    expect((await shown(id)).paused).toBeNull()
  })

  test('a webhook that is disabled while it is paused is still paused when it is enabled', async () => {
    const { id } = await open('both')
    await pause(id)
    await mutateOrThrow(tenant, 'WebhookDisable', { id })
    await mutateOrThrow(tenant, 'WebhookEnable', { id })
    expect(await shown(id)).toMatchObject({ enabled: true, paused: { until: null } })
  })

  test('a request that is running when its webhook is paused ends and is settled, and its retry waits', async () => {
    const held = holdResponse()
    const { id, receiver, order } = await open(
      'running',
      {
        policy: { retry: { waits: [{ minMs: 1_000, maxMs: 1_000 }] } },
      },
      await openReceiver(held.script, 200),
    )
    await order()
    await waitFor(() => receiver.requests.length === 1, { what: 'the request' })
    await pause(id, { until: inMs(3_000) })
    const deliveryId = await newestDeliveryId(tenant, { webhookIds: [id] })
    held.respond(500)
    await waitFor(async () => (await readDelivery(tenant, deliveryId)).attemptCount === 1, {
      what: 'the attempt',
    })
    expect(await readDelivery(tenant, deliveryId)).toMatchObject({ state: 'PENDING' })
    const { paused } = await shown(id)
    await waitForSettled(tenant, { webhookIds: [id] }, 1)
    const { attempts } = await readDelivery(tenant, deliveryId)
    expect(attempts.nodes).toHaveLength(2)
    const [, second] = await startsOf(deliveryId)
    expect(second?.localeCompare(paused?.until ?? '')).toBeGreaterThanOrEqual(0)
  })

  test('deliveryRetry of a paused webhook waits like its other deliveries, and webhookTest does not wait', async () => {
    const { id, receiver, order } = await open(
      'manual',
      { policy: longWait },
      await openReceiver(500, 200, 200),
    )
    await order()
    await waitFor(() => receiver.requests.length === 1, { what: 'the first attempt' })
    const deliveryId = await newestDeliveryId(tenant, { webhookIds: [id] })
    await waitFor(async () => (await readDelivery(tenant, deliveryId)).attemptCount === 1, {
      what: 'the settle',
    })
    await pause(id)
    await mutateOrThrow(tenant, 'Retry', { id: deliveryId })
    await mutateOrThrow(tenant, 'WebhookTest', { id })
    expect(receiver.requests).toHaveLength(2)
    expect(await readDelivery(tenant, deliveryId)).toMatchObject({ state: 'PENDING', attemptCount: 1 })
    await resume(id)
    await waitForSettled(tenant, { webhookIds: [id] }, 1)
    expect((await readDelivery(tenant, deliveryId)).attempts.nodes).toMatchObject([
      { trigger: 'SCHEDULE', outcome: 'HTTP_ERROR' },
      { trigger: 'MANUAL', outcome: 'SUCCEEDED' },
    ])
  })

  test('deliveryPreview says that the delivery to a paused webhook would wait', async () => {
    const { id } = await open('preview')
    await pause(id)
    const { deliveryPreview } = await tenant.gql<{
      deliveryPreview: { wouldDeliver: boolean; reason: string }
    }>('query ($id: ID!) { deliveryPreview(webhookId: $id) { wouldDeliver reason } }', { id })
    expect(deliveryPreview).toMatchObject({ wouldDeliver: true })
    expect(deliveryPreview.reason).toContain('would wait as PENDING')
  })
})

/** The start times of the delivery's attempts, oldest first. */
async function startsOf(id: string): Promise<readonly string[]> {
  const { delivery } = await tenant.gql<{ delivery: { attempts: { nodes: { startedAt: string }[] } } }>(
    'query ($id: ID!) { delivery(id: $id) { attempts { nodes { startedAt } } } }',
    { id },
  )
  return delivery.attempts.nodes.map(({ startedAt }) => startedAt)
}
