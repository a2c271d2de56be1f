/** The HTTP responses with the GraphiQL page. Its behaviour in a browser is tested in `graphiql.test.ts`. */
import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { buildSchema, getOperationAST } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { greeting } from '../../../src/graphql/http/graphiql-page.ts'
import { makeOperationValidator } from '../../../src/graphql/execution/validate-operation.ts'
import { schemaText } from '../../../src/graphql/schema.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'

let server: TestServer
let acme: Tenant

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
})
afterAll(() => server.close())

interface Answer {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

const asBrowser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }

/** Uses node:http, because fetch would decompress and would request its own encodings. */
function get(headers: Readonly<Record<string, string>>, method = 'GET', query = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${server.url}${query}`, { method, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }),
      )
    })
    sent.on('error', reject).end()
  })
}

const zippedToBrowser = { ...asBrowser, 'accept-encoding': 'gzip, deflate, br' }

describe('GraphiQL page', () => {
  test('a browser without a key gets the GraphiQL page, compressed with gzip or uncompressed', async () => {
    const zipped = await get(zippedToBrowser)
    const plain = await get(asBrowser)

    expect(zipped).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-encoding': 'gzip',
        'content-length': String(zipped.body.length),
        'cache-control': 'no-cache',
        vary: 'Accept, Accept-Encoding',
      },
    })
    expect(zipped.body.length).toBeLessThan(3_000_000)
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(gunzipSync(zipped.body).equals(plain.body)).toBe(true)
  })

  test('a browser with the current ETag gets 304', async () => {
    const etag = String((await get(asBrowser, 'HEAD')).headers['etag'])
    const again = await get({ ...zippedToBrowser, 'if-none-match': etag })
    const older = await get({ ...zippedToBrowser, 'if-none-match': 'W/"older"' })

    expect(again).toMatchObject({ status: 304, headers: { etag } })
    expect(again.body).toHaveLength(0)
    expect(older.status).toBe(200)
  })

  test('a HEAD request gets the headers of the page without its body', async () => {
    const { body, ...whole } = await get(zippedToBrowser)
    const head = await get(zippedToBrowser, 'HEAD')

    expect(head.body).toHaveLength(0)
    expect(body.length).toBeGreaterThan(0)
    const ofEach = { date: '', 'x-request-id': '' }
    expect({ ...head.headers, ...ofEach }).toEqual({ ...whole.headers, ...ofEach })
  })

  test('the Content-Security-Policy of the page allows only its own script and connections to its own server, and no framing', async () => {
    const { headers, body } = await get(asBrowser)
    const [, script = ''] = /<body>.*?<script>(.*)<\/script>/s.exec(body.toString()) ?? []
    const hash = createHash('sha256').update(script).digest('base64')

    expect(script.length).toBeGreaterThan(1_000_000)
    expect(String(headers['content-security-policy']).split('; ')).toEqual([
      "default-src 'none'",
      `script-src 'sha256-${hash}'`,
      'worker-src blob:',
      "style-src 'unsafe-inline'",
      'font-src data:',
      'img-src data:',
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ])
    expect(headers).toMatchObject({
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
    })
  })
})

describe('GraphQL over GET', () => {
  const query = '?query=%7Bviewer%7Bproject%7Bid%7D%7D%7D'
  const json = { accept: 'application/json' }
  const anything = { accept: '*/*' }

  test.each([
    ['by a client that accepts JSON', json, ''],
    ['by a client that accepts anything', anything, ''],
    ['by a client without an Accept header', {}, ''],
    ['by a browser with a query', asBrowser, query],
  ])('a GET %s without a key is answered with 401 UNAUTHENTICATED', async (_, headers, search) => {
    const { status, headers: answered, body } = await get(headers, 'GET', search)
    expect([status, answered['vary']]).toEqual([401, 'Accept'])
    expect(JSON.parse(body.toString())).toMatchObject({
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    })
  })

  test('a query by GET is answered only with the header apollo-require-preflight, which pages of other sites cannot send', async () => {
    const keyed = { ...json, authorization: `Bearer ${acme.key}` }
    const plain = await get(keyed, 'GET', query)
    const marked = await get({ ...keyed, 'apollo-require-preflight': 'true' }, 'GET', query)

    expect(plain.status).toBe(400)
    expect(marked.status).toBe(200)
    expect(JSON.parse(marked.body.toString())).toMatchObject({
      data: { viewer: { project: { id: acme.projectId } } },
    })
  })
})

test('the initial document of the editor is valid, with the operations Who, Latest and Live', () => {
  const validator = makeOperationValidator(buildSchema(schemaText), { introspection: true })
  const document = validator.parse(greeting)
  if (document instanceof Error) throw document
  for (const [name, transport] of [
    ['Who', 'HTTP'],
    ['Latest', 'HTTP'],
    ['Live', 'SOCKET'],
  ] as const) {
    expect(getOperationAST(document, name)?.name?.value).toBe(name)
    expect(validator.check(document, { operationName: name }, transport)).toHaveProperty('cost')
  }
})
