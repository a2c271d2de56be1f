/** Malformed HTTP requests are answered with JSON, and nothing is written. Each request has an id. */
import { createConnection } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../../support/server.ts'
import { waitFor } from '../../../support/wait-for.ts'
import {
  createSite,
  documents,
  fingerprint,
  makeRecordingLog,
  implementationDetails,
  sendBody,
  type Sent,
} from '../../support/fixtures.ts'

let server: TestServer
let acme: Tenant
const log = makeRecordingLog()

beforeAll(async () => {
  server = await startTestServer({}, log)
  acme = await server.tenant()
})
afterAll(() => server.close())

const send = (...rest: Sent) => sendBody(server, acme, ...rest)
const mutation = 'mutation { siteCreate(input: { name: \\"x\\" }) { site { id } } }'

describe('malformed bodies', () => {
  test.each([
    ['empty', '', 400],
    ['null', 'null', 400],
    ['a number', '42', 400],
    ['a string', '"{ viewer { key { id } } }"', 400],
    ['an empty list', '[]', 400],
    ['cut short', '{"query":"{ viewer', 400],
    ['not JSON at all', 'query=viewer', 400],
    ['UTF-16', Buffer.from('{"query":"{ viewer { key { id } } }"}', 'utf16le'), 400],
    ['no query', '{}', 400],
    ['an empty query', '{"query":""}', 400],
    ['a query that is not a string', '{"query":{"a":1}}', 400],
    ['variables that are not an object', '{"query":"{ viewer { key { id } } }","variables":"x"}', 400],
    ['variables that are a list', '{"query":"{ viewer { key { id } } }","variables":[1]}', 400],
    [
      'an operation name that is not a string',
      '{"query":"{ viewer { key { id } } }","operationName":7}',
      400,
    ],
    ['100,000 levels deep', `{"query":"x","variables":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 400],
    ['two megabytes', `{"query":"${'x'.repeat(2_000_000)}"}`, 413],
    ['a batch of one', `[{"query":"${mutation}"}]`, 400],
    [
      'a batch of a thousand',
      `[${Array(1_000).fill('{"query":"{ viewer { key { id } } }"}').join(',')}]`,
      400,
    ],
    ['a query with a syntax error', '{"query":"{ viewer {"}', 400],
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
    ['an unknown directive', '{"query":"{ viewer @nothing { key { id } } }"}', 400],
  ] as const)(
    'a malformed body (%s) is answered with an error in JSON, and nothing is written',
    async (_, body, status) => {
      const before = await fingerprint(server.connections)
      const answer = await send(body)

      expect([answer.status, answer.text.slice(0, 200)]).toEqual([status, answer.text.slice(0, 200)])
      expect(answer.type).toMatch(/^application\/(graphql-response\+)?json/)
      expect(JSON.parse(answer.text)).toMatchObject({
        errors: [
          { message: expect.any(String) as string, extensions: { code: expect.any(String) as string } },
        ],
      })
      expect(answer.text).not.toMatch(implementationDetails)
      expect(await fingerprint(server.connections)).toEqual(before)
    },
  )
})

describe('content types and methods', () => {
  test.each([
    ['a form', 'application/x-www-form-urlencoded', `query=${encodeURIComponent('mutation{x}')}`],
    ['plain text', 'text/plain', `{"query":"${mutation}"}`],
    ['multipart form data', 'multipart/form-data; boundary=x', '--x--'],
    ['a body without a content type', '', `{"query":"${mutation}"}`],
    ['XML', 'application/xml', '<query/>'],
    ['JSON in an unknown charset', 'application/json; charset=klingon', `{"query":"${mutation}"}`],
  ])('a request with %s is refused with an error in JSON, and nothing is written', async (_, type, body) => {
    const before = await fingerprint(server.connections)
    const answer = await send(body, { 'content-type': type })

    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
    expect(answer.type).toMatch(/json/)
    expect(answer.text).not.toMatch(implementationDetails)
    expect(await fingerprint(server.connections)).toEqual(before)
  })

  test('a mutation by GET is refused, and nothing is written', async () => {
    const before = await fingerprint(server.connections)
    const query = new URLSearchParams({
      query: 'mutation { siteCreate(input: { name: "x" }) { site { id } } }',
    })
    const answer = await send(query.toString(), {}, { method: 'GET' })

    expect([400, 405]).toContain(answer.status)
    expect(answer.type).toMatch(/json/)
    expect(await fingerprint(server.connections)).toEqual(before)
  })

  test('a subscription over HTTP is refused with an error that names WebSocket', async () => {
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

  test('a request whose content-length exceeds its body does not delay other requests', async () => {
    const { host, hostname, port } = new URL(server.url)
    const socket = createConnection({ host: hostname, port: Number(port) })
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${acme.key}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"query":`,
    )
    expect(await createSite(acme)).toMatch(/^sit_/)
    let closed = false
    socket.on('close', () => (closed = true)).on('error', () => undefined)
    socket.destroy()
    await waitFor(() => closed, { what: 'the socket of the incomplete request to close' })
    expect((await send('{"query":"{ viewer { key { id } } }"}')).status).toBe(200)
  })
})

describe('request ids', () => {
  const uuid = /^[0-9a-f-]{36}$/
  interface RequestOptions {
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string | null
    readonly method?: string
  }
  const requestIdOf = async (init: RequestOptions = {}, path = '/graphql') => {
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

  test.each<readonly [what: string, init: RequestOptions, path: string]>([
    ['a valid request', {}, '/graphql'],
    ['a request with an invalid key', { headers: { authorization: 'Bearer obk_no' } }, '/graphql'],
    ['a body that is not JSON', { body: '{' }, '/graphql'],
    ['a body that is too large', { body: 'x'.repeat(600_000) }, '/graphql'],
    ['an invalid document', { body: '{"query":"{ nothing }"}' }, '/graphql'],
    ['a request for an unknown path', {}, '/nowhere'],
    ['a health check', { method: 'GET', body: null }, '/healthz'],
  ])('the response to %s has a request id, different each time', async (_, init, path) => {
    const [first, second] = [await requestIdOf(init, path), await requestIdOf(init, path)]
    expect([first, second]).toEqual([expect.stringMatching(uuid), expect.stringMatching(uuid)])
    expect(first).not.toBe(second)
  })

  test.each(['a', 'Order-42_x.7', 'f'.repeat(128)])("the client's request id %s is returned", async (own) => {
    expect(await requestIdOf({ headers: { 'x-request-id': own } })).toBe(own)
  })

  test.each([
    ['without characters', ''],
    ['of 129 characters', 'f'.repeat(129)],
    ['of 10 kB', 'f'.repeat(10_000)],
    ['with a space', 'a b'],
    ['with a log line in JSON', '{"level":"error","step":"app.stopped"}'],
    ['with a letter outside ASCII', '\u00e4'],
    ['with HTML', '<script>'],
  ])('a request id %s is replaced by a generated one', async (_, invalid) => {
    expect(await requestIdOf({ headers: { 'x-request-id': invalid } })).toMatch(uuid)
  })

  test('two request ids in one request are replaced by a generated one', async () => {
    const headers = new Headers({ authorization: `Bearer ${acme.key}` })
    headers.append('x-request-id', 'one')
    headers.append('x-request-id', 'two')
    const response = await fetch(server.url, { method: 'POST', headers })
    expect(response.headers.get('x-request-id')).toMatch(uuid)
  })

  test("the client's request id is in the error and in the log line of a fault", async () => {
    await server.connections.sql.unsafe('alter table projects rename to projects_lost')
    const { text } = await send('{"query":"{ viewer { project { id } } }"}', { 'x-request-id': 'mine.7' })
    await server.connections.sql.unsafe('alter table projects_lost rename to projects')
    expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { requestId: 'mine.7' } }] })
    expect(log.lines.filter(({ fields }) => fields['requestId'] === 'mine.7')).toMatchObject([
      { level: 'error', step: 'request.failed' },
    ])
  })
})
