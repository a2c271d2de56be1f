/** What one address may ask without a key, over real sockets. Whoever has a key is answered, from the same address too. */
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { waitFor } from '../../support/wait-for.ts'
import { documents, keptLog } from '../support/fixtures.ts'

let server: TestServer
let acme: Tenant
const log = keptLog()
/** Ten at once, and one in a second. */
const most = 10
const perMinute = '60'

beforeAll(async () => {
  server = await startTestServer({ RATE_KEYLESS_PER_MINUTE: perMinute, TRUSTED_PROXIES: '127.0.9.0/24' }, log)
  acme = await server.tenant()
})
afterAll(() => server.close())

interface Asked {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}
interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

function ask(localAddress: string, { method = 'GET', path = '/healthz', headers = {}, body = '' }: Asked) {
  return new Promise<Answer>((resolve, reject) => {
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
const good = (): Asked => withKey(acme.key)
const withKey = (key: string): Asked => ({
  ...{ method: 'POST', path: '/graphql', body: JSON.stringify({ query: documents.Who }) },
  headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
})
async function exhaust(address: string, asked: Asked): Promise<readonly number[]> {
  const found: number[] = []
  for (let n = 0; n < most * 2; n += 1) found.push((await ask(address, asked)).status)
  return found
}

describe('an address that asks too much without a key', () => {
  let clients = 0
  test.each<readonly [what: string, asked: Asked, status: number]>([
    ['the page of GraphiQL', { path: '/graphql', headers: { accept: 'text/html' } }, 200],
    [
      'the page of GraphiQL with a key that is none',
      { path: '/graphql', headers: { accept: 'text/html', authorization: 'Bearer x' } },
      200,
    ],
    ['what is not there', { path: '/nothing' }, 404],
    ['what is not there with a key', { path: '/nothing', headers: { authorization: 'Bearer x' } }, 404],
    ['GraphQL without a key', { method: 'POST', path: '/graphql' }, 401],
    ['GraphQL with a key that is none', withKey('x'), 401],
    ['OPTIONS', { method: 'OPTIONS', path: '/graphql' }, 401],
    ['whether the process is alive', { path: '/healthz' }, 200],
    ['whether the process is ready', { path: '/readyz?x=1' }, 200],
  ])('is answered 429 and closed: %s', async (_, asked, status) => {
    const address = `127.0.1.${(clients += 1)}`
    const found = await exhaust(address, asked)
    expect(found.slice(0, most)).toEqual(Array(most).fill(status))
    expect(found).toContain(429)
    const last = await ask(address, asked)
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
    // A good key works there, and its requests take nothing.
    for (let n = 0; n < most * 2; n += 1) expect((await ask(address, good())).status).toBe(200)
    // Its neighbour is not limited.
    expect((await ask('127.0.2.1', { path: '/healthz' })).status).toBe(200)
  })

  test('is answered again a moment later, and its health checks all the while', async () => {
    await exhaust('127.0.3.1', { path: '/nothing' })
    expect((await ask('127.0.3.1', {})).status).toBe(200)
    await waitFor(async () => (await ask('127.0.3.1', { path: '/nothing' })).status === 404, {
      what: 'the budget to refill',
    })
  })

  test('has its upgrades refused, but for those with a key', async () => {
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
    for (let n = 0; n < most * 2; n += 1) found.push(await upgrade())
    expect(found.slice(0, most)).toEqual(Array(most).fill(101))
    expect(found).toContain(429)
    expect(await upgrade({ authorization: `Bearer ${acme.key}` })).toBe(101)
  })

  test('is the client behind a trusted proxy; what the proxy asks for itself is not limited', async () => {
    const from = (client: string): Asked => ({ path: '/nothing', headers: { 'x-forwarded-for': client } })
    expect(await exhaust('127.0.9.1', from('203.0.113.7:4711'))).toContain(429)
    expect((await ask('127.0.9.1', from('203.0.113.8'))).status).toBe(404)
    expect(new Set(await exhaust('127.0.9.1', {}))).toEqual(new Set([200]))
  })
})

test('with a good key any number may ask at once', async () => {
  const all = await Promise.all(Array.from({ length: most * 5 }, () => ask('127.0.5.1', good())))
  expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]))
  expect((await ask('127.0.5.1', { path: '/nothing' })).status).toBe(404)
})
