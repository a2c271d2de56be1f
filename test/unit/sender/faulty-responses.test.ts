/** Malformed responses over real sockets: those that curl and browsers read are read, and of the others the first bytes are stored. */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { SendResult } from '../../../src/domain/deliveries/outcome.ts'
import { buildRequest, makeTestSender, fixture, rawReceiver, tlsReceiver } from './receiver.ts'

const ok = 'content-length: 2\r\n\r\nok'
const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
const sized = (name: string, bytes: number) => `${name}: ${'a'.repeat(bytes)}\r\n`

/** Sends one request to a receiver that answers with these bytes and then keeps the connection open or ends it. */
async function answering(
  bytes: string | Buffer,
  { ends = false, timeoutMs = 2_000 }: { readonly ends?: boolean; readonly timeoutMs?: number } = {},
): Promise<SendResult> {
  const receiver = await rawReceiver((socket) => {
    socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
    if (ends) socket.end()
  })
  return makeTestSender().send(buildRequest(receiver.url, { timeoutMs }))
}

const textOf = ({ response }: SendResult): string => Buffer.from(response?.body ?? []).toString('latin1')
const headersOf = ({ response }: SendResult) =>
  response?.headers.map(({ name, value }) => `${name}: ${value}`)

describe('malformed response head', () => {
  it.each<readonly [string, string | Buffer]>([
    ['with bare line feeds', 'HTTP/1.1 200 OK\ncontent-length: 2\n\nok'],
    ['with some bare line feeds', 'HTTP/1.1 200 OK\r\ncontent-length: 2\n\r\nok'],
    ['with two carriage returns', 'HTTP/1.1 200 OK\r\r\ncontent-length: 2\r\r\n\r\r\nok'],
    ['without a reason phrase', `HTTP/1.1 200 \r\n${ok}`],
    ['without a reason phrase and its space', `HTTP/1.1 200\r\n${ok}`],
    ['with a reason phrase in Latin-1', `HTTP/1.1 200 Gr\xfc\xdfe\r\n${ok}`],
    ['with a reason phrase in UTF-8', Buffer.from(`HTTP/1.1 200 Größe\r\n${ok}`)],
    ['with a control character in the reason phrase', `HTTP/1.1 200 a\x01b\r\n${ok}`],
    ['without a space before the reason phrase', `HTTP/1.1 200OK\r\n${ok}`],
    ['with two spaces in the status line', `HTTP/1.1  200  OK\r\n${ok}`],
    ['with tabs in the status line', `HTTP/1.1\t200\tOK\r\n${ok}`],
    ['in lower case', `http/1.1 200 ok\r\n${ok}`],
    ['of HTTP/1.0', `HTTP/1.0 200 OK\r\n${ok}`],
    ['of HTTP/1.0 that is kept alive', `HTTP/1.0 200 OK\r\nconnection: keep-alive\r\n${ok}`],
    ['of HTTP/1.2', `HTTP/1.2 200 OK\r\n${ok}`],
    ['with the version HTTP/2', `HTTP/2 200\r\n${ok}`],
    ['without a version', `HTTP 200 OK\r\n${ok}`],
    ['after empty lines', `\r\n\r\nHTTP/1.1 200 OK\r\n${ok}`],
    ['after a byte order mark', `\xef\xbb\xbfHTTP/1.1 200 OK\r\n${ok}`],
    ['after three bytes of garbage', `abcHTTP/1.1 200 OK\r\n${ok}`],
    ['with a folded header', `HTTP/1.1 200 OK\r\nx-a: 1\r\n 2\r\n${ok}`],
    ['with a folded first header', `HTTP/1.1 200 OK\r\n x-a: 1\r\n${ok}`],
    ['with a space before colons', 'HTTP/1.1 200 OK\r\nx-a : 1\r\ncontent-length : 2\r\n\r\nok'],
    ['with a space in a name', `HTTP/1.1 200 OK\r\nx a: 1\r\n${ok}`],
    ['with brackets in a name', `HTTP/1.1 200 OK\r\nx[a]: 1\r\n${ok}`],
    ['with Latin-1 in a name', `HTTP/1.1 200 OK\r\nx-\xe4: 1\r\n${ok}`],
    ['with a line without a colon', `HTTP/1.1 200 OK\r\nnonsense\r\n${ok}`],
    ['with an empty name', `HTTP/1.1 200 OK\r\n: 1\r\n${ok}`],
    ['with NUL in a value', `HTTP/1.1 200 OK\r\nx-a: a\0b\r\n${ok}`],
    ['with control characters in a value', `HTTP/1.1 200 OK\r\nx-a: a\x01\x1b\x7fb\r\n${ok}`],
    ['with a carriage return in a value', `HTTP/1.1 200 OK\r\nx-a: a\rb\r\n${ok}`],
    ['with a header of 20 kB', `HTTP/1.1 200 OK\r\n${sized('x-a', 20_000)}${ok}`],
    ['with a header of 200 kB', `HTTP/1.1 200 OK\r\n${sized('x-a', 200_000)}${ok}`],
    ['with 3,000 headers', `HTTP/1.1 200 OK\r\n${sized('x-a', 10).repeat(3_000)}${ok}`],
    ['after interim responses', `HTTP/1.1 100\n\nHTTP/1.1 103 \nnonsense\n\nHTTP/1.1 200 OK\r\n${ok}`],
    ['with a length twice', `HTTP/1.1 200 OK\r\ncontent-length: 2\r\n${ok}`],
    ['with a length twice in one header', 'HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\nok'],
    ['with a length with a plus', 'HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\nok'],
    ['with a length and a unit', 'HTTP/1.1 200 OK\r\ncontent-length: 2 bytes\r\n\r\nok'],
    ['with the coding identity', `HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\n${ok}`],
    [
      'with a length and chunks',
      `HTTP/1.1 200 OK\r\ncontent-length: 5\r\n${chunked.slice(17)}2\r\nok\r\n0\r\n\r\n`,
    ],
    ['with chunks in HTTP/1.0', `${chunked.replace('1.1', '1.0')}2\r\nok\r\n0\r\n\r\n`],
  ])('a response %s is read', async (_, bytes) => {
    const result = await answering(bytes)
    expect(result.answer).toEqual({ kind: 'ANSWERED', status: 200, retryAfter: null })
    expect(textOf(result)).toBe('ok')
    expect(result.response).toMatchObject({ malformed: false, truncated: false, bodySize: 2 })
  })

  it.each<readonly [string, string | Buffer, string]>([
    ['a negative length', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nok', 'ok'],
    ['a length that is not a number', 'HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\nok', 'ok'],
    ['an empty length', 'HTTP/1.1 200 OK\r\ncontent-length: \r\n\r\nok', 'ok'],
    ['a length of 30 digits', `HTTP/1.1 200 OK\r\ncontent-length: ${'9'.repeat(30)}\r\n\r\nok`, 'ok'],
    ['an unknown coding', `HTTP/1.1 200 OK\r\ntransfer-encoding: foo\r\n${ok}`, 'ok'],
    ['a coding after chunked', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, foo\r\n\r\nok', 'ok'],
    ['a status line only', 'HTTP/1.1 200 OK\r\n', ''],
    ['a status line without a line end', 'HTTP/1.1 200 OK', ''],
    ['truncated headers', 'HTTP/1.1 200 OK\r\nx-a: 1\r\ncontent-le', ''],
    ['no headers and no body', 'HTTP/1.1 200 OK\r\n\r\n', ''],
    ['a length that is too long', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nok', 'ok'],
    ['different lengths', `HTTP/1.1 200 OK\r\ncontent-length: 1\r\n${ok}`, 'o'],
  ])('a response with %s is read to the end of the connection', async (_, bytes, body) => {
    const result = await answering(bytes, { ends: true })
    expect(result.answer).toMatchObject({ kind: 'ANSWERED', status: 200 })
    expect(textOf(result)).toBe(body)
  })

  it('malformed headers are stored without inventing or losing one', async () => {
    const result = await answering(
      'HTTP/1.1 200 OK\nX-Fold: a\r\n\t b\nnonsense\nX Odd : 1\n: 2\nx-nul: a\0\x1bb\nX-Caf\xe9: \xe9\ncontent-length: 0\n\n',
    )
    expect(headersOf(result)).toEqual([
      'X-Fold: a b',
      'nonsense: ',
      'X Odd: 1',
      ': 2',
      'x-nul: a\ufffd\ufffdb',
      'X-Café: é',
      'content-length: 0',
    ])
  })

  it('16 KiB of headers are stored, and Retry-After is read also after them', async () => {
    const many = `HTTP/1.1 503 Busy\r\n${sized('x-a', 9_000).repeat(12)}retry-after: soon\r\nRetry-After: 60\r\n${ok}`
    const result = await answering(many)
    expect(result.answer).toEqual({ kind: 'ANSWERED', status: 503, retryAfter: '60' })
    const bytes = headersOf(result)?.join('').length ?? 0
    expect(bytes).toBeGreaterThan(16_000)
    expect(bytes).toBeLessThan(17_000)
  })

  it('a malformed response that arrives byte by byte is read', async () => {
    const receiver = await rawReceiver((socket) => {
      const bytes = Array.from(
        'HTTP/1.1 100\n\nHTTP/1.1 200\nX : 1\n 2\nTransfer-Encoding:chunked\n\n2 ;x\nok\n0\n\n',
      )
      const next = () => {
        const byte = bytes.shift()
        if (byte !== undefined) socket.write(byte, () => setImmediate(next))
      }
      next()
    })
    const result = await makeTestSender().send(buildRequest(receiver.url))
    expect(result.answer).toMatchObject({ kind: 'ANSWERED', status: 200 })
    expect(textOf(result)).toBe('ok')
    expect(headersOf(result)).toEqual(['X: 1 2', 'Transfer-Encoding: chunked'])
  })
})

describe('response body', () => {
  it.each([
    ['with extensions', '2;a=b\r\nok\r\n0;c\r\n\r\n'],
    ['with spaces', '2  \r\nok\r\n0 \r\n\r\n'],
    ['with bare line feeds', '2\nok\n0\n\n'],
    ['with leading zeros', '00002\r\nok\r\n000\r\n\r\n'],
    ['with trailers', '2\r\nok\r\n0\r\nx-t: 1\r\nx-u: 2\r\n\r\n'],
    ['with garbage behind', '2\r\nok\r\n0\r\n\r\ngarbage'],
    ['of one byte each', '1\r\no\r\n1\r\nk\r\n0\r\n\r\n'],
  ])('a chunked body %s is read', async (_, chunks) => {
    const result = await answering(chunked + chunks)
    expect(result.answer.kind).toBe('ANSWERED')
    expect(textOf(result)).toBe('ok')
    expect(result.response).toMatchObject({ truncated: false, bodySize: 2 })
  })

  it.each([
    ['without a last chunk', '2\r\nok\r\n', 'ok'],
    ['with an invalid chunk size', '2\r\nok\r\nzz\r\nno\r\n', 'ok'],
    ['with a chunk longer than its size', '2\r\nokok\r\n0\r\n\r\n', 'ok'],
    ['without chunks', 'ok\r\n', ''],
    ['with endless trailers', `2\r\nok\r\n0\r\n${sized('x-t', 1_000).repeat(2_000)}`, 'ok'],
  ])('a chunked body %s is truncated, and the status is kept', async (_, chunks, body) => {
    const result = await answering(chunked + chunks, { ends: true })
    expect(result.answer).toMatchObject({ kind: 'ANSWERED', status: 200 })
    expect(textOf(result)).toBe(body)
    expect(result.response).toMatchObject({ truncated: true, malformed: false })
  })

  it.each([
    ['204', 'content-length: 2\r\n\r\nok'],
    ['204', 'transfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['304', 'content-length: 2\r\n\r\nok'],
  ])('a %s response has no body', async (status, rest) => {
    const result = await answering(`HTTP/1.1 ${status} x\r\n${rest}`)
    expect(result.answer).toMatchObject({ kind: 'ANSWERED', status: Number(status) })
    expect(result.response).toMatchObject({ bodySize: 0, truncated: false })
  })
})

describe('connection reuse after a response', () => {
  it.each([
    ['a regular response is reused', `HTTP/1.1 200 OK\r\n${ok}`, 1],
    ['a chunked response is reused', `${chunked}2\r\nok\r\n0\r\n\r\n`, 1],
    ['a response with a bare line feed is closed', `HTTP/1.1 200 OK\n${ok}`, 3],
    ['a response with a line without a colon is closed', `HTTP/1.1 200 OK\r\nnonsense\r\n${ok}`, 3],
    ['a response with two lengths is closed', `HTTP/1.1 200 OK\r\ncontent-length: 2\r\n${ok}`, 3],
    ['a response with an irregular chunk is closed', `${chunked}2\nok\r\n0\r\n\r\n`, 3],
    ['a response longer than its length is closed', `HTTP/1.1 200 OK\r\n${ok}HTTP/1.1 500 No\r\n${ok}`, 3],
    ['an HTTP/1.0 response is closed', `HTTP/1.0 200 OK\r\n${ok}`, 3],
    [
      'an HTTP/1.0 response with keep-alive is reused',
      `HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\n${ok}`,
      1,
    ],
    [
      'a response with close among other connection options is closed',
      `HTTP/1.1 200 OK\r\nconnection: a\r\nConnection: b, Close\r\n${ok}`,
      3,
    ],
  ])('the connection after %s', async (_, bytes, connections) => {
    const receiver = await rawReceiver((socket) => socket.write(bytes))
    const sender = makeTestSender()
    for (let count = 0; count < 3; count += 1) {
      const result = await sender.send(buildRequest(receiver.url))
      expect(result.answer).toMatchObject({ kind: 'ANSWERED', status: 200 })
      expect(textOf(result)).toBe('ok')
    }
    expect(receiver.connections()).toBe(connections)
  })
})

describe('unreadable response', () => {
  it.each<readonly [string, string | Buffer, RegExp, number | null]>([
    ['an SSH banner', 'SSH-2.0-OpenSSH_9.6\r\n', /not valid HTTP/, null],
    ['plain text', 'Service unavailable, call the admin\n', /not valid HTTP/, null],
    ['HTML without a response head', '<html><body>502 Bad Gateway</body></html>', /not valid HTTP/, null],
    ['an ICY response', `ICY 200 OK\r\n${ok}`, /not valid HTTP/, null],
    ['a TLS alert', Buffer.from([0x15, 3, 3, 0, 2, 2, 0x28]), /speaks TLS/, null],
    ['HTTP/2 settings', Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100]), /HTTP\/2/, null],
    ['a status of two digits', `HTTP/1.1 20 OK\r\n${ok}`, /not valid HTTP/, null],
    ['a status of four digits', `HTTP/1.1 2000 OK\r\n${ok}`, /not valid HTTP/, null],
    ['the status 000', `HTTP/1.1 000 OK\r\n${ok}`, /not valid HTTP/, null],
    ['no status', `HTTP/1.1 OK\r\n${ok}`, /not valid HTTP/, null],
    [
      'a switch to another protocol',
      'HTTP/1.1 101 Go\r\nupgrade: websocket\r\n\r\n',
      /another protocol/,
      101,
    ],
    ['endless headers', `HTTP/1.1 200 OK\r\n${sized('x-a', 100).repeat(3_000)}`, /256 KiB/, 200],
    ['an endless header', `HTTP/1.1 200 OK\r\n${sized('x-a', 300_000)}`, /256 KiB/, 200],
  ])(
    '%s is a PROTOCOL_ERROR at once, and its first 1,024 bytes are stored',
    async (_, bytes, detail, statusCode) => {
      const sent = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
      const result = await answering(sent, { timeoutMs: 5_000 })
      expect(result.answer).toEqual({
        kind: 'PROTOCOL_ERROR',
        detail: expect.stringMatching(detail) as string,
      })
      expect(result.durationMs).toBeLessThan(4_000)
      expect(result.response).toMatchObject({ statusCode, malformed: true })
      expect(Buffer.from(result.response?.body ?? [])).toEqual(sent.subarray(0, 1_024))
      expect(result.response?.truncated).toBe(sent.length > 1_024)
    },
  )

  it('a short text that is not HTTP is a PROTOCOL_ERROR at the end of the connection', async () => {
    const result = await answering('oops', { ends: true })
    expect(result.answer.kind).toBe('PROTOCOL_ERROR')
    expect(textOf(result)).toBe('oops')
  })

  it.each([
    [
      'a head that is reset',
      (socket: { resetAndDestroy(): unknown }) => setTimeout(() => socket.resetAndDestroy(), 50),
      'CONNECTION_FAILED',
    ],
    ['a head that stops', () => undefined, 'TIMED_OUT'],
  ] as const)('the bytes and the status of %s are stored', async (_, then, kind) => {
    const bytes = 'HTTP/1.1 200 OK\r\nx-a: 1\r\n'
    const receiver = await rawReceiver((socket) => {
      socket.write(bytes)
      then(socket)
    })
    const result = await makeTestSender().send(buildRequest(receiver.url, { timeoutMs: 400 }))
    expect(result.answer.kind).toBe(kind)
    expect(result.response).toMatchObject({
      statusCode: 200,
      malformed: true,
      headers: [{ name: 'x-a', value: '1' }],
    })
    expect(textOf(result)).toBe(bytes)
  })
})

describe('malformed response over TLS', () => {
  it('a malformed response over TLS is read as over plain HTTP', async () => {
    const good = { key: fixture('good.key'), cert: fixture('good') }
    const receiver = await tlsReceiver(good, '127.0.0.1', (socket) =>
      socket.end('HTTP/1.1 200\nX : 1\ncontent-length: 2\n\nok'),
    )
    const result = await makeTestSender({ extraCa: fixture('ca') }).send(buildRequest(receiver.url))
    expect(result.answer).toMatchObject({ kind: 'ANSWERED', status: 200 })
    expect(textOf(result)).toBe('ok')
  })
})

describe('compressed response body', () => {
  const text = JSON.stringify({ message: 'the till is closed', items: Array(50).fill('pizza') })
  const coded = (header: string, body: Buffer) =>
    Buffer.concat([
      Buffer.from(`HTTP/1.1 500 No\r\n${header}\r\ncontent-length: ${body.length}\r\n\r\n`),
      body,
    ])

  it.each([
    ['gzip', 'content-encoding: gzip', gzipSync(text)],
    ['x-gzip', 'Content-Encoding: X-GZIP', gzipSync(text)],
    ['deflate', 'content-encoding: deflate', deflateSync(text)],
    ['raw deflate', 'content-encoding: deflate', deflateRawSync(text)],
    ['br', 'content-encoding: br', brotliCompressSync(text)],
    ['gzip in br', 'content-encoding: gzip, br', brotliCompressSync(gzipSync(text))],
    [
      'gzip in br, in two headers',
      'content-encoding: gzip\r\ncontent-encoding: br',
      brotliCompressSync(gzipSync(text)),
    ],
    ['identity in gzip', 'content-encoding: identity, gzip', gzipSync(text)],
    ['gzip followed by garbage', 'content-encoding: gzip', Buffer.concat([gzipSync(text), Buffer.from('x')])],
  ])(
    'a body compressed with %s is decompressed, and its recorded size is the sent one',
    async (_, header, body) => {
      const result = await answering(coded(header, body))
      expect(textOf(result)).toBe(text)
      expect(result.response).toMatchObject({ decompressed: true, truncated: false, bodySize: body.length })
    },
  )

  it('a body with gzip as transfer coding is decompressed', async () => {
    const body = gzipSync(text)
    const head = `HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n${body.length.toString(16)}\r\n`
    const result = await answering(Buffer.concat([Buffer.from(head), body, Buffer.from('\r\n0\r\n\r\n')]))
    expect(textOf(result)).toBe(text)
    expect(result.response).toMatchObject({ decompressed: true })
  })

  it.each([
    ['is not compressed', 'content-encoding: gzip', Buffer.from(text)],
    [
      'is corrupt',
      'content-encoding: gzip',
      Buffer.concat([gzipSync(text).subarray(0, 10), Buffer.alloc(30, 0xff)]),
    ],
    ['has an unknown coding', 'content-encoding: foo', gzipSync(text)],
    [
      'has too many codings',
      'content-encoding: gzip, gzip, gzip, gzip',
      gzipSync(gzipSync(gzipSync(gzipSync(text)))),
    ],
  ])('a body with content-encoding that %s is stored as sent', async (_, header, body) => {
    const result = await answering(coded(header, body))
    expect(Buffer.from(result.response?.body ?? [])).toEqual(body)
    expect(result.response).toMatchObject({ decompressed: false, truncated: false })
  })

  it('a truncated compressed body is decompressed as far as possible', async () => {
    const body = gzipSync(Buffer.from(Array.from({ length: 9_000 }, (_, at) => (at * at) % 251)))
    const result = await answering(coded('content-encoding: gzip', body).subarray(0, -200), { ends: true })
    expect(result.response).toMatchObject({ decompressed: true, truncated: true })
    expect(result.response?.body.length).toBeGreaterThan(0)
  })

  it.each([
    ['gzip', gzipSync(Buffer.alloc(50_000_000))],
    ['br', brotliCompressSync(Buffer.alloc(50_000_000))],
  ])(
    'a decompression bomb of %s is truncated at 16 KiB with less than 60 MB of memory',
    async (coding, body) => {
      const before = process.memoryUsage().rss
      const result = await answering(coded(`content-encoding: ${coding}`, body))
      expect(result.response?.body).toHaveLength(16_384)
      expect(result.response).toMatchObject({ decompressed: true, truncated: true, bodySize: body.length })
      expect(process.memoryUsage().rss - before).toBeLessThan(60_000_000)
    },
  )
})
