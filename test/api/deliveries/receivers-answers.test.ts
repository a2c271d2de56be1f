/** What receivers answer to find out what breaks: kept as bytes and within bounds, shown as text that does no harm. */
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
const pages: string[] = []

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

const shown = `query ($id: ID!) { deliveryAttempt(id: $id) { outcome statusCode detail
  response { statusCode headers { name value } body bodyBase64 bodySize truncated decompressed malformed } } }`

/** The record of a test against a receiver that says these bytes, and the record as the API wrote it. */
async function answering(...words: readonly (string | Buffer)[]) {
  const receiver = await rawReceiver((socket) => {
    for (const word of words) socket.write(typeof word === 'string' ? Buffer.from(word, 'latin1') : word)
    socket.end()
  })
  const { id } = await createWebhook(acme, { url: receiver.url })
  const { attempt } = await mutateOrThrow<{ attempt: { id: string } }>(acme, 'WebhookTest', { id })
  const { text, status } = await sendBody(
    server,
    acme,
    JSON.stringify({ query: shown, variables: { id: attempt.id } }),
  )
  expect(status).toBe(200)
  await mutateOrThrow(acme, 'WebhookDelete', { id })
  pages.push(text)
  const { data } = JSON.parse(text) as { data: { deliveryAttempt: Attempt } }
  return { attempt: data.deliveryAttempt, text }
}
const head = (type: string, length: number) =>
  `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n\r\n`

describe("a receiver's body", () => {
  test.each([
    ['invalid UTF-8', 'application/json', Buffer.from([0xc3, 0x28, 0xff, 0xfe, 0xed, 0xa0, 0x80, 0xf8])],
    ['a script in HTML', 'text/html', Buffer.from('<script>alert(1)</script><img src=x onerror=alert(1)>')],
    ['escapes of a terminal', 'text/plain', Buffer.from('\u001b]0;owned\u0007\u001b[2J\u001b[31mred')],
    ['NUL and all the controls', 'text/plain', Buffer.from(Array.from({ length: 32 }, (_, code) => code))],
    ['UTF-16 that says it is UTF-8', 'text/plain; charset=utf-8', Buffer.from('Grüße 🍕', 'utf16le')],
    ['a charset that nobody knows', 'text/plain; charset=klingon', Buffer.from('Grüße', 'latin1')],
    ['UTF-7', 'text/html; charset=utf-7', Buffer.from('+ADw-script+AD4-')],
    [
      'what looks like an answer of ours',
      'application/json',
      Buffer.from('{"data":{"deliveryAttempt":null}}'),
    ],
    ['separators of lines', 'text/plain', Buffer.from('a\u2028b\u2029c\r\n\r\nd')],
    ['dice', 'application/octet-stream', randomBytes(4_000)],
  ])('of %s is kept byte for byte, and shown as text', async (_, type, bytes) => {
    const { attempt, text } = await answering(head(type, bytes.length), bytes)

    expect(attempt).toMatchObject({ outcome: 'SUCCEEDED', statusCode: 200 })
    expect(attempt.response).toMatchObject({ bodySize: bytes.length, truncated: false })
    expect(attempt.response?.bodyBase64).toBe(bytes.toString('base64'))
    expect(attempt.response?.body).toBe(bytes.toString('utf8'))
    // As JSON: no control character of the receiver's comes to a terminal, no line of it to a log.
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/)
  })

  test('is brought as JSON, which no browser takes for a page', async () => {
    const { headers } = await fetch(server.url, {
      method: 'POST',
      headers: { authorization: `Bearer ${acme.key}`, 'content-type': 'application/json' },
      body: '{"query":"{ viewer { key { id } } }"}',
    })
    expect(headers.get('content-type')).toMatch(/json/)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('of 10 MB is cut at 16 KiB', async () => {
    const { attempt } = await answering(head('text/plain', 10_000_000), Buffer.alloc(10_000_000, 'x'))
    expect(attempt.response).toMatchObject({ truncated: true, bodySize: 10_000_000 })
    expect(attempt.response?.body).toHaveLength(16_384)
  })
})

describe("a receiver's headers", () => {
  test('of 200 cookies are a hundred', async () => {
    const cookies = Array.from({ length: 200 }, (_, index) => `set-cookie: c${index}=1\r\n`).join('')
    const { attempt } = await answering(`HTTP/1.1 200 OK\r\n${cookies}content-length: 0\r\n\r\n`)
    expect(attempt).toMatchObject({ outcome: 'SUCCEEDED' })
    expect(attempt.response?.headers).toHaveLength(100)
  })

  test('with bytes beyond ASCII are read as latin-1', async () => {
    const { attempt } = await answering(
      'HTTP/1.1 200 OK\r\nx-a: \xff\xfe caf\xe9\r\ncontent-length: 0\r\n\r\n',
    )
    expect(attempt.response?.headers).toContainEqual({ name: 'x-a', value: 'ÿþ café' })
  })

  test.each([
    ['a length twice', 'content-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    ['a length and chunks', 'content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a length below nothing', 'content-length: -1\r\n\r\n'],
    ['a length that is no number', 'content-length: many\r\n\r\n'],
    ['NUL in a value', 'x-a: a\0b\r\ncontent-length: 0\r\n\r\n'],
    ['NUL in a name', 'x\0a: 1\r\ncontent-length: 0\r\n\r\n'],
    ['a name with a space', 'x a: 1\r\ncontent-length: 0\r\n\r\n'],
    ['a line without a colon', 'nonsense\r\ncontent-length: 0\r\n\r\n'],
    ['bare line feeds', 'content-length: 0\n\n'],
    ['20 kB of a value', `x-a: ${'a'.repeat(20_000)}\r\ncontent-length: 0\r\n\r\n`],
  ])('with %s do not hide the status', async (_, words) => {
    const { attempt } = await answering(`HTTP/1.1 200 OK\r\n${words}`)
    expect(attempt).toMatchObject({ outcome: 'SUCCEEDED', statusCode: 200 })
    expect(attempt.response).toMatchObject({ statusCode: 200, malformed: false })
  })
})

describe('what is no response', () => {
  test.each<readonly [string, string | Buffer, number | null]>([
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', null],
    ['a status of nothing', 'HTTP/1.1 000 No\r\ncontent-length: 0\r\n\r\n', null],
    ['bytes of TLS', Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]), null],
    ['a page without a head', '<html>502</html>\n', null],
    ['NUL', Buffer.alloc(40), null],
    ['another protocol', 'HTTP/1.1 101 Go\r\nupgrade: websocket\r\n\r\n', 101],
  ])('as %s is a PROTOCOL_ERROR in our own words, and its bytes are kept', async (_, words, statusCode) => {
    const { attempt } = await answering(words)
    expect(attempt).toMatchObject({ outcome: 'PROTOCOL_ERROR', statusCode })
    expect(attempt.detail).toMatch(/^[ -~]{1,120}$/)
    expect(attempt.response).toMatchObject({ statusCode, malformed: true })
    expect(attempt.response?.bodyBase64).toBe(Buffer.from(words).toString('base64'))
  })

  test('as a status beyond 599 is an HTTP_ERROR', async () => {
    const { attempt } = await answering('HTTP/1.1 999 Yes\r\ncontent-length: 0\r\n\r\n')
    expect(attempt).toMatchObject({ outcome: 'HTTP_ERROR', statusCode: 999 })
  })

  test('keeps no secret that it echoes', async () => {
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

test('a body that was compressed unasked is shown decompressed, without the secrets that it echoes', async () => {
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
  const { deliveryAttempt } = await acme.gql<{ deliveryAttempt: Attempt }>(shown, { id: attempt.id })
  await mutateOrThrow(acme, 'WebhookDelete', { id })
  expect(deliveryAttempt.response).toMatchObject({ decompressed: true, truncated: false })
  expect(deliveryAttempt.response?.body).toContain('X-Api-Key: [masked]')
  expect(JSON.stringify(deliveryAttempt)).not.toContain('canary')
})

test('a delivery whose kept connection ended is sent once more at once, and its attempt says so', async () => {
  const tenant = await server.tenant()
  const ids: string[] = []
  const seen = new Map<Socket, number>()
  const receiver = await rawReceiver((socket, request) => {
    const count = (seen.get(socket) ?? 0) + 1
    seen.set(socket, count)
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
  // The receiver recognises the second as the same delivery.
  expect(ids).toHaveLength(3)
  expect(ids[2]).toBe(ids[1])
})

test('no record of such an answer tells anything of our inside', () => {
  expect(pages.length).toBeGreaterThan(20)
  for (const page of pages) expectNoDetails(page.replace(/"body":"(?:[^"\\]|\\.)*"/, ''))
})

describe('a Retry-After with a 503', () => {
  const hourMs = 3_600_000
  test.each([
    ['a text', 'soon', 1_000],
    ['below nothing', '-5', 1_000],
    ['a fraction', '1.5', 1_000],
    ['1e9 in figures', '1000000000', 6 * hourMs],
    ['1e9 as such', '1e9', 1_000],
    ['a figure of 400 digits', '9'.repeat(400), 6 * hourMs],
    ['the year 9999', 'Fri, 31 Dec 9999 23:59:59 GMT', 6 * hourMs],
    ['a day that was', 'Thu, 01 Jan 1970 00:00:00 GMT', 1_000],
    ['a day of no calendar', 'Fri, 99 Foo 9999 99:99:99 GMT', 1_000],
    ['latin-1', '\u00ff', 1_000],
  ])('that is %s is bounded or passed over', async (_, value, expectedMs) => {
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
