/** Requests that no client of GraphQL would send: an answer in JSON, and nothing written. */
import { createConnection } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { waitFor } from '../../support/wait-for.ts'
import { aSite, documents, fingerprint, keptLog, ours, sendTo, type Sent } from '../support/fixtures.ts'

let server: TestServer
let acme: Tenant
const log = keptLog()

beforeAll(async () => {
  server = await startTestServer({}, log)
  acme = await server.tenant()
})
afterAll(() => server.close())

const send = (...rest: Sent) => sendTo(server, acme, ...rest)
const mutation = 'mutation { siteCreate(input: { name: \\"x\\" }) { site { id } } }'

describe('a body that is no request', () => {
  test.each([
    ['empty', '', 400],
    ['null', 'null', 400],
    ['a number', '42', 400],
    ['a text', '"{ viewer { key { id } } }"', 400],
    ['an empty list', '[]', 400],
    ['cut short', '{"query":"{ viewer', 400],
    ['not JSON at all', 'query=viewer', 400],
    ['UTF-16', Buffer.from('{"query":"{ viewer { key { id } } }"}', 'utf16le'), 400],
    ['no query', '{}', 400],
    ['an empty query', '{"query":""}', 400],
    ['a query that is no text', '{"query":{"a":1}}', 400],
    ['variables that are no object', '{"query":"{ viewer { key { id } } }","variables":"x"}', 400],
    ['variables that are a list', '{"query":"{ viewer { key { id } } }","variables":[1]}', 400],
    ['an operation name that is no text', '{"query":"{ viewer { key { id } } }","operationName":7}', 400],
    ['100,000 levels deep', `{"query":"x","variables":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 400],
    ['two megabytes', `{"query":"${'x'.repeat(2_000_000)}"}`, 413],
    ['a batch of one', `[{"query":"${mutation}"}]`, 400],
    [
      'a batch of a thousand',
      `[${Array(1_000).fill('{"query":"{ viewer { key { id } } }"}').join(',')}]`,
      400,
    ],
    ['a query of a syntax error', '{"query":"{ viewer {"}', 400],
    ['an unknown field', '{"query":"{ viewr { key { id } } }"}', 400],
    [
      'two operations and no name',
      '{"query":"query A { viewer { key { id } } } query B { viewer { key { id } } }"}',
      400,
    ],
    [
      'two operations and another name',
      '{"query":"query A { viewer { key { id } } } query B { viewer { key { id } } }","operationName":"C"}',
      400,
    ],
    ['a fragment and no operation', '{"query":"fragment F on Site { id }"}', 400],
    ['a directive that is not there', '{"query":"{ viewer @nothing { key { id } } }"}', 400],
  ] as const)('is answered with an error in JSON: %s', async (_, body, status) => {
    const before = await fingerprint(server.connections)
    const answer = await send(body)

    expect([answer.status, answer.text.slice(0, 200)]).toEqual([status, answer.text.slice(0, 200)])
    expect(answer.type).toMatch(/^application\/(graphql-response\+)?json/)
    expect(JSON.parse(answer.text)).toMatchObject({
      errors: [{ message: expect.any(String) as string, extensions: { code: expect.any(String) as string } }],
    })
    expect(answer.text).not.toMatch(ours)
    expect(await fingerprint(server.connections)).toEqual(before)
  })
})

describe('a body in another wrapping', () => {
  test.each([
    ['a form', 'application/x-www-form-urlencoded', `query=${encodeURIComponent('mutation{x}')}`],
    ['plain text', 'text/plain', `{"query":"${mutation}"}`],
    ['several parts', 'multipart/form-data; boundary=x', '--x--'],
    ['no type', '', `{"query":"${mutation}"}`],
    ['XML', 'application/xml', '<query/>'],
    ['an encoding that nobody knows', 'application/json; charset=klingon', `{"query":"${mutation}"}`],
  ])('is refused, and nothing is run: %s', async (_, type, body) => {
    const before = await fingerprint(server.connections)
    const answer = await send(body, { 'content-type': type })

    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
    expect(answer.type).toMatch(/json/)
    expect(answer.text).not.toMatch(ours)
    expect(await fingerprint(server.connections)).toEqual(before)
  })

  test('a mutation by GET is refused', async () => {
    const before = await fingerprint(server.connections)
    const query = new URLSearchParams({
      query: 'mutation { siteCreate(input: { name: "x" }) { site { id } } }',
    })
    const answer = await send(query.toString(), {}, { method: 'GET' })

    expect([400, 405]).toContain(answer.status)
    expect(answer.type).toMatch(/json/)
    expect(await fingerprint(server.connections)).toEqual(before)
  })

  test('a subscription over HTTP is told where it belongs', async () => {
    const answer = await send(JSON.stringify({ query: documents.Live }), {
      accept: 'text/event-stream, application/json',
    })
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.text)).toMatchObject({
      errors: [
        { message: expect.stringContaining('WebSocket') as string, extensions: { code: 'BAD_USER_INPUT' } },
      ],
    })
  })

  test('one that says more bytes than it has does not hold anybody up', async () => {
    const { host, hostname, port } = new URL(server.url)
    const socket = createConnection({ host: hostname, port: Number(port) })
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${acme.key}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"query":`,
    )
    expect(await aSite(acme)).toMatch(/^sit_/)
    let closed = false
    socket.on('close', () => (closed = true)).on('error', () => undefined)
    socket.destroy()
    await waitFor(() => closed, { what: 'the half request to be gone' })
    expect((await send('{"query":"{ viewer { key { id } } }"}')).status).toBe(200)
  })
})

describe('the id of a request', () => {
  const uuid = /^[0-9a-f-]{36}$/
  interface Ask {
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string | null
    readonly method?: string
  }
  const answered = async (init: Ask = {}, path = '/graphql') => {
    const headers = {
      authorization: `Bearer ${acme.key}`,
      'content-type': 'application/json',
      ...init.headers,
    }
    const response = await fetch(server.url.replace('/graphql', path), {
      method: 'POST',
      body: '{"query":"{ viewer { key { id } } }"}',
      ...init,
      headers,
    })
    await response.text()
    return response.headers.get('x-request-id')
  }

  test.each<readonly [what: string, init: Ask, path: string]>([
    ['a good request', {}, '/graphql'],
    ['a key that is none', { headers: { authorization: 'Bearer obk_no' } }, '/graphql'],
    ['a body that is no JSON', { body: '{' }, '/graphql'],
    ['a body that is too large', { body: 'x'.repeat(600_000) }, '/graphql'],
    ['a document that is refused', { body: '{"query":"{ nothing }"}' }, '/graphql'],
    ['a page that is not there', {}, '/nowhere'],
    ['a question for health', { method: 'GET', body: null }, '/healthz'],
  ])('is in the answer to %s, and another for each', async (_, init, path) => {
    const [first, second] = [await answered(init, path), await answered(init, path)]
    expect([first, second]).toEqual([expect.stringMatching(uuid), expect.stringMatching(uuid)])
    expect(first).not.toBe(second)
  })

  test.each(['a', 'Order-42_x.7', 'f'.repeat(128)])(
    "is the caller's own where it is one: %s",
    async (own) => {
      expect(await answered({ headers: { 'x-request-id': own } })).toBe(own)
    },
  )

  test.each([
    ['empty', ''],
    ['too long', 'f'.repeat(129)],
    ['10 kB', 'f'.repeat(10_000)],
    ['two words', 'a b'],
    ['a forged line of a log', '{"level":"error","step":"app.stopped"}'],
    ['not of plain letters', '\u00e4'],
    ['a page', '<script>'],
  ])('is ours where the caller sent one that is %s', async (_, theirs) => {
    expect(await answered({ headers: { 'x-request-id': theirs } })).toMatch(uuid)
  })

  test('is ours where the caller sent two', async () => {
    const headers = new Headers({ authorization: `Bearer ${acme.key}` })
    headers.append('x-request-id', 'one')
    headers.append('x-request-id', 'two')
    const response = await fetch(server.url, { method: 'POST', headers })
    expect(response.headers.get('x-request-id')).toMatch(uuid)
  })

  test('stands in a fault and in the log', async () => {
    await server.connections.sql.unsafe('alter table projects rename to projects_lost')
    const { text } = await send('{"query":"{ viewer { project { id } } }"}', { 'x-request-id': 'mine.7' })
    await server.connections.sql.unsafe('alter table projects_lost rename to projects')
    expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { requestId: 'mine.7' } }] })
    expect(log.lines.filter(({ fields }) => fields['requestId'] === 'mine.7')).toMatchObject([
      { level: 'error', step: 'request.failed' },
    ])
  })
})
