import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { App } from '../../../src/app.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import type { Receiver, Script } from '../../support/receiver.ts'
import { createSite, createWebhook, createOrder, waitForSettled } from '../support/fixtures.ts'
import { startDispatcher } from '../support/manual-retry.ts'
import { closeReceivers, openReceiver } from '../support/receivers.ts'

const backlog = 16
const rate = 5
const slowReceiver = slow(400)
const dispatchers: App[] = []
let server: TestServer
let tenant: Tenant
/** At most 2 requests at a time, to a slow receiver. */
let pairwise: Limited
/** At most 1 request at a time. */
let single: Limited
/** At most 5 requests per second. */
let throttled: Limited
/** No limit. */
let unlimited: { readonly id: string }

interface Limited {
  readonly id: string
  readonly receiver: Receiver
}

// Creates the deliveries first, then starts two dispatchers on one database, each with its own lanes, store and queue worker.
beforeAll(async () => {
  server = await startTestServer({ ROLES: 'api' })
  tenant = await server.tenant()
  pairwise = await limited(await openReceiver(slowReceiver.script), { max_concurrency: 2 })
  single = await limited(await openReceiver(slow(50).script), { max_concurrency: 1 })
  throttled = await limited(await openReceiver(200), { rate_per_second: rate })
  unlimited = { id: (await createWebhook(tenant, await openReceiver(200))).id }
  const siteId = await createSite(tenant)
  for (let count = 0; count < backlog; count += 1) await createOrder(tenant, { siteId })
  dispatchers.push(await startDispatcher(server), await startDispatcher(server))
})
afterAll(async () => {
  await closeReceivers()
  await Promise.all(dispatchers.map((dispatcher) => dispatcher.stop()))
  await server.close()
})

/** Answers after a delay, and counts the most concurrent requests. */
function slow(afterMs: number): { readonly script: Script; readonly most: () => number } {
  let now = 0
  let most = 0
  const script: Script = (_, response) => {
    now += 1
    most = Math.max(most, now)
    setTimeout(() => {
      now -= 1
      response.writeHead(200).end()
    }, afterMs)
  }
  return { script, most: () => most }
}

async function limited(
  receiver: Receiver,
  limits: { readonly max_concurrency?: number; readonly rate_per_second?: number },
): Promise<Limited> {
  const { id } = await createWebhook(tenant, receiver)
  await server.connections.sql`update webhooks set ${server.connections.sql(limits)} where id = ${id}`
  return { id, receiver }
}

const sentOf = ({ id }: { readonly id: string }) => waitForSettled(tenant, { webhookIds: [id] }, backlog)
const lastOf = (deliveries: Awaited<ReturnType<typeof sentOf>>) =>
  Math.max(...deliveries.map((one) => Date.parse(one.finishedAt ?? '')))
const arrivedAt = ({ receiver }: Limited) =>
  receiver.requests.map(({ atMs }) => atMs).toSorted((a, b) => a - b)

describe.concurrent('limits of a webhook with two dispatchers', () => {
  test('a webhook with maxConcurrency 2 has at most 2 requests at a time over two dispatchers, and does not delay another webhook', async () => {
    const sent = await sentOf(pairwise)

    expect(slowReceiver.most()).toBe(2)
    expect(sent.every(({ state, attemptCount }) => state === 'DELIVERED' && attemptCount === 1)).toBe(true)
    // 16 requests, 2 at a time, take at least 3.2 s.
    expect(lastOf(sent) - lastOf(await sentOf(unlimited))).toBeGreaterThan(1_000)
  })

  test('a webhook with ratePerSecond 5 starts at most 5 requests in a second over two dispatchers, and does not delay another webhook', async () => {
    const sent = await sentOf(throttled)

    // Start times on the database's clock are exact.
    const begun = sent
      .map(({ attempts }) => Date.parse(attempts.nodes[0]?.startedAt ?? ''))
      .toSorted((a, b) => a - b)
    for (const [index, at] of begun.slice(rate).entries())
      expect(at - (begun[index] ?? 0)).toBeGreaterThanOrEqual(999)
    // Arrival times: on a busy machine, late requests arrive close to those of the next second.
    const arrived = arrivedAt(throttled)
    expect(arrived).toHaveLength(backlog)
    for (const [index, at] of arrived.slice(2 * rate).entries())
      expect(at - (arrived[index] ?? 0)).toBeGreaterThan(1_000)
    expect(lastOf(sent) - lastOf(await sentOf(unlimited))).toBeGreaterThan(1_000)
  })

  test('the end of a request starts the next one of a webhook at its limit, without waiting for the sweep', async () => {
    await sentOf(single)

    const arrived = arrivedAt(single)
    const gaps = arrived.slice(1).map((at, index) => at - (arrived[index] ?? 0))
    expect(gaps).toHaveLength(backlog - 1)
    // The sweep runs every 5 s.
    expect(gaps.toSorted((a, b) => a - b)[backlog / 2]).toBeLessThan(1_000)
  })
})
