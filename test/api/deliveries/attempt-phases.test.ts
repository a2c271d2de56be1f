/** Phases of an attempt's duration, and the reason of its next step. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { sharedTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  createWebhook,
  createOrder,
  mutateOrThrow,
  changeOrderState,
  quickRetries,
  waitForSettled,
  type Input,
} from '../support/fixtures.ts'

interface Attempt {
  readonly outcome: string
  readonly durationMs: number | null
  readonly phases: {
    readonly dnsMs: number | null
    readonly connectMs: number | null
    readonly tlsMs: number | null
    readonly firstByteMs: number | null
    readonly totalMs: number
  } | null
  readonly resolvedAddress: string | null
  readonly nextStep: string
  readonly nextStepReason: string
  readonly nextAttemptAt: string | null
  readonly request: object | null
  readonly response: object | null
}

let server: TestServer
let acme: Tenant
let receiver: Receiver

beforeAll(async () => {
  server = await sharedTestServer()
})
beforeEach(async () => {
  acme = await server.tenant()
  receiver = await startReceiver()
  return () => receiver.close()
})
afterAll(() => server.close())

/** All attempts of the project, the oldest first. */
async function listAttempts(): Promise<readonly Attempt[]> {
  const { deliveryAttempts } = await acme.gql<{ deliveryAttempts: { nodes: Attempt[] } }>(
    `{ deliveryAttempts(last: 100) { nodes { outcome durationMs phases { dnsMs connectMs tlsMs firstByteMs totalMs }
      resolvedAddress nextStep nextStepReason nextAttemptAt request { body } response { body } } } }`,
  )
  return deliveryAttempts.nodes.toReversed()
}

/** Creates a webhook with this URL and one order, and returns its one attempt. */
async function attemptAt(url: string, input: Input = {}): Promise<Attempt> {
  await createWebhook(acme, { url }, { policy: quickRetries(0), ...input })
  await createOrder(acme)
  await waitForSettled(acme, {})
  const [attempt] = await listAttempts()
  if (attempt === undefined) throw new Error('expected an attempt, found none')
  return attempt
}

test('an attempt over a kept connection has null for dnsMs and connectMs, and the address of the connection', async () => {
  const urlByName = receiver.url.replace('127.0.0.1', 'localhost')
  await createWebhook(acme, { url: urlByName })
  const { id } = await createOrder(acme)
  await waitForSettled(acme, {}, 1)
  await changeOrderState(acme, id, 'READY')
  await waitForSettled(acme, {}, 2)
  const [first, second] = await listAttempts()

  expect(first?.phases).toMatchObject({
    dnsMs: expect.any(Number) as number,
    connectMs: expect.any(Number) as number,
    tlsMs: null,
    firstByteMs: expect.any(Number) as number,
  })
  expect(second?.phases).toMatchObject({
    dnsMs: null,
    connectMs: null,
    tlsMs: null,
    firstByteMs: expect.any(Number) as number,
  })
  // A kept connection has an address, although nothing was looked up.
  expect([first?.resolvedAddress, second?.resolvedAddress]).toEqual(['127.0.0.1', '127.0.0.1'])
})

test('an attempt to an IP address has null for dnsMs, and its other phases lie within totalMs', async () => {
  const headMs = 60
  const bodyMs = 300
  receiver.script((_, response) => {
    setTimeout(() => {
      response.writeHead(200).write('begun')
      setTimeout(() => response.end(), bodyMs)
    }, headMs)
  })
  const { phases, durationMs } = await attemptAt(receiver.url)

  expect(phases?.dnsMs).toBeNull()
  expect(phases?.totalMs).toBe(durationMs)
  // A timer may be a millisecond early.
  expect(phases?.firstByteMs).toBeGreaterThanOrEqual(headMs - 1)
  // A busy machine may read the head late, but not as late as the end of the body.
  expect(phases?.firstByteMs).toBeLessThan((phases?.totalMs ?? 0) - bodyMs / 3)
  expect(phases?.connectMs).toBeLessThanOrEqual(phases?.firstByteMs ?? 0)
})

test('a refused, a cut and a timed-out attempt have null for the phases that they did not reach', async () => {
  await receiver.close()
  const refused = await attemptAt(receiver.url)
  receiver = await startReceiver()
  expect(refused).toMatchObject({
    outcome: 'CONNECTION_FAILED',
    phases: { connectMs: null, tlsMs: null, firstByteMs: null, totalMs: refused.durationMs },
    response: null,
  })

  acme = await server.tenant()
  receiver.script((_, response) => response.destroy())
  const cut = await attemptAt(receiver.url)
  expect(cut).toMatchObject({
    outcome: 'CONNECTION_FAILED',
    phases: { connectMs: expect.any(Number) as number, firstByteMs: null },
    resolvedAddress: '127.0.0.1',
  })

  acme = await server.tenant()
  receiver.script(() => undefined)
  const timedOut = await attemptAt(receiver.url, { policy: { ...quickRetries(0), timeoutMs: 1_000 } })
  expect(timedOut).toMatchObject({ outcome: 'TIMED_OUT', phases: { firstByteMs: null } })
  expect(timedOut.phases?.totalMs).toBeGreaterThanOrEqual(999)
})

test('nextStepReason names the rule and its numbers for a scheduled wait, a Retry-After, the end of the schedule and a success', async () => {
  receiver.script(500, (_, response) => response.writeHead(503, { 'retry-after': '2' }).end(), 500, 200)
  await createWebhook(acme, receiver, { policy: quickRetries(2) })
  const { id } = await createOrder(acme)
  await waitForSettled(acme, {}, 1)
  await mutateOrThrow(acme, 'OrderUpdate', { orderId: id, areaName: 'Bay 4' })
  await waitForSettled(acme, {}, 2)

  const found = await listAttempts()
  expect(found.map(({ nextStep, nextStepReason }) => [nextStep, nextStepReason])).toEqual([
    ['RETRY', 'wait 1 of the retry schedule is 1 s'],
    ['RETRY', 'the receiver requested 2 s in Retry-After'],
    ['EXHAUSTED', 'the retry schedule ended with failure 3'],
    ['NONE', 'the receiver accepted the request'],
  ])
  for (const { nextStep, nextAttemptAt } of found) expect(nextAttemptAt !== null).toBe(nextStep === 'RETRY')
})

test('an interrupted attempt has no duration, phases, request or response, and the delivery is retried at once', async () => {
  const answers: (() => void)[] = []
  receiver.script((_, response) => answers.push(() => response.writeHead(200).end()), 200)
  await createWebhook(acme, receiver)
  await createOrder(acme)
  await waitFor(() => receiver.requests.length === 1, { what: 'the first request' })
  // Expires the lease, as after the death of the process. The sweep then finds the delivery.
  await server.connections.sql`
    update due_deliveries l set lease_until = now() - interval '1 second' from deliveries d
    where d.id = l.delivery_id and d.project_id = ${acme.projectId} and l.lease_token is not null`
  const [delivery] = await waitForSettled(acme, {})
  for (const answer of answers) answer()

  expect(delivery).toMatchObject({ state: 'DELIVERED', attemptCount: 2 })
  const [interrupted, second] = await listAttempts()
  expect(interrupted).toMatchObject({
    outcome: 'INTERRUPTED',
    durationMs: null,
    phases: null,
    request: null,
    response: null,
    nextStep: 'RETRY',
    nextStepReason: 'Orderbell interrupted the attempt, which uses up no retry: it is repeated now',
  })
  expect(second).toMatchObject({ outcome: 'SUCCEEDED', phases: { totalMs: second?.durationMs } })
})
