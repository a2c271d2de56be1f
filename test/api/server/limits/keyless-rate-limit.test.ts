/** The rate limit of requests without a valid key from one address. Requests with a valid key are not limited. */
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { startTestServer, type TestServer, type Tenant } from '../../../support/server.ts'
import { waitFor } from '../../../support/wait-for.ts'
import { documents, makeRecordingLog } from '../../support/fixtures.ts'

let server: TestServer
let acme: Tenant
const log = makeRecordingLog()
/** An address may send ten requests at once, and one per second. */
const burst = 10
const perMinute = '60'

beforeAll(async () => {
  server = await startTestServer({ RATE_KEYLESS_PER_MINUTE: perMinute, TRUSTED_PROXIES: '127.0.9.0/24' }, log)
  acme = await server.tenant()
})
afterAll(() => server.close())

interface RequestOptions {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}
interface Received {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

function send(
  localAddress: string,
  { method = 'GET', path = '/healthz', headers = {}, body = '' }: RequestOptions,
) {
  return new Promise<Received>((resolve, reject) => {
    const sent = request(
      new URL(path, server.url),
      { method, localAddress, headers, agent: false },
      (response) => {
        let text = ''
        response.on('data', (data: Buffer) => (text += data.toString('utf8')))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}
const withValidKey = (): RequestOptions => withKey(acme.key)
const withKey = (key: string): RequestOptions => ({
  ...{ method: 'POST', path: '/graphql', body: JSON.stringify({ query: documents.Who }) },
  headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
})
async function exhaust(address: string, options: RequestOptions): Promise<readonly number[]> {
  const found: number[] = []
  for (let n = 0; n < burst * 2; n += 1) found.push((await send(address, options)).status)
  return found
}

describe('rate limit without a valid key', () => {
  let clients = 0
  test.each<readonly [what: string, options: RequestOptions, status: number]>([
    ['GraphiQL requests', { path: '/graphql', headers: { accept: 'text/html' } }, 200],
    [
      'GraphiQL requests with an invalid key',
      { path: '/graphql', headers: { accept: 'text/html', authorization: 'Bearer x' } },
      200,
    ],
    ['requests for an unknown path', { path: '/nothing' }, 404],
    [
      'requests for an unknown path with an invalid key',
      { path: '/nothing', headers: { authorization: 'Bearer x' } },
      404,
    ],
    ['GraphQL requests without a key', { method: 'POST', path: '/graphql' }, 401],
    ['GraphQL requests with an invalid key', withKey('x'), 401],
    ['OPTIONS requests', { method: 'OPTIONS', path: '/graphql' }, 401],
    ['/healthz requests', { path: '/healthz' }, 200],
    ['/readyz requests', { path: '/readyz?x=1' }, 200],
  ])(
    '%s beyond the limit are answered 429 and closed; the same address with a key and other addresses are answered',
    async (_, options, status) => {
      const address = `127.0.1.${(clients += 1)}`
      const found = await exhaust(address, options)
      expect(found.slice(0, burst)).toEqual(Array(burst).fill(status))
      expect(found).toContain(429)
      const last = await send(address, options)
      expect([last.status, last.headers['connection'], last.headers['retry-after']]).toEqual([
        429,
        'close',
        '1',
      ])
      expect(JSON.parse(last.body)).toEqual({
        errors: [
          {
            message: 'too many requests without a valid key from this address: try again in 1 s',
            extensions: { code: 'RATE_LIMITED', retryAfter: 1 },
          },
        ],
      })
      expect(log.lines.filter(({ fields }) => fields['address'] === address)).toMatchObject([
        { level: 'warn', step: 'requests.limited' },
      ])
      // A valid key works from this address, and its requests are not counted.
      for (let n = 0; n < burst * 2; n += 1) expect((await send(address, withValidKey())).status).toBe(200)
      // Another address is not limited.
      expect((await send('127.0.2.1', { path: '/healthz' })).status).toBe(200)
    },
  )

  test('a limited address still gets a health check, and other responses when the budget has refilled', async () => {
    await exhaust('127.0.3.1', { path: '/nothing' })
    expect((await send('127.0.3.1', {})).status).toBe(200)
    await waitFor(async () => (await send('127.0.3.1', { path: '/nothing' })).status === 404, {
      what: 'the budget to refill',
    })
  })

  test('WebSocket upgrades beyond the limit are answered 429, and with a valid key 101', async () => {
    const upgrade = (headers: Record<string, string> = {}) =>
      new Promise<number>((resolve) => {
        const socket = new WebSocket(server.url.replace(/^http/, 'ws'), 'graphql-transport-ws', {
          ...{ localAddress: '127.0.4.1', headers },
        })
        socket.on('open', () => {
          socket.terminate()
          resolve(101)
        })
        socket.on('unexpected-response', (sent, response) => {
          sent.destroy()
          resolve(response.statusCode ?? 0)
        })
        socket.on('error', () => undefined)
      })
    const found: number[] = []
    for (let n = 0; n < burst * 2; n += 1) found.push(await upgrade())
    expect(found.slice(0, burst)).toEqual(Array(burst).fill(101))
    expect(found).toContain(429)
    expect(await upgrade({ authorization: `Bearer ${acme.key}` })).toBe(101)
  })

  test('behind a trusted proxy each client is limited by its own address, and requests of the proxy itself are not', async () => {
    const from = (client: string): RequestOptions => ({
      path: '/nothing',
      headers: { 'x-forwarded-for': client },
    })
    expect(await exhaust('127.0.9.1', from('203.0.113.7:4711'))).toContain(429)
    expect((await send('127.0.9.1', from('203.0.113.8'))).status).toBe(404)
    expect(new Set(await exhaust('127.0.9.1', {}))).toEqual(new Set([200]))
  })
})

test('fifty simultaneous requests with a valid key are answered and use no budget', async () => {
  const all = await Promise.all(Array.from({ length: burst * 5 }, () => send('127.0.5.1', withValidKey())))
  expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]))
  expect((await send('127.0.5.1', { path: '/nothing' })).status).toBe(404)
})
