/** Connections without a request or with an unfinished one, on a real server with small limits. */
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import {
  makeWebServer,
  type WebServer,
  type WebServerOptions,
} from '../../../src/runtime/server/web-server.ts'
import { nullLog } from '../../support/null-log.ts'
import { waitFor } from '../../support/wait-for.ts'

const wide = { silentPerAddress: 1_000, silentInAll: 1_000, perAddress: 1_000, idleInAll: 1_000 }
let web: WebServer
let open: TestConnection[] = []

interface TestConnection {
  readonly socket: Socket
  /** All bytes that the server sent. */
  received(): string
  isOpen(): boolean
}

const fine: RequestListener = (request, response) => {
  request.resume()
  request.on('end', () => response.end('fine'))
}

async function serve(options: Partial<WebServerOptions>, listener = fine): Promise<void> {
  web = makeWebServer(listener, {
    addressOf: (peer) => peer ?? '',
    log: nullLog,
    keepAliveMs: 5_000,
    ...options,
  })
  await new Promise<void>((resolve) => web.server.listen(0, '127.0.0.1', resolve))
}
afterEach(async () => {
  for (const { socket } of open) socket.destroy()
  open = []
  await web.close(0)
})

/** Loopback is a whole network: each of its addresses can be a different client. */
async function openConnection(localAddress = '127.0.0.1'): Promise<TestConnection> {
  const { port } = web.server.address() as AddressInfo
  const socket = connect({ host: '127.0.0.1', port, localAddress })
  let [received, isOpen] = ['', true]
  socket.on('data', (data) => (received += data.toString('utf8')))
  socket.on('close', () => (isOpen = false))
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  const made = { socket, received: () => received, isOpen: () => isOpen }
  open.push(made)
  return made
}
const requestText = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'
async function answered(one: TestConnection): Promise<void> {
  one.socket.write(requestText)
  await waitFor(() => one.received().endsWith('fine'), { what: 'an answer' })
}
const closed = (one: TestConnection, what: string) => waitFor(() => !one.isOpen(), { what })

describe('silent connections', () => {
  test('the oldest silent connection of an address is closed for a newer one, and requests are answered meanwhile', async () => {
    await serve({ bounds: { ...wide, silentPerAddress: 5 } })
    const elsewhere = await openConnection('127.0.0.2')
    const busy = await openConnection()
    await answered(busy)
    const silent: TestConnection[] = []
    for (let n = 0; n < 50; n += 1) silent.push(await openConnection())
    const asking = await openConnection()
    await answered(asking)

    await waitFor(() => silent.filter((one) => one.isOpen()).length <= 5, {
      what: 'the oldest connections to be closed',
    })
    expect(silent.slice(-4).map((one) => one.isOpen())).toEqual([true, true, true, true])
    expect([elsewhere.isOpen(), busy.isOpen()]).toEqual([true, true])
    await answered(busy)
  })

  test('the oldest silent connections are closed when all addresses together have too many', async () => {
    await serve({ bounds: { ...wide, silentInAll: 5 } })
    const silent: TestConnection[] = []
    for (let n = 1; n <= 12; n += 1) silent.push(await openConnection(`127.0.0.${n}`))
    await waitFor(() => silent.filter((one) => one.isOpen()).length === 5, {
      what: 'the oldest connections to be closed',
    })
    expect(silent.slice(-5).every((one) => one.isOpen())).toBe(true)
  })

  test('a connection with half a request head counts as silent', async () => {
    await serve({ bounds: { ...wide, silentPerAddress: 1 } })
    const slow = await openConnection()
    slow.socket.write('GET / HTTP/1.1\r\nhost:')
    await answered(await openConnection())
    await closed(slow, 'half a request to give way')
  })
})

describe('connection limit of an address', () => {
  test('the fourth connection of an address is closed when the limit is 3, and accepted after another has ended', async () => {
    await serve({ bounds: { ...wide, perAddress: 3 } })
    const kept = [await openConnection(), await openConnection(), await openConnection()]
    for (const one of kept) await answered(one)
    await closed(await openConnection(), 'the fourth')
    await answered(await openConnection('127.0.0.2'))
    kept[0]?.socket.destroy()
    await waitFor(
      async () => {
        const one = await openConnection()
        one.socket.write(requestText)
        await waitFor(() => !one.isOpen() || one.received() !== '', { what: 'a response or the close' })
        return one.received() !== ''
      },
      { what: 'a free place for one' },
    )
  })

  test('connections of a trusted proxy are not limited', async () => {
    await serve({
      addressOf: () => null,
      bounds: { ...wide, silentPerAddress: 1, silentInAll: 1, perAddress: 1 },
    })
    const all = [await openConnection(), await openConnection(), await openConnection()]
    for (const one of all) await answered(one)
  })
})

describe('unfinished request', () => {
  test.each([
    ['no bytes', ''],
    ['half a header', 'POST / HTTP/1.1\r\nhost: x\r\nx-slow: '],
    ['a body shorter than its content-length', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{'],
    ['chunks without an end', 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n'],
  ])('a request with %s is answered with 408 and its connection closed in time', async (_, begin) => {
    await serve({
      bounds: wide,
      timeouts: { headersTimeout: 300, requestTimeout: 600, connectionsCheckingInterval: 50 },
    })
    const beganMs = performance.now()
    const one = await openConnection()
    one.socket.write(begin)
    // A byte every 100 ms does not extend the limit.
    const drip = setInterval(
      () => begin !== '' && one.socket.write(begin.includes('chunked') ? '1\r\n{\r\n' : 'x'),
      100,
    )
    await closed(one, 'the slow one')
    clearInterval(drip)
    expect(one.received()).toMatch(/^HTTP\/1\.1 408 /)
    expect(performance.now() - beganMs).toBeGreaterThan(250)
    expect(performance.now() - beganMs).toBeLessThan(10_000)
    await answered(await openConnection())
  })

  test('a body longer than its content-length is answered with 400 and the connection is closed at once', async () => {
    await serve({ bounds: wide })
    const one = await openConnection()
    one.socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\n{"query":"{ viewer }"}')
    await closed(one, 'the connection with the long body')
    expect(one.received()).toContain('HTTP/1.1 400 Bad Request')
  })
})

describe('kept connection', () => {
  test('an answered connection is kept for longer than the time limit of request headers', async () => {
    const timeouts = { headersTimeout: 200, requestTimeout: 400, connectionsCheckingInterval: 20 }
    await serve({ timeouts, keepAliveMs: 30_000 })
    const kept = await openConnection()
    await answered(kept)
    expect(kept.received()).toMatch(/^Connection: keep-alive\r\nKeep-Alive: timeout=30\r$/m)
    await pause(800)
    await answered(kept)
    expect(kept.isOpen()).toBe(true)
  })

  test('a kept connection is closed after keepAliveMs without a request', async () => {
    await serve({ keepAliveMs: 200 })
    const kept = await openConnection()
    await answered(kept)
    await closed(kept, 'the kept connection')
  })

  test('the connection that is idle for longest is closed when too many are kept', async () => {
    await serve({ bounds: { ...wide, idleInAll: 3 } })
    const all: TestConnection[] = []
    for (let n = 0; n < 3; n += 1) {
      all.push(await openConnection())
      await answered(all[n] as TestConnection)
    }
    await answered(all[0] as TestConnection)
    const newest = await openConnection()
    await answered(newest)
    await closed(all[1] as TestConnection, 'the connection that waited longest')
    expect([all[0], all[2], newest].map((one) => one?.isOpen())).toEqual([true, true, true])
  })

  test('closing the server closes kept connections at once, and a running response is the last on its connection', async () => {
    const waiting: (() => void)[] = []
    await serve({ keepAliveMs: 60_000 }, (request, response) => {
      if (request.url === '/slow') waiting.push(() => response.end('slow'))
      else response.end('fine')
    })
    const [kept, busy, late] = [await openConnection(), await openConnection(), await openConnection()]
    await answered(kept)
    busy.socket.write('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n')
    await waitFor(() => waiting.length === 1, { what: 'the slow request' })
    web.closeAfterResponses()
    await answered(late)
    await closed(late, 'a connection that was answered during the end')
    expect(late.received()).toMatch(/^Connection: close\r$/im)
    const ended = web.close(30_000)
    await closed(kept, 'the kept connection')
    waiting[0]?.()
    await ended
    await closed(busy, 'the connection of the slow request')
    expect(busy.received()).toMatch(/^Connection: close\r$/im)
    expect(busy.received()).toMatch(/slow$/)
  })
})
