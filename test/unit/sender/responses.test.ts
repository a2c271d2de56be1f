import { describe, expect, it } from 'vitest'
import { buildRequest, makeTestSender, httpReceiver, rawReceiver, textOf } from './receiver.ts'

const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

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
