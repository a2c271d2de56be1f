import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sharedTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { waitFor } from '../../support/wait-for.ts'
import { mutateOrThrow, fingerprint, mutate, quickRetries, waitForSettled } from '../support/fixtures.ts'
import { holdResponse } from '../support/held-response.ts'
import { waitForAttempts, longWait, readDelivery } from '../support/manual-retry.ts'
import { closeReceivers } from '../support/receivers.ts'
import { startDelivery } from '../support/started-delivery.ts'

let server: TestServer

beforeAll(async () => {
  server = await sharedTestServer()
})
afterAll(async () => {
  await closeReceivers()
  await server.close()
})

const cancel = (tenant: Tenant, id: string) => mutate<{ delivery: unknown }>(tenant, 'Cancel', { id })

async function countDueRows(id: string): Promise<number> {
  return (await server.connections.sql`select from due_deliveries where delivery_id = ${id}`).length
}

test('deliveryCancel makes a delivery that waits for its retry CANCELLED without a further attempt; a second deliveryCancel changes nothing', async () => {
  const { tenant, id } = await startDelivery(server, longWait, 500)
  await waitForAttempts(tenant, id, 1)

  expect(await cancel(tenant, id)).toEqual({ delivery: { id, state: 'CANCELLED' }, userErrors: [] })
  const after = await readDelivery(tenant, id)
  expect(after).toMatchObject({ state: 'CANCELLED', nextAttemptAt: null, attemptCount: 1 })
  expect(after.finishedAt).not.toBeNull()
  expect(await countDueRows(id)).toBe(0)
  expect(await cancel(tenant, id)).toEqual({ delivery: { id, state: 'CANCELLED' }, userErrors: [] })
  expect(await readDelivery(tenant, id)).toEqual(after)
  expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({
    consistent: true,
    cancelled: 1,
  })
})

test('deliveryCancel makes a delivery that is held by a disabled webhook CANCELLED', async () => {
  const { tenant, webhook, id } = await startDelivery(server, longWait, 500)
  await waitForAttempts(tenant, id, 1)
  await mutateOrThrow(tenant, 'WebhookDisable', { id: webhook.id })

  expect(await cancel(tenant, id)).toMatchObject({ delivery: { state: 'CANCELLED' } })
})

test.each(['DELIVERED', 'EXHAUSTED', 'SKIPPED', 'EXPIRED'])(
  'deliveryCancel of a delivery that is %s is refused with a CONFLICT that names the state, and nothing is written',
  async (state) => {
    const { tenant, id } = await startDelivery(server, quickRetries(0), 200)
    await waitForSettled(tenant, {})
    await server.connections.sql`update deliveries set state = ${state} where id = ${id}`
    const before = await fingerprint(server.connections, tenant.projectId)

    expect(await cancel(tenant, id)).toEqual({
      delivery: null,
      userErrors: [
        {
          code: 'CONFLICT',
          field: ['id'],
          message: `the delivery is ${state}: only a PENDING delivery can be cancelled`,
        },
      ],
    })
    expect(await fingerprint(server.connections, tenant.projectId)).toEqual(before)
  },
)

describe('deliveryCancel during an attempt', () => {
  test('deliveryCancel during an attempt makes the delivery CANCELLED, and the attempt is recorded whether it succeeds or fails', async () => {
    for (const status of [200, 500]) {
      const first = holdResponse()
      const { tenant, receiver, id } = await startDelivery(server, longWait, first.script)
      await waitFor(() => receiver.requests.length === 1, { what: 'the request' })
      expect(await cancel(tenant, id)).toMatchObject({ delivery: { state: 'CANCELLED' } })
      first.respond(status)
      const after = await waitForAttempts(tenant, id, 1)

      expect(after).toMatchObject({ state: 'CANCELLED', nextAttemptAt: null })
      expect(after.attempts.nodes).toMatchObject([{ trigger: 'SCHEDULE', nextAttemptAt: null }])
      expect(await countDueRows(id)).toBe(0)
      expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({
        consistent: true,
        cancelled: 1,
      })
    }
  })

  test('deliveryCancel during an attempt discards a manual retry that was queued after the attempt', async () => {
    const first = holdResponse()
    const { tenant, receiver, id } = await startDelivery(server, longWait, first.script)
    await waitFor(() => receiver.requests.length === 1, { what: 'the request' })
    await mutateOrThrow(tenant, 'Retry', { id })
    await cancel(tenant, id)
    first.respond(500)

    expect(await waitForAttempts(tenant, id, 1)).toMatchObject({ state: 'CANCELLED', nextAttemptAt: null })
    expect(await countDueRows(id)).toBe(0)
  })

  test('deliveryRetry after deliveryCancel, both during an attempt, causes one manual attempt, and the delivery is CANCELLED when that fails', async () => {
    const first = holdResponse()
    const { tenant, receiver, id } = await startDelivery(server, longWait, first.script, 500)
    await waitFor(() => receiver.requests.length === 1, { what: 'the request' })
    await cancel(tenant, id)
    expect(await mutate(tenant, 'Retry', { id })).toMatchObject({ delivery: { state: 'PENDING' } })
    first.respond(500)
    const after = await waitForAttempts(tenant, id, 2)

    expect(after).toMatchObject({ state: 'CANCELLED', attemptCount: 2, nextAttemptAt: null })
    expect(after.attempts.nodes.map(({ trigger }) => trigger)).toEqual(['SCHEDULE', 'MANUAL'])
    expect(await countDueRows(id)).toBe(0)
    expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({
      consistent: true,
      cancelled: 1,
    })
  })
})

describe('a delivery that is PENDING only because of deliveryRetry', () => {
  test('deliveryCancel during a manual attempt returns an EXHAUSTED delivery to EXHAUSTED, even when the attempt succeeds', async () => {
    const second = holdResponse()
    const { tenant, receiver, id } = await startDelivery(server, quickRetries(0), 500, second.script)
    await waitForAttempts(tenant, id, 1)
    await mutateOrThrow(tenant, 'Retry', { id })
    await waitFor(() => receiver.requests.length === 2, { what: 'the manual request' })

    expect(await cancel(tenant, id)).toEqual({ delivery: { id, state: 'EXHAUSTED' }, userErrors: [] })
    expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({
      consistent: true,
      exhausted: 1,
    })
    second.respond(200)
    const after = await waitForAttempts(tenant, id, 2)
    expect(after).toMatchObject({ state: 'EXHAUSTED', nextAttemptAt: null })
    expect(after.attempts.nodes[1]).toMatchObject({
      trigger: 'MANUAL',
      outcome: 'SUCCEEDED',
      nextStepReason:
        'the manual retry was cancelled during the attempt: the delivery is EXHAUSTED as before',
    })
    expect(await countDueRows(id)).toBe(0)
  })

  test('webhookDelete returns a DELIVERED delivery with a manual retry in the queue to DELIVERED', async () => {
    const { tenant, webhook, id } = await startDelivery(server, quickRetries(0), 200)
    await waitForSettled(tenant, {})
    const before = await readDelivery(tenant, id)
    // Writes the rows as they are between deliveryRetry and its attempt.
    await server.connections.sql.begin(async (sql) => {
      await sql`update webhooks set deleted_at = now() where id = ${webhook.id}`
      await sql`update deliveries set state = 'PENDING', resume_state = 'DELIVERED', due_at = now(), finished_at = null where id = ${id}`
      await sql`insert into due_deliveries (delivery_id, webhook_id, due_at, manual_retry) values (${id}, ${webhook.id}, now(), 'NOW')`
    })
    await mutateOrThrow(tenant, 'WebhookDelete', { id: webhook.id })
    await waitFor(async () => (await readDelivery(tenant, id)).state !== 'PENDING', {
      what: 'the manual retry to be cancelled',
    })

    expect(await readDelivery(tenant, id)).toMatchObject({
      ...before,
      finishedAt: expect.any(String) as string,
    })
    expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({
      consistent: true,
      delivered: 1,
    })
  })
})
