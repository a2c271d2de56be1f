import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { App } from '../../../src/app.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver, type Script } from '../../support/receiver.ts'
import { createSite, createWebhook, createOrder, waitForSettled } from '../support/fixtures.ts'
import { startDispatcher } from '../support/manual-retry.ts'

const backlog = 16
const rate = 5
const tarpit = slow(400)
const receivers: Receiver[] = []
const dispatchers: App[] = []
let server: TestServer
let tenant: Tenant
let full: Limited
let alone: Limited
let spread: Limited
let free: { readonly id: string }

interface Limited {
  readonly id: string
  readonly receiver: Receiver
}

// A backlog first, and then two dispatchers on one database, each with lanes, a store and a queue's worker of its own.
beforeAll(async () => {
  server = await startTestServer({ ROLES: 'api' })
  tenant = await server.tenant()
  full = await limited(await aReceiver(tarpit.script), { max_concurrency: 2 })
  alone = await limited(await aReceiver(slow(50).script), { max_concurrency: 1 })
  spread = await limited(await aReceiver(200), { rate_per_second: rate })
  free = { id: (await createWebhook(tenant, await aReceiver(200))).id }
  const siteId = await createSite(tenant)
  for (let count = 0; count < backlog; count += 1) await createOrder(tenant, { siteId })
  dispatchers.push(await startDispatcher(server), await startDispatcher(server))
})
afterAll(async () => {
  await Promise.all(receivers.map((receiver) => receiver.close()))
  await Promise.all(dispatchers.map((dispatcher) => dispatcher.stop()))
  await server.close()
})

async function aReceiver(script: Script): Promise<Receiver> {
  const receiver = await startReceiver()
  receivers.push(receiver)
  receiver.script(script)
  return receiver
}

/** Answers after a while, and remembers how many it had at once. */
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

describe.concurrent('with two dispatchers on one database', () => {
  test('a receiver never has more requests at once than its webhook allows, and no other webhook waits for it', async () => {
    const sent = await sentOf(full)

    expect(tarpit.most()).toBe(2)
    expect(sent.every(({ state, attemptCount }) => state === 'DELIVERED' && attemptCount === 1)).toBe(true)
    // Sixteen requests, two at a time, take 3.2 s at the least.
    expect(lastOf(sent) - lastOf(await sentOf(free))).toBeGreaterThan(1_000)
  })

  test('a receiver gets no more requests in a second than its webhook allows, and no other webhook waits for it', async () => {
    const sent = await sentOf(spread)

    // By when each began, on the database's clock: this is exact.
    const begun = sent
      .map(({ attempts }) => Date.parse(attempts.nodes[0]?.startedAt ?? ''))
      .toSorted((a, b) => a - b)
    for (const [index, at] of begun.slice(rate).entries())
      expect(at - (begun[index] ?? 0)).toBeGreaterThanOrEqual(999)
    // By when each arrived: on a busy machine some are late, and then close to the next second's.
    const arrived = arrivedAt(spread)
    expect(arrived).toHaveLength(backlog)
    for (const [index, at] of arrived.slice(2 * rate).entries())
      expect(at - (arrived[index] ?? 0)).toBeGreaterThan(1_000)
    expect(lastOf(sent) - lastOf(await sentOf(free))).toBeGreaterThan(1_000)
  })

  test('a webhook that is full is woken by the end of a request, not by the sweep', async () => {
    await sentOf(alone)

    const arrived = arrivedAt(alone)
    const gaps = arrived.slice(1).map((at, index) => at - (arrived[index] ?? 0))
    expect(gaps).toHaveLength(backlog - 1)
    // The sweep comes every 5 s.
    expect(gaps.toSorted((a, b) => a - b)[backlog / 2]).toBeLessThan(1_000)
  })
})
