/** Cross-origin requests of browsers, by ALLOWED_ORIGINS. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeApp } from '../../../src/app.ts'
import { readConfig } from '../../../src/config.ts'
import { nullLog } from '../../support/null-log.ts'
import { sharedTestServer, startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { documents } from '../support/fixtures.ts'
import { send, sessionUrl } from './browser-requests.ts'

const shop = 'https://shop.example'

let server: TestServer
let acme: Tenant
beforeAll(async () => {
  server = await startTestServer({ ALLOWED_ORIGINS: ` ${shop} , http://localhost:5173` })
  acme = await server.tenant()
})
afterAll(() => server.close())

const preflight = (url: string, origin: string) =>
  send(url, 'OPTIONS', {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,x-project',
  })

test('a preflight request of an allowed origin is answered without a key', async () => {
  for (const url of [server.url, sessionUrl(server.url)]) {
    const { status, headers } = await preflight(url, shop)
    expect(status).toBe(204)
    expect(headers).toMatchObject({
      'access-control-allow-origin': shop,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET,POST,DELETE',
      'access-control-allow-headers': 'authorization,content-type,x-project,x-request-id',
      'access-control-max-age': '600',
    })
    expect(headers['vary']).toContain('Origin')
  }
})

test.each(['https://evil.example', `${shop}.evil.example`, `${shop}:8443`, 'http://shop.example', 'null'])(
  'the origin %s, which is not allowed, may not read a response',
  async (origin) => {
    const headers = { origin, authorization: `Bearer ${acme.key}` }
    const answers = [
      await preflight(server.url, origin),
      await send(server.url, 'POST', headers, { query: documents.Who }),
    ]
    for (const answer of answers) expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  },
)

test('an allowed origin may read responses and refusals with a key, and their request id', async () => {
  for (const key of [acme.key, 'wrong']) {
    const headers = { origin: shop, authorization: `Bearer ${key}` }
    const answer = await send(server.url, 'POST', headers, { query: documents.Who })
    expect(answer.status).toBe(key === acme.key ? 200 : 401)
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': shop,
      'access-control-expose-headers': 'retry-after,x-request-id',
    })
  }
})

test('without ALLOWED_ORIGINS no response has a header of CORS', async () => {
  const plain = await sharedTestServer()
  const tenant = await plain.tenant()
  const headers = { origin: shop, authorization: `Bearer ${tenant.key}` }
  const answers = [
    await preflight(plain.url, shop),
    await send(plain.url, 'POST', headers, { query: documents.Who }),
  ]
  for (const answer of answers)
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  await plain.close()
})

test('the limit of keyless requests counts preflight requests', async () => {
  const limited = await makeApp({ ...server.config, roles: ['api'], rateKeylessPerMinute: 12 }, nullLog)
  const statuses = new Set<number>()
  for (let count = 0; count < 4; count += 1)
    statuses.add((await preflight(limited.address?.url ?? '', shop)).status)
  expect([...statuses]).toEqual([204, 429])
  await limited.stop()
})

test.each([
  '*',
  'null',
  'shop.example',
  'https://shop.example/',
  'https://shop.example/page',
  'https://*.shop.example',
  'https://Shop.example',
  'https://user@shop.example',
  'https://shop.example:443',
  'ftp://shop.example',
  'https://shop.example,file:///',
])('ALLOWED_ORIGINS %s is refused at the start', (value) => {
  expect(() => readConfig({ ALLOWED_ORIGINS: value })).toThrow('ALLOWED_ORIGINS must be origins such as')
})
