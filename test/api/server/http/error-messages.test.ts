/**
 * Errors that tell the client what to change: the enum value and its members, a similar name, the key, the content
 * type.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../../support/server.ts'
import { openAuthenticated, openRaw } from '../../../feed/support/raw-socket.ts'
import { sendBody } from '../../support/fixtures.ts'

let server: TestServer
let production: TestServer
let acme: Tenant
let strict: Tenant

beforeAll(async () => {
  server = await startTestServer()
  production = await startTestServer({ INTROSPECTION: 'false' })
  acme = await server.tenant()
  strict = await production.tenant()
})
afterAll(async () => {
  await server.close()
  await production.close()
})

async function messageOf(tenant: Tenant, query: string, variables?: object): Promise<string> {
  const { body } = await tenant.post({ query, variables })
  expect(body.errors).toHaveLength(1)
  return body.errors?.[0]?.message ?? ''
}

const outcomes =
  'SUCCEEDED, HTTP_ERROR, TIMED_OUT, DNS_FAILED, CONNECTION_FAILED, TLS_FAILED, PROTOCOL_ERROR, BLOCKED, INTERRUPTED'
const inline = (value: string) => `{ deliveryAttempts(filter: { outcomes: [${value}] }) { nodes { id } } }`
const byVariable = 'query ($f: DeliveryAttemptFilter) { deliveryAttempts(filter: $f) { nodes { id } } }'
const variable = (value: unknown) => ({ f: { outcomes: ['BLOCKED', value] } })

describe('invalid enum values', () => {
  test('an invalid enum value in a document is refused with the members of the enum', async () => {
    for (const tenant of [acme, strict]) {
      expect(await messageOf(tenant, inline('FINE'))).toBe(
        `Value "FINE" does not exist in "AttemptOutcome" enum; its members are ${outcomes}.`,
      )
      expect(await messageOf(tenant, inline('"BLOCKED"'))).toBe(
        `Enum "AttemptOutcome" cannot represent non-enum value: "BLOCKED"; its members are ${outcomes}.`,
      )
    }
  })

  test('an invalid enum value in a variable is refused with its path and the members of the enum', async () => {
    for (const tenant of [acme, strict])
      expect(await messageOf(tenant, byVariable, variable('blocked'))).toBe(
        `Variable "$f" got an invalid value at "f.outcomes[1]"; Value "blocked" does not exist in "AttemptOutcome" enum; its members are ${outcomes}.`,
      )
  })

  test('an invalid enum value in a subscription is refused with the members of the enum', async () => {
    const raw = await openAuthenticated(server.url, acme.key)
    const query = 'subscription { deliveryAttempts(filter: { outcomes: [FINE] }) { cursor } }'
    raw.send({ type: 'subscribe', id: '1', payload: { query } })
    const [, refusal] = await raw.received(2)
    expect(JSON.stringify(refusal)).toContain(`its members are ${outcomes}.`)
    raw.close()
  })

  test('the error for an enum value shortens a long text, and repeats no secret and no value of another type', async () => {
    const long = await messageOf(acme, byVariable, variable('x'.repeat(5_000)))
    expect(long.length).toBeLessThanOrEqual(300)
    expect(long).toContain(`"${'x'.repeat(39)}…"`)
    expect(long).toContain(outcomes)
    for (const secret of [`whsec_${'a'.repeat(30)}`, acme.key]) {
      for (const message of [
        await messageOf(acme, byVariable, variable(secret)),
        await messageOf(acme, inline(JSON.stringify(secret))),
      ]) {
        expect(message).not.toContain(secret.slice(0, 12))
        expect(message).toContain(outcomes)
      }
    }
    for (const value of [{ token: 'hush' }, ['hush'], 7]) {
      const message = await messageOf(acme, byVariable, variable(value))
      expect(message).toMatch(
        /Enum "AttemptOutcome" cannot represent non-string value; its members are SUCCEEDED/,
      )
      expect(message).not.toContain('hush')
    }
  })

  test('the error for a value of the wrong type does not repeat the value', async () => {
    const literals = [
      'mutation { siteCreate(input: "hush") { site { id } } }',
      'mutation { siteCreate(input: { name: { a: "hush" } }) { site { id } } }',
      '{ sites(first: "hush") { nodes { id } } }',
    ]
    for (const query of literals) expect(await messageOf(acme, query), query).not.toContain('hush')
    const query = 'mutation ($i: SiteCreateInput!) { siteCreate(input: $i) { site { id } } }'
    for (const i of ['hush', ['hush'], { name: ['hush'] }])
      expect(await messageOf(acme, query, { i }), JSON.stringify(i)).not.toContain('hush')
  })
})

describe('suggestions', () => {
  test.each<[string, string, object | undefined, string]>([
    ['field', '{ viewer { ky { id } } }', undefined, '"key"'],
    ['root field', '{ webhoks { nodes { id } } }', undefined, '"webhooks"'],
    ['argument', '{ sites(frist: 1) { nodes { id } } }', undefined, '"first"'],
    ['type', 'query ($f: OrderFiltre) { orders(filter: $f) { nodes { id } } }', undefined, '"OrderFilter"'],
    ['input field', '{ orders(filter: { state: [READY] }) { nodes { id } } }', undefined, '"states"'],
    [
      'input field in a variable',
      'query ($f: OrderFilter) { orders(filter: $f) { nodes { id } } }',
      { f: { sitesIds: [] } },
      '"siteIds"',
    ],
  ])(
    'a misspelt %s is answered with a suggestion, but not with INTROSPECTION=false',
    async (_, query, variables, name) => {
      expect(await messageOf(acme, query, variables)).toMatch(new RegExp(`Did you mean .*${name}`))
      expect(await messageOf(strict, query, variables)).not.toMatch(/Did you mean/)
    },
  )
})

describe('missing and invalid keys', () => {
  const messageFor = async (headers: Record<string, string>) => {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"query":"{ viewer { key { id } } }"}',
    })
    const { errors } = (await response.json()) as { errors: { message: string; extensions: object }[] }
    expect([response.status, errors[0]?.extensions]).toEqual([401, { code: 'UNAUTHENTICATED' }])
    return errors[0]?.message ?? ''
  }
  const closeReason = async (payload?: object) => {
    const raw = await openRaw(server.url)
    raw.send({ type: 'connection_init', payload })
    expect(await raw.end()).toBe(4403)
    return raw.closed()?.reason ?? ''
  }

  test('an HTTP request without a key, without Bearer or with an unknown key is answered 401 with its own message', async () => {
    for (const headers of [
      {},
      { authorization: '' },
      { authorization: 'Bearer' },
      { authorization: 'bearer  ' },
    ])
      expect(await messageFor(headers as Record<string, string>)).toMatch(
        /^the request has no key: .*Authorization: Bearer <key>/,
      )
    for (const authorization of [
      acme.key,
      `Token ${acme.key}`,
      `Basic ${acme.key}`,
      `Bearer:${acme.key}`,
      `Bearer${acme.key}`,
    ])
      expect(await messageFor({ authorization })).toMatch(
        /does not begin with Bearer: .*Authorization: Bearer <key>/,
      )
    for (const authorization of [
      `Bearer ${acme.key}x`,
      `Bearer ${strict.key}`,
      'bearer none',
      `Bearer ${acme.key} x`,
    ])
      expect(await messageFor({ authorization })).toMatch(
        /^the key does not belong to this installation, was revoked or has expired/,
      )
  })

  test('a WebSocket without a key, without Bearer or with an unknown key closes with 4403 and its own reason', async () => {
    for (const payload of [
      undefined,
      {},
      { authorization: '' },
      { authorization: null },
      { authorization: 'Bearer ' },
    ])
      expect(await closeReason(payload)).toMatch(/^no key: .*authorization: "Bearer <key>"/)
    for (const authorization of [acme.key, `Token ${acme.key}`, 7, { key: acme.key }])
      expect(await closeReason({ authorization })).toMatch(
        /does not begin with Bearer: write it as "Bearer <key>"/,
      )
    for (const authorization of [`Bearer ${acme.key}x`, `Bearer ${strict.key}`])
      expect(await closeReason({ authorization })).toMatch(/^the key does not belong to this installation/)
  })
})

describe('content types', () => {
  const body = '{"query":"{ viewer { key { id } } }"}'
  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/graphql',
  ])('a request of type %s is answered 400 with the content type to send', async (type) => {
    const { status, text } = await sendBody(server, acme, body, { 'content-type': type })
    expect(status).toBe(400)
    expect(text).toContain('content-type: application/json')
    expect(text).not.toMatch(/apollo/i)
  })

  test('a POST and a GET request without a content type are answered 400 with the content type to send', async () => {
    const bytes = new TextEncoder().encode(body)
    const headers = { authorization: `Bearer ${acme.key}` }
    const post = await fetch(server.url, { method: 'POST', headers, body: bytes })
    const get = await fetch(`${server.url}?query={viewer{key{id}}}`, { headers })
    for (const response of [post, get]) {
      expect(response.status).toBe(400)
      const text = await response.text()
      expect(text).toContain('content-type: application/json')
      expect(text).not.toMatch(/apollo/i)
    }
  })
})
