/** Hostile responses of receivers: stored as bytes within limits, returned as text without control characters. */
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rawReceiver } from '../../unit/sender/receiver.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver } from '../../support/receiver.ts'
import {
  createWebhook,
  createOrder,
  mutateOrThrow,
  quickRetries,
  sendBody,
  waitForSettled,
} from '../support/fixtures.ts'
import { expectNoDetails } from '../support/attacks.ts'

let server: TestServer
let acme: Tenant
/** The API's responses with the records of all test attempts. */
const apiTexts: string[] = []

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
})
afterAll(() => server.close())

interface Attempt {
  readonly outcome: string
  readonly statusCode: number | null
  readonly detail: string | null
  readonly response: {
    readonly headers: readonly { readonly name: string; readonly value: string }[]
    readonly body: string
    readonly bodyBase64: string
    readonly bodySize: number | null
    readonly truncated: boolean
    readonly decompressed: boolean
    readonly malformed: boolean
  } | null
}

const attemptQuery = `query ($id: ID!) { deliveryAttempt(id: $id) { outcome statusCode detail
  response { statusCode headers { name value } body bodyBase64 bodySize truncated decompressed malformed } } }`

/** Sends a test attempt to a receiver that responds with these bytes. Returns its record and the text of the API's response. */
async function testAttempt(...chunks: readonly (string | Buffer)[]) {
  const receiver = await rawReceiver((socket) => {
    for (const chunk of chunks) socket.write(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk)
    socket.end()
  })
  const { id } = await createWebhook(acme, { url: receiver.url })
  const { attempt } = await mutateOrThrow<{ attempt: { id: string } }>(acme, 'WebhookTest', { id })
  const { text, status } = await sendBody(
    server,
    acme,
    JSON.stringify({ query: attemptQuery, variables: { id: attempt.id } }),
  )
  expect(status).toBe(200)
  await mutateOrThrow(acme, 'WebhookDelete', { id })
  apiTexts.push(text)
  const { data } = JSON.parse(text) as { data: { deliveryAttempt: Attempt } }
  return { attempt: data.deliveryAttempt, text }
}
const head = (type: string, length: number) =>
  `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n\r\n`

describe('response body', () => {
  test.each([
    ['invalid UTF-8', 'application/json', Buffer.from([0xc3, 0x28, 0xff, 0xfe, 0xed, 0xa0, 0x80, 0xf8])],
    ['a script in HTML', 'text/html', Buffer.from('<script>alert(1)</script><img src=x onerror=alert(1)>')],
    ['terminal escape sequences', 'text/plain', Buffer.from('\u001b]0;owned\u0007\u001b[2J\u001b[31mred')],
    [
      'NUL and all control characters',
      'text/plain',
      Buffer.from(Array.from({ length: 32 }, (_, code) => code)),
    ],
    ['UTF-16 declared as UTF-8', 'text/plain; charset=utf-8', Buffer.from('Grüße 🍕', 'utf16le')],
    ['an unknown charset', 'text/plain; charset=klingon', Buffer.from('Grüße', 'latin1')],
    ['UTF-7', 'text/html; charset=utf-7', Buffer.from('+ADw-script+AD4-')],
    ['a GraphQL response', 'application/json', Buffer.from('{"data":{"deliveryAttempt":null}}')],
    ['line separators', 'text/plain', Buffer.from('a\u2028b\u2029c\r\n\r\nd')],
    ['random bytes', 'application/octet-stream', randomBytes(4_000)],
  ])(
    'a response body of %s is stored byte for byte, and returned as escaped text',
    async (_, type, bytes) => {
      const { attempt, text } = await testAttempt(head(type, bytes.length), bytes)

      expect(attempt).toMatchObject({ outcome: 'SUCCEEDED', statusCode: 200 })
      expect(attempt.response).toMatchObject({ bodySize: bytes.length, truncated: false })
      expect(attempt.response?.bodyBase64).toBe(bytes.toString('base64'))
      expect(attempt.response?.body).toBe(bytes.toString('utf8'))
      // The API escapes control characters of the receiver, so that none reaches a terminal or a log.
      // eslint-disable-next-line no-control-regex
      expect(text).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/)
    },
  )

  test('the API responds with a JSON content type and nosniff, so that a browser does not render a response body', async () => {
    const { headers } = await fetch(server.url, {
      method: 'POST',
      headers: { authorization: `Bearer ${acme.key}`, 'content-type': 'application/json' },
      body: '{"query":"{ viewer { key { id } } }"}',
    })
    expect(headers.get('content-type')).toMatch(/json/)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('a response body of 10 MB is cut at 16 KiB', async () => {
    const { attempt } = await testAttempt(head('text/plain', 10_000_000), Buffer.alloc(10_000_000, 'x'))
    expect(attempt.response).toMatchObject({ truncated: true, bodySize: 10_000_000 })
    expect(attempt.response?.body).toHaveLength(16_384)
  })
})

describe('response headers', () => {
  test('a response with 200 cookies is stored with 100 headers', async () => {
    const cookies = Array.from({ length: 200 }, (_, index) => `set-cookie: c${index}=1\r\n`).join('')
    const { attempt } = await testAttempt(`HTTP/1.1 200 OK\r\n${cookies}content-length: 0\r\n\r\n`)
    expect(attempt).toMatchObject({ outcome: 'SUCCEEDED' })
    expect(attempt.response?.headers).toHaveLength(100)
  })

  test('a response header with bytes beyond ASCII is read as latin-1', async () => {
    const { attempt } = await testAttempt(
      'HTTP/1.1 200 OK\r\nx-a: \xff\xfe caf\xe9\r\ncontent-length: 0\r\n\r\n',
    )
    expect(attempt.response?.headers).toContainEqual({ name: 'x-a', value: 'ÿþ café' })
  })

  test.each([
    ['two content lengths', 'content-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    ['a content length and chunks', 'content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a negative content length', 'content-length: -1\r\n\r\n'],
    ['a content length that is not a number', 'content-length: many\r\n\r\n'],
    ['NUL in a value', 'x-a: a\0b\r\ncontent-length: 0\r\n\r\n'],
    ['NUL in a name', 'x\0a: 1\r\ncontent-length: 0\r\n\r\n'],
    ['a name with a space', 'x a: 1\r\ncontent-length: 0\r\n\r\n'],
    ['a line without a colon', 'nonsense\r\ncontent-length: 0\r\n\r\n'],
    ['bare line feeds', 'content-length: 0\n\n'],
    ['a value of 20 kB', `x-a: ${'a'.repeat(20_000)}\r\ncontent-length: 0\r\n\r\n`],
  ])('a response whose headers have %s keeps its status', async (_, headers) => {
    const { attempt } = await testAttempt(`HTTP/1.1 200 OK\r\n${headers}`)
    expect(attempt).toMatchObject({ outcome: 'SUCCEEDED', statusCode: 200 })
    expect(attempt.response).toMatchObject({ statusCode: 200, malformed: false })
  })
})

describe('malformed response', () => {
  test.each<readonly [string, string | Buffer, number | null]>([
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', null],
    ['the status 000', 'HTTP/1.1 000 No\r\ncontent-length: 0\r\n\r\n', null],
    ['TLS bytes', Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]), null],
    ['HTML without a head', '<html>502</html>\n', null],
    ['40 NUL bytes', Buffer.alloc(40), null],
    ['a protocol upgrade', 'HTTP/1.1 101 Go\r\nupgrade: websocket\r\n\r\n', 101],
  ])(
    'a response of %s is a PROTOCOL_ERROR with a detail in printable ASCII, and its bytes are stored',
    async (_, bytes, statusCode) => {
      const { attempt } = await testAttempt(bytes)
      expect(attempt).toMatchObject({ outcome: 'PROTOCOL_ERROR', statusCode })
      expect(attempt.detail).toMatch(/^[ -~]{1,120}$/)
      expect(attempt.response).toMatchObject({ statusCode, malformed: true })
      expect(attempt.response?.bodyBase64).toBe(Buffer.from(bytes).toString('base64'))
    },
  )

  test('a response with the status 999 is an HTTP_ERROR', async () => {
    const { attempt } = await testAttempt('HTTP/1.1 999 Yes\r\ncontent-length: 0\r\n\r\n')
    expect(attempt).toMatchObject({ outcome: 'HTTP_ERROR', statusCode: 999 })
  })

  test('a malformed response that echoes a secret header shows it masked', async () => {
    const receiver = await rawReceiver((socket, request) => socket.end(`you sent ${request}\n`))
    const headers = [{ name: 'X-Api-Key', value: 'canary-7-canary' }]
    const { id } = await createWebhook(acme, { url: receiver.url }, { headers })
    const { attempt } = await mutateOrThrow<{ attempt: Attempt }>(acme, 'WebhookTest', { id })
    await mutateOrThrow(acme, 'WebhookDelete', { id })
    expect(attempt.outcome).toBe('PROTOCOL_ERROR')
    expect(attempt.response?.body).toContain('X-Api-Key: [masked]')
    expect(JSON.stringify(attempt)).not.toContain('canary')
  })
})

test('a gzip response body is returned decompressed, with an echoed secret header masked', async () => {
  const receiver = await rawReceiver((socket, request) => {
    const body = gzipSync(`you sent ${request}`)
    socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n`)
    socket.end(body)
  })
  const { id } = await createWebhook(
    acme,
    { url: receiver.url },
    { headers: [{ name: 'X-Api-Key', value: 'canary-7-canary' }] },
  )
  const { attempt } = await mutateOrThrow<{ attempt: { id: string } }>(acme, 'WebhookTest', { id })
  const { deliveryAttempt } = await acme.gql<{ deliveryAttempt: Attempt }>(attemptQuery, { id: attempt.id })
  await mutateOrThrow(acme, 'WebhookDelete', { id })
  expect(deliveryAttempt.response).toMatchObject({ decompressed: true, truncated: false })
  expect(deliveryAttempt.response?.body).toContain('X-Api-Key: [masked]')
  expect(JSON.stringify(deliveryAttempt)).not.toContain('canary')
})

test('a request over a kept connection that ended is sent again under the same delivery id, and its attempt has resentOnNewConnection', async () => {
  const tenant = await server.tenant()
  const ids: string[] = []
  const requestsOf = new Map<Socket, number>()
  const receiver = await rawReceiver((socket, request) => {
    const count = (requestsOf.get(socket) ?? 0) + 1
    requestsOf.set(socket, count)
    ids.push(/webhook-id: (\S+)/.exec(request)?.[1] ?? '')
    if (count === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
    else socket.end()
  })
  await createWebhook(tenant, { url: receiver.url })
  await createOrder(tenant)
  await waitForSettled(tenant, {})
  await createOrder(tenant)
  await waitForSettled(tenant, {})
  const query = '{ deliveryAttempts(first: 5) { nodes { outcome number resentOnNewConnection } } }'
  const { deliveryAttempts } = await tenant.gql<{ deliveryAttempts: { nodes: unknown[] } }>(query)
  const once = { outcome: 'SUCCEEDED', number: 1 }
  expect(deliveryAttempts.nodes).toEqual([
    { ...once, resentOnNewConnection: true },
    { ...once, resentOnNewConnection: false },
  ])
  // The receiver can recognise the repeated request by its delivery id.
  expect(ids).toHaveLength(3)
  expect(ids[2]).toBe(ids[1])
})

test('no record of a hostile response reveals internals of the server', () => {
  expect(apiTexts.length).toBeGreaterThan(20)
  for (const text of apiTexts) expectNoDetails(text.replace(/"body":"(?:[^"\\]|\\.)*"/, ''))
})

describe('Retry-After of a 503', () => {
  const hourMs = 3_600_000
  test.each([
    ['a text', 'soon', 1_000],
    ['negative', '-5', 1_000],
    ['a fraction', '1.5', 1_000],
    ['1000000000', '1000000000', 6 * hourMs],
    ['1e9', '1e9', 1_000],
    ['a number of 400 digits', '9'.repeat(400), 6 * hourMs],
    ['the year 9999', 'Fri, 31 Dec 9999 23:59:59 GMT', 6 * hourMs],
    ['a date in the past', 'Thu, 01 Jan 1970 00:00:00 GMT', 1_000],
    ['an impossible date', 'Fri, 99 Foo 9999 99:99:99 GMT', 1_000],
    ['a latin-1 character', '\u00ff', 1_000],
  ])('a Retry-After that is %s is limited to 6 h or ignored', async (_, value, expectedMs) => {
    const tenant = await server.tenant()
    const receiver = await startReceiver()
    receiver.script((_request, response) => response.writeHead(503, { 'retry-after': value }).end())
    await createWebhook(tenant, receiver, { policy: quickRetries(1) })
    await createOrder(tenant)
    interface First {
      readonly startedAt: string
      readonly durationMs: number
      readonly nextAttemptAt: string
    }
    const query = '{ deliveryAttempts(last: 1) { nodes { startedAt durationMs nextAttemptAt } } }'
    let first: First | undefined
    while (first === undefined)
      [first] = (await tenant.gql<{ deliveryAttempts: { nodes: First[] } }>(query)).deliveryAttempts.nodes
    const waitMs = Date.parse(first.nextAttemptAt) - Date.parse(first.startedAt)

    expect(waitMs).toBeGreaterThanOrEqual(expectedMs)
    expect(waitMs).toBeLessThan(expectedMs + 20_000)
    if (expectedMs < hourMs) await waitForSettled(tenant, {})
    await receiver.close()
  })
})
