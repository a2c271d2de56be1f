/** Authentication: requests with invalid, valid and expired keys, and the time of the last use of a key. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readKey, writeKey } from '../../../src/domain/access/key.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { waitFor } from '../../support/wait-for.ts'
import { documents, fingerprint, makeRecordingLog, missingId } from '../support/fixtures.ts'
import { createKey, inAnHour, keysOf, whoAmI } from '../support/key-calls.ts'

let server: TestServer
let acme: Tenant
const log = makeRecordingLog()

beforeAll(async () => {
  server = await startTestServer({}, log)
  acme = await server.tenant()
})
afterAll(() => server.close())

async function send(headers: Record<string, string>, init: RequestInit = {}) {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: documents.Who }),
    ...init,
  })
  return { status: response.status, text: await response.text(), headers: response.headers }
}

/** Authorization headers with an invalid key, made from a valid key. */
const badKeys: readonly (readonly [string, (key: string) => Record<string, string>])[] = [
  ['no authorization header', () => ({})],
  ['an empty authorization header', () => ({ authorization: '' })],
  ['a key without Bearer', (key) => ({ authorization: key })],
  ['another scheme', (key) => ({ authorization: `Basic ${key}` })],
  ['two keys', (key) => ({ authorization: `Bearer ${key} ${key}` })],
  ['Bearer without a key', () => ({ authorization: 'Bearer ' })],
  ['a malformed key', () => ({ authorization: 'Bearer let-me-in' })],
  ['a key without its last character', (key) => ({ authorization: `Bearer ${key.slice(0, -1)}` })],
  [
    'a wrong checksum',
    (key) => ({ authorization: `Bearer ${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}` }),
  ],
  ['a key in upper case', (key) => ({ authorization: `Bearer ${key.toUpperCase()}` })],
  [
    'a valid id with a wrong secret',
    (key) => ({ authorization: `Bearer ${writeKey(readKey(key)?.id ?? '', 'f'.repeat(64))}` }),
  ],
  ['an unknown id', () => ({ authorization: `Bearer ${writeKey(missingId('key'), 'f'.repeat(64))}` })],
  ['a key of 10 kB', () => ({ authorization: `Bearer ${'k'.repeat(10_000)}` })],
  ['SQL as the key', () => ({ authorization: `Bearer ';drop/**/table/**/keys;--` })],
  ['the key in another header', (key) => ({ 'x-api-key': key })],
]

/** The error tells apart only a missing key and a key without Bearer. It does not say why a key is invalid. */
function sameKind({ authorization = '' }: Record<string, string>): Record<string, string> {
  if (authorization.trim() === '' || authorization.trim() === 'Bearer') return {}
  return { authorization: authorization.startsWith('Bearer ') ? 'Bearer none' : 'Token none' }
}

describe('invalid keys', () => {
  test.each(badKeys)(
    'a request with %s is answered 401, with the same bytes as other requests with an invalid key',
    async (_, headers) => {
      const plain = await send(sameKind(headers(acme.key)))
      const answer = await send(headers(acme.key))

      expect(answer.status).toBe(401)
      expect(answer.text).toBe(plain.text)
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
      expect(JSON.parse(answer.text)).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
    },
  )

  test('a request without a key is answered the same 401 whatever its body and method, and writes nothing', async () => {
    const plain = await send({})
    const before = await fingerprint(server.connections)
    const answers = await Promise.all([
      send({}, { body: '{ not json' }),
      send({}, { body: 'x'.repeat(2_000_000) }),
      send(
        {},
        { body: JSON.stringify({ query: documents.SiteCreate, variables: { input: { name: 'x' } } }) },
      ),
      send({}, { method: 'GET', body: null }),
      send({}, { method: 'PUT' }),
    ])

    for (const answer of answers) expect([answer.status, answer.text]).toEqual([401, plain.text])
    expect(await fingerprint(server.connections)).toEqual(before)
  })
})

test('a key of another installation is answered the same 401 as an invalid key, byte for byte', async () => {
  const elsewhere = await startTestServer()
  const stranger = await elsewhere.tenant()
  const there = await stranger.post({ query: documents.Who })
  const plain = await send({ authorization: 'Bearer none' })
  const here = await send({ authorization: `Bearer ${stranger.key}` })
  await elsewhere.close()

  expect(there.status).toBe(200)
  expect([here.status, here.text]).toEqual([401, plain.text])
})

test('a key with a NUL byte is answered 400 without details, and writes nothing', async () => {
  const before = await fingerprint(server.connections)
  const { hostname, port, pathname } = new URL(server.url)
  const answers: string[] = []
  const socket = connect(Number(port), hostname)
  socket.on('data', (data) => answers.push(data.toString('utf8')))
  socket.write(
    `POST ${pathname} HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${acme.key}\0\r\ncontent-length: 0\r\n\r\n`,
  )
  await once(socket, 'close')

  expect(answers.join('')).toMatch(/^HTTP\/1\.1 400 /)
  expect(answers.join('')).not.toMatch(/\{|at |node:/)
  expect(await fingerprint(server.connections)).toEqual(before)
})

describe('valid keys', () => {
  test('a valid key with bearer in lower case is accepted and acts in its own project', async () => {
    const answer = await send({ authorization: `bearer ${acme.key}` })
    expect(JSON.parse(answer.text)).toMatchObject({
      data: { viewer: { key: { role: 'PLATFORM' }, project: { id: acme.projectId } } },
    })
  })

  test('a request that names another project in x-project is refused with BAD_USER_INPUT', async () => {
    const other = await server.tenant('Other')
    const answer = await send({ authorization: `Bearer ${acme.key}`, 'x-project': other.projectId })
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.text)).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
  })

  test('the table of keys does not contain the secret of a key', async () => {
    const secret = readKey(acme.key)?.secret ?? ''
    const rows = await server.connections.sql<
      { text: string }[]
    >`select string_agg(k::text, '') as text from keys k`
    expect(secret).toHaveLength(64)
    expect(rows[0]?.text).not.toContain(secret)
  })
})

describe('use of keys', () => {
  test('an expired key is answered byte for byte as an unknown key', async () => {
    const { key, secret } = await createKey(acme, { role: 'READER', expiresAt: inAnHour() })
    // The clock of the database decides.
    const { sql } = server.connections
    const [row] = await sql<{ at: Date }[]>`
      update keys set expires_at = now() + interval '2 s' where id = ${key.id} returning expires_at as at`
    expect((await whoAmI(server, secret)).status).toBe(200)
    let refused = await whoAmI(server, secret)
    await waitFor(async () => (refused = await whoAmI(server, secret)).status === 401, { what: 'the expiry' })
    const [clock] = await sql<
      { isOver: boolean }[]
    >`select now() >= ${row?.at ?? null}::timestamptz as "isOver"`
    expect(clock?.isOver).toBe(true)
    expect(refused).toEqual(await whoAmI(server, 'nonsense'))
  })

  test('lastUsedAt of a key is written at its first use, and then once a minute', async () => {
    const { key, secret } = await createKey(acme, { role: 'READER' })
    const lastUse = async () => (await keysOf(acme)).find(({ id }) => id === key.id)?.lastUsedAt
    expect(await lastUse()).toBeNull()
    await whoAmI(server, secret)
    await waitFor(async () => (await lastUse()) !== null, { what: 'lastUsedAt to be written' })
    const first = (await lastUse()) ?? ''
    expect(Math.abs(Date.now() - Date.parse(first))).toBeLessThan(60_000)

    await Promise.all([whoAmI(server, secret), whoAmI(server, secret)])
    expect(await lastUse()).toBe(first)
    await server.connections.sql`update keys set last_used_at = now() - interval '61 s' where id = ${key.id}`
    await waitFor(
      async () => {
        await whoAmI(server, secret)
        return Date.parse((await lastUse()) ?? '') >= Date.parse(first)
      },
      { what: 'lastUsedAt to be written again' },
    )
  })

  test('a key is accepted when lastUsedAt cannot be written, which is logged', async () => {
    const { key, secret } = await createKey(acme, { role: 'READER' })
    const { sql } = server.connections
    await sql`alter table keys add constraint no_use check (id <> ${sql.unsafe(`'${key.id}'`)} or last_used_at is null)`
    expect((await whoAmI(server, secret)).status).toBe(200)
    await waitFor(() => log.lines.some(({ step }) => step === 'key.last-use-not-saved'), {
      what: 'the log line',
    })
    await sql`alter table keys drop constraint no_use`
  })
})
