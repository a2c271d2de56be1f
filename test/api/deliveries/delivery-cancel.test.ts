import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver, type Script } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  createWebhook,
  createOrder,
  mutateOrThrow,
  fingerprint,
  mutate,
  quickRetries,
  waitForSettled,
  type Input,
} from '../support/fixtures.ts'
import { waitForAttempts, longWait, readDelivery, newestDeliveryId } from '../support/manual-retry.ts'

let server: TestServer
const receivers: Receiver[] = []

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(async () => {
  await Promise.all(receivers.map((receiver) => receiver.close()))
  await server.close()
})

async function given(policy: Input, ...answers: readonly Script[]) {
  const tenant = await server.tenant()
  const receiver = await startReceiver()
  receivers.push(receiver)
  receiver.script(...answers)
  const webhook = await createWebhook(tenant, receiver, { policy })
  await createOrder(tenant)
  return { tenant, receiver, webhook, id: await newestDeliveryId(tenant) }
}

const cancel = (tenant: Tenant, id: string) => mutate<{ delivery: unknown }>(tenant, 'Cancel', { id })

async function owed(id: string): Promise<number> {
  return (await server.connections.sql`select from due_deliveries where delivery_id = ${id}`).length
}

/** A receiver that answers when the test says so. */
function held(): { readonly script: Script; readonly answer: (status: number) => void } {
  let answer: (status: number) => void = () => undefined
  const script: Script = (_, response) => {
    answer = (status) => void response.writeHead(status).end()
  }
  return { script, answer: (status) => answer(status) }
}

test('a delivery that waits for its retry is CANCELLED, and attempted no more; again, it is answered as it is', async () => {
  const { tenant, id } = await given(longWait, 500)
  await waitForAttempts(tenant, id, 1)

  expect(await cancel(tenant, id)).toEqual({ delivery: { id, state: 'CANCELLED' }, userErrors: [] })
  const after = await readDelivery(tenant, id)
  expect(after).toMatchObject({ state: 'CANCELLED', nextAttemptAt: null, attemptCount: 1 })
  expect(after.finishedAt).not.toBeNull()
  expect(await owed(id)).toBe(0)
  expect(await cancel(tenant, id)).toEqual({ delivery: { id, state: 'CANCELLED' }, userErrors: [] })
  expect(await readDelivery(tenant, id)).toEqual(after)
  expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({
    consistent: true,
    cancelled: 1,
  })
})

test('one that is held by a disabled webhook can be cancelled, too', async () => {
  const { tenant, webhook, id } = await given(longWait, 500)
  await waitForAttempts(tenant, id, 1)
  await mutateOrThrow(tenant, 'WebhookDisable', { id: webhook.id })

  expect(await cancel(tenant, id)).toMatchObject({ delivery: { state: 'CANCELLED' } })
})

test.each(['DELIVERED', 'EXHAUSTED', 'SKIPPED', 'EXPIRED'])(
  'a delivery that is %s cannot be cancelled, and the refusal says what it is',
  async (state) => {
    const { tenant, id } = await given(quickRetries(0), 200)
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

describe('while an attempt is under way', () => {
  test('the delivery is CANCELLED, and the attempt is recorded all the same, whatever comes of it', async () => {
    for (const status of [200, 500]) {
      const first = held()
      const { tenant, receiver, id } = await given(longWait, first.script)
      await waitFor(() => receiver.requests.length === 1, { what: 'the request' })
      expect(await cancel(tenant, id)).toMatchObject({ delivery: { state: 'CANCELLED' } })
      first.answer(status)
      const after = await waitForAttempts(tenant, id, 1)

      expect(after).toMatchObject({ state: 'CANCELLED', nextAttemptAt: null })
      expect(after.attempts.nodes).toMatchObject([{ trigger: 'SCHEDULE', nextAttemptAt: null }])
      expect(await owed(id)).toBe(0)
      expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({
        consistent: true,
        cancelled: 1,
      })
    }
  })

  test('a retry that was to follow it does not', async () => {
    const first = held()
    const { tenant, receiver, id } = await given(longWait, first.script)
    await waitFor(() => receiver.requests.length === 1, { what: 'the request' })
    await mutateOrThrow(tenant, 'Retry', { id })
    await cancel(tenant, id)
    first.answer(500)

    expect(await waitForAttempts(tenant, id, 1)).toMatchObject({ state: 'CANCELLED', nextAttemptAt: null })
    expect(await owed(id)).toBe(0)
  })

  test('and asked for again after that, it gets its attempt and ends CANCELLED when that fails', async () => {
    const first = held()
    const { tenant, receiver, id } = await given(longWait, first.script, 500)
    await waitFor(() => receiver.requests.length === 1, { what: 'the request' })
    await cancel(tenant, id)
    expect(await mutate(tenant, 'Retry', { id })).toMatchObject({ delivery: { state: 'PENDING' } })
    first.answer(500)
    const after = await waitForAttempts(tenant, id, 2)

    expect(after).toMatchObject({ state: 'CANCELLED', attemptCount: 2, nextAttemptAt: null })
    expect(after.attempts.nodes.map(({ trigger }) => trigger)).toEqual(['SCHEDULE', 'PERSON'])
    expect(await owed(id)).toBe(0)
    expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({
      consistent: true,
      cancelled: 1,
    })
  })
})

describe("a delivery that is pending only for a person's retry", () => {
  test('is as it was before when that is cancelled, also while it is under way', async () => {
    const second = held()
    const { tenant, receiver, id } = await given(quickRetries(0), 500, second.script)
    await waitForAttempts(tenant, id, 1)
    await mutateOrThrow(tenant, 'Retry', { id })
    await waitFor(() => receiver.requests.length === 2, { what: "the person's request" })

    expect(await cancel(tenant, id)).toEqual({ delivery: { id, state: 'EXHAUSTED' }, userErrors: [] })
    expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({
      consistent: true,
      exhausted: 1,
    })
    second.answer(200)
    const after = await waitForAttempts(tenant, id, 2)
    expect(after).toMatchObject({ state: 'EXHAUSTED', nextAttemptAt: null })
    expect(after.attempts.nodes[1]).toMatchObject({
      trigger: 'PERSON',
      outcome: 'SUCCEEDED',
      nextStepReason:
        'what a person had asked for was called off meanwhile: the delivery is EXHAUSTED as before',
    })
    expect(await owed(id)).toBe(0)
  })

  test('is as it was before when its webhook is deleted', async () => {
    const { tenant, webhook, id } = await given(quickRetries(0), 200)
    await waitForSettled(tenant, {})
    const before = await readDelivery(tenant, id)
    // By hand, as it stands between the wish and its attempt.
    await server.connections.sql.begin(async (sql) => {
      await sql`update webhooks set deleted_at = now() where id = ${webhook.id}`
      await sql`update deliveries set state = 'PENDING', resume_state = 'DELIVERED', due_at = now(), finished_at = null where id = ${id}`
      await sql`insert into due_deliveries (delivery_id, webhook_id, due_at, asked) values (${id}, ${webhook.id}, now(), 'NOW')`
    })
    await mutateOrThrow(tenant, 'WebhookDelete', { id: webhook.id })
    await waitFor(async () => (await readDelivery(tenant, id)).state !== 'PENDING', {
      what: 'the wish to be called off',
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
