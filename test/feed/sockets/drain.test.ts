/** A stopping process closes its sockets one after the other without ending the subscriptions, and each client resumes at another process. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import WebSocket from 'ws'
import { makeApp } from '../../../src/app.ts'
import { writeCursor } from '../../../src/domain/lists/cursor.ts'
import { createWebhook, createOrder, documents, waitForSettled } from '../../api/support/fixtures.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { nullLog } from '../../support/null-log.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import type { AttemptEvent } from '../support/follow.ts'
import { copyAttempts } from '../support/many-attempts.ts'
import { openAuthenticated, type RawSocket } from '../support/raw-socket.ts'

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
const eventsOf = ({ messages }: RawSocket): readonly AttemptEvent[] =>
  messages.flatMap(({ type, payload }) =>
    type === 'next' ? [(payload as { data: { deliveryAttempts: AttemptEvent } }).data.deliveryAttempts] : [],
  )

/** The response to a WebSocket upgrade. */
function upgrade(url: string): Promise<{ readonly status: number; readonly retryAfter: string | undefined }> {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws')
  return new Promise((resolve, reject) => {
    socket.on('open', () => {
      socket.terminate()
      resolve({ status: 101, retryAfter: undefined })
    })
    socket.on('unexpected-response', (request, { statusCode = 0, headers }) => {
      request.destroy()
      resolve({ status: statusCode, retryAfter: headers['retry-after'] })
    })
    socket.on('error', reject)
  })
}

test('a stopping process refuses new sockets with 503, closes 25 open ones with 1001 gradually, and all clients resume without a gap', async () => {
  const acme = await server.tenant()
  const webhook = await createWebhook(acme, receiver)
  await createOrder(acme)
  await waitForSettled(acme, { webhookIds: [webhook.id] })
  const there = await makeApp({ ...server.config, roles: ['api'] }, nullLog)
  const url = there.address?.url ?? ''
  const watch = (raw: RawSocket, after: string): void =>
    raw.send({ type: 'subscribe', id: '1', payload: { query: documents.Live, variables: { after } } })
  const fromStart = writeCursor({ list: 'feed', projectId: acme.projectId, filter: none }, '0')
  const sockets = await Promise.all(Array.from({ length: 25 }, () => openAuthenticated(url, acme.key)))
  for (const raw of sockets) watch(raw, fromStart)
  await waitFor(() => sockets.every((raw) => eventsOf(raw).length === 1), {
    what: 'the first attempt on each socket',
  })

  const isOpen = (raw: RawSocket): boolean => raw.closed() === undefined
  const openAtTheTime: number[] = []
  const stopping = there.stop()
  expect(await upgrade(url)).toEqual({ status: 503, retryAfter: '1' })
  const looking = setInterval(() => {
    const open = sockets.filter(isOpen).length
    if (open !== openAtTheTime.at(-1)) openAtTheTime.push(open)
  }, 5)
  await copyAttempts(server, acme, 5)
  await createOrder(acme)
  await waitForSettled(acme, { webhookIds: [webhook.id] }, 2)
  await waitFor(() => !sockets.some(isOpen), { what: 'the last socket to be closed' })
  clearInterval(looking)
  await stopping

  // If all closed at once, the interval would see one or two different counts.
  expect(openAtTheTime.length).toBeGreaterThan(5)
  for (const raw of sockets) {
    expect(raw.closed()).toEqual({ code: 1001, reason: expect.stringMatching(/resume/) as string })
    expect(raw.messages.some(({ type }) => type === 'complete' || type === 'error')).toBe(false)
  }
  const goOn = async (raw: RawSocket): Promise<void> => {
    const before = eventsOf(raw)
    const again = await openAuthenticated(server.url, acme.key)
    watch(again, before.at(-1)?.cursor ?? fromStart)
    await waitFor(() => before.length + eventsOf(again).length === 7, {
      what: 'the remaining attempts from another process',
    })
    const all = [...before, ...eventsOf(again)].map(({ attempt }) => attempt.id)
    expect(new Set(all).size).toBe(7)
    again.close()
  }
  await Promise.all(sockets.map(goOn))
}, 120_000)
