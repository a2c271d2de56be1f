/** Connections that ask for nothing, or never finish asking, on a real server with small bounds. */
import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { makeWebServer, type WebServerOptions } from '../../src/runtime/connections.ts'
import { until } from '../support/until.ts'

const wide = { silentPerAddress: 1_000, silentInAll: 1_000, perAddress: 1_000 }
let server: Server
let open: Line[] = []

interface Line {
  readonly socket: Socket
  /** All that came; null while it is open. */
  heard(): string
  isOpen(): boolean
}

async function serve(options: Partial<WebServerOptions>): Promise<void> {
  const listener: Parameters<typeof makeWebServer>[0] = (request, response) => {
    request.resume()
    request.on('end', () => response.end('fine'))
  }
  server = makeWebServer(listener, { addressOf: (peer) => peer ?? '', ...options })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
}
afterEach(async () => {
  for (const { socket } of open) socket.destroy()
  open = []
  await new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  })
})

/** Loopback is a whole network: each of its addresses may be somebody. */
async function line(localAddress = '127.0.0.1'): Promise<Line> {
  const { port } = server.address() as AddressInfo
  const socket = connect({ host: '127.0.0.1', port, localAddress })
  let [heard, isOpen] = ['', true]
  socket.on('data', (data) => (heard += data.toString('utf8')))
  socket.on('close', () => (isOpen = false))
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  const made = { socket, heard: () => heard, isOpen: () => isOpen }
  open.push(made)
  return made
}
const whole = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'
async function answered(one: Line): Promise<void> {
  one.socket.write(whole)
  await until(() => one.heard().endsWith('fine'), { what: 'an answer' })
}
const closed = (one: Line, what: string) => until(() => !one.isOpen(), { what })

describe('a connection that asks for nothing', () => {
  test('gives way to a newer one of its address, and whoever asks is answered all the while', async () => {
    await serve({ bounds: { ...wide, silentPerAddress: 5 } })
    const elsewhere = await line('127.0.0.2')
    const busy = await line()
    await answered(busy)
    const silent: Line[] = []
    for (let n = 0; n < 50; n += 1) silent.push(await line())
    const asking = await line()
    await answered(asking)

    await until(() => silent.filter((one) => one.isOpen()).length <= 5, { what: 'the oldest to be closed' })
    expect(silent.slice(-4).map((one) => one.isOpen())).toEqual([true, true, true, true])
    expect([elsewhere.isOpen(), busy.isOpen()]).toEqual([true, true])
    await answered(busy)
  })

  test('gives way when there are too many of all addresses', async () => {
    await serve({ bounds: { ...wide, silentInAll: 5 } })
    const silent: Line[] = []
    for (let n = 1; n <= 12; n += 1) silent.push(await line(`127.0.0.${n}`))
    await until(() => silent.filter((one) => one.isOpen()).length === 5, { what: 'the oldest to be closed' })
    expect(silent.slice(-5).every((one) => one.isOpen())).toBe(true)
  })

  test('is one that has begun to ask and gets no further', async () => {
    await serve({ bounds: { ...wide, silentPerAddress: 1 } })
    const slow = await line()
    slow.socket.write('GET / HTTP/1.1\r\nhost:')
    await answered(await line())
    await closed(slow, 'half a request to give way')
  })
})

describe('the connections of one address', () => {
  test('are closed beyond their number, and taken again when one has ended', async () => {
    await serve({ bounds: { ...wide, perAddress: 3 } })
    const kept = [await line(), await line(), await line()]
    for (const one of kept) await answered(one)
    await closed(await line(), 'the fourth')
    await answered(await line('127.0.0.2'))
    kept[0]?.socket.destroy()
    await until(
      async () => {
        const one = await line()
        one.socket.write(whole)
        await until(() => !one.isOpen() || one.heard() !== '', { what: 'an answer or the end' })
        return one.heard() !== ''
      },
      { what: 'room for one' },
    )
  })

  test('are not counted where nobody is bounded: a trusted proxy’s', async () => {
    await serve({ addressOf: () => null, bounds: { silentPerAddress: 1, silentInAll: 1, perAddress: 1 } })
    const all = [await line(), await line(), await line()]
    for (const one of all) await answered(one)
  })
})

describe('a request that does not come to its end is answered 408 and closed in time', () => {
  test.each([
    ['nothing at all', ''],
    ['half a header', 'POST / HTTP/1.1\r\nhost: x\r\nx-slow: '],
    ['a body shorter than it says', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{'],
    ['chunks without an end', 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n'],
  ])('%s', async (_, begin) => {
    await serve({
      bounds: wide,
      patience: { headersTimeout: 300, requestTimeout: 600, connectionsCheckingInterval: 50 },
    })
    const beganMs = performance.now()
    const one = await line()
    one.socket.write(begin)
    // A byte now and then does not help.
    const drip = setInterval(
      () => begin !== '' && one.socket.write(begin.includes('chunked') ? '1\r\n{\r\n' : 'x'),
      100,
    )
    await closed(one, 'the slow one')
    clearInterval(drip)
    expect(one.heard()).toMatch(/^HTTP\/1\.1 408 /)
    expect(performance.now() - beganMs).toBeGreaterThan(250)
    expect(performance.now() - beganMs).toBeLessThan(10_000)
    await answered(await line())
  })

  test('a body longer than it says is answered 400 and closed at once', async () => {
    await serve({ bounds: wide })
    const one = await line()
    one.socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\n{"query":"{ viewer }"}')
    await closed(one, 'the one that lies')
    expect(one.heard()).toContain('HTTP/1.1 400 Bad Request')
  })
})
