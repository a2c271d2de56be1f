import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readKey, writeKey } from '../../../src/domain/access/key.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { documents, fingerprint, missingId } from '../support/fixtures.ts'

let server: TestServer
let acme: Tenant

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
})
afterAll(() => server.close())

async function ask(headers: Record<string, string>, init: RequestInit = {}) {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: documents.Who }),
    ...init,
  })
  return { status: response.status, text: await response.text(), headers: response.headers }
}

/** Keys that are none, made from one that is. */
const badKeys: readonly (readonly [string, (key: string) => Record<string, string>])[] = [
  ['no header at all', () => ({})],
  ['an empty header', () => ({ authorization: '' })],
  ['a key without Bearer', (key) => ({ authorization: key })],
  ['another scheme', (key) => ({ authorization: `Basic ${key}` })],
  ['two keys', (key) => ({ authorization: `Bearer ${key} ${key}` })],
  ['Bearer and nothing', () => ({ authorization: 'Bearer ' })],
  ['a key that is malformed', () => ({ authorization: 'Bearer let-me-in' })],
  ['a key cut short', (key) => ({ authorization: `Bearer ${key.slice(0, -1)}` })],
  [
    'a wrong checksum',
    (key) => ({ authorization: `Bearer ${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}` }),
  ],
  ['a key in upper case', (key) => ({ authorization: `Bearer ${key.toUpperCase()}` })],
  [
    'the right id with a wrong secret',
    (key) => ({ authorization: `Bearer ${writeKey(readKey(key)?.id ?? '', 'f'.repeat(64))}` }),
  ],
  [
    'an id that is not there',
    () => ({ authorization: `Bearer ${writeKey(missingId('key'), 'f'.repeat(64))}` }),
  ],
  ['a key of 10 kB', () => ({ authorization: `Bearer ${'k'.repeat(10_000)}` })],
  ['SQL', () => ({ authorization: `Bearer ';drop/**/table/**/keys;--` })],
  ['the key in another header', (key) => ({ 'x-api-key': key })],
]

/** What is told apart is what the caller wrote: no key, or one without Bearer. Why a key is none is not told. */
function sameKind({ authorization = '' }: Record<string, string>): Record<string, string> {
  if (authorization.trim() === '' || authorization.trim() === 'Bearer') return {}
  return { authorization: authorization.startsWith('Bearer ') ? 'Bearer none' : 'Token none' }
}

describe('a request without a good key', () => {
  test.each(badKeys)('answers 401, the same bytes whatever is wrong with the key: %s', async (_, headers) => {
    const plain = await ask(sameKind(headers(acme.key)))
    const answer = await ask(headers(acme.key))

    expect(answer.status).toBe(401)
    expect(answer.text).toBe(plain.text)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    expect(JSON.parse(answer.text)).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
  })

  test('is not looked at further: neither its body nor its method matters', async () => {
    const plain = await ask({})
    const before = await fingerprint(server.connections)
    const answers = await Promise.all([
      ask({}, { body: '{ not json' }),
      ask({}, { body: 'x'.repeat(2_000_000) }),
      ask({}, { body: JSON.stringify({ query: documents.SiteCreate, variables: { input: { name: 'x' } } }) }),
      ask({}, { method: 'GET', body: null }),
      ask({}, { method: 'PUT' }),
    ])

    for (const answer of answers) expect([answer.status, answer.text]).toEqual([401, plain.text])
    expect(await fingerprint(server.connections)).toEqual(before)
  })
})

test('a key of another installation is no key here: the same 401, byte for byte', async () => {
  const elsewhere = await startTestServer()
  const stranger = await elsewhere.tenant()
  const there = await stranger.post({ query: documents.Who })
  const plain = await ask({ authorization: 'Bearer none' })
  const here = await ask({ authorization: `Bearer ${stranger.key}` })
  await elsewhere.close()

  expect(there.status).toBe(200)
  expect([here.status, here.text]).toEqual([401, plain.text])
})

test('a key with NUL, as no HTTP library would send it, does not come to be looked at', async () => {
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

describe('a good key', () => {
  test('is taken with Bearer in any case and acts in its own project', async () => {
    const answer = await ask({ authorization: `bearer ${acme.key}` })
    expect(JSON.parse(answer.text)).toMatchObject({
      data: { viewer: { key: { role: 'PLATFORM' }, project: { id: acme.projectId } } },
    })
  })

  test('cannot be led into another project by a header: it is refused, and not ignored', async () => {
    const other = await server.tenant('Other')
    const answer = await ask({ authorization: `Bearer ${acme.key}`, 'x-project': other.projectId })
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.text)).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
  })

  test('is nowhere kept in clear', async () => {
    const secret = readKey(acme.key)?.secret ?? ''
    const rows = await server.connections.sql<
      { text: string }[]
    >`select string_agg(k::text, '') as text from keys k`
    expect(secret).toHaveLength(64)
    expect(rows[0]?.text).not.toContain(secret)
  })
})
