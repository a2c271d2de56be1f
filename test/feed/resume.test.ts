/** Resuming the feed by cursor: a subscriber receives each attempt once, in order, after any disconnect and from any process. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeApp, type App } from '../../src/app.ts'
import { writeCursor } from '../../src/domain/lists/cursor.ts'
import { startTestServer, tenantOf, type TestServer, type Tenant } from '../support/server.ts'
import { nullLog } from '../support/null-log.ts'
import { startReceiver, type Receiver } from '../support/receiver.ts'
import { createSite, createWebhook, createOrder, mutateOrThrow } from '../api/support/fixtures.ts'
import { follow, type AttemptEvent } from './support/follow.ts'
import { openAuthenticated } from './support/raw-socket.ts'

let server: TestServer
let receiver: Receiver

beforeAll(async () => {
  server = await startTestServer()
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

const none = { webhookIds: [], orderIds: [], topics: [], outcomes: [] }
const fromStart = (tenant: Tenant): string =>
  writeCursor({ list: 'feed', projectId: tenant.projectId, filter: none }, '0')

/** Creates `writers` orders and records `each` events of every order. */
async function writeEvents(tenant: Tenant, writers: number, each: number): Promise<void> {
  const siteId = await createSite(tenant)
  await Promise.all(
    Array.from({ length: writers }, async () => {
      const { id } = await createOrder(tenant, { siteId })
      for (let change = 1; change < each; change += 1)
        await mutateOrThrow(tenant, 'OrderUpdate', { orderId: id, areaName: `Bay ${change}` })
    }),
  )
}

async function recorded({ projectId }: Tenant): Promise<readonly string[]> {
  const rows = await server.connections.sql<{ id: string }[]>`
    select id from attempts where project_id = ${projectId} and position is not null order by position`
  return rows.map(({ id }) => id)
}

const idsOf = (events: readonly AttemptEvent[]) => events.map(({ attempt }) => attempt.id)

describe('resumed subscription', () => {
  test('a subscriber that is disconnected repeatedly while 120 events are written receives every attempt once, in feed order', async () => {
    const acme = await server.tenant()
    await createWebhook(acme, receiver)
    await createWebhook(acme, receiver)
    const eventCount = 6 * 20
    const writing = writeEvents(acme, 6, 20)
    const received: AttemptEvent[] = []
    let after = fromStart(acme)
    // Disconnects after 1, 7, 2, 31... attempts: at the handover to live events, within a page, among live events.
    const cuts = [1, 7, 2, 31, 1, 1, 13, 50, 3]
    for (let cut = 0; received.length < eventCount * 2; cut += 1) {
      const wanted = Math.min(cuts[cut % cuts.length] ?? 1, eventCount * 2 - received.length)
      const client = acme.socket()
      const events = await follow(client, { after }, wanted).received(wanted)
      received.push(...events)
      after = events.at(-1)?.cursor ?? after
      await client.dispose()
    }
    await writing

    expect(idsOf(received)).toEqual(await recorded(acme))
    expect(new Set(idsOf(received)).size).toBe(eventCount * 2)
    expect(await server.admin.countDeliveries(acme.projectId)).toMatchObject({
      events: eventCount,
      delivered: eventCount * 2,
      consistent: true,
    })
  })

  test('a subscriber that was never disconnected receives the same attempts and cursors as one that reads them later', async () => {
    const acme = await server.tenant()
    await createWebhook(acme, receiver)
    const steady = follow(acme.socket(), { after: fromStart(acme) })
    await writeEvents(acme, 4, 15)
    const events = await steady.received(60)
    const late = await follow(acme.socket(), { after: fromStart(acme) }).received(60)

    expect(idsOf(events)).toEqual(await recorded(acme))
    expect(late).toMatchObject(events.map(({ cursor, attempt }) => ({ cursor, attempt })))
  })

  test('a subscription that resumes from the last cursor receives only the attempts after it', async () => {
    const acme = await server.tenant()
    await createWebhook(acme, receiver)
    const first = follow(acme.socket(), { after: fromStart(acme) }, 1)
    await createOrder(acme)
    const [seen] = await first.received(1)
    const again = follow(acme.socket(), { after: seen?.cursor })
    await createOrder(acme)
    const next = await again.received(1)

    expect(idsOf(next)).toEqual((await recorded(acme)).slice(1))
  })
})

describe('two API processes', () => {
  let api: App
  let there: (tenant: Tenant) => Tenant

  beforeAll(async () => {
    // This process sends no requests: every attempt in its feed was recorded by the test server.
    api = await makeApp({ ...server.config, roles: ['api'] }, nullLog)
    there = (tenant) => tenantOf(api.address?.url ?? '', tenant.projectId, tenant.key)
  })
  afterAll(() => api.stop())

  test('subscribers of both processes receive five attempts in less than 10 s', async () => {
    const acme = await server.tenant()
    await createWebhook(acme, receiver)
    const client = there(acme).socket()
    const far = follow(client, { after: fromStart(acme) })
    const near = follow(acme.socket(), { after: fromStart(acme) })
    await createOrder(acme)
    await Promise.all([far.received(1), near.received(1)])
    // Both are live now, and NOTIFY announces the next attempts. Without it each round would wait for the next poll, every 5 s.
    const beganMs = performance.now()
    for (let round = 2; round <= 6; round += 1) {
      await createOrder(there(acme))
      await far.received(round)
    }

    expect(performance.now() - beganMs).toBeLessThan(10_000)
    expect(idsOf(await near.received(6))).toEqual(idsOf(far.events))
    await client.dispose()
  })

  test('a cursor of one process resumes the feed in the other', async () => {
    const acme = await server.tenant()
    await createWebhook(acme, receiver)
    await writeEvents(acme, 2, 5)
    const here = await follow(acme.socket(), { after: fromStart(acme) }, 4).received(4)
    const client = there(acme).socket()
    const rest = await follow(client, { after: here.at(-1)?.cursor }).received(6)

    expect([...idsOf(here), ...idsOf(rest)]).toEqual(await recorded(acme))
    await client.dispose()
  })

  test('a process that stops closes its sockets with 1001', async () => {
    const acme = await server.tenant()
    const second = await makeApp({ ...server.config, roles: ['api'] }, nullLog)
    const raw = await openAuthenticated(second.address?.url ?? '', acme.key)
    const stopping = second.stop()
    expect(await raw.end()).toBe(1001)
    await stopping
  })
})
