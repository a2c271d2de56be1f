/** The audits of GraphQL over HTTP that graphql-http brings, each sent with a key. https://graphql.github.io/graphql-over-http */
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

// The older `application/json` wants 200 for a document that cannot be run. We say 400, as with
// `application/graphql-response+json`: what is wrong shall look wrong to those who read only the status.
const warned = [
  'SHOULD use 200 status code on document parsing failure when accepting application/json',
  'SHOULD use 200 status code on document validation failure when accepting application/json',
  'SHOULD use a status code of 200 on variable coercion failure when accepting application/json',
]
// A GET must bear a header that no page of another site can send, or it is not run; the audits' bear none.
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
  test('has as many audits as were looked at', () => {
    expect(audits).toHaveLength(61)
    expect(new Set(audits.map(({ name }) => name)).size).toBe(61)
  })

  test.each(audits)('$name', async ({ name, fn }) => {
    const { status } = await fn()
    expect(status).toBe(warned.includes(name) ? 'warn' : noticed.includes(name) ? 'notice' : 'ok')
  })

  test('finds every audit that is excused here', () => {
    const names = audits.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining([...warned, ...noticed]))
  })
})
