/** Errors that say what to do next: the value and the members of an enum, a near name, the kind of a missing key, the content-type. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { openKnown, openRaw } from '../../feed/support/raw-socket.ts'
import { sendTo } from '../support/fixtures.ts'

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

describe('a wrong enum value is named with the members', () => {
  test('in the document', async () => {
    for (const tenant of [acme, strict]) {
      expect(await messageOf(tenant, inline('FINE'))).toBe(
        `Value "FINE" does not exist in "AttemptOutcome" enum; its members are ${outcomes}.`,
      )
      expect(await messageOf(tenant, inline('"BLOCKED"'))).toBe(
        `Enum "AttemptOutcome" cannot represent non-enum value: "BLOCKED"; its members are ${outcomes}.`,
      )
    }
  })

  test('in a variable, with its place', async () => {
    for (const tenant of [acme, strict])
      expect(await messageOf(tenant, byVariable, variable('blocked'))).toBe(
        `Variable "$f" got an invalid value at "f.outcomes[1]"; Value "blocked" does not exist in "AttemptOutcome" enum; its members are ${outcomes}.`,
      )
  })

  test('on the socket', async () => {
    const raw = await openKnown(server.url, acme.key)
    const query = 'subscription { deliveryAttempts(filter: { outcomes: [FINE] }) { cursor } }'
    raw.say({ type: 'subscribe', id: '1', payload: { query } })
    const [, refusal] = await raw.heard(2)
    expect(JSON.stringify(refusal)).toContain(`its members are ${outcomes}.`)
    raw.close()
  })

  test('but not in full length, nor a secret, nor what is no text', async () => {
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

  test('and other values are not repeated', async () => {
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

describe('a near name is suggested where the schema may be asked for, and nowhere else', () => {
  test.each<[string, string, object | undefined, string]>([
    ['a field', '{ viewer { ky { id } } }', undefined, '"key"'],
    ['a root field', '{ webhoks { nodes { id } } }', undefined, '"webhooks"'],
    ['an argument', '{ sites(frist: 1) { nodes { id } } }', undefined, '"first"'],
    ['a type', 'query ($f: OrderFiltre) { orders(filter: $f) { nodes { id } } }', undefined, '"OrderFilter"'],
    ['a field of an input', '{ orders(filter: { state: [READY] }) { nodes { id } } }', undefined, '"states"'],
    [
      'a field of an input in a variable',
      'query ($f: OrderFilter) { orders(filter: $f) { nodes { id } } }',
      { f: { sitesIds: [] } },
      '"siteIds"',
    ],
  ])('%s', async (_, query, variables, name) => {
    expect(await messageOf(acme, query, variables)).toMatch(new RegExp(`Did you mean .*${name}`))
    expect(await messageOf(strict, query, variables)).not.toMatch(/Did you mean/)
  })
})

describe('a key that is missing, without Bearer, or wrong is told apart', () => {
  const asked = async (headers: Record<string, string>) => {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"query":"{ viewer { key { id } } }"}',
    })
    const { errors } = (await response.json()) as { errors: { message: string; extensions: object }[] }
    expect([response.status, errors[0]?.extensions]).toEqual([401, { code: 'UNAUTHENTICATED' }])
    return errors[0]?.message ?? ''
  }
  const closed = async (payload?: object) => {
    const raw = await openRaw(server.url)
    raw.say({ type: 'connection_init', payload })
    expect(await raw.end()).toBe(4403)
    return raw.closed()?.reason ?? ''
  }

  test('by HTTP', async () => {
    for (const headers of [
      {},
      { authorization: '' },
      { authorization: 'Bearer' },
      { authorization: 'bearer  ' },
    ])
      expect(await asked(headers as Record<string, string>)).toMatch(
        /^there is no key: .*Authorization: Bearer <key>/,
      )
    for (const authorization of [
      acme.key,
      `Token ${acme.key}`,
      `Basic ${acme.key}`,
      `Bearer:${acme.key}`,
      `Bearer${acme.key}`,
    ])
      expect(await asked({ authorization })).toMatch(
        /does not begin with Bearer: .*Authorization: Bearer <key>/,
      )
    for (const authorization of [
      `Bearer ${acme.key}x`,
      `Bearer ${strict.key}`,
      'bearer none',
      `Bearer ${acme.key} x`,
    ])
      expect(await asked({ authorization })).toMatch(
        /^the key is not one of this installation, or it was revoked or has expired/,
      )
  })

  test('on the socket', async () => {
    for (const payload of [
      undefined,
      {},
      { authorization: '' },
      { authorization: null },
      { authorization: 'Bearer ' },
    ])
      expect(await closed(payload)).toMatch(/^no key: .*authorization: "Bearer <key>"/)
    for (const authorization of [acme.key, `Token ${acme.key}`, 7, { key: acme.key }])
      expect(await closed({ authorization })).toMatch(
        /does not begin with Bearer: write it as "Bearer <key>"/,
      )
    for (const authorization of [`Bearer ${acme.key}x`, `Bearer ${strict.key}`])
      expect(await closed({ authorization })).toMatch(/^the key is not one of this installation/)
  })
})

describe('a content-type that is not read is answered with the one to send', () => {
  const body = '{"query":"{ viewer { key { id } } }"}'
  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/graphql',
  ])('%s', async (type) => {
    const { status, text } = await sendTo(server, acme, body, { 'content-type': type })
    expect(status).toBe(400)
    expect(text).toContain('content-type: application/json')
    expect(text).not.toMatch(/apollo/i)
  })

  test('none at all, by POST and by GET', async () => {
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
