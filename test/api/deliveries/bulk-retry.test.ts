import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asPartner } from '../../support/keys.ts'
import type { Received } from '../../support/receiver.ts'
import { sharedTestServer, type Tenant, type TestServer } from '../../support/server.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  createOrder,
  createSite,
  createWebhook,
  documents,
  missingId,
  mutate,
  mutateOrThrow,
  waitForSettled,
  type Input,
} from '../support/fixtures.ts'
import { readDelivery, waitForAttempts } from '../support/manual-retry.ts'
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
  readonly id: string
  readonly state: string
  readonly total: number
  readonly done: number
  readonly delivered: number
  readonly failed: number
  readonly dryRun: boolean
  readonly finishedAt: string | null
}

const noRetries: Input = { retry: { waits: [] }, disable: [] }

async function start(filter: Input, given: Input = {}, caller = tenant): Promise<Shown> {
  const input = { filter, ratePerSecond: 1_000, ...given }
  return (await mutateOrThrow<{ bulkRetry: Shown }>(caller, 'DeliveriesRetry', input)).bulkRetry
}

async function shown(id: string, caller = tenant): Promise<Shown | null> {
  return (await caller.gql<{ bulkRetry: Shown | null }>(documents.BulkRetry, { id })).bulkRetry
}

async function reasons(id: string): Promise<object> {
  const { bulkRetry } = await tenant.gql<{ bulkRetry: object }>(
    `query ($id: ID!) { bulkRetry(id: $id) {
      leftAlone leftAloneReasons { delivered pending webhookDisabled unavailable } key { id } } }`,
    { id },
  )
  return bulkRetry
}

async function waitUntilDone(id: string): Promise<Shown | null> {
  const isDone = async () => (await shown(id))?.state === 'DONE'
  await waitFor(isDone, { what: `${id} to be DONE`, deadlineMs: 30_000 })
  return shown(id)
}

/** A webhook with `count` EXHAUSTED deliveries. Its receiver answers 200 from now on. */
async function exhausted(source: string, count: number, given: Input = {}) {
  const receiver = await openReceiver(500)
  const { id } = await createWebhook(tenant, receiver, {
    filters: { sources: [source] },
    policy: noRetries,
    ...given,
  })
  for (let made = 0; made < count; made += 1) await createOrder(tenant, { siteId, source })
  const deliveries = await waitForSettled(tenant, { webhookIds: [id] }, count)
  expect(deliveries.map(({ state }) => state)).toEqual(deliveries.map(() => 'EXHAUSTED'))
  receiver.script(200)
  const before = receiver.requests.length
  const requests = () => receiver.requests.slice(before)
  // Oldest first. `requests` are those of the retries.
  return { id, receiver, requests, ids: deliveries.map((delivery) => delivery.id).reverse() }
}

const idsSent = (requests: readonly Received[]) => requests.map(({ headers }) => headers['webhook-id'])

describe('deliveriesRetry', () => {
  test('all matching deliveries are attempted once more as MANUAL, the oldest first, and the results are counted', async () => {
    const { id, receiver, ids, requests } = await exhausted('plain', 5, { maxConcurrency: 1 })
    receiver.script(200, 200, 200, 200, 500)
    const started = await start({ webhookIds: [id] })
    expect(started).toMatchObject({ state: 'RUNNING', total: 5, done: 0, dryRun: false })
    expect(await waitUntilDone(started.id)).toMatchObject({
      ...{ total: 5, done: 5, delivered: 4, failed: 1 },
      finishedAt: expect.any(String) as string,
    })
    expect(idsSent(requests())).toEqual(ids)
    expect(await readDelivery(tenant, ids[4] ?? '')).toMatchObject({
      state: 'EXHAUSTED',
      attempts: { nodes: [{ trigger: 'SCHEDULE' }, { trigger: 'MANUAL', outcome: 'HTTP_ERROR' }] },
    })
    expect(await reasons(started.id)).toMatchObject({
      leftAlone: 0,
      key: { id: expect.stringMatching(/^key_/) as string },
    })
    expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({ consistent: true })
  })

  test('the deliveries are made due at the rate', async () => {
    const { id, requests } = await exhausted('rate', 6)
    const began = performance.now()
    const { id: bulkRetry } = await start({ webhookIds: [id] }, { ratePerSecond: 4 })
    await waitUntilDone(bulkRetry)
    const last = requests().at(-1)?.atMs ?? 0
    expect(requests()).toHaveLength(6)
    // The sixth is due 1.5 s after the start.
    expect(last - began).toBeGreaterThan(1_200)
  })

  test('with restartSchedule a delivery that fails again is retried by its schedule, as a new delivery is', async () => {
    const waits = [{ minMs: 1_000, maxMs: 1_000 }]
    const { id, receiver, ids } = await exhausted('restart', 1, { policy: { retry: { waits }, disable: [] } })
    receiver.script(500, 200)
    const { id: bulkRetry } = await start({ webhookIds: [id] }, { restartSchedule: true })
    expect(await waitUntilDone(bulkRetry)).toMatchObject({ total: 1, failed: 1 })
    await waitForSettled(tenant, { webhookIds: [id] }, 1)
    expect(await readDelivery(tenant, ids[0] ?? '')).toMatchObject({
      state: 'DELIVERED',
      attempts: {
        nodes: [
          { trigger: 'SCHEDULE', nextStep: 'RETRY' },
          { trigger: 'SCHEDULE', nextStep: 'EXHAUSTED' },
          { trigger: 'MANUAL', nextStep: 'RETRY' },
          { trigger: 'SCHEDULE', outcome: 'SUCCEEDED' },
        ],
      },
    })
  })

  test('a dry run counts the deliveries and those that would be left alone, and retries nothing', async () => {
    const { id, ids, requests } = await exhausted('dry', 2)
    const dry = await start({ webhookIds: [id] }, { dryRun: true })
    expect(dry).toMatchObject({ state: 'DONE', total: 2, delivered: 0, failed: 0, dryRun: true })
    await mutateOrThrow(tenant, 'WebhookDisable', { id })
    const disabled = await start({ webhookIds: [id] }, { dryRun: true })
    expect(await reasons(disabled.id)).toMatchObject({
      leftAlone: 2,
      leftAloneReasons: { webhookDisabled: 2 },
    })
    expect(requests()).toEqual([])
    for (const delivery of ids) expect((await readDelivery(tenant, delivery)).state).toBe('EXHAUSTED')
  })

  test('a delivery that was delivered or is pending in the meantime is left alone and counted so', async () => {
    const { id, ids, requests } = await exhausted('meantime', 2)
    const { id: bulkRetry } = await start({ webhookIds: [id] }, { ratePerSecond: 1 })
    await mutateOrThrow(tenant, 'BulkRetryPause', { id: bulkRetry })
    await mutateOrThrow(tenant, 'Retry', { id: ids[0] })
    await waitForAttempts(tenant, ids[0] ?? '', 2)
    await mutateOrThrow(tenant, 'WebhookPause', { id })
    await mutateOrThrow(tenant, 'Retry', { id: ids[1] })
    await mutateOrThrow(tenant, 'BulkRetryResume', { id: bulkRetry })
    expect(await waitUntilDone(bulkRetry)).toMatchObject({ total: 2, done: 2, delivered: 0, failed: 0 })
    expect(await reasons(bulkRetry)).toMatchObject({
      leftAlone: 2,
      leftAloneReasons: { delivered: 1, pending: 1, webhookDisabled: 0, unavailable: 0 },
    })
    expect(requests()).toHaveLength(1)
  })

  test.each(['WebhookDisable', 'WebhookPause'] as const)(
    'after %s the deliveries of that webhook are left alone and counted, in a dry run too, and those of another are retried',
    async (stop) => {
      const stopped = await exhausted(`${stop}-stopped`, 2)
      const other = await exhausted(`${stop}-other`, 1)
      await mutateOrThrow(tenant, stop, { id: stopped.id })
      const filter = { webhookIds: [stopped.id, other.id] }
      const left = { leftAlone: 2, leftAloneReasons: { webhookDisabled: 2 } }
      expect(await reasons((await start(filter, { dryRun: true })).id)).toMatchObject(left)
      const { id: bulkRetry } = await start(filter)
      expect(await waitUntilDone(bulkRetry)).toMatchObject({ total: 3, done: 3, delivered: 1, failed: 0 })
      expect(await reasons(bulkRetry)).toMatchObject(left)
      for (const id of stopped.ids) expect((await readDelivery(tenant, id)).state).toBe('EXHAUSTED')
      expect(stopped.requests()).toEqual([])
      expect(other.requests()).toHaveLength(1)
    },
  )

  test('the set is frozen: a delivery that is exhausted later is not retried', async () => {
    const { id, receiver, requests } = await exhausted('frozen', 1)
    receiver.script(500, 200)
    const { id: bulkRetry } = await start({ webhookIds: [id] }, { ratePerSecond: 1 })
    await mutateOrThrow(tenant, 'BulkRetryPause', { id: bulkRetry })
    await createOrder(tenant, { siteId, source: 'frozen' })
    await waitForSettled(tenant, { webhookIds: [id] }, 2)
    await mutateOrThrow(tenant, 'BulkRetryResume', { id: bulkRetry })
    expect(await waitUntilDone(bulkRetry)).toMatchObject({ total: 1, delivered: 1 })
    expect(requests()).toHaveLength(2)
  })

  test.each<[string, Input, string, readonly string[]]>([
    ['a rate of 0', { filter: { states: ['EXHAUSTED'] }, ratePerSecond: 0 }, 'INVALID', ['ratePerSecond']],
    [
      'a rate of 1,001',
      { filter: { states: ['EXHAUSTED'] }, ratePerSecond: 1_001 },
      'INVALID',
      ['ratePerSecond'],
    ],
    ['a filter without a condition', { filter: { webhookIds: [], finalOnly: true } }, 'REQUIRED', ['filter']],
    [
      'a window that ends before it begins',
      { filter: { createdAt: { from: '2026-02-26T12:00:00Z', until: '2026-02-26T11:00:00Z' } } },
      'INVALID',
      ['filter', 'createdAt', 'until'],
    ],
    [
      'DELIVERED deliveries',
      { filter: { states: ['EXHAUSTED', 'DELIVERED'] } },
      'INVALID',
      ['filter', 'states', '1'],
    ],
    [
      'an unknown webhook',
      { filter: { webhookIds: [missingId('whk')] } },
      'NOT_FOUND',
      ['filter', 'webhookIds', '0'],
    ],
    [
      'an unknown topic',
      { filter: { topics: ['order.shiped'] } },
      'UNKNOWN_TOPIC',
      ['filter', 'topics', '0'],
    ],
    [
      '101 orders',
      { filter: { orderIds: Array.from({ length: 101 }, () => missingId('ord')) } },
      'TOO_MANY',
      ['filter', 'orderIds'],
    ],
    [
      'a least number of attempts of 0',
      { filter: { attemptNumberFrom: 0 } },
      'INVALID',
      ['filter', 'attemptNumberFrom'],
    ],
  ])('%s is refused', async (_, input, code, field) => {
    const answer = await mutate<{ bulkRetry: null }>(tenant, 'DeliveriesRetry', input)
    expect(answer).toMatchObject({ bulkRetry: null, userErrors: [{ code, field }] })
  })

  test('a deleted webhook is not found, and a partner retries deliveries of its own webhooks only', async () => {
    const { id } = await exhausted('gone', 1)
    await mutateOrThrow(tenant, 'WebhookDelete', { id })
    const notFound = [{ code: 'NOT_FOUND', field: ['filter', 'webhookIds', '0'] }]
    expect(
      (await mutate(tenant, 'DeliveriesRetry', { filter: { webhookIds: [id] } })).userErrors,
    ).toMatchObject(notFound)

    const courier = await asPartner(server, tenant)
    const own = await exhausted('courier', 2, { partnerId: courier.partnerId })
    const { id: platforms } = await exhausted('platform', 1)
    expect(
      (await mutate(courier, 'DeliveriesRetry', { filter: { webhookIds: [platforms] } })).userErrors,
    ).toMatchObject(notFound)
    const retry = await start({ states: ['EXHAUSTED'] }, {}, courier)
    expect(retry.total).toBe(2)
    await waitUntilDone(retry.id)
    expect(own.requests()).toHaveLength(2)
    const rival = await asPartner(server, tenant, 'Rival Ltd')
    expect(await shown(retry.id, courier)).toMatchObject({ delivered: 2 })
    expect(await shown(retry.id, rival)).toBeNull()
    expect((await mutate(rival, 'BulkRetryCancel', { id: retry.id })).userErrors).toMatchObject([
      { code: 'NOT_FOUND', field: ['id'] },
    ])
  })

  test('an eleventh unfinished bulk retry is refused with LIMIT_REACHED, until one has finished, and those of partners are counted apart', async () => {
    const full = await server.tenant()
    const [partner, other] = [await asPartner(server, full), await asPartner(server, full, 'Rival Ltd')]
    const filter = { states: ['EXHAUSTED'] }
    // Without deliveries they would be DONE at once.
    await server.connections.sql`
      insert into bulk_retries (id, project_id, key_id, filter, rate_per_second, restart_schedule, dry_run, state, total, created_at, paced_at)
      select 'brt_01kjd3s5x0f3r8qz6v2m4n' || to_char(n, 'FM0000'), ${full.projectId}, 'key_x', '{}', 1, false, false, 'PAUSED', 1, now(), now()
      from generate_series(1, 10) n`
    expect((await mutate(full, 'DeliveriesRetry', { filter })).userErrors).toMatchObject([
      { code: 'LIMIT_REACHED' },
    ])
    expect((await start(filter, { dryRun: true }, full)).state).toBe('DONE')
    await start(filter, {}, partner)
    await server.connections.sql`
      update bulk_retries set partner_id = ${partner.partnerId} where project_id = ${full.projectId} and key_id = 'key_x'`
    expect((await mutate(partner, 'DeliveriesRetry', { filter })).userErrors).toMatchObject([
      { code: 'LIMIT_REACHED', message: expect.stringContaining('each partner') as string },
    ])
    await start(filter, {}, other)
    await start(filter, {}, full)
    await server.connections.sql`
      update bulk_retries set partner_id = null where project_id = ${full.projectId} and key_id = 'key_x'`
    await mutateOrThrow(full, 'BulkRetryCancel', { id: 'brt_01kjd3s5x0f3r8qz6v2m4n0003' })
    await start(filter, {}, full)
  })
})

describe('pause, resume and cancel of a bulk retry', () => {
  test('a paused bulk retry makes nothing due, a resumed one continues, and a cancelled one leaves the others as they are', async () => {
    const { id, ids, requests } = await exhausted('steer', 8)
    const { id: bulkRetry } = await start({ webhookIds: [id] }, { ratePerSecond: 2 })
    await waitFor(() => requests().length > 0, { what: 'the first retry' })
    const paused = await mutateOrThrow<{ bulkRetry: Shown }>(tenant, 'BulkRetryPause', { id: bulkRetry })
    expect(paused.bulkRetry.state).toBe('PAUSED')
    await mutateOrThrow(tenant, 'BulkRetryPause', { id: bulkRetry })
    await waitFor(async () => (await shown(bulkRetry))?.done === requests().length, {
      what: 'its results',
    })
    const before = requests().length
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect(requests()).toHaveLength(before)

    await mutateOrThrow(tenant, 'BulkRetryResume', { id: bulkRetry })
    await waitFor(() => requests().length > before, { what: 'another retry' })
    const cancelled = await mutateOrThrow<{ bulkRetry: Shown }>(tenant, 'BulkRetryCancel', { id: bulkRetry })
    expect(cancelled.bulkRetry.state).toBe('CANCELLED')
    await waitFor(async () => (await shown(bulkRetry))?.done === requests().length, {
      what: 'its results',
    })
    const { state, total, done, finishedAt } = (await shown(bulkRetry)) ?? {}
    expect({ state, total }).toEqual({ state: 'CANCELLED', total: 8 })
    expect(done).toBeLessThan(8)
    expect(finishedAt).not.toBeNull()
    expect((await readDelivery(tenant, ids[7] ?? '')).state).toBe('EXHAUSTED')
    for (const name of ['BulkRetryPause', 'BulkRetryResume'] as const)
      expect((await mutate(tenant, name, { id: bulkRetry })).userErrors).toMatchObject([{ code: 'CONFLICT' }])
    expect((await mutate(tenant, 'BulkRetryCancel', { id: bulkRetry })).userErrors).toEqual([])
    const { sql } = server.connections
    const pages = () => sql`select from bulk_retry_pages where bulk_retry_id = ${bulkRetry}`
    await waitFor(async () => (await pages()).length === 0, { what: 'the removal of the set' })
  })
})

describe('deliveryRetry with restartSchedule', () => {
  test('the delivery gets its whole schedule again: failures count from the manual attempt', async () => {
    const waits = [{ minMs: 1_000, maxMs: 1_000 }]
    const { receiver, ids } = await exhausted('again', 1, { policy: { retry: { waits }, disable: [] } })
    receiver.script(500)
    await mutateOrThrow(tenant, 'Retry', { id: ids[0], restartSchedule: true })
    await waitForAttempts(tenant, ids[0] ?? '', 4)
    expect(await readDelivery(tenant, ids[0] ?? '')).toMatchObject({
      state: 'EXHAUSTED',
      attempts: {
        nodes: [
          {},
          {},
          { trigger: 'MANUAL', nextStep: 'RETRY' },
          { trigger: 'SCHEDULE', nextStep: 'EXHAUSTED' },
        ],
      },
    })
  })

  test('it is refused with CONFLICT while an attempt is running, and works for a delivery that waits', async () => {
    const held = await openReceiver(() => undefined)
    const { id } = await createWebhook(tenant, held, {
      filters: { sources: ['held'] },
      policy: { timeoutMs: 1_000 },
    })
    await createOrder(tenant, { siteId, source: 'held' })
    await waitFor(() => held.requests.length === 1, { what: 'the request' })
    const { deliveries } = await tenant.gql<{ deliveries: { nodes: { id: string }[] } }>(
      'query ($id: ID!) { deliveries(filter: { webhookIds: [$id] }) { nodes { id } } }',
      { id },
    )
    const deliveryId = deliveries.nodes[0]?.id ?? ''
    expect(
      (await mutate(tenant, 'Retry', { id: deliveryId, restartSchedule: true })).userErrors,
    ).toMatchObject([{ code: 'CONFLICT', field: ['restartSchedule'] }])
    await waitForAttempts(tenant, deliveryId, 1)
    held.script(200)
    await mutateOrThrow(tenant, 'Retry', { id: deliveryId, restartSchedule: true })
    await waitForSettled(tenant, { webhookIds: [id] }, 1)
    expect(await readDelivery(tenant, deliveryId)).toMatchObject({ state: 'DELIVERED', attemptCount: 2 })
  })
})
