/** The audits of GraphQL over HTTP in the package graphql-http, each sent with a key. https://graphql.github.io/graphql-over-http */
import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'

let server: TestServer
let acme: Tenant

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
})
afterAll(() => server.close())

// For the older `application/json` the audits expect 200 for a document that cannot be executed. Orderbell answers 400, as with
// `application/graphql-response+json`, so that clients that read only the status see the failure.
const warned = [
  'SHOULD use 200 status code on document parsing failure when accepting application/json',
  'SHOULD use 200 status code on document validation failure when accepting application/json',
  'SHOULD use a status code of 200 on variable coercion failure when accepting application/json',
]
// A GET is executed only with a header that pages of other sites cannot send. The audits do not send that header.
const noticed = [
  'MAY accept application/x-www-form-urlencoded formatted GET requests',
  'MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/graphql-response+json',
  'MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/json',
]

const audits = serverAudits({
  url: () => server.url,
  fetchFn: (url: string, init?: RequestInit) => {
    const headers = new Headers(init?.headers)
    headers.set('authorization', `Bearer ${acme.key}`)
    return fetch(url, { ...init, headers })
  },
})

describe('GraphQL over HTTP', () => {
  test('the package graphql-http has 61 audits with different names', () => {
    expect(audits).toHaveLength(61)
    expect(new Set(audits.map(({ name }) => name)).size).toBe(61)
  })

  test.each(audits)('$name', async ({ name, fn }) => {
    const { status } = await fn()
    expect(status).toBe(warned.includes(name) ? 'warn' : noticed.includes(name) ? 'notice' : 'ok')
  })

  test('every audit that may warn is an audit of the package', () => {
    const names = audits.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining([...warned, ...noticed]))
  })
})
