/**
 * Clients that disconnect during a mutation: it takes effect once or not at all, and a repeat with its key makes it
 * once.
 */
import { connect } from 'node:net'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../../support/server.ts'
import { waitFor } from '../../../support/wait-for.ts'
import {
  createSite,
  createWebhook,
  documents,
  mutateOrThrow,
  fingerprint,
  makeRecordingLog,
  type OrderAnswer,
} from '../../support/fixtures.ts'
import { expectNoDetails } from '../../support/attacks.ts'

let server: TestServer
let acme: Tenant
let siteId: string
const log = makeRecordingLog()

beforeAll(async () => {
  server = await startTestServer({}, log)
  acme = await server.tenant()
  siteId = await createSite(acme)
  await createWebhook(acme, { url: 'http://127.0.0.1:8099' }, { enabled: false })
})
afterAll(() => server.close())

const orderInput = (key: string) => ({ siteId, partnerIdentifier: key, idempotencyKey: key })

/** The bytes of a request that creates an order. */
function requestOf(key: string): Buffer {
  const body = Buffer.from(
    JSON.stringify({ query: documents.OrderCreate, variables: { input: orderInput(key) } }),
  )
  const head = [
    'POST /graphql HTTP/1.1',
    `host: ${new URL(server.url).host}`,
    `authorization: Bearer ${acme.key}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body])
}

async function open() {
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** Sends the bytes, and disconnects `afterMs` later, with a reset or by closing the socket. */
async function disconnect(bytes: Buffer, afterMs: number, how: 'reset' | 'close'): Promise<void> {
  const socket = await open()
  await new Promise((resolve) => socket.write(bytes, resolve))
  await pause(afterMs)
  if (how === 'reset') socket.resetAndDestroy()
  else socket.destroy()
  await waitFor(() => socket.closed, { what: 'the client to be disconnected' })
}

/** The numbers of orders that the input with this key created, of their events and of their deliveries. */
async function rowsOf(key: string) {
  const [row] = await server.connections.sql<{ orders: number; events: number; deliveries: number }[]>`
    select count(distinct o.id)::int as orders, count(distinct e.id)::int as events,
      count(distinct d.id)::int as deliveries
    from orders o left join events e on e.order_id = o.id left join deliveries d on d.event_id = e.id
    where o.partner_identifier = ${key}`
  return row ?? { orders: 0, events: 0, deliveries: 0 }
}
const nothing = { orders: 0, events: 0, deliveries: 0 }
const oneOfEach = { orders: 1, events: 1, deliveries: 1 }

/** Sends the same input again. Afterwards there is exactly one order. */
async function repeatOrder(key: string): Promise<void> {
  const { order } = await mutateOrThrow<{ order: OrderAnswer }>(acme, 'OrderCreate', orderInput(key))
  expect(order.id).toMatch(/^ord_/)
  expect(await rowsOf(key)).toEqual(oneOfEach)
  expect(await server.admin.countDeliveries(acme.projectId)).toMatchObject({ consistent: true })
}

describe('client disconnects', () => {
  test('a client that disconnects before its request is complete changes nothing', async () => {
    const before = await fingerprint(server.connections)
    const request = requestOf('half')
    const cuts = [0, 1, 20, 60, request.length - 200, request.length - 30, request.length - 1]
    await Promise.all(
      cuts.map((cut, index) => disconnect(request.subarray(0, cut), 5, index % 2 ? 'reset' : 'close')),
    )

    expect(await fingerprint(server.connections)).toEqual(before)
    await repeatOrder('half')
  })

  test.each([0, 0, 1, 2, 3, 5, 8, 13, 30, 80])(
    'a client that disconnects %i ms after its request creates the whole order or nothing',
    async (afterMs) => {
      const key = `gone-${afterMs}-${Math.random()}`
      await disconnect(requestOf(key), afterMs, afterMs % 2 ? 'reset' : 'close')

      expect([nothing, oneOfEach]).toContainEqual(await rowsOf(key))
      await repeatOrder(key)
    },
  )

  test('a client that disconnects while its transaction waits for a lock creates the order once', async () => {
    const key = 'gone-within'
    let gone: Promise<void> | undefined
    await server.connections.sql.begin(async (sql) => {
      // The transaction of the request waits for this lock.
      await sql`lock table orders in access exclusive mode`
      gone = disconnect(requestOf(key), 200, 'reset')
      await gone
    })
    await waitFor(async () => (await rowsOf(key)).orders === 1, { what: 'the order to be created' })

    expect(await rowsOf(key)).toEqual(oneOfEach)
    await repeatOrder(key)
  })

  test('fifty clients that disconnect and one repeat with the same idempotency key create one order', async () => {
    const key = 'gone-often'
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        disconnect(requestOf(key), index % 7, index % 2 ? 'reset' : 'close'),
      ),
    )
    await repeatOrder(key)
  })

  test('a client that disconnects leaves no error in the log', () => {
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([])
  })
})

describe('forged request ids', () => {
  /** The response, or the empty text if the server closes the connection without one. */
  async function answerTo(lines: readonly string[]): Promise<string> {
    const socket = await open()
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.end(`${lines.join('\r\n')}\r\n\r\n`)
    await waitFor(() => socket.closed, { what: 'the response to end' })
    return Buffer.concat(chunks).toString('latin1')
  }

  test.each([
    ['folded onto a second line', ['x-request-id: a', ' {"level":"error"}']],
    ['cut by a bare CR', ['x-request-id: a\rx-evil: 1']],
    ['cut by a bare LF', ['x-request-id: a\nx-evil: 1']],
    ['with a NUL', ['x-request-id: a\0b']],
    ['of 10 kB', [`x-request-id: ${'a'.repeat(10_000)}`]],
    ['of 100 kB', [`x-request-id: ${'a'.repeat(100_000)}`]],
    ['with a terminal escape', ['x-request-id: \u001b[31mred']],
  ])(
    'a request id %s is answered 4xx or not at all, is not returned, and logs no error',
    async (_, extra) => {
      const { host } = new URL(server.url)
      const known = log.lines.length
      const answer = await answerTo(['GET /graphql HTTP/1.1', `host: ${host}`, 'connection: close', ...extra])

      expect(answer).toMatch(/^(HTTP\/1\.1 4\d\d|$)/)
      const id = /^x-request-id: (.*)$/im.exec(answer)?.[1]?.trim()
      if (id !== undefined) expect(id).toMatch(/^([0-9a-f-]{36}|a)$/)
      expect(answer).not.toContain('evil')
      expectNoDetails(answer)
      expect(log.lines.slice(known).filter(({ level }) => level === 'error')).toEqual([])
      expect((await acme.post({ query: '{ viewer { key { id } } }' })).status).toBe(200)
    },
  )
})
