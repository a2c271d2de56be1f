import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sharedTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import type { Script } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  createOrder,
  mutateOrThrow,
  fingerprint,
  listDeliveries,
  mutate,
  quickRetries,
  waitForSettled,
} from '../support/fixtures.ts'
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

const retry = (tenant: Tenant, id: string) =>
  mutateOrThrow<{ delivery: { id: string; state: string } }>(tenant, 'Retry', { id })

async function failuresOf(tenant: Tenant, id: string): Promise<number> {
  const answer = await tenant.gql<{ webhook: { consecutiveFailures: number } }>(
    `query ($id: ID!) { webhook(id: $id) { consecutiveFailures } }`,
    { id },
  )
  return answer.webhook.consecutiveFailures
}

describe.concurrent('deliveryRetry of a delivery that waits for its next attempt', () => {
  test('a manual retry is sent at once; when it fails, the next scheduled attempt keeps its time and no failure is counted', async () => {
    const { tenant, receiver, webhook, id } = await startDelivery(server, longWait, 500)
    const before = await waitForAttempts(tenant, id, 1)
    const payload = await retry(tenant, id)
    const after = await waitForAttempts(tenant, id, 2)

    expect(payload.delivery).toEqual({ id, state: 'PENDING' })
    expect(after).toMatchObject({ state: 'PENDING', nextAttemptAt: before.nextAttemptAt, finishedAt: null })
    expect(after.attempts.nodes).toMatchObject([
      { number: 1, trigger: 'SCHEDULE' },
      {
        number: 2,
        trigger: 'MANUAL',
        outcome: 'HTTP_ERROR',
        nextStep: 'RETRY',
        nextStepReason: 'the attempt was a manual retry: the retry schedule continues as before',
        nextAttemptAt: before.nextAttemptAt,
      },
    ])
    expect(receiver.requests.map(({ headers }) => headers['webhook-id'])).toEqual([id, id])
    expect(await failuresOf(tenant, webhook.id)).toBe(1)
  })

  test('a manual retry that succeeds makes the delivery DELIVERED, and does not reset the consecutive failures of the webhook', async () => {
    const { tenant, webhook, id } = await startDelivery(server, longWait, 500, 200)
    await waitForAttempts(tenant, id, 1)
    await retry(tenant, id)
    const after = await waitForAttempts(tenant, id, 2)

    expect(after).toMatchObject({ state: 'DELIVERED', nextAttemptAt: null })
    expect(after.attempts.nodes[1]).toMatchObject({
      trigger: 'MANUAL',
      outcome: 'SUCCEEDED',
      nextStep: 'NONE',
    })
    expect(await failuresOf(tenant, webhook.id)).toBe(1)
  })

  test('a manual retry does not use up a scheduled retry', async () => {
    const { tenant, webhook, id } = await startDelivery(server, quickRetries(2), 500)
    await waitForAttempts(tenant, id, 1)
    await retry(tenant, id)
    await waitForSettled(tenant, {})
    const { state, attempts } = await readDelivery(tenant, id)

    expect(state).toBe('EXHAUSTED')
    expect(attempts.nodes.map(({ trigger }) => trigger).toSorted()).toEqual([
      'MANUAL',
      'SCHEDULE',
      'SCHEDULE',
      'SCHEDULE',
    ])
    expect(await failuresOf(tenant, webhook.id)).toBe(3)
  })

  test('a manual retry ignores Retry-After, and a 410 response to it does not disable the webhook', async () => {
    const busy: Script = (_, response) => response.writeHead(503, { 'retry-after': '3600' }).end()
    const { tenant, webhook, id } = await startDelivery(server, longWait, 500, busy, 410)
    const before = await waitForAttempts(tenant, id, 1)
    for (const count of [2, 3]) {
      await retry(tenant, id)
      expect(await waitForAttempts(tenant, id, count)).toMatchObject({ nextAttemptAt: before.nextAttemptAt })
    }
    const answer = await tenant.gql(`query ($id: ID!) { webhook(id: $id) { enabled } }`, { id: webhook.id })
    expect(answer).toEqual({ webhook: { enabled: true } })
  })
})

describe.concurrent('deliveryRetry of a finished delivery', () => {
  const ends = [
    { state: 'DELIVERED', skipReason: null },
    { state: 'EXHAUSTED', skipReason: null },
    { state: 'CANCELLED', skipReason: null },
    { state: 'SKIPPED', skipReason: 'WEBHOOK_DISABLED' },
    { state: 'EXPIRED', skipReason: null },
  ] as const

  test.each(ends)(
    'deliveryRetry makes a $state delivery PENDING for one attempt; when that fails, the delivery is $state again',
    async (end) => {
      const { tenant, id } = await startDelivery(server, quickRetries(0), 200, 500)
      await waitForSettled(tenant, {})
      await server.connections.sql`
      update deliveries set state = ${end.state}, skip_reason = ${end.skipReason} where id = ${id}`
      const before = await readDelivery(tenant, id)
      const payload = await mutate<{ delivery: unknown }>(tenant, 'Retry', { id })
      const after = await waitForAttempts(tenant, id, 2)

      expect(payload).toEqual({ delivery: { id, state: 'PENDING' }, userErrors: [] })
      expect(after).toMatchObject({ ...end, nextAttemptAt: null, attemptCount: 2 })
      expect(Date.parse(after.finishedAt ?? '')).toBeGreaterThan(Date.parse(before.finishedAt ?? ''))
      expect(after.attempts.nodes[1]).toMatchObject({
        trigger: 'MANUAL',
        nextStep: 'NONE',
        nextStepReason: `the attempt was a manual retry: the delivery is ${end.state} as before`,
        nextAttemptAt: null,
      })
      expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({
        consistent: true,
        pending: 0,
      })
    },
  )

  test.each(ends)(
    'a manual retry of a $state delivery that succeeds makes the delivery DELIVERED',
    async (end) => {
      const { tenant, id } = await startDelivery(server, quickRetries(0), 200)
      await waitForSettled(tenant, {})
      await server.connections.sql`
      update deliveries set state = ${end.state}, skip_reason = ${end.skipReason} where id = ${id}`
      await retry(tenant, id)

      expect(await waitForAttempts(tenant, id, 2)).toMatchObject({
        state: 'DELIVERED',
        skipReason: null,
        nextAttemptAt: null,
      })
      expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({
        consistent: true,
        delivered: 1,
      })
    },
  )
})

describe.concurrent('deliveryRetry during an attempt', () => {
  test('two deliveryRetry during a scheduled attempt cause one manual attempt when it fails, and then the schedule continues', async () => {
    const first = holdResponse()
    const { tenant, receiver, id } = await startDelivery(server, longWait, first.script, 500)
    await waitFor(() => receiver.requests.length === 1, { what: 'the first request' })
    await retry(tenant, id)
    await retry(tenant, id)
    first.respond(500)
    const after = await waitForAttempts(tenant, id, 2)

    expect(after).toMatchObject({ state: 'PENDING', attemptCount: 2 })
    expect(after.attempts.nodes).toMatchObject([
      {
        trigger: 'SCHEDULE',
        nextStep: 'RETRY',
        nextStepReason:
          'a manual retry was requested during the attempt: it follows now, then the delivery continues as before',
      },
      { trigger: 'MANUAL', nextAttemptAt: after.nextAttemptAt },
    ])
    expect(Date.parse(after.nextAttemptAt ?? '') - Date.now()).toBeGreaterThan(500_000)
  })

  test('deliveryRetry during the last scheduled attempt causes a manual attempt, and the delivery is EXHAUSTED when both fail', async () => {
    const first = holdResponse()
    const { tenant, receiver, id } = await startDelivery(server, quickRetries(0), first.script, 500)
    await waitFor(() => receiver.requests.length === 1, { what: 'the first request' })
    await retry(tenant, id)
    first.respond(500)

    expect(await waitForAttempts(tenant, id, 2)).toMatchObject({ state: 'EXHAUSTED', nextAttemptAt: null })
    expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({
      consistent: true,
      exhausted: 1,
    })
  })

  test('two deliveryRetry during a manual attempt cause one more manual attempt, and the delivery keeps its state from before both', async () => {
    const second = holdResponse()
    const { tenant, receiver, id } = await startDelivery(server, quickRetries(0), 200, second.script, 500)
    await waitForAttempts(tenant, id, 1)
    await retry(tenant, id)
    await waitFor(() => receiver.requests.length === 2, { what: 'the manual request' })
    await retry(tenant, id)
    await retry(tenant, id)
    second.respond(500)
    const after = await waitForAttempts(tenant, id, 3)

    expect(after).toMatchObject({ state: 'DELIVERED', attemptCount: 3 })
    expect(after.attempts.nodes.map(({ trigger }) => trigger)).toEqual(['SCHEDULE', 'MANUAL', 'MANUAL'])
  })

  test('deliveryRetry during an attempt that succeeds causes no further attempt', async () => {
    const first = holdResponse()
    const { tenant, receiver, id } = await startDelivery(server, longWait, first.script, 200)
    await waitFor(() => receiver.requests.length === 1, { what: 'the first request' })
    await retry(tenant, id)
    first.respond(200)

    expect(await waitForAttempts(tenant, id, 1)).toMatchObject({ state: 'DELIVERED', nextAttemptAt: null })
    const rows = await server.connections.sql`select from due_deliveries where delivery_id = ${id}`
    expect(rows).toHaveLength(0)
  })
})

test('deliveryRetry is refused with WEBHOOK_DISABLED while the webhook is disabled, and nothing is written', async () => {
  const { tenant, webhook, id } = await startDelivery(server, quickRetries(0), 200)
  await waitForSettled(tenant, {})
  await mutateOrThrow(tenant, 'WebhookDisable', { id: webhook.id })
  const before = await fingerprint(server.connections, tenant.projectId)

  expect(await mutate(tenant, 'Retry', { id })).toEqual({
    delivery: null,
    userErrors: [{ code: 'WEBHOOK_DISABLED', field: ['id'], message: expect.any(String) as string }],
  })
  expect(await fingerprint(server.connections, tenant.projectId)).toEqual(before)
})

test('deliveryRetry is refused with CONFLICT when the webhook is deleted', async () => {
  const { tenant, webhook, id } = await startDelivery(server, quickRetries(0), 200)
  await waitForSettled(tenant, {})
  await mutateOrThrow(tenant, 'WebhookDelete', { id: webhook.id })

  expect(await mutate(tenant, 'Retry', { id })).toMatchObject({
    delivery: null,
    userErrors: [{ code: 'CONFLICT', field: ['id'] }],
  })
})

test('concurrent deliveryRetry and deliveryCancel during scheduled retries leave consistent deliveries and no due rows', async () => {
  let count = 0
  const failsTwoOfThree: Script = (_, response) =>
    response.writeHead((count += 1) % 3 === 0 ? 200 : 500).end()
  const { tenant, id } = await startDelivery(server, quickRetries(3), failsTwoOfThree)
  for (let more = 0; more < 3; more += 1) await createOrder(tenant)
  const ids = (await listDeliveries(tenant)).map((delivery) => delivery.id)
  for (let round = 0; round < 12; round += 1)
    await Promise.all(
      ids.flatMap((one, index) => [
        retry(tenant, one),
        retry(tenant, one),
        ...((round + index) % 4 === 0 ? [mutate(tenant, 'Cancel', { id: one })] : []),
      ]),
    )
  await waitForSettled(tenant, {}, 4)

  expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({
    consistent: true,
    pending: 0,
    deliveries: 4,
  })
  const left = await server.connections.sql`
    select from due_deliveries l join deliveries d on d.id = l.delivery_id where d.project_id = ${tenant.projectId}`
  expect(left).toHaveLength(0)
  const { attempts, attemptCount } = await readDelivery(tenant, id)
  expect(attempts.nodes.slice(0, 20).map(({ number }) => number)).toEqual(
    Array.from({ length: Math.min(20, attemptCount) }, (_, index) => index + 1),
  )
})
