/** Subscribers that do not read: the memory they use, their effect on other subscribers, and how they resume. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeCursor } from '../../../src/domain/lists/cursor.ts'
import type { Log } from '../../../src/ports/log.ts'
import { maxBufferedBytes } from '../../../src/graphql/websocket/slow-sockets.ts'
import { createWebhook, createOrder, mutateOrThrow, waitForSettled } from '../../api/support/fixtures.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { nullLog } from '../../support/null-log.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import { copyAttempts } from '../support/many-attempts.ts'
import { openAuthenticated, type RawSocket } from '../support/raw-socket.ts'

interface TooSlow {
  readonly waitingBytes: number
  readonly takenBytes: number
  readonly forMs: number
}

let server: TestServer
let receiver: Receiver
const slowSockets: TooSlow[] = []
const log: Log = {
  ...nullLog,
  warn: (fields, step) => {
    if (step === 'socket.too-slow') slowSockets.push(fields as unknown as TooSlow)
  },
}

beforeAll(async () => {
  server = await startTestServer({}, log)
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

const none = { webhookIds: [], orderIds: [], topics: [], outcomes: [] }
const fromStart = ({ projectId }: Tenant): string =>
  writeCursor({ list: 'feed', projectId, filter: none }, '0')
const large = `subscription ($after: String) { deliveryAttempts(after: $after) { cursor attempt { id detail } } }`
const watch = (after: string, id = 'w') => ({
  type: 'subscribe',
  id,
  payload: { query: large, variables: { after } },
})

interface ReceivedEvent {
  readonly cursor: string
  readonly attempt: { readonly id: string }
}
const eventsOf = ({ messages }: Pick<RawSocket, 'messages'>): readonly ReceivedEvent[] =>
  messages.flatMap(({ type, payload }) =>
    type === 'next' ? [(payload as { data: { deliveryAttempts: ReceivedEvent } }).data.deliveryAttempts] : [],
  )

async function createTenantWithAttempts(
  count: number,
  detailBytes = 20_000,
): Promise<{ readonly tenant: Tenant; readonly webhookId: string; readonly last: number }> {
  const tenant = await server.tenant()
  const webhook = await createWebhook(tenant, receiver)
  await createOrder(tenant)
  await waitForSettled(tenant, { webhookIds: [webhook.id] })
  const last = await copyAttempts(server, tenant, count, 'x'.repeat(detailBytes))
  return { tenant, webhookId: webhook.id, last }
}

/** A subscription whose events contain the webhook's name. A test renames the webhook, so the name shows when an event was executed. */
const named = (detail: string) => `subscription ($after: String) {
  deliveryAttempts(after: $after) { cursor attempt { id ${detail} } delivery { webhook { name } } }
}`
const namesReceived = ({ messages }: RawSocket, subscription: string): readonly string[] =>
  messages.flatMap(({ id, type, payload }) => {
    if (id !== subscription || type !== 'next') return []
    const { data } = payload as {
      data: { deliveryAttempts: { delivery: { webhook: { name: string } } } }
    }
    return [data.deliveryAttempts.delivery.webhook.name]
  })
const watchNames = (tenant: Tenant, id: string, detail = 'detail', after = fromStart(tenant)) => ({
  type: 'subscribe',
  id,
  payload: { query: named(detail), variables: { after } },
})

/** Waits until a reading subscriber has received every event. By then the server has executed all events it may execute for the others. */
async function waitForReader(tenant: Tenant, count: number): Promise<void> {
  const quick = await openAuthenticated(server.url, tenant.key)
  quick.send(watchNames(tenant, 'w', ''))
  await waitFor(() => namesReceived(quick, 'w').length === count, {
    what: 'all events at a reading subscriber',
  })
  quick.close()
}

describe('paused socket', () => {
  test('a paused socket uses bounded memory, delays no other socket, is closed with 4413, and its client resumes without a gap', async () => {
    // 24 MB: more than the buffers of both ends of a connection hold.
    const { tenant, last } = await createTenantWithAttempts(1_200)
    const stuck = await openAuthenticated(server.url, tenant.key)
    stuck.pause()
    for (let one = 0; one < 20; one += 1) stuck.send(watch(fromStart(tenant), `w${one}`))
    const quick = await openAuthenticated(server.url, tenant.key)
    quick.send(watch(fromStart(tenant)))
    await waitFor(() => eventsOf(quick).length === last, {
      what: 'all events at the reading subscriber',
      deadlineMs: 60_000,
    })
    expect(stuck.closed()).toBeUndefined()
    await waitFor(() => slowSockets.length > 0, { what: 'the paused socket to be closed' })
    stuck.resume()

    expect(await stuck.end()).toBe(4413)
    expect(stuck.closed()?.reason).toMatch(/^Too slow: .* resume from the last cursor$/)
    const [line] = slowSockets
    expect(slowSockets).toHaveLength(1)
    // The limit of waiting bytes, and one event of each of its twenty subscriptions.
    expect(line?.waitingBytes).toBeLessThan(maxBufferedBytes + 20 * 25_000)
    expect(line?.forMs).toBeGreaterThanOrEqual(10_000)
    expect(stuck.messages.some(({ type }) => type === 'complete')).toBe(false)
    const before = eventsOf(stuck).filter((_, index) => stuck.messages[index + 1]?.id === 'w0')
    expect(before.length).toBeLessThan(last)
    const again = await openAuthenticated(server.url, tenant.key)
    again.send(watch(before.at(-1)?.cursor ?? fromStart(tenant)))
    const rest = last - before.length
    await waitFor(() => eventsOf(again).length === rest, { what: 'the remaining events', deadlineMs: 60_000 })
    expect([...before, ...eventsOf(again)]).toEqual(eventsOf(quick))
    quick.close()
    again.close()
  }, 180_000)

  test('the server executes few events ahead for a paused socket; the others show the state at the time the client reads again', async () => {
    // 30 MB, of which the buffers of both ends of a connection hold less than half.
    const { tenant, webhookId, last } = await createTenantWithAttempts(300, 100_000)
    const stuck = await openAuthenticated(server.url, tenant.key)
    stuck.pause()
    stuck.send(watchNames(tenant, 'w'))
    await waitForReader(tenant, last)
    await mutateOrThrow(tenant, 'WebhookUpdate', { id: webhookId, name: 'Renamed' })
    stuck.resume()

    await waitFor(() => namesReceived(stuck, 'w').length === last, {
      what: 'all events once the client reads',
    })
    const before = namesReceived(stuck, 'w').filter((name) => name !== 'Renamed')
    expect(before.length).toBeGreaterThan(0)
    expect(before.length).toBeLessThan(last / 2)
    stuck.close()
  }, 120_000)

  test('a further subscription on a paused socket is not executed while more bytes wait than the limit', async () => {
    // 16 MB: more than the buffers of both ends of a connection hold. No answer is so large that it is executed alone.
    const { tenant, webhookId, last } = await createTenantWithAttempts(260, 62_000)
    const quick = await openAuthenticated(server.url, tenant.key)
    quick.send(watch(fromStart(tenant)))
    await waitFor(() => eventsOf(quick).length === last, {
      what: 'all events at a reading subscriber',
      deadlineMs: 60_000,
    })
    const beforeLast = eventsOf(quick).at(-2)?.cursor ?? ''
    quick.close()

    const stuck = await openAuthenticated(server.url, tenant.key)
    stuck.pause()
    // One subscription fills the connection. Then the last event of eighteen more waits: 1.2 MB, more than the limit.
    stuck.send(watchNames(tenant, 'w0'))
    for (let time = 0; time < 3; time += 1) await waitForReader(tenant, last)
    for (let one = 1; one < 19; one += 1) stuck.send(watchNames(tenant, `w${one}`, 'detail', beforeLast))
    await waitForReader(tenant, last)
    stuck.send(watchNames(tenant, 'late'))
    await waitForReader(tenant, last)
    await mutateOrThrow(tenant, 'WebhookUpdate', { id: webhookId, name: 'Renamed' })
    stuck.resume()

    await waitFor(() => namesReceived(stuck, 'late').length > 0, {
      what: 'the first of the last subscription',
    })
    expect(namesReceived(stuck, 'w0')[0]).not.toBe('Renamed')
    expect(namesReceived(stuck, 'late')[0]).toBe('Renamed')
    stuck.close()
  }, 120_000)

  test('a paused socket with 20 subscriptions keeps few of the largest answers in memory', async () => {
    const { tenant } = await createTenantWithAttempts(0)
    await createWebhook(tenant, receiver, { topics: ['menu.updated'] })
    const count = 12
    for (let n = 0; n < count; n += 1)
      await mutateOrThrow(tenant, 'EventPublish', {
        topic: 'menu.updated',
        data: { n, text: 'x'.repeat(240_000) },
      })
    await waitForSettled(tenant, {}, count + 1)
    // Each answer has 3 MB: every attempt shows all published events.
    const query = `subscription ($after: String) { deliveryAttempts(after: $after) { cursor attempt { id
      webhook { deliveries(first: ${count}) { nodes { event { data } } } } } } }`
    const all = (id: string) => ({
      ...{ type: 'subscribe', id },
      payload: { query, variables: { after: fromStart(tenant) } },
    })
    const quick = await openAuthenticated(server.url, tenant.key)
    for (const id of ['a', 'b', 'c']) quick.send(all(id))
    const ofQuick = (wanted: string) =>
      eventsOf({ messages: quick.messages.filter(({ id }) => id === wanted) })
    await waitFor(() => ['a', 'b', 'c'].every((id) => ofQuick(id).length === count + 1), {
      ...{ what: 'all events at a reading subscriber', deadlineMs: 60_000 },
    })
    expect(quick.messages.every(({ payload }) => !JSON.stringify(payload ?? {}).includes('"errors"'))).toBe(
      true,
    )
    expect(ofQuick('a')).toEqual(ofQuick('b'))
    expect(ofQuick('a')).toEqual(ofQuick('c'))
    expect(new Set(ofQuick('a').map(({ attempt }) => attempt.id)).size).toBe(count + 1)
    quick.close()

    const known = slowSockets.length
    const stuck = await openAuthenticated(server.url, tenant.key)
    stuck.pause()
    for (let one = 0; one < 20; one += 1) stuck.send(all(`w${one}`))
    await waitFor(() => slowSockets.length > known, { what: 'the socket to be closed', deadlineMs: 60_000 })
    // One large answer and the answers that fit beside it. One answer of each subscription would be 60 MB.
    expect(slowSockets[known]?.waitingBytes).toBeLessThan(12 * maxBufferedBytes)
    stuck.close()
  }, 180_000)

  test('a paused socket that sends 30 MB of pings is closed before the pongs exceed twice the limit of waiting bytes', async () => {
    const { tenant } = await createTenantWithAttempts(0)
    const known = slowSockets.length
    const stuck = await openAuthenticated(server.url, tenant.key)
    stuck.pause()
    // The pongs would have 30 MB if the server read every ping.
    for (let ping = 0; ping < 500; ping += 1)
      stuck.send({ type: 'ping', payload: { filler: 'x'.repeat(60_000) } })
    await waitFor(() => slowSockets.length > known, { what: 'the socket to be closed', deadlineMs: 60_000 })

    expect(slowSockets[known]?.waitingBytes).toBeLessThan(2 * maxBufferedBytes)
    stuck.close()
  }, 120_000)
})

describe('slow socket', () => {
  test('a socket that reads slowly stays open and receives every event', async () => {
    const { tenant, last } = await createTenantWithAttempts(1_000)
    const known = slowSockets.length
    const slow = await openAuthenticated(server.url, tenant.key)
    slow.send(watch(fromStart(tenant)))
    const pausing = setInterval(() => {
      slow.pause()
      setTimeout(() => slow.resume(), 100)
    }, 150)
    await waitFor(() => eventsOf(slow).length === last, { what: 'all events', deadlineMs: 80_000 })
    clearInterval(pausing)

    expect(new Set(eventsOf(slow).map(({ attempt }) => attempt.id)).size).toBe(last)
    expect(slowSockets).toHaveLength(known)
    slow.close()
  }, 120_000)
})
