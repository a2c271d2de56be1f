import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { makeDispatchStore } from '../../../src/db/dispatch/dispatch-store.ts'
import { settleManualRetry } from '../../../src/domain/policies/next-step.ts'
import { policyOf } from '../../../src/domain/webhooks/webhook.ts'
import type { Claimed, DispatchStore, SettledAttempt } from '../../../src/ports/dispatch-store.ts'
import { system } from '../../../src/runtime/system.ts'
import { endedWith } from '../../db/support/settle-fixture.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { answered } from '../../support/samples.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  createSite,
  createWebhook,
  createOrder,
  mutateOrThrow,
  fingerprint,
  listDeliveries,
  changeOrderState,
  mutate,
  waitForSettled,
  type DeliveryNode,
} from '../support/fixtures.ts'
import { readDelivery } from '../support/manual-retry.ts'

let server: TestServer
/** Runs no dispatcher, so that due deliveries stay PENDING. */
let apiOnly: TestServer
let store: DispatchStore
let receiver: Receiver

beforeAll(async () => {
  server = await startTestServer()
  apiOnly = await startTestServer({ ROLES: 'api' })
  store = makeDispatchStore(apiOnly.connections.sql, system)
})
beforeEach(async () => {
  receiver = await startReceiver()
  return () => receiver.close()
})
afterAll(async () => {
  await server.close()
  await apiOnly.close()
})

const enable = (tenant: Tenant, id: string, skipped?: string) =>
  mutateOrThrow(tenant, 'WebhookEnable', { id, skipped })
const disable = (tenant: Tenant, id: string) => mutateOrThrow(tenant, 'WebhookDisable', { id })
const statesOf = (deliveries: readonly DeliveryNode[]) =>
  deliveries.map(({ state, event }) => `${event.topic} ${state}`)

/** Claims deliveries one by one, as a lane does. */
async function claimEach(webhookId: string, count: number) {
  const found = []
  for (let index = 0; index < count; index += 1)
    found.push(...(await store.claim([{ webhookId, limit: 1 }], { timeoutMs: 60_000, marginMs: 60_000 })))
  return found
}

/** A manual or scheduled attempt that the receiver answered with 500. */
function failedAttempt(claim: Claimed): SettledAttempt {
  if (claim.resumption === null) return endedWith(claim, 500)
  const settlement = settleManualRetry(claim.facts, claim.resumption, answered(500), policyOf(claim.webhook))
  return { ...endedWith(claim, 500, claim.trigger), settlement, counts: 'NOTHING' }
}

describe('webhookEnable with skipped: REPLAY', () => {
  test('webhookEnable with REPLAY delivers what was skipped since the webhook was disabled', async () => {
    const acme = await server.tenant()
    const { id } = await createWebhook(acme, receiver)
    await disable(acme, id)
    const order = await createOrder(acme)
    await changeOrderState(acme, order.id, 'ACCEPTED')
    expect(statesOf(await listDeliveries(acme))).toEqual([
      'order.state_changed SKIPPED',
      'order.created SKIPPED',
    ])
    await enable(acme, id, 'REPLAY')

    const deliveries = await waitForSettled(acme, { webhookIds: [id] }, 2)
    expect(statesOf(deliveries)).toEqual(['order.state_changed DELIVERED', 'order.created DELIVERED'])
    expect(receiver.requests).toHaveLength(2)
    const { delivery } = await acme.gql<{ delivery: object }>(
      'query ($id: ID!) { delivery(id: $id) { skipReason finishedAt } }',
      { id: deliveries[0]?.id },
    )
    expect(delivery).toMatchObject({ skipReason: null, finishedAt: expect.any(String) as string })
    expect(await server.admin.countDeliveries(acme.projectId)).toMatchObject({
      ...{ delivered: 2, skipped: 0, pending: 0, consistent: true },
    })
  })

  test('webhookEnable with REPLAY makes skipped deliveries due in the order of their events, before newer ones', async () => {
    const acme = await apiOnly.tenant()
    const { id } = await createWebhook(acme, receiver)
    const order = await createOrder(acme)
    await disable(acme, id)
    for (const state of ['ACCEPTED', 'PREPARING', 'READY']) await changeOrderState(acme, order.id, state)
    await enable(acme, id, 'REPLAY')
    await changeOrderState(acme, order.id, 'DISPATCHED')

    expect(await apiOnly.admin.countDeliveries(acme.projectId)).toMatchObject({
      pending: 5,
      skipped: 0,
      consistent: true,
    })
    const sequences = (await claimEach(id, 6)).map(({ event }) => event.sequence)
    expect(sequences).toEqual([1, 2, 3, 4, 5])
  })

  test('webhookEnable with REPLAY keeps deliveries SKIPPED that an earlier webhookEnable with KEEP left', async () => {
    const acme = await apiOnly.tenant()
    const { id } = await createWebhook(acme, receiver)
    await disable(acme, id)
    const order = await createOrder(acme)
    await enable(acme, id, 'KEEP')
    await disable(acme, id)
    await changeOrderState(acme, order.id, 'ACCEPTED')
    await enable(acme, id, 'REPLAY')

    expect(statesOf(await listDeliveries(acme))).toEqual([
      'order.state_changed PENDING',
      'order.created SKIPPED',
    ])
  })

  test("webhookEnable with REPLAY does not change other webhooks' deliveries", async () => {
    const acme = await apiOnly.tenant()
    const [replayed, other] = [await createWebhook(acme, receiver), await createWebhook(acme, receiver)]
    for (const { id } of [replayed, other]) await disable(acme, id)
    await createOrder(acme)
    await enable(acme, replayed.id, 'REPLAY')
    await enable(acme, other.id)
    expect(statesOf(await listDeliveries(acme, { webhookIds: [replayed.id] }))).toEqual([
      'order.created PENDING',
    ])
    expect(statesOf(await listDeliveries(acme, { webhookIds: [other.id] }))).toEqual([
      'order.created SKIPPED',
    ])
  })

  test('webhookEnable with REPLAY of an enabled webhook changes nothing', async () => {
    const acme = await apiOnly.tenant()
    const { id } = await createWebhook(acme, receiver)
    await disable(acme, id)
    await createOrder(acme)
    await enable(acme, id)
    const before = await fingerprint(apiOnly.connections)
    expect((await mutate(acme, 'WebhookEnable', { id, skipped: 'REPLAY' })).userErrors).toEqual([])
    expect(await fingerprint(apiOnly.connections)).toEqual(before)
  })

  test('a replayed delivery gets its whole retry window, however old it is', async () => {
    const acme = await apiOnly.tenant()
    const { id } = await createWebhook(acme, receiver, { preset: 'FLIPDISH' })
    await disable(acme, id)
    await createOrder(acme)
    await apiOnly.connections.sql`
      update deliveries set created_at = created_at - interval '3 days' where webhook_id = ${id}`
    await enable(acme, id, 'REPLAY')
    const [claim] = await claimEach(id, 1)
    expect(claim?.facts.ageMs).toBeLessThan(60_000)
  })

  test('a replayed delivery stays PENDING and is not claimed when the webhook is disabled again', async () => {
    const acme = await apiOnly.tenant()
    const { id } = await createWebhook(acme, receiver)
    await disable(acme, id)
    await createOrder(acme)
    await enable(acme, id, 'REPLAY')
    await disable(acme, id)
    expect(statesOf(await listDeliveries(acme))).toEqual(['order.created PENDING'])
    expect(await claimEach(id, 1)).toEqual([])
  })
})

describe('unfinished replay', () => {
  /** Writes the rows as a process leaves them that dies right after it enabled the webhook. Returns the webhook's id. */
  async function startReplay(on: TestServer, acme: Tenant, events: number): Promise<string> {
    const { id } = await createWebhook(acme, receiver)
    await disable(acme, id)
    const siteId = await createSite(acme)
    for (let index = 0; index < events; index += 1) await createOrder(acme, { siteId })
    await on.connections.sql`
      with off as (select id, disabled_at from webhooks where id = ${id}),
        replay as (insert into pending_replays (webhook_id, skipped_since) select id, disabled_at from off)
      update webhooks set disabled_at = null, disabled_reason = null, disabled_message = null where id = ${id}`
    return id
  }

  test('replaySkipped(2) replays 5 deliveries in batches of 2, 2 and 1, and the counts are consistent after each', async () => {
    const acme = await apiOnly.tenant()
    const id = await startReplay(apiOnly, acme, 5)
    for (const [count, pending] of [
      [2, 2],
      [2, 4],
      [1, 5],
    ]) {
      expect(await store.replaySkipped(2)).toEqual({ webhookId: id, count })
      expect(await apiOnly.admin.countDeliveries(acme.projectId)).toMatchObject({
        ...{ pending, skipped: 5 - (pending ?? 0), consistent: true },
      })
    }
    expect(await store.replaySkipped(2)).toBeNull()
  })

  test('deliveries of an unfinished replay are claimed before newer ones', async () => {
    const acme = await apiOnly.tenant()
    const id = await startReplay(apiOnly, acme, 2)
    const newest = await createOrder(acme)
    await store.replaySkipped(10)
    const orders = (await claimEach(id, 3)).map(({ event }) => event.orderId)
    expect(orders.indexOf(newest.id)).toBe(2)
  })

  test('the sweep finishes an unfinished replay', async () => {
    const acme = await server.tenant()
    const id = await startReplay(server, acme, 2)
    const deliveries = () => listDeliveries(acme, { webhookIds: [id] })
    await waitFor(async () => (await deliveries()).every(({ state }) => state === 'DELIVERED'), {
      what: 'the sweep to replay the deliveries',
      deadlineMs: 20_000,
    })
    expect(receiver.requests).toHaveLength(2)
  })

  test('an unfinished replay does not change a delivery that was CANCELLED meanwhile, and ends', async () => {
    const acme = await apiOnly.tenant()
    const id = await startReplay(apiOnly, acme, 3)
    const [cancelled] = await listDeliveries(acme)
    await apiOnly.connections.sql`
      update deliveries set state = 'CANCELLED', skip_reason = null where id = ${cancelled?.id ?? ''}`
    expect(await store.replaySkipped(2)).toMatchObject({ webhookId: id, count: 2 })
    expect(await store.replaySkipped(2)).toMatchObject({ webhookId: id, count: 0 })
    expect(await store.replaySkipped(2)).toBeNull()
    expect(await apiOnly.admin.countDeliveries(acme.projectId)).toMatchObject({
      pending: 2,
      cancelled: 1,
      consistent: true,
    })
  })

  test('an unfinished replay includes deliveries with a manual retry that waits, runs or was cancelled', async () => {
    const acme = await apiOnly.tenant()
    const id = await startReplay(apiOnly, acme, 4)
    const ids = (await listDeliveries(acme)).map((delivery) => delivery.id)
    const [waits = '', sent = '', cancelled = '', requestedTwice = ''] = ids
    for (const delivery of [sent, cancelled, requestedTwice])
      await mutateOrThrow(acme, 'Retry', { id: delivery })
    const running = await claimEach(id, 3)
    expect(running.map(({ trigger }) => trigger)).toEqual(['MANUAL', 'MANUAL', 'MANUAL'])
    await mutateOrThrow(acme, 'Cancel', { id: cancelled })
    for (const delivery of [waits, requestedTwice]) await mutateOrThrow(acme, 'Retry', { id: delivery })
    expect(await store.replaySkipped(10)).toEqual({ webhookId: id, count: 4 })

    const { continued } = await store.settle(running.map(failedAttempt))
    expect(continued.toSorted()).toEqual([sent, cancelled, requestedTwice].toSorted())
    const pending = { state: 'PENDING', skipReason: null, finishedAt: null }
    for (const delivery of ids) expect(await readDelivery(acme, delivery)).toMatchObject(pending)
    expect((await readDelivery(acme, sent)).attempts.nodes).toMatchObject([
      {
        nextStep: 'RETRY',
        nextStepReason: 'the delivery was replayed during this manual attempt: its retry schedule begins',
        nextAttemptAt: expect.any(String) as string,
      },
    ])
    const next = new Map((await claimEach(id, 4)).map((claim) => [claim.deliveryId, claim]))
    expect(ids.map((delivery) => next.get(delivery)?.trigger)).toEqual([
      ...['MANUAL', 'SCHEDULE', 'SCHEDULE', 'MANUAL'],
    ])
    await store.settle([...next.values()].map(failedAttempt))
    expect(await apiOnly.admin.countDeliveries(acme.projectId)).toMatchObject({
      pending: 4,
      skipped: 0,
      consistent: true,
    })
  })

  test('webhookDelete ends an unfinished replay, and its deliveries stay SKIPPED', async () => {
    const acme = await apiOnly.tenant()
    const id = await startReplay(apiOnly, acme, 2)
    await mutateOrThrow(acme, 'WebhookDelete', { id })
    expect(await store.replaySkipped(10)).toEqual({ webhookId: id, count: 0 })
    expect(await store.replaySkipped(10)).toBeNull()
    expect(await apiOnly.admin.countDeliveries(acme.projectId)).toMatchObject({
      skipped: 2,
      pending: 0,
      consistent: true,
    })
  })
})
