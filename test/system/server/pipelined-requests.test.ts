/** Clients that send requests without waiting for responses, or do not read responses, on a real server over real sockets. */
import { once } from 'node:events'
import { get, type RequestListener } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import {
  makeWebServer,
  type WebServer,
  type WebServerOptions,
} from '../../../src/runtime/server/web-server.ts'
import { makeRecordingLog } from '../../api/support/fixtures.ts'
import { waitFor } from '../../support/wait-for.ts'

let web: WebServer
let sockets: Socket[] = []
const log = makeRecordingLog()

async function serve(listener: RequestListener, options: Partial<WebServerOptions> = {}): Promise<void> {
  web = makeWebServer(listener, { addressOf: () => null, log, keepAliveMs: 5_000, ...options })
  await new Promise<void>((resolve) => web.server.listen(0, '127.0.0.1', resolve))
}
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets = []
  log.lines.length = 0
  await web.close(0)
})

const port = () => (web.server.address() as AddressInfo).port

async function open(): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: port() })
  sockets.push(socket)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

function reading(socket: Socket): () => string {
  let received = ''
  socket.on('data', (data: Buffer) => (received += data.toString('utf8')))
  return () => received
}

async function ask(): Promise<number> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port: port(), agent: false }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    }).on('error', reject)
  })
}

describe('pipelined requests', () => {
  const requests = (count: number) =>
    Array.from({ length: count }, (_, n) => `GET /${n} HTTP/1.1\r\nhost: x\r\n\r\n`).join('')
  const posts = (count: number) =>
    Array.from({ length: count }, (_, n) => {
      const body = `body ${n}`
      return `POST /${n} HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`
    }).join('')

  test.each([
    ['GET', requests(30), (n: number) => `/${n};`],
    ['POST', posts(30), (n: number) => `/${n}body ${n};`],
  ])('30 pipelined %s requests are answered in order', async (_, text, answer) => {
    await serve((request, response) => {
      let body = ''
      request.on('data', (data: Buffer) => (body += data.toString('utf8')))
      // The first response takes longest.
      const wait = request.url === '/0' ? 50 : 0
      request.on('end', () => setTimeout(() => response.end(`${request.url ?? ''}${body};`), wait))
    })
    const socket = await open()
    const received = reading(socket)
    socket.write(text)
    await waitFor(() => received().endsWith(answer(29)), { what: 'the last answer' })
    const bodies = [...received().matchAll(/\r\n\r\n(.*?;)/g)].map(([, body]) => body)
    expect(bodies).toEqual(Array.from({ length: 30 }, (_, n) => answer(n)))
  })

  test('at most 4 of 30 pipelined requests begin in one turn of the event loop', async () => {
    let begunNow = 0
    let mostBegun = 0
    await serve((_, response) => {
      begunNow += 1
      mostBegun = Math.max(mostBegun, begunNow)
      setImmediate(() => (begunNow = 0))
      response.end('fine')
    })
    const socket = await open()
    const received = reading(socket)
    socket.write(requests(30))
    await waitFor(() => received().match(/fine/g)?.length === 30, { what: '30 answers' })
    // Two of this turn, and two that begin before the count is reset.
    expect(mostBegun).toBeLessThanOrEqual(4)
  })

  test.each([
    ['valid requests', 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['HTTP/1.0 requests', 'GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n'],
    ['requests without a Host', 'GET / HTTP/1.1\r\n\r\n'],
    ['requests with an unknown expectation', 'GET / HTTP/1.1\r\nhost: x\r\nexpect: x\r\n\r\n'],
    [
      'requests with Expect: 100-continue',
      'POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 0\r\n\r\n',
    ],
    ['requests with a body', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}'],
    ['CONNECT requests', 'CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n'],
  ])(
    '20 connections that pipeline 5,000 %s are closed, and another client is answered meanwhile',
    async (_, text) => {
      let made = 0
      await serve((_request, response) => response.end('fine'))
      web.server.on('request', () => (made += 1)).on('checkExpectation', () => (made += 1))
      const flood = Buffer.from(text.repeat(5_000))
      for (let n = 0; n < 20; n += 1) {
        const socket = await open()
        // The client reads nothing.
        socket.pause()
        socket.write(flood)
      }
      expect(await ask()).toBe(200)
      await waitFor(
        () => sockets.every((socket) => socket.destroyed || !socket.writable || isRefused(socket)),
        {
          what: 'the floods to be closed',
        },
      )
      // Each connection begins only as many requests as may be unanswered, and not the thousands that the server has read.
      expect(made).toBeLessThan(20 * 70)
    },
  )

  /** A paused socket notices the close only when it writes again. */
  function isRefused(socket: Socket): boolean {
    socket.write('x')
    return socket.errored !== null
  }
})

test('an HTTP/1.1 request without a Host is answered with 400, an unknown expectation with 417, and HTTP/1.0 without a Host with 200', async () => {
  await serve((_, response) => response.end('fine'))
  for (const [text, status] of [
    ['GET / HTTP/1.1\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nhost: x\r\nexpect: x\r\n\r\n', 417],
    ['GET / HTTP/1.0\r\n\r\n', 200],
  ] as const) {
    const socket = await open()
    const received = reading(socket)
    socket.write(text)
    await waitFor(() => received().includes('\r\n\r\n'), { what: `the answer ${status}` })
    expect(received()).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  }
})

describe('Upgrade header', () => {
  const upgradeTo = (protocol: string) =>
    `POST /1 HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: ${protocol}\r\ncontent-length: 2\r\n\r\n{}`
  const echo: RequestListener = (request, response) => {
    let body = ''
    request.on('data', (data: Buffer) => (body += data.toString('utf8')))
    request.on('end', () => response.end(`${request.url ?? ''}${body};`))
  }

  // Clients that prefer HTTP/2 send this header; the client of Java sends it with each request.
  test.each(['h2c', 'h2c, foo', 'TLS/1.2'])(
    'a request with Upgrade: %s is answered in HTTP/1.1, and its connection stays open',
    async (protocol) => {
      await serve(echo)
      const socket = await open()
      const received = reading(socket)
      socket.write(upgradeTo(protocol))
      await waitFor(() => received().endsWith('/1{};'), { what: 'the first answer' })
      socket.write('GET /2 HTTP/1.1\r\nhost: x\r\n\r\n')
      await waitFor(() => received().endsWith('/2;'), { what: 'the second answer' })
      expect(received().match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200'])
    },
  )

  test('a WebSocket upgrade to a server without WebSockets is answered with 400, and its connection is closed', async () => {
    await serve(echo)
    const socket = await open()
    const received = reading(socket)
    socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: WebSocket\r\n\r\n')
    await waitFor(() => socket.closed, { what: 'the connection to be closed' })
    expect(received()).toMatch(/^HTTP\/1.1 400 /)
  })
})

describe('unread response', () => {
  const large = Buffer.alloc(16 * 1024 * 1024, 'x')
  const big: RequestListener = (_, response) => response.end(large)

  test('a response that its client does not read within the time limit is aborted, and its connection is closed', async () => {
    await serve(big, { unread: { readWithinMs: 300, bytesInAll: 1e9 } })
    const socket = await open()
    socket.pause()
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await waitFor(() => log.lines.length > 0, { what: 'the response to be aborted' })
    expect(log.lines).toMatchObject([
      { step: 'response.not-read', fields: { why: 'the client did not read the response in time' } },
    ])
    await waitFor(async () => (await connectionsOf(web)) === 0, { what: 'the connection to be closed' })
  })

  test('the oldest unread responses are aborted when more bytes wait than the limit', async () => {
    await serve(big, { unread: { readWithinMs: 60_000, bytesInAll: 40 * 1024 * 1024 } })
    for (let n = 0; n < 4; n += 1) {
      const socket = await open()
      socket.pause()
      socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    }
    await waitFor(() => log.lines.length === 2, { what: 'two responses to be aborted' })
    expect(log.lines.map(({ fields }) => fields['why'])).toEqual(
      Array(2).fill('the responses that wait have too many bytes'),
    )
    await waitFor(async () => (await connectionsOf(web)) === 2, { what: 'two connections to be closed' })
  })

  test('a large response that its client reads continuously is not aborted', async () => {
    await serve(big, { unread: { readWithinMs: 5_000, bytesInAll: 40 * 1024 * 1024 } })
    const socket = await open()
    let bytes = 0
    socket.on('data', (data: Buffer) => (bytes += data.length))
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await waitFor(() => bytes > large.length, { what: 'the whole response' })
    expect(log.lines).toEqual([])
  })

  function connectionsOf({ server }: WebServer): Promise<number> {
    return new Promise((resolve) => server.getConnections((_, count) => resolve(count)))
  }
})
