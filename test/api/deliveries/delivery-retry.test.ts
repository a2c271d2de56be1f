import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver, type Script } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  createWebhook,
  createOrder,
  mutateOrThrow,
  fingerprint,
  listDeliveries,
  mutate,
  quickRetries,
  waitForSettled,
  type Input,
} from '../support/fixtures.ts'
import {
  startDispatcher,
  waitForAttempts,
  longWait,
  readDelivery,
  newestDeliveryId,
} from '../support/manual-retry.ts'

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
  return givenIn(server, policy, ...answers)
}

/** A project with one webhook whose receiver answers so, and one order, whose delivery is returned. */
async function givenIn(where: TestServer, policy: Input, ...answers: readonly Script[]) {
  const tenant = await where.tenant()
  const receiver = await startReceiver()
  receivers.push(receiver)
  receiver.script(...answers)
  const webhook = await createWebhook(tenant, receiver, { policy })
  await createOrder(tenant)
  return { tenant, receiver, webhook, id: await newestDeliveryId(tenant) }
}

const retry = (tenant: Tenant, id: string) =>
  mutateOrThrow<{ delivery: { id: string; state: string } }>(tenant, 'Retry', { id })

async function failuresOf(tenant: Tenant, id: string): Promise<number> {
  const answer = await tenant.gql<{ webhook: { consecutiveFailures: number } }>(
    `query ($id: ID!) { webhook(id: $id) { consecutiveFailures } }`,
    { id },
  )
  return answer.webhook.consecutiveFailures
}

/** Answers 500 when the test says so. */
function held(): { readonly script: Script; readonly answer: (status: number) => void } {
  let answer: (status: number) => void = () => undefined
  const script: Script = (_, response) => {
    answer = (status) => void response.writeHead(status).end()
  }
  return { script, answer: (status) => answer(status) }
}

describe.concurrent('a retry asked by a person, of a delivery that waits', () => {
  test('goes out at once; when it fails, the schedule goes on at the time it had, and no failure is counted', async () => {
    const { tenant, receiver, webhook, id } = await given(longWait, 500)
    const before = await waitForAttempts(tenant, id, 1)
    const asked = await retry(tenant, id)
    const after = await waitForAttempts(tenant, id, 2)

    expect(asked.delivery).toEqual({ id, state: 'PENDING' })
    expect(after).toMatchObject({ state: 'PENDING', nextAttemptAt: before.nextAttemptAt, finishedAt: null })
    expect(after.attempts.nodes).toMatchObject([
      { number: 1, trigger: 'SCHEDULE' },
      {
        number: 2,
        trigger: 'PERSON',
        outcome: 'HTTP_ERROR',
        nextStep: 'RETRY',
        nextStepReason: 'a person asked for it: the schedule goes on as it was',
        nextAttemptAt: before.nextAttemptAt,
      },
    ])
    expect(receiver.requests.map(({ headers }) => headers['webhook-id'])).toEqual([id, id])
    expect(await failuresOf(tenant, webhook.id)).toBe(1)
  })

  test('and that succeeds makes it DELIVERED, and does not heal the webhook', async () => {
    const { tenant, webhook, id } = await given(longWait, 500, 200)
    await waitForAttempts(tenant, id, 1)
    await retry(tenant, id)
    const after = await waitForAttempts(tenant, id, 2)

    expect(after).toMatchObject({ state: 'DELIVERED', nextAttemptAt: null })
    expect(after.attempts.nodes[1]).toMatchObject({
      trigger: 'PERSON',
      outcome: 'SUCCEEDED',
      nextStep: 'NONE',
    })
    expect(await failuresOf(tenant, webhook.id)).toBe(1)
  })

  test('does not use up a scheduled retry', async () => {
    const { tenant, webhook, id } = await given(quickRetries(2), 500)
    await waitForAttempts(tenant, id, 1)
    await retry(tenant, id)
    await waitForSettled(tenant, {})
    const { state, attempts } = await readDelivery(tenant, id)

    expect(state).toBe('EXHAUSTED')
    expect(attempts.nodes.map(({ trigger }) => trigger).toSorted()).toEqual([
      'PERSON',
      'SCHEDULE',
      'SCHEDULE',
      'SCHEDULE',
    ])
    expect(await failuresOf(tenant, webhook.id)).toBe(3)
  })

  test('hears no Retry-After, and a 410 to it stops nothing', async () => {
    const busy: Script = (_, response) => response.writeHead(503, { 'retry-after': '3600' }).end()
    const { tenant, webhook, id } = await given(longWait, 500, busy, 410)
    const before = await waitForAttempts(tenant, id, 1)
    for (const count of [2, 3]) {
      await retry(tenant, id)
      expect(await waitForAttempts(tenant, id, count)).toMatchObject({ nextAttemptAt: before.nextAttemptAt })
    }
    const answer = await tenant.gql(`query ($id: ID!) { webhook(id: $id) { enabled } }`, { id: webhook.id })
    expect(answer).toEqual({ webhook: { enabled: true } })
  })
})

describe.concurrent('a retry of a delivery that is', () => {
  const ends = [
    { state: 'DELIVERED', skipReason: null },
    { state: 'EXHAUSTED', skipReason: null },
    { state: 'CANCELLED', skipReason: null },
    { state: 'SKIPPED', skipReason: 'WEBHOOK_DISABLED' },
    { state: 'EXPIRED', skipReason: null },
  ] as const

  test.each(ends)('$state makes it PENDING for one attempt; failing, it is as it was', async (end) => {
    const { tenant, id } = await given(quickRetries(0), 200, 500)
    await waitForSettled(tenant, {})
    await server.connections.sql`
      update deliveries set state = ${end.state}, skip_reason = ${end.skipReason} where id = ${id}`
    const before = await readDelivery(tenant, id)
    const asked = await mutate<{ delivery: unknown }>(tenant, 'Retry', { id })
    const after = await waitForAttempts(tenant, id, 2)

    expect(asked).toEqual({ delivery: { id, state: 'PENDING' }, userErrors: [] })
    expect(after).toMatchObject({ ...end, nextAttemptAt: null, attemptCount: 2 })
    expect(Date.parse(after.finishedAt ?? '')).toBeGreaterThan(Date.parse(before.finishedAt ?? ''))
    expect(after.attempts.nodes[1]).toMatchObject({
      trigger: 'PERSON',
      nextStep: 'NONE',
      nextStepReason: `a person asked for it: the delivery is ${end.state} as before`,
      nextAttemptAt: null,
    })
    expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({
      consistent: true,
      pending: 0,
    })
  })

  test.each(ends)('$state and that succeeds makes it DELIVERED', async (end) => {
    const { tenant, id } = await given(quickRetries(0), 200)
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
  })
})

describe.concurrent('a retry that is asked while an attempt is under way', () => {
  test('follows it at once when that one fails, and then the schedule goes on', async () => {
    const first = held()
    const { tenant, receiver, id } = await given(longWait, first.script, 500)
    await waitFor(() => receiver.requests.length === 1, { what: 'the first request' })
    await retry(tenant, id)
    await retry(tenant, id)
    first.answer(500)
    const after = await waitForAttempts(tenant, id, 2)

    expect(after).toMatchObject({ state: 'PENDING', attemptCount: 2 })
    expect(after.attempts.nodes).toMatchObject([
      {
        trigger: 'SCHEDULE',
        nextStep: 'RETRY',
        nextStepReason: 'a person asked for one more attempt meanwhile: at once, and then as it stood',
      },
      { trigger: 'PERSON', nextAttemptAt: after.nextAttemptAt },
    ])
    expect(Date.parse(after.nextAttemptAt ?? '') - Date.now()).toBeGreaterThan(500_000)
  })

  test('follows the last of the schedule, too, and leaves it EXHAUSTED when it fails', async () => {
    const first = held()
    const { tenant, receiver, id } = await given(quickRetries(0), first.script, 500)
    await waitFor(() => receiver.requests.length === 1, { what: 'the first request' })
    await retry(tenant, id)
    first.answer(500)

    expect(await waitForAttempts(tenant, id, 2)).toMatchObject({ state: 'EXHAUSTED', nextAttemptAt: null })
    expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({
      consistent: true,
      exhausted: 1,
    })
  })

  test("follows a person's own, once, and leaves the delivery as it was before both", async () => {
    const second = held()
    const { tenant, receiver, id } = await given(quickRetries(0), 200, second.script, 500)
    await waitForAttempts(tenant, id, 1)
    await retry(tenant, id)
    await waitFor(() => receiver.requests.length === 2, { what: "the person's request" })
    await retry(tenant, id)
    await retry(tenant, id)
    second.answer(500)
    const after = await waitForAttempts(tenant, id, 3)

    expect(after).toMatchObject({ state: 'DELIVERED', attemptCount: 3 })
    expect(after.attempts.nodes.map(({ trigger }) => trigger)).toEqual(['SCHEDULE', 'PERSON', 'PERSON'])
  })

  test('does not follow one that succeeds', async () => {
    const first = held()
    const { tenant, receiver, id } = await given(longWait, first.script, 200)
    await waitFor(() => receiver.requests.length === 1, { what: 'the first request' })
    await retry(tenant, id)
    first.answer(200)

    expect(await waitForAttempts(tenant, id, 1)).toMatchObject({ state: 'DELIVERED', nextAttemptAt: null })
    const rows = await server.connections.sql`select from due_deliveries where delivery_id = ${id}`
    expect(rows).toHaveLength(0)
  })
})

test('a retry is refused with WEBHOOK_DISABLED while the webhook is off, and nothing is written', async () => {
  const { tenant, webhook, id } = await given(quickRetries(0), 200)
  await waitForSettled(tenant, {})
  await mutateOrThrow(tenant, 'WebhookDisable', { id: webhook.id })
  const before = await fingerprint(server.connections, tenant.projectId)

  expect(await mutate(tenant, 'Retry', { id })).toEqual({
    delivery: null,
    userErrors: [{ code: 'WEBHOOK_DISABLED', field: ['id'], message: expect.any(String) as string }],
  })
  expect(await fingerprint(server.connections, tenant.projectId)).toEqual(before)
})

test('a retry is refused with CONFLICT where the webhook was deleted', async () => {
  const { tenant, webhook, id } = await given(quickRetries(0), 200)
  await waitForSettled(tenant, {})
  await mutateOrThrow(tenant, 'WebhookDelete', { id: webhook.id })

  expect(await mutate(tenant, 'Retry', { id })).toMatchObject({
    delivery: null,
    userErrors: [{ code: 'CONFLICT', field: ['id'] }],
  })
})

test('people who retry and cancel at once, while the schedule goes on, leave the deliveries consistent and nothing behind', async () => {
  let count = 0
  const fickle: Script = (_, response) => response.writeHead((count += 1) % 3 === 0 ? 200 : 500).end()
  const { tenant, id } = await given(quickRetries(3), fickle)
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

describe('where nothing dispatches yet', () => {
  let quiet: TestServer
  beforeAll(async () => {
    quiet = await startTestServer({ ROLES: 'api' })
  })
  afterAll(() => quiet.close())

  test('asking twice before the first attempt began makes one, held while its webhook is off', async () => {
    const { tenant, receiver, webhook, id } = await givenIn(quiet, quickRetries(0), 500)
    await mutateOrThrow(tenant, 'Cancel', { id })
    for (let asked = 0; asked < 3; asked += 1) await retry(tenant, id)
    expect(await readDelivery(tenant, id)).toMatchObject({ state: 'PENDING', finishedAt: null })
    expect((await readDelivery(tenant, id)).nextAttemptAt).not.toBeNull()
    await mutateOrThrow(tenant, 'WebhookDisable', { id: webhook.id })
    const other = await givenIn(quiet, quickRetries(0), 200)

    const dispatcher = await startDispatcher(quiet)
    // The other webhook's delivery, which came later, shows that this one's time has passed.
    await waitForSettled(other.tenant, {})
    expect(receiver.requests).toHaveLength(0)
    expect(await quiet.admin.countDeliveries(tenant.projectId)).toMatchObject({
      consistent: true,
      pending: 1,
    })
    await mutateOrThrow(tenant, 'WebhookEnable', { id: webhook.id })
    const [delivery] = await waitForSettled(tenant, {})

    expect(delivery).toMatchObject({ state: 'CANCELLED', attemptCount: 1 })
    expect(receiver.requests).toHaveLength(1)
    await dispatcher.stop()
  })

  test('a person does not wait behind the backlog', async () => {
    const { tenant, receiver } = await givenIn(quiet, quickRetries(0), 200)
    for (let count = 0; count < 3; count += 1) await createOrder(tenant)
    const last = await newestDeliveryId(tenant)
    await quiet.connections.sql`
      update webhooks set max_concurrency = 1 where project_id = ${tenant.projectId}`
    await retry(tenant, last)
    const dispatcher = await startDispatcher(quiet)
    await waitForSettled(tenant, {}, 4)

    // Of those that are due since the same instant the older id goes first: at most one.
    expect(receiver.requests.map(({ headers }) => headers['webhook-id']).indexOf(last)).toBeLessThan(2)
    await dispatcher.stop()
  })
})
