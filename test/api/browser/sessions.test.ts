/** Sessions of browsers: a key is exchanged for a cookie, which only pages of trusted origins may use. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeApp, type App } from '../../../src/app.ts'
import { maxSessionMs, sessionIdleMs } from '../../../src/domain/access/session.ts'
import { nullLog } from '../../support/null-log.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { waitFor } from '../../support/wait-for.ts'
import { asPartner, withKey } from '../../support/keys.ts'
import { createSite, documents } from '../support/fixtures.ts'
import { openSocket, originOf, send, sessionUrl, setCookieOf, signIn, who } from './browser-requests.ts'

const shop = 'https://shop.example'
const foreign = 'https://evil.example'
/** A key and its sessions end everywhere within this time. */
const endWithinMs = 5_000

let server: TestServer
let other: App
let acme: Tenant
beforeAll(async () => {
  server = await startTestServer({ ALLOWED_ORIGINS: `${shop},http://localhost:5173` })
  other = await makeApp({ ...server.config, roles: ['api'] }, nullLog)
  acme = await server.tenant()
})
afterAll(async () => {
  await other.stop()
  await server.close()
})

const otherUrl = (): string => other.address?.url ?? ''
const codeOf = (answer: Awaited<ReturnType<typeof send>>): unknown =>
  answer.body?.errors?.[0]?.extensions?.['code']
const startFrom = (origin: string | null, key = acme.key) =>
  send(sessionUrl(server.url), 'POST', {
    authorization: `Bearer ${key}`,
    ...(origin !== null && { origin }),
  })

describe('a session', () => {
  test('acts with its key, without the key in the request', async () => {
    const cookie = await signIn(server, acme.key)
    const answer = await who(server.url, cookie)
    expect([answer.status, answer.body?.data]).toEqual([200, await acme.gql(documents.Who)])
    expect((await who(otherUrl(), cookie)).status).toBe(200)
  })

  test('has the rights of its key: a PARTNER may not create sites, and a READER may not either', async () => {
    const partner = await asPartner(server, acme)
    const reader = await withKey(server, acme, { role: 'READER' })
    for (const { key } of [partner, reader]) {
      const cookie = await signIn(server, key)
      const headers = { origin: originOf(server.url), cookie }
      const body = { query: documents.SiteCreate, variables: { input: { name: 'Main Street' } } }
      expect(codeOf(await send(server.url, 'POST', headers, body))).toBe('FORBIDDEN')
    }
  })

  test('of an OPERATOR key acts in the project that x-project names', async () => {
    const operator = await withKey(server, acme, { role: 'OPERATOR' })
    const cookie = await signIn(server, operator.key)
    const answer = await who(server.url, cookie, { 'x-project': acme.projectId })
    expect(answer.body?.data).toMatchObject({ viewer: { project: { id: acme.projectId } } })
  })

  test('has a cookie that no script reads and no other site sends, with the prefix __Host- over https', async () => {
    const { host } = new URL(server.url)
    const local = setCookieOf(await startFrom(`http://${host}`))
    expect(local).toMatch(/^orderbell-session=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Strict$/)
    for (const origin of [`https://${host}`, shop])
      expect(setCookieOf(await startFrom(origin))).toMatch(
        /^__Host-orderbell=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
      )
  })

  test('is stored without its token', async () => {
    const cookie = await signIn(server, acme.key)
    const token = cookie.split('=')[1] ?? ''
    const rows = await server.connections.sql`select * from sessions`
    expect(rows.length).toBeGreaterThan(0)
    expect(token).toHaveLength(43)
    expect(JSON.stringify(rows)).not.toContain(token)
  })

  test('opens a socket by its cookie alone, which ends when the browser signs out, in every process', async () => {
    const cookie = await signIn(server, acme.key)
    const sockets = await Promise.all(
      [server.url, otherUrl()].map((url) => openSocket(url, { origin: originOf(url), cookie })),
    )
    for (const socket of sockets) {
      socket.init()
      await waitFor(() => socket.messages.length === 1, { what: 'the acknowledgement' })
    }
    expect(sockets[0]?.messages).toEqual([{ type: 'connection_ack' }])
    const headers = { origin: originOf(server.url), cookie }
    const answer = await send(sessionUrl(server.url), 'DELETE', headers)
    expect(answer.status).toBe(204)
    expect(answer.headers['set-cookie']).toEqual([
      '__Host-orderbell=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict',
      'orderbell-session=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict',
    ])
    for (const socket of sockets)
      await waitFor(() => socket.closed() === 4403, {
        what: 'the end of the socket',
        deadlineMs: endWithinMs,
      })
    const after = await who(server.url, cookie)
    expect([after.status, codeOf(after)]).toEqual([401, 'UNAUTHENTICATED'])
    expect(after.body?.errors?.[0]?.message).toBe('the session has ended: sign in again')
    await waitFor(async () => (await who(otherUrl(), cookie)).status === 401, {
      what: 'the end of the session in the other process',
      deadlineMs: endWithinMs,
    })
    expect((await send(sessionUrl(server.url), 'DELETE', headers)).status).toBe(204)
  })

  test('ends with its key, in every process, and its sockets too', async () => {
    const reader = await withKey(server, acme, { role: 'READER' })
    const cookie = await signIn(server, reader.key)
    const url = otherUrl()
    const socket = await openSocket(url, { origin: originOf(url), cookie })
    socket.init()
    await waitFor(() => socket.messages.length === 1, { what: 'the acknowledgement' })
    await acme.gql(documents.KeyRevoke, { input: { id: reader.keyId } })
    await waitFor(() => socket.closed() === 4403, { what: 'the end of the socket', deadlineMs: endWithinMs })
    for (const each of [server.url, url])
      await waitFor(async () => (await who(each, cookie)).status === 401, {
        what: 'the end of the session',
        deadlineMs: endWithinMs,
      })
  })

  test.each([
    ['12 hours without use', 'seen_at', sessionIdleMs],
    ['7 days, however much it is used', 'created_at', maxSessionMs],
  ])('ends after %s', async (_name, column, ms) => {
    const reader = await withKey(server, acme, { role: 'READER' })
    const cookie = await signIn(server, reader.key)
    const { sql } = server.connections
    const age = (by: number) => sql`
      update sessions set ${sql(column)} = now() - ${by} * interval '1 millisecond'
      where key_id = ${reader.keyId}`
    await age(ms - 60_000)
    expect((await who(otherUrl(), cookie)).status).toBe(200)
    const socket = await openSocket(server.url, { origin: originOf(server.url), cookie })
    socket.init()
    await waitFor(() => socket.messages.length === 1, { what: 'the acknowledgement' })
    await age(ms + 1)
    await waitFor(() => socket.closed() === 4403, { what: 'the end of the socket', deadlineMs: endWithinMs })
    await waitFor(async () => (await who(otherUrl(), cookie)).status === 401, {
      what: 'the end of the session',
      deadlineMs: endWithinMs,
    })
  })

  test('is removed when it has ended and another one starts', async () => {
    await signIn(server, acme.key)
    const { sql } = server.connections
    await sql`update sessions set seen_at = now() - interval '13 hours'`
    await signIn(server, acme.key)
    expect(await sql`select from sessions`).toHaveLength(1)
  })
})

describe('a page of another origin', () => {
  const change = { query: documents.SiteCreate, variables: { input: { name: 'Not theirs' } } }

  test.each([
    ['a foreign origin', { origin: foreign }],
    ['an opaque origin', { origin: 'null' }],
    ['an origin that only begins like ours', { origin: `${shop}.evil.example` }],
    ['an allowed origin in upper case', { origin: 'HTTPS://SHOP.EXAMPLE' }],
    ['our host by http, on another machine', { origin: 'http://bell.example', host: 'bell.example' }],
    ['our host with another scheme', { origin: 'ftp://127.0.0.1' }],
    ['no origin', {}],
    ['a forwarded host', { origin: foreign, 'x-forwarded-host': 'evil.example' }],
  ])('with %s can neither read, change, sign out nor open a socket by the cookie', async (_name, headers) => {
    const cookie = await signIn(server, acme.key)
    const before = await acme.gql('{ sites { nodes { id } } }')
    for (const body of [{ query: documents.Who }, change]) {
      const answer = await send(server.url, 'POST', { ...headers, cookie }, body)
      expect([answer.status, codeOf(answer)]).toEqual([403, 'FORBIDDEN'])
    }
    const get = `${server.url}?query=${encodeURIComponent('{ __typename }')}`
    expect((await send(get, 'GET', { ...headers, cookie, 'x-request-id': '1' })).status).toBe(403)
    expect((await send(sessionUrl(server.url), 'DELETE', { ...headers, cookie })).status).toBe(403)
    expect((await openSocket(server.url, { ...headers, cookie })).status).toBe(403)
    expect((await who(server.url, cookie)).status).toBe(200)
    expect(await acme.gql('{ sites { nodes { id } } }')).toEqual(before)
  })

  test('cannot start a session with a key', async () => {
    for (const origin of [foreign, 'null']) {
      const answer = await startFrom(origin)
      expect([answer.status, answer.headers['set-cookie']]).toEqual([403, undefined])
    }
  })

  test.each([shop, 'http://localhost:5173'])('%s, which is allowed, may use the cookie', async (origin) => {
    const cookie = setCookieOf(await startFrom(origin)).split(';')[0] ?? ''
    const answer = await who(server.url, cookie, { origin })
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, origin])
    const socket = await openSocket(server.url, { origin, cookie })
    expect(socket.status).toBe(101)
    socket.close()
  })

  test('may send a key, which counts instead of the cookie', async () => {
    const cookie = await signIn(server, acme.key)
    const more = { origin: foreign, authorization: `Bearer ${acme.key}` }
    expect((await who(server.url, cookie, more)).status).toBe(200)
    const reader = await withKey(server, acme, { role: 'READER' })
    const headers = { origin: originOf(server.url), cookie, authorization: `Bearer ${reader.key}` }
    expect(codeOf(await send(server.url, 'POST', headers, change))).toBe('FORBIDDEN')
  })
})

test('the cookie without the prefix __Host- does not count over https, where another host may have set it', async () => {
  const cookie = await signIn(server, acme.key)
  const { host } = new URL(server.url)
  expect((await who(server.url, cookie, { origin: `https://${host}` })).status).toBe(401)
  const secure = cookie.replace('orderbell-session', '__Host-orderbell')
  expect((await who(server.url, secure, { origin: `https://${host}` })).status).toBe(200)
})

test('an upgrade with a key in its header is accepted from any page, although it has a cookie too', async () => {
  const cookie = await signIn(server, acme.key)
  const headers = { origin: foreign, cookie, authorization: `Bearer ${acme.key}` }
  const socket = await openSocket(server.url, headers)
  expect(socket.status).toBe(101)
  socket.init()
  await waitFor(() => socket.messages.length === 1, { what: 'the acknowledgement' })
  socket.close()
})

test('a session whose use cannot be recorded does not keep sockets of ended keys open', async () => {
  const { sql } = server.connections
  const reader = await withKey(server, acme, { role: 'READER' })
  const cookie = await signIn(server, acme.key)
  const sockets = [
    await openSocket(server.url, { origin: originOf(server.url), cookie }),
    await openSocket(server.url, { authorization: `Bearer ${reader.key}` }),
  ]
  for (const socket of sockets) {
    socket.init()
    await waitFor(() => socket.messages.length === 1, { what: 'the acknowledgement' })
  }
  await sql.unsafe(`
    create function refuse() returns trigger language plpgsql as 'begin raise exception ''refused''; end';
    create trigger refuse before update on sessions for each row execute function refuse()`)
  try {
    await sql`alter table sessions disable trigger refuse`
    await sql`update sessions set seen_at = now() - interval '1 hour'`
    await sql`alter table sessions enable trigger refuse`
    await sql`update keys set expires_at = now() where id = ${reader.keyId}`
    await waitFor(() => sockets[1]?.closed() === 4403, { what: 'the end', deadlineMs: endWithinMs })
    expect(sockets[0]?.closed()).toBeUndefined()
  } finally {
    await sql`drop trigger refuse on sessions`
    await sql`drop function refuse`
  }
  sockets[0]?.close()
})

test('signing out with random cookies is limited like any other request without a key', async () => {
  const few = await makeApp({ ...server.config, roles: ['api'], rateKeylessPerMinute: 60 }, nullLog)
  const url = few.address?.url ?? ''
  const statuses: number[] = []
  for (let count = 0; count < 40; count += 1) {
    const cookie = `orderbell-session=${String(count).padStart(43, 'a')}`
    statuses.push((await send(sessionUrl(url), 'DELETE', { origin: originOf(url), cookie })).status)
  }
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(20)
  await few.stop()
})

describe('signing in and out', () => {
  test.each([
    ['no key', {}, 401],
    ['a key that does not exist', { authorization: `Bearer obk_${'0'.repeat(99)}` }, 401],
    ['another scheme', { authorization: 'Basic YTpi' }, 401],
  ])('with %s is refused, and sets no cookie', async (_name, headers, status) => {
    const answer = await send(sessionUrl(server.url), 'POST', headers)
    expect([answer.status, codeOf(answer), answer.headers['set-cookie']]).toEqual([
      status,
      'UNAUTHENTICATED',
      undefined,
    ])
  })

  test('with the cookie of another session instead of a key is refused', async () => {
    const cookie = await signIn(server, acme.key)
    const answer = await send(sessionUrl(server.url), 'POST', { origin: originOf(server.url), cookie })
    expect(answer.status).toBe(401)
  })

  test.each(['', 'x', 'a'.repeat(43), `${'a'.repeat(42)}%`, 'ä'.repeat(43), 'a'.repeat(400)])(
    'with the token %j in the cookie a request is refused with 401',
    async (token) => {
      const answer = await who(server.url, `orderbell-session=${encodeURIComponent(token)}`)
      expect([answer.status, codeOf(answer)]).toEqual([401, 'UNAUTHENTICATED'])
    },
  )

  test('over plain http from another machine is refused, because the cookie could be read on the way', async () => {
    const lan = await makeApp(
      { ...server.config, roles: ['api'], publicUrl: 'http://10.0.0.7:4000/' },
      nullLog,
    )
    const url = sessionUrl(lan.address?.url ?? '')
    const authorization = `Bearer ${acme.key}`
    for (const headers of [{ authorization }, { authorization, origin: 'http://10.0.0.7:4000' }]) {
      const answer = await send(url, 'POST', headers)
      expect([answer.status, codeOf(answer), answer.headers['set-cookie']]).toEqual([
        400,
        'BAD_USER_INPUT',
        undefined,
      ])
    }
    await lan.stop()
  })

  test('with any other method is answered 405 with the methods that there are', async () => {
    for (const method of ['GET', 'PUT'] as const) {
      const answer = await send(sessionUrl(server.url), method, {})
      expect([answer.status, answer.headers['allow']]).toEqual([405, 'POST, DELETE'])
    }
  })

  test('counts as a mutation of the key: beyond its limit it is refused with 429', async () => {
    const few = await makeApp({ ...server.config, roles: ['api'], rateMutationsPerMinute: 2 }, nullLog)
    const headers = { authorization: `Bearer ${acme.key}` }
    const url = sessionUrl(few.address?.url ?? '')
    const statuses: number[] = []
    for (let count = 0; count < 3; count += 1) statuses.push((await send(url, 'POST', headers)).status)
    expect(statuses).toEqual([204, 204, 429])
    await few.stop()
  })

  test('the error of a request without any credential says how to send a key', async () => {
    const answer = await send(server.url, 'POST', {}, { query: documents.Who })
    expect(answer.body?.errors?.[0]?.message).toContain('Authorization: Bearer <key>')
    await createSite(acme)
  })
})
