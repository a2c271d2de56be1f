/** `expireAfterMs`: deliveries that are not delivered by their deadline end as EXPIRED. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Script } from '../../support/receiver.ts'
import { sharedTestServer, type Tenant, type TestServer } from '../../support/server.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  createOrder,
  createSite,
  createWebhook,
  mutateOrThrow,
  waitForSettled,
  type Input,
} from '../support/fixtures.ts'
import { longWait, newestDeliveryId, readDelivery, waitForAttempts } from '../support/manual-retry.ts'
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

/** A webhook for orders of one source with an order, and the delivery of that order. */
async function open(source: string, answers: readonly Script[], given: Input) {
  const receiver = await openReceiver(...answers)
  const { id } = await createWebhook(tenant, receiver, { filters: { sources: [source] }, ...given })
  const order = async () => {
    await createOrder(tenant, { siteId, source })
    return newestDeliveryId(tenant, { webhookIds: [id] })
  }
  return { id, receiver, order, settled: () => waitForSettled(tenant, { webhookIds: [id] }, 1) }
}

const isPastDeadline = { nextStep: 'EXPIRED', nextAttemptAt: null }

test('a delivery whose next retry would be after its deadline is EXPIRED at once, and its attempt names the rule', async () => {
  const { order, settled } = await open('retry', [500], { policy: longWait, expireAfterMs: 60_000 })
  const id = await order()
  await settled()
  const found = await readDelivery(tenant, id)
  expect(found).toMatchObject({ state: 'EXPIRED', attemptCount: 1, nextAttemptAt: null })
  expect(found.finishedAt).not.toBeNull()
  expect(found.attempts.nodes).toMatchObject([{ outcome: 'HTTP_ERROR', ...isPastDeadline }])
  expect(found.attempts.nodes[0]?.nextStepReason).toContain('deadline (expireAfterMs)')
})

test('a delivery that is due after its deadline is EXPIRED without a request', async () => {
  const { id, receiver, order, settled } = await open('paused', [200], { expireAfterMs: 1_000 })
  await mutateOrThrow(tenant, 'WebhookPause', { id, until: new Date(Date.now() + 2_500).toISOString() })
  const deliveryId = await order()
  await settled()
  expect(await readDelivery(tenant, deliveryId)).toMatchObject({ state: 'EXPIRED', attemptCount: 0 })
  expect(receiver.requests).toEqual([])
})

test('a retry by hand of an EXPIRED delivery is one attempt: DELIVERED if it succeeds, EXPIRED again if it fails', async () => {
  const given = { policy: longWait, expireAfterMs: 1_000 }
  const { order, receiver, settled } = await open('manual', [500, 500, 500, 200], given)
  const id = await order()
  await settled()
  await waitFor(async () => Date.now() > Date.parse((await createdAt(id)) ?? '') + 1_000, {
    what: 'the deadline',
  })
  await mutateOrThrow(tenant, 'Retry', { id })
  await waitForAttempts(tenant, id, 2)
  expect(await readDelivery(tenant, id)).toMatchObject({ state: 'EXPIRED', nextAttemptAt: null })
  await tenant.gql(
    'mutation ($id: ID!) { deliveryRetry(input: { id: $id, restartSchedule: true }) { userErrors { code } } }',
    { id },
  )
  await waitForAttempts(tenant, id, 3)
  const again = await readDelivery(tenant, id)
  expect(again).toMatchObject({ state: 'EXPIRED', nextAttemptAt: null })
  expect(again.attempts.nodes.at(-1)).toMatchObject({ trigger: 'MANUAL', ...isPastDeadline })
  await mutateOrThrow(tenant, 'Retry', { id })
  await waitForAttempts(tenant, id, 4)
  expect(await readDelivery(tenant, id)).toMatchObject({ state: 'DELIVERED' })
  expect(receiver.requests).toHaveLength(4)
})

test('webhookUpdate sets and clears the deadline, and it is shown', async () => {
  const { id } = await open('shown', [200], { expireAfterMs: 604_800_000 })
  const shown = async () =>
    (
      await tenant.gql<{ webhook: unknown }>('query ($id: ID!) { webhook(id: $id) { expireAfterMs } }', {
        id,
      })
    ).webhook
  expect(await shown()).toEqual({ expireAfterMs: 604_800_000 })
  await mutateOrThrow(tenant, 'WebhookUpdate', { id, name: 'Kitchen' })
  expect(await shown()).toEqual({ expireAfterMs: 604_800_000 })
  await mutateOrThrow(tenant, 'WebhookUpdate', { id, expireAfterMs: null })
  expect(await shown()).toEqual({ expireAfterMs: null })
})

async function createdAt(id: string): Promise<string | undefined> {
  const { delivery } = await tenant.gql<{ delivery: { createdAt: string } }>(
    'query ($id: ID!) { delivery(id: $id) { createdAt } }',
    { id },
  )
  return delivery.createdAt
}
