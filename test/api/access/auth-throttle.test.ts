/** The limit of failed authentications from one address. A valid key works from a limited address. */
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hashSecret, readKey, writeKey, type Key } from '../../../src/domain/access/key.ts'
import { isTooMany, makeAuthThrottle } from '../../../src/graphql/auth/auth-throttle.ts'
import { openRaw } from '../../feed/support/raw-socket.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { makeRecordingLog, documents } from '../support/fixtures.ts'

const idOf = (n: number) => `key_01kjd3s5x0f3r8qz6v2m${String(n).padStart(6, '0')}`
/** A well-formed key that does not exist, different for each number. */
const guess = (n: number) => writeKey(idOf(n), hashSecret(`guess ${n}`))

let server: TestServer
let acme: Tenant
const lines = makeRecordingLog()
beforeAll(async () => {
  // The addresses in 127.0.9.0/24 are proxies. The other loopback addresses are clients.
  server = await startTestServer(
    { RATE_FAILED_AUTH_PER_MINUTE: '100', TRUSTED_PROXIES: '127.0.9.0/24' },
    lines,
  )
  acme = await server.tenant()
})
afterAll(() => server.close())

/** Sends a request from a loopback address. Each loopback address takes the place of one client. */
function send(localAddress: string, key: string | null, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; retryAfter: string | undefined; body: string }>((resolve, reject) => {
    const authorization = key === null ? {} : { authorization: `Bearer ${key}` }
    const sent = request(
      server.url,
      {
        method: 'POST',
        localAddress,
        headers: { 'content-type': 'application/json', ...authorization, ...headers },
      },
      (response) => {
        let body = ''
        response.on('data', (data: Buffer) => (body += data.toString('utf8')))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], body }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(JSON.stringify({ query: documents.Who }))
  })
}
const statuses = async (count: number, one: (n: number) => ReturnType<typeof send>) => {
  const found: number[] = []
  for (let n = 0; n < count; n += 1) found.push((await one(n)).status)
  return found
}
const times = (count: number, status: number): readonly number[] => Array<number>(count).fill(status)

describe('limit of failed authentications', () => {
  test('an address is answered 429 with retryAfter after ten guessed keys, and the log has one line without a key', async () => {
    expect(await statuses(11, (n) => send('127.0.1.1', guess(n)))).toEqual([...times(10, 401), 429])
    const answer = await send('127.0.1.1', guess(100), {
      'x-forwarded-for': '203.0.113.1',
      forwarded: 'for=203.0.113.2',
    })
    const retryAfter = Number(answer.retryAfter)
    expect(answer.status).toBe(429)
    expect(JSON.parse(answer.body)).toEqual({
      errors: [{ message: expect.any(String) as string, extensions: { code: 'RATE_LIMITED', retryAfter } }],
    })
    expect(retryAfter).toBeGreaterThanOrEqual(1)
    expect(retryAfter).toBeLessThanOrEqual(60)
    expect(lines.lines.filter(({ fields }) => fields['address'] === '127.0.1.1')).toMatchObject([
      { level: 'warn', step: 'authentication.limited' },
    ])
    expect(JSON.stringify(lines.lines)).not.toContain('obk_')
  })

  test('valid keys work from a limited address, also a key that was never used before', async () => {
    await statuses(30, (n) => send('127.0.1.2', guess(n)))
    const fresh = await server.tenant()
    for (const { key } of [acme, fresh]) expect((await send('127.0.1.2', key)).status).toBe(200)
    expect((await send('127.0.1.2', guess(1))).status).toBe(429)
    expect((await send('127.0.1.2', null)).status).toBe(401)
  })

  test('the limit of one address does not apply to another address', async () => {
    await statuses(11, (n) => send('127.0.1.3', guess(n)))
    expect((await send('127.0.1.4', guess(0))).status).toBe(401)
  })

  test('the 101st request with one malformed key is answered 429, while 150 requests without a key are answered 401', async () => {
    expect(await statuses(100, () => send('127.0.1.5', 'let-me-in'))).toEqual(times(100, 401))
    expect((await send('127.0.1.5', 'let-me-in')).status).toBe(429)
    expect(await statuses(150, () => send('127.0.1.6', null))).toEqual(times(150, 401))
  })
})

describe('trusted proxy', () => {
  test('behind a trusted proxy each client is limited by the address that the proxy adds, not by one that it sends', async () => {
    const from = (client: string) => ({ 'x-forwarded-for': `198.51.100.99, ${client}` })
    const tries = (client: string) => statuses(11, (n) => send('127.0.9.1', guess(n), from(client)))
    expect((await tries('203.0.113.7')).at(-1)).toBe(429)
    expect((await send('127.0.9.1', guess(50), from('203.0.113.8'))).status).toBe(401)
    expect(
      (await send('127.0.9.1', guess(51), { 'x-forwarded-for': '198.51.100.1, 203.0.113.7' })).status,
    ).toBe(429)
  })

  test('behind a trusted proxy the addresses of one IPv6 /64 network share one limit', async () => {
    const from = (n: number) => ({ 'x-forwarded-for': `2001:db8:0:1::${n}` })
    expect((await statuses(11, (n) => send('127.0.9.1', guess(n), from(n)))).at(-1)).toBe(429)
    expect((await send('127.0.9.1', guess(1), { 'x-forwarded-for': '2001:db8:0:2::1' })).status).toBe(401)
  })
})

test('WebSockets with guessed keys close with 4403, and after ten with 4429, while a valid key is accepted', async () => {
  const init = async (key: string) => {
    const raw = await openRaw(server.url)
    raw.send({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } })
    return { code: await raw.end(), reason: raw.closed()?.reason, messages: raw.messages }
  }
  for (let n = 0; n < 10; n += 1) expect((await init(guess(n))).code).toBe(4403)
  const { code, reason, messages } = await init(guess(10))
  expect([code, messages]).toEqual([4429, []])
  expect(reason).toMatch(/^too many failed authentications from this address: try again in \d+ s$/)
  expect((await send('127.0.0.1', guess(11))).status).toBe(429)
  const raw = await openRaw(server.url)
  raw.send({ type: 'connection_init', payload: { authorization: `Bearer ${acme.key}` } })
  expect(await raw.received(1)).toEqual([{ type: 'connection_ack' }])
  raw.close()
})

describe('authentication throttle', () => {
  const existingKey = (n: number): Key => ({ id: idOf(n) }) as Key
  const throttleAt = (limit = 100) => {
    const clock = { nowMs: 1_000 }
    const authThrottle = makeAuthThrottle({ limit, log: makeRecordingLog(), nowMs: () => clock.nowMs })
    let lookups = 0
    const send = async (key: string, found: Key | null = null, address = 'here') => {
      const answer = await authThrottle.authenticate(
        { credential: readKey(key) === null ? null : key, address },
        () => {
          lookups += 1
          return Promise.resolve(found)
        },
      )
      return isTooMany(answer) ? answer.retryAfterS : answer === null ? 'none' : 'key'
    }
    return { send, clock, lookups: () => lookups }
  }

  test('the throttle looks up 500 of 3,000 simultaneous guesses from one address', async () => {
    const { send, lookups } = throttleAt()
    await Promise.all(Array.from({ length: 3_000 }, (_, n) => send(guess(n))))
    expect(lookups()).toBe(500)
    expect(await send(guess(9_999), null, 'elsewhere')).toBe('none')
  })

  test('a limited address may use a key that has worked before, and after a minute any key', async () => {
    const { send, clock } = throttleAt()
    expect(await send(guess(1), existingKey(1))).toBe('key')
    for (let n = 10; n < 600; n += 1) await send(guess(n))
    expect(await send(guess(1), existingKey(1))).toBe('key')
    expect(await send(guess(2), existingKey(2))).toBe(60)
    clock.nowMs += 59_500
    expect(await send(guess(2), existingKey(2))).toBe(1)
    clock.nowMs += 500
    expect(await send(guess(2), existingKey(2))).toBe('key')
    expect(await send(guess(3))).toBe('none')
  })

  test('400 simultaneous new valid keys are not counted as failures', async () => {
    const { send } = throttleAt()
    const all = await Promise.all(Array.from({ length: 400 }, (_, n) => send(guess(n), existingKey(n))))
    expect(new Set(all)).toEqual(new Set(['key']))
    expect(await send(guess(1_000))).toBe('none')
  })

  test('each use of a key that was revoked after a successful use is counted as one failure', async () => {
    const { send } = throttleAt(10)
    expect(await send(guess(1), existingKey(1))).toBe('key')
    const answers = []
    for (let n = 0; n < 11; n += 1) answers.push(await send(guess(1)))
    expect(answers).toEqual([...Array<string>(10).fill('none'), 60])
  })

  test('a malformed key is refused without a lookup', async () => {
    const { send, lookups } = throttleAt()
    for (const text of ['x', `${guess(1)}0`, guess(1).slice(1), 'k'.repeat(10_000)])
      expect(await send(text)).toBe('none')
    expect(lookups()).toBe(0)
    expect(readKey(guess(1))).not.toBeNull()
  })
})
