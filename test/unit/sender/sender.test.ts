import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { SendResult } from '../../../src/domain/deliveries/outcome.ts'
import { buildRequest, makeTestSender, closedPort, httpReceiver, rawReceiver, waitFor } from './receiver.ts'

/** A time limit that a thousand connections on a busy machine do not reach, in milliseconds. */
const patientMs = 20_000

const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

describe('request on the wire', () => {
  it('a request has exactly the given headers, in their order and case, and exactly the given bytes', async () => {
    const seen: string[] = []
    const receiver = await rawReceiver((socket, request) => {
      seen.push(request)
      socket.write(ok)
    })
    const body = Uint8Array.from([0x00, 0xff, 0x0d, 0x0a, 0x80, 0x7b]).subarray(1)

    await makeTestSender().send(
      buildRequest(`${receiver.url}?a=1&b=%20#part`, {
        headers: [
          { name: 'X-FE-Webhook-ID', value: '17' },
          { name: 'User-Agent', value: 'FastEvents/1.0 (hook)' },
          { name: 'x-twice', value: '1' },
          { name: 'X-Twice', value: 'é' },
        ],
        body,
      }),
    )

    expect(seen).toEqual([
      `POST /hook?a=1&b=%20 HTTP/1.1\r\nhost: 127.0.0.1:${receiver.port}\r\nconnection: keep-alive\r\n` +
        'X-FE-Webhook-ID: 17\r\nUser-Agent: FastEvents/1.0 (hook)\r\nx-twice: 1\r\nX-Twice: é\r\n' +
        'content-length: 5\r\n\r\n\xff\r\n\x80{',
    ])
  })

  it('a request with an empty body has content-length: 0', async () => {
    const seen: string[] = []
    const receiver = await rawReceiver((socket, request) => {
      seen.push(request)
      socket.write(ok)
    })
    await makeTestSender().send(buildRequest(receiver.url, { headers: [], body: new Uint8Array(0) }))
    expect(seen[0]).toMatch(/^POST .*\r\ncontent-length: 0\r\n\r\n$/s)
  })

  it.each(['Host', 'content-length', 'Connection', 'Transfer-Encoding'])(
    'the sender throws when its caller sets the header %s',
    async (name) => {
      const send = makeTestSender().send(
        buildRequest('http://127.0.0.1:8080/', { headers: [{ name, value: 'x' }] }),
      )
      await expect(send).rejects.toThrow(name)
    },
  )

  it('the sender throws when a header value contains a line break', async () => {
    const receiver = await rawReceiver((socket) => socket.write(ok))
    const headers = [{ name: 'x-a', value: 'a\r\nx-b: c' }]
    await expect(makeTestSender().send(buildRequest(receiver.url, { headers }))).rejects.toThrow(
      /invalid x-a header/,
    )
  })
})

describe('response', () => {
  it('a response is stored with its status, headers, body and phases', async () => {
    const receiver = await httpReceiver((_request, response) => {
      response.writeHead(
        503,
        [
          ['Retry-After', '120'],
          ['Set-Cookie', 'a=1'],
          ['set-cookie', 'b=2'],
        ].flat(),
      )
      response.end('busy')
    })
    const result = await makeTestSender().send(buildRequest(receiver.url))

    expect(result.answer).toEqual({ kind: 'ANSWERED', status: 503, retryAfter: '120' })
    expect(result.response).toMatchObject({ statusCode: 503, bodySize: 4, truncated: false })
    expect(textOf(result)).toBe('busy')
    expect(result.response?.headers.slice(0, 3)).toEqual([
      { name: 'Retry-After', value: '120' },
      { name: 'Set-Cookie', value: 'a=1' },
      { name: 'set-cookie', value: 'b=2' },
    ])
    expect(result.resolvedAddress).toBe('127.0.0.1')
    const time = expect.any(Number) as number
    expect(result.phases).toEqual({ dnsMs: null, connectMs: time, tlsMs: null, firstByteMs: time })
  })

  it.each([301, 302, 303, 307, 308])(
    'a %i redirect is not followed, and its target receives no connection',
    async (status) => {
      const target = await rawReceiver((socket) => socket.write(ok))
      const receiver = await httpReceiver((_request, response) => {
        response.writeHead(status, { location: target.url }).end()
      })
      const result = await makeTestSender().send(buildRequest(receiver.url))
      expect(result.answer).toMatchObject({ kind: 'ANSWERED', status })
      expect(result.response?.headers).toContainEqual({ name: 'location', value: target.url })
      expect(target.connections()).toBe(0)
    },
  )

  it('a binary response body is stored unchanged', async () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28])
    const receiver = await httpReceiver((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-7' }).end(bytes)
    })
    const result = await makeTestSender().send(buildRequest(receiver.url))
    expect(Buffer.from(result.response?.body ?? [])).toEqual(bytes)
    expect(result.response?.bodySize).toBe(bytes.length)
  })

  it('a response body of 16 KiB is stored whole; one byte more is truncated with its full size', async () => {
    const receiver = await httpReceiver((request, response) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' })
      response.end('x'.repeat(request.url === '/more' ? 16_385 : 16_384))
    })
    const sender = makeTestSender()
    const whole = await sender.send(buildRequest(receiver.url))
    const more = await sender.send(buildRequest(receiver.url.replace('/hook', '/more')))
    expect(whole.response).toMatchObject({ bodySize: 16_384, truncated: false })
    expect(more.response).toMatchObject({ bodySize: 16_385, truncated: true })
    expect(more.response?.body).toHaveLength(16_384)
  })

  it('a response of 50 MB is aborted early, with or without a content-length, and uses less than 20 MB of memory', async () => {
    const chunk = Buffer.alloc(64 * 1024, 'y')
    let sentBytes = 0
    const receiver = await rawReceiver((socket, request) => {
      const isDeclared = request.startsWith('POST /declared')
      socket.write(`HTTP/1.1 200 OK\r\n${isDeclared ? 'content-length: 50000000\r\n' : ''}\r\n`)
      const more = () => {
        while (sentBytes < 50_000_000 && !socket.destroyed) {
          sentBytes += chunk.length
          if (!socket.write(chunk)) return
        }
      }
      socket.on('drain', more)
      more()
    })
    const sender = makeTestSender()
    const before = process.memoryUsage().arrayBuffers
    const undeclared = await sender.send(buildRequest(receiver.url))
    const declared = await sender.send(buildRequest(receiver.url.replace('/hook', '/declared')))

    expect(undeclared.answer).toMatchObject({ kind: 'ANSWERED', status: 200 })
    expect(undeclared.response).toMatchObject({ bodySize: null, truncated: true })
    expect(declared.response).toMatchObject({ bodySize: 50_000_000, truncated: true })
    expect(declared.response?.body).toHaveLength(16_384)
    expect(sentBytes).toBeLessThan(40_000_000)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000)
  })

  it('a 2xx response whose body ends early is ANSWERED and marked as truncated', async () => {
    const receiver = await rawReceiver((socket, request) => {
      const length = request.startsWith('POST /chunked')
        ? 'transfer-encoding: chunked'
        : 'content-length: 100'
      socket.end(`HTTP/1.1 200 OK\r\n${length}\r\n\r\n5\r\nhello`)
    })
    const sender = makeTestSender()
    const counted = await sender.send(buildRequest(receiver.url))
    const chunked = await sender.send(buildRequest(receiver.url.replace('/hook', '/chunked')))
    expect(counted.answer).toEqual({ kind: 'ANSWERED', status: 200, retryAfter: null })
    expect(counted.response).toMatchObject({ bodySize: 100, truncated: true })
    expect(textOf(counted)).toBe('5\r\nhello')
    expect(chunked.response).toMatchObject({ statusCode: 200, bodySize: null, truncated: true })
    expect(textOf(chunked)).toBe('hello')
  })

  it('a 2xx response whose connection is reset within the body is ANSWERED', async () => {
    const receiver = await rawReceiver((socket) => {
      socket.write('HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\nhalf')
      setTimeout(() => socket.resetAndDestroy(), 30)
    })
    const result = await makeTestSender().send(buildRequest(receiver.url))
    expect(result.answer).toMatchObject({ kind: 'ANSWERED', status: 201 })
    expect(result.response).toMatchObject({ truncated: true })
  })

  it('a response without a length is complete at the end of the connection', async () => {
    const receiver = await rawReceiver((socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nold'))
    const result = await makeTestSender().send(buildRequest(receiver.url))
    expect(result.response).toMatchObject({ bodySize: 3, truncated: false })
  })

  it('at most 100 headers of a response are stored', async () => {
    const cookies = Array.from({ length: 200 }, (_, index) => `set-cookie: c${index}=1\r\n`).join('')
    const receiver = await rawReceiver((socket) =>
      socket.write(`HTTP/1.1 200 OK\r\n${cookies}content-length: 0\r\n\r\n`),
    )
    const result = await makeTestSender().send(buildRequest(receiver.url))
    expect(result.answer).toMatchObject({ kind: 'ANSWERED', status: 200 })
    expect(result.response?.headers).toHaveLength(100)
  })

  it.each([100, 102, 103])('a response is read after any number of %i interim responses', async (status) => {
    const receiver = await rawReceiver((socket) => {
      const text =
        `HTTP/1.1 ${status} Wait\r\nlink: </a>\r\n\r\n`.repeat(3) + `HTTP/1.1 ${status} X\r\n\r\n` + ok
      // Byte by byte, so that no status line is read at once.
      const bytes = Array.from(text)
      const next = () => {
        const byte = bytes.shift()
        if (byte !== undefined) socket.write(byte, () => setImmediate(next))
      }
      next()
    })
    const sender = makeTestSender()
    const results = [
      await sender.send(buildRequest(receiver.url)),
      await sender.send(buildRequest(receiver.url)),
    ]
    for (const result of results) {
      expect(result.answer).toMatchObject({ kind: 'ANSWERED', status: 200 })
      expect(textOf(result)).toBe('ok')
    }
    expect(receiver.connections()).toBe(1)
  })
})

describe('request deadline', () => {
  const timeoutMs = 300

  function expectInTime(result: SendResult): void {
    expect(result.durationMs).toBeGreaterThanOrEqual(timeoutMs - 5)
    expect(result.durationMs).toBeLessThan(timeoutMs + 700)
  }

  it.each([
    ['sends nothing', () => ''],
    ['drips headers', (tick: number) => (tick === 0 ? 'HTTP/1.1 200 OK\r\n' : `x-${tick}: 1\r\n`)],
    ['sends 103 for ever', () => 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'],
    ['sends 100 for ever', () => 'HTTP/1.1 100 Continue\r\n\r\n'],
  ])('the deadline ends a request to a receiver that %s', async (_what, words) => {
    let closed = false
    const receiver = await rawReceiver((socket) => drip(socket, words, () => (closed = true)))
    const result = await makeTestSender().send(buildRequest(receiver.url, { timeoutMs }))
    expect(result.answer).toEqual({ kind: 'TIMED_OUT', detail: 'no answer within 300 ms' })
    expect(result.resolvedAddress).toBe('127.0.0.1')
    // The received bytes are stored for diagnosis.
    expect(result.response).toEqual(words(0) === '' ? null : expect.objectContaining({ malformed: true }))
    expectInTime(result)
    await waitFor(() => closed)
  })

  it('the deadline truncates a body that never ends, and the status is kept', async () => {
    const head = 'HTTP/1.1 200 OK\r\n\r\n'
    let closed = false
    const receiver = await rawReceiver((socket) =>
      drip(
        socket,
        (tick) => (tick === 0 ? head : 'x'),
        () => (closed = true),
      ),
    )
    const result = await makeTestSender().send(buildRequest(receiver.url, { timeoutMs }))
    expect(result.answer).toMatchObject({ kind: 'ANSWERED', status: 200 })
    expect(result.response).toMatchObject({ truncated: true, bodySize: null })
    expect(result.response?.body.length).toBeGreaterThan(2)
    expectInTime(result)
    await waitFor(() => closed)
  })

  it('the deadline includes a DNS look-up that never ends', async () => {
    const sender = makeTestSender({ resolve: () => new Promise(() => undefined) })
    const result = await sender.send(buildRequest('http://slow.example.com/', { timeoutMs }))
    expect(result.answer.kind).toBe('TIMED_OUT')
    expectInTime(result)
  })

  it('a flood of 103 responses is a PROTOCOL_ERROR after 256 KiB, before the deadline', async () => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(500)
    const receiver = await rawReceiver((socket) => {
      const more = () => {
        while (!socket.destroyed && socket.write(hints));
      }
      socket.on('drain', more)
      more()
    })
    const before = process.memoryUsage().rss
    const result = await makeTestSender().send(buildRequest(receiver.url, { timeoutMs: 5_000 }))
    expect(result.answer).toEqual({
      kind: 'PROTOCOL_ERROR',
      detail: 'the head of the response is larger than 256 KiB',
    })
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000)
  })
})

describe('receiver without a response', () => {
  it('a closed port is CONNECTION_FAILED without an address', async () => {
    const result = await makeTestSender().send(buildRequest(`http://127.0.0.1:${await closedPort()}/hook`))
    expect(result.answer).toEqual({ kind: 'CONNECTION_FAILED', detail: 'the connection was refused' })
    expect(result).toMatchObject({ response: null, resolvedAddress: null })
  })

  it.each([
    ['closes at once', ''],
    ['closes in the status line', 'HTTP/1.1 20'],
  ])('a receiver that %s is CONNECTION_FAILED', async (_what, words) => {
    const receiver = await rawReceiver((socket) => socket.end(words))
    const result = await makeTestSender().send(buildRequest(receiver.url))
    expect(result.answer.kind).toBe('CONNECTION_FAILED')
    expect(result.resolvedAddress).toBe('127.0.0.1')
    expect(textOf(result)).toBe(words)
  })

  it('a receiver that resets the connection is CONNECTION_FAILED', async () => {
    const receiver = await rawReceiver((socket) => socket.resetAndDestroy())
    const result = await makeTestSender().send(buildRequest(receiver.url))
    expect(result.answer).toEqual({ kind: 'CONNECTION_FAILED', detail: 'the connection was reset' })
  })

  it('a host name that does not exist is DNS_FAILED', async () => {
    const resolve = () =>
      Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }))
    const result = await makeTestSender({ resolve }).send(buildRequest('http://gone.example.com/'))
    expect(result.answer).toEqual({
      kind: 'DNS_FAILED',
      detail: 'the host name could not be resolved (ENOTFOUND)',
    })
  })

  it('a host name without an address is DNS_FAILED', async () => {
    const result = await makeTestSender({ resolve: async () => [] }).send(
      buildRequest('http://empty.example.com/'),
    )
    expect(result.answer).toEqual({ kind: 'DNS_FAILED', detail: 'the host name has no address' })
  })

  it('a look-up that takes longer than 3 s is DNS_FAILED before the deadline', async () => {
    const sender = makeTestSender({ resolve: () => new Promise(() => undefined) })
    const result = await sender.send(buildRequest('http://slow.example.com/', { timeoutMs: 10_000 }))
    expect(result.answer).toEqual({
      kind: 'DNS_FAILED',
      detail: 'the host name was not resolved within 3000 ms',
    })
    expect(result.durationMs).toBeLessThan(3_700)
  })

  it('a look-up that fails with EMFILE throws, because it is not an outcome of the receiver', async () => {
    const resolve = () => Promise.reject(Object.assign(new Error('too many open files'), { code: 'EMFILE' }))
    await expect(makeTestSender({ resolve }).send(buildRequest('http://a.example.com/'))).rejects.toThrow(
      /a\.example\.com/,
    )
  })
})

describe('address guard', () => {
  it('a name with one refused address is BLOCKED without a connection', async () => {
    const receiver = await rawReceiver((socket) => socket.write(ok))
    const sender = makeTestSender({
      allowedNetworks: ['192.0.2.0/24'],
      resolve: async () => ['192.0.2.1', '127.0.0.1'],
    })
    const result = await sender.send(buildRequest(`http://mixed.example.com:${receiver.port}/`))
    expect(result).toMatchObject({
      answer: { kind: 'BLOCKED', detail: 'the destination is not allowed' },
      response: null,
      resolvedAddress: null,
    })
    expect(receiver.connections()).toBe(0)
  })

  it('a name is checked at every new connection, so that DNS rebinding is BLOCKED', async () => {
    const answers = [['127.0.0.1'], ['127.0.0.2']]
    const receiver = await httpReceiver((_request, response) => {
      response.writeHead(200, { connection: 'close' }).end()
    })
    const sender = makeTestSender({
      allowedNetworks: ['127.0.0.1/32'],
      resolve: async () => answers.shift() ?? [],
    })
    const request = buildRequest(`http://flip.example.com:${receiver.port}/`)
    const kinds = [(await sender.send(request)).answer.kind, (await sender.send(request)).answer.kind]
    expect(kinds).toEqual(['ANSWERED', 'BLOCKED'])
    expect(receiver.connections()).toBe(1)
  })

  it.each([
    '127.0.0.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '127.1',
    '１２７.0.0.1',
    '%31%32%37.0.0.1',
    '①②⑦.0.0.1',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::1]',
    '0',
    'localhost',
    '127.0.0.1.',
  ])('loopback written as %s is BLOCKED', async (host) => {
    const receiver = await rawReceiver((socket) => socket.write(ok))
    const sender = makeTestSender({ allowedNetworks: [] })
    const result = await sender.send(buildRequest(`http://${host}:${receiver.port}/`))
    expect(result.answer.kind).toBe('BLOCKED')
    expect(receiver.connections()).toBe(0)
  })

  it.each(['127.0.0.1', '2130706433', '127.1', '[::ffff:127.0.0.1]', 'localhost', 'LOCALHOST.'])(
    'loopback written as %s is reached when the operator allows it',
    async (host) => {
      const receiver = await rawReceiver((socket) => socket.write(ok))
      const sender = makeTestSender({ allowedNetworks: ['127.0.0.0/8'] })
      const result = await sender.send(buildRequest(`http://${host}:${receiver.port}/`))
      expect(result.answer).toMatchObject({ kind: 'ANSWERED', status: 200 })
      expect(result.resolvedAddress).toMatch(/127\.0\.0\.1$|::ffff:7f00:1$/)
    },
  )

  it("plain http, a service port, Orderbell's own host and an invalid URL are BLOCKED when a request is sent", async () => {
    const receiver = await rawReceiver((socket) => socket.write(ok))
    const results = await Promise.all([
      makeTestSender().send(buildRequest(receiver.url, { httpsOnly: true })),
      makeTestSender({ allowHttp: false }).send(buildRequest(receiver.url)),
      makeTestSender().send(buildRequest('http://127.0.0.1:6379/')),
      makeTestSender({ selfHosts: ['Hooks.Example.com'] }).send(buildRequest('http://hooks.example.com./')),
      makeTestSender().send(buildRequest('not a url')),
    ])
    expect(results.map((each) => each.answer.kind)).toEqual(Array(5).fill('BLOCKED'))
    expect(receiver.connections()).toBe(0)
  })

  it('the addresses of a name are tried in order until one connects', async () => {
    const receiver = await rawReceiver((socket) => socket.write(ok))
    const sender = makeTestSender({ resolve: async () => ['127.0.0.9', '127.0.0.1'] })
    const result = await sender.send(buildRequest(`http://two.example.com:${receiver.port}/`))
    expect(result.answer.kind).toBe('ANSWERED')
    expect(result.resolvedAddress).toBe('127.0.0.1')
    expect(result.phases.dnsMs).not.toBeNull()
  })
})

describe('connection reuse', () => {
  it('a second request reuses the connection and has no connect phase', async () => {
    const receiver = await httpReceiver((_request, response) => response.end('ok'))
    const sender = makeTestSender()
    const first = await sender.send(buildRequest(receiver.url))
    const second = await sender.send(buildRequest(receiver.url))
    expect(first.phases.connectMs).not.toBeNull()
    const time = expect.any(Number) as number
    expect(second.phases).toEqual({ dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: time })
    expect(second.resolvedAddress).toBe('127.0.0.1')
    expect(receiver.connections()).toBe(1)
  })

  it('connections are not shared between projects', async () => {
    const receiver = await httpReceiver((_request, response) => response.end('ok'))
    const sender = makeTestSender()
    await sender.send(buildRequest(receiver.url, { projectId: 'prj_1' }))
    const other = await sender.send(buildRequest(receiver.url, { projectId: 'prj_2' }))
    expect(other.phases.connectMs).not.toBeNull()
    expect(receiver.connections()).toBe(2)
  })

  it('connections are not reused after connection: close or after their Keep-Alive time', async () => {
    const headers = ['connection: close', 'keep-alive: timeout=1\r\nconnection: keep-alive']
    for (const header of headers) {
      const receiver = await rawReceiver((socket) =>
        socket.write(`HTTP/1.1 200 OK\r\n${header}\r\ncontent-length: 0\r\n\r\n`),
      )
      const sender = makeTestSender()
      for (let count = 0; count < 3; count += 1) {
        expect((await sender.send(buildRequest(receiver.url))).answer.kind).toBe('ANSWERED')
      }
      expect(receiver.connections()).toBe(3)
    }
  })

  it('connections that the receiver closes while idle are replaced without a failed request', async () => {
    let closed = 0
    const receiver = await rawReceiver((socket) => {
      socket.on('close', () => (closed += 1))
      socket.end(ok) // HTTP/1.1 promises keep-alive, and the receiver breaks the promise
    })
    const sender = makeTestSender()
    for (let count = 1; count <= 5; count += 1) {
      expect((await sender.send(buildRequest(receiver.url))).answer.kind).toBe('ANSWERED')
      await waitFor(() => closed === count)
    }
  })

  it('1,200 requests to one origin share at most 1,000 connections, and each gets its own response', async () => {
    const receiver = await httpReceiver((request, response) => {
      setTimeout(
        () =>
          response.end(
            createHash('sha1')
              .update(request.url ?? '')
              .digest('hex'),
          ),
        20,
      )
    })
    const sender = makeTestSender()
    const paths = Array.from({ length: 1_200 }, (_, index) => `/p${index}`)
    const results = await Promise.all(
      paths.map((path) =>
        sender.send(buildRequest(receiver.url.replace('/hook', path), { timeoutMs: patientMs })),
      ),
    )
    expect(results.map(textOf)).toEqual(paths.map((path) => createHash('sha1').update(path).digest('hex')))
    expect(receiver.connections()).toBeLessThanOrEqual(1_000)
  })

  it('requests that time out free their connections for waiting ones', async () => {
    const receiver = await httpReceiver((request, response) => {
      if (request.url === '/quick') response.end('ok')
    })
    const sender = makeTestSender()
    const hung = Array.from({ length: 1_000 }, () =>
      sender.send(buildRequest(receiver.url, { timeoutMs: 1_000 })),
    )
    const quick = await sender.send(buildRequest(receiver.url.replace('/hook', '/quick')))
    expect(quick.answer.kind).toBe('ANSWERED')
    expect(new Set((await Promise.all(hung)).map((each) => each.answer.kind))).toEqual(new Set(['TIMED_OUT']))
  })

  it('no connection is opened for a request whose deadline passes while it waits', async () => {
    const held: ServerResponse[] = []
    const receiver = await httpReceiver((_request, response) => void held.push(response))
    const sender = makeTestSender()
    const hung = Array.from({ length: 1_000 }, () =>
      sender.send(buildRequest(receiver.url, { timeoutMs: patientMs })),
    )
    await waitFor(() => held.length === 1_000)
    const waited = Array.from({ length: 20 }, () =>
      sender.send(buildRequest(receiver.url, { timeoutMs: 100 })),
    )
    for (const result of await Promise.all(waited)) {
      expect(result).toMatchObject({ answer: { kind: 'TIMED_OUT' }, resolvedAddress: null })
    }
    for (const response of held) response.end('ok')
    await Promise.all(hung)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(receiver.connections()).toBe(1_000)
  })
})

describe('closing', () => {
  it('closing the sender interrupts running requests, keeps responses that have begun, and sends nothing more', async () => {
    const receiver = await rawReceiver((socket, request) => {
      if (request.startsWith('POST /begun'))
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart')
    })
    const sender = makeTestSender({ resolve: () => new Promise(() => undefined) })
    const silent = sender.send(buildRequest(receiver.url))
    const begun = sender.send(buildRequest(receiver.url.replace('/hook', '/begun')))
    const resolving = sender.send(buildRequest('http://slow.example.com/'))
    await waitFor(() => receiver.connections() === 2)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await sender.close()
    expect((await silent).answer.kind).toBe('INTERRUPTED')
    expect((await begun).answer).toMatchObject({ kind: 'ANSWERED', status: 200 })
    expect((await resolving).answer.kind).toBe('INTERRUPTED')
    expect((await sender.send(buildRequest(receiver.url))).answer.kind).toBe('INTERRUPTED')
    expect(receiver.connections()).toBe(2)
  })
})

function textOf(result: SendResult): string {
  return Buffer.from(result.response?.body ?? []).toString('latin1')
}

/** Writes every 20 ms until the other side closes the connection. */
function drip(socket: Socket, words: (tick: number) => string, onClose: () => void): void {
  let tick = 0
  const timer = setInterval(() => socket.write(words(tick++)), 20)
  socket.on('close', () => {
    clearInterval(timer)
    onClose()
  })
}
