/** Clients that go away in the midst of a change: it is done once or not at all, and asked again it is done once. */
import { connect } from 'node:net'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  aSite,
  aWebhook,
  documents,
  done,
  fingerprint,
  keptLog,
  type OrderAnswer,
} from '../support/fixtures.ts'
import { expectNothingTold } from '../support/attacks.ts'

let server: TestServer
let acme: Tenant
let siteId: string
const log = keptLog()

beforeAll(async () => {
  server = await startTestServer({}, log)
  acme = await server.tenant()
  siteId = await aSite(acme)
  await aWebhook(acme, { url: 'http://127.0.0.1:8099' }, { enabled: false })
})
afterAll(() => server.close())

const wish = (key: string) => ({ siteId, partnerIdentifier: key, idempotencyKey: key })

/** The bytes of a request that creates an order. */
function requestOf(key: string): Buffer {
  const body = Buffer.from(JSON.stringify({ query: documents.OrderCreate, variables: { input: wish(key) } }))
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

/** Writes so many bytes, and is gone after so many milliseconds, with a reset or without a word. */
async function goAway(bytes: Buffer, afterMs: number, how: 'reset' | 'close'): Promise<void> {
  const socket = await open()
  await new Promise((resolve) => socket.write(bytes, resolve))
  await pause(afterMs)
  if (how === 'reset') socket.resetAndDestroy()
  else socket.destroy()
  await waitFor(() => socket.closed, { what: 'the client to be gone' })
}

/** What there is of a wish: orders, and the events and deliveries of those. */
async function found(key: string) {
  const [row] = await server.connections.sql<{ orders: number; events: number; deliveries: number }[]>`
    select count(distinct o.id)::int as orders, count(distinct e.id)::int as events,
      count(distinct d.id)::int as deliveries
    from orders o left join events e on e.order_id = o.id left join deliveries d on d.event_id = e.id
    where o.partner_identifier = ${key}`
  return row ?? { orders: 0, events: 0, deliveries: 0 }
}
const nothing = { orders: 0, events: 0, deliveries: 0 }
const whole = { orders: 1, events: 1, deliveries: 1 }

/** The same wish again: after it there is one, whatever there was. */
async function askAgain(key: string): Promise<void> {
  const { order } = await done<{ order: OrderAnswer }>(acme, 'OrderCreate', wish(key))
  expect(order.id).toMatch(/^ord_/)
  expect(await found(key)).toEqual(whole)
  expect(await server.admin.countDeliveries(acme.projectId)).toMatchObject({ consistent: true })
}

describe('a client that goes away', () => {
  test('before its request is whole has changed nothing', async () => {
    const before = await fingerprint(server.connections)
    const whole = requestOf('half')
    const cuts = [0, 1, 20, 60, whole.length - 200, whole.length - 30, whole.length - 1]
    await Promise.all(
      cuts.map((cut, index) => goAway(whole.subarray(0, cut), 5, index % 2 ? 'reset' : 'close')),
    )

    expect(await fingerprint(server.connections)).toEqual(before)
    await askAgain('half')
  })

  test.each([0, 0, 1, 2, 3, 5, 8, 13, 30, 80])(
    'so many milliseconds after its request: done as a whole or not at all (%i ms)',
    async (afterMs) => {
      const key = `gone-${afterMs}-${Math.random()}`
      await goAway(requestOf(key), afterMs, afterMs % 2 ? 'reset' : 'close')

      expect([nothing, whole]).toContainEqual(await found(key))
      await askAgain(key)
    },
  )

  test('while its change waits within the transaction: it is done once all the same', async () => {
    const key = 'gone-within'
    let gone: Promise<void> | undefined
    await server.connections.sql.begin(async (sql) => {
      // Whoever numbers an order of the project waits for this row.
      await sql`lock table orders in access exclusive mode`
      gone = goAway(requestOf(key), 200, 'reset')
      await gone
    })
    await waitFor(async () => (await found(key)).orders === 1, { what: 'the change to be done' })

    expect(await found(key)).toEqual(whole)
    await askAgain(key)
  })

  test('again and again, by fifty at once with one wish, leaves one', async () => {
    const key = 'gone-often'
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        goAway(requestOf(key), index % 7, index % 2 ? 'reset' : 'close'),
      ),
    )
    await askAgain(key)
  })

  test('is no fault of ours: the log says nothing of it', () => {
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([])
  })
})

describe('a head that is made to forge another', () => {
  /** Whether the answer comes or not, what it is. */
  async function answerTo(lines: readonly string[]): Promise<string> {
    const socket = await open()
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.end(`${lines.join('\r\n')}\r\n\r\n`)
    await waitFor(() => socket.closed, { what: 'the answer to end' })
    return Buffer.concat(chunks).toString('latin1')
  }

  test.each([
    ['folded onto a second line', ['x-request-id: a', ' {"level":"error"}']],
    ['cut by a bare CR', ['x-request-id: a\rx-evil: 1']],
    ['cut by a bare LF', ['x-request-id: a\nx-evil: 1']],
    ['with NUL', ['x-request-id: a\0b']],
    ['of 10 kB', [`x-request-id: ${'a'.repeat(10_000)}`]],
    ['of 100 kB', [`x-request-id: ${'a'.repeat(100_000)}`]],
    ['with an escape', ['x-request-id: \u001b[31mred']],
  ])('a request id %s is not repeated, and the log stays as it is', async (_, extra) => {
    const { host } = new URL(server.url)
    const known = log.lines.length
    const answer = await answerTo(['GET /graphql HTTP/1.1', `host: ${host}`, 'connection: close', ...extra])

    expect(answer).toMatch(/^(HTTP\/1\.1 4\d\d|$)/)
    const id = /^x-request-id: (.*)$/im.exec(answer)?.[1]?.trim()
    if (id !== undefined) expect(id).toMatch(/^([0-9a-f-]{36}|a)$/)
    expect(answer).not.toContain('evil')
    expectNothingTold(answer)
    expect(log.lines.slice(known).filter(({ level }) => level === 'error')).toEqual([])
    expect((await acme.post({ query: '{ viewer { key { id } } }' })).status).toBe(200)
  })
})
