/** Failed authentications by address: a guesser is refused, whoever has a key is not. */
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hashSecret, readKey, writeKey, type Key } from '../../../src/domain/access/key.ts'
import { isTooMany, makeAuthThrottle } from '../../../src/graphql/auth/auth-throttle.ts'
import { openRaw } from '../../feed/support/raw-socket.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { keptLog, documents } from '../support/fixtures.ts'

const idOf = (n: number) => `key_01kjd3s5x0f3r8qz6v2m${String(n).padStart(6, '0')}`
/** A key that could be one of ours, each another. */
const guess = (n: number) => writeKey(idOf(n), hashSecret(`guess ${n}`))

let server: TestServer
let acme: Tenant
const lines = keptLog()
beforeAll(async () => {
  // Whoever comes from 127.0.9.0/24 is a proxy; all the rest of loopback are clients.
  server = await startTestServer(
    { RATE_FAILED_KEYS_PER_MINUTE: '100', TRUSTED_PROXIES: '127.0.9.0/24' },
    lines,
  )
  acme = await server.tenant()
})
afterAll(() => server.close())

/** Loopback is a whole network: each of its addresses may be somebody. */
function ask(localAddress: string, key: string | null, headers: Record<string, string> = {}) {
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
const statuses = async (count: number, one: (n: number) => ReturnType<typeof ask>) => {
  const found: number[] = []
  for (let n = 0; n < count; n += 1) found.push((await one(n)).status)
  return found
}
const times = (count: number, status: number): readonly number[] => Array<number>(count).fill(status)

describe('an address from which keys are guessed', () => {
  test('is answered 429 after ten guesses, with when to try again; nothing else about it is told', async () => {
    expect(await statuses(11, (n) => ask('127.0.1.1', guess(n)))).toEqual([...times(10, 401), 429])
    const answer = await ask('127.0.1.1', guess(100), {
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

  test('is where a good key still works, also one that was never used before', async () => {
    await statuses(30, (n) => ask('127.0.1.2', guess(n)))
    const fresh = await server.tenant()
    for (const { key } of [acme, fresh]) expect((await ask('127.0.1.2', key)).status).toBe(200)
    expect((await ask('127.0.1.2', guess(1))).status).toBe(429)
    expect((await ask('127.0.1.2', null)).status).toBe(401)
  })

  test('is not its neighbour', async () => {
    await statuses(11, (n) => ask('127.0.1.3', guess(n)))
    expect((await ask('127.0.1.4', guess(0))).status).toBe(401)
  })

  test('may say the same wrong thing a hundred times, and nothing as often as it likes', async () => {
    expect(await statuses(100, () => ask('127.0.1.5', 'let-me-in'))).toEqual(times(100, 401))
    expect((await ask('127.0.1.5', 'let-me-in')).status).toBe(429)
    expect(await statuses(150, () => ask('127.0.1.6', null))).toEqual(times(150, 401))
  })
})

describe('behind a trusted proxy', () => {
  test('each client is counted by its own address, and cannot choose it', async () => {
    const from = (client: string) => ({ 'x-forwarded-for': `198.51.100.99, ${client}` })
    const tries = (client: string) => statuses(11, (n) => ask('127.0.9.1', guess(n), from(client)))
    expect((await tries('203.0.113.7')).at(-1)).toBe(429)
    expect((await ask('127.0.9.1', guess(50), from('203.0.113.8'))).status).toBe(401)
    expect(
      (await ask('127.0.9.1', guess(51), { 'x-forwarded-for': '198.51.100.1, 203.0.113.7' })).status,
    ).toBe(429)
  })

  test('all of an IPv6 network of 64 bits is one address', async () => {
    const from = (n: number) => ({ 'x-forwarded-for': `2001:db8:0:1::${n}` })
    expect((await statuses(11, (n) => ask('127.0.9.1', guess(n), from(n)))).at(-1)).toBe(429)
    expect((await ask('127.0.9.1', guess(1), { 'x-forwarded-for': '2001:db8:0:2::1' })).status).toBe(401)
  })
})

test('sockets count as requests do: 4403 until it is too often, then 4429 with when to try again', async () => {
  const init = async (key: string) => {
    const raw = await openRaw(server.url)
    raw.say({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } })
    return { code: await raw.end(), reason: raw.closed()?.reason, messages: raw.messages }
  }
  for (let n = 0; n < 10; n += 1) expect((await init(guess(n))).code).toBe(4403)
  const { code, reason, messages } = await init(guess(10))
  expect([code, messages]).toEqual([4429, []])
  expect(reason).toMatch(/^too many failed authentications from this address: try again in \d+ s$/)
  expect((await ask('127.0.0.1', guess(11))).status).toBe(429)
  const raw = await openRaw(server.url)
  raw.say({ type: 'connection_init', payload: { authorization: `Bearer ${acme.key}` } })
  expect(await raw.heard(1)).toEqual([{ type: 'connection_ack' }])
  raw.close()
})

describe('the door', () => {
  const good = (n: number): Key => ({ id: idOf(n) }) as Key
  const throttleAt = (limit = 100) => {
    const clock = { nowMs: 1_000 }
    const authThrottle = makeAuthThrottle({ limit, log: keptLog(), nowMs: () => clock.nowMs })
    let asked = 0
    const ask = async (key: string, found: Key | null = null, address = 'here') => {
      const answer = await authThrottle.ask({ authorization: `Bearer ${key}`, address }, () => {
        asked += 1
        return Promise.resolve(found)
      })
      return isTooMany(answer) ? answer.retryAfterS : answer === null ? 'none' : 'key'
    }
    return { ask, clock, asked: () => asked }
  }

  test('asks the database for 500 guesses of a minute and address, however many come at once', async () => {
    const { ask, asked } = throttleAt()
    await Promise.all(Array.from({ length: 3_000 }, (_, n) => ask(guess(n))))
    expect(asked()).toBe(500)
    expect(await ask(guess(9_999), null, 'elsewhere')).toBe('none')
  })

  test('still lets in a key that has worked, and after a minute any', async () => {
    const { ask, clock } = throttleAt()
    expect(await ask(guess(1), good(1))).toBe('key')
    for (let n = 10; n < 600; n += 1) await ask(guess(n))
    expect(await ask(guess(1), good(1))).toBe('key')
    expect(await ask(guess(2), good(2))).toBe(60)
    clock.nowMs += 59_500
    expect(await ask(guess(2), good(2))).toBe(1)
    clock.nowMs += 500
    expect(await ask(guess(2), good(2))).toBe('key')
    expect(await ask(guess(3))).toBe('none')
  })

  test('counts nothing for good keys, however many are new at once', async () => {
    const { ask } = throttleAt()
    const all = await Promise.all(Array.from({ length: 400 }, (_, n) => ask(guess(n), good(n))))
    expect(new Set(all)).toEqual(new Set(['key']))
    expect(await ask(guess(1_000))).toBe('none')
  })

  test('counts a key that was revoked while it was in use as one failure, each time', async () => {
    const { ask } = throttleAt(10)
    expect(await ask(guess(1), good(1))).toBe('key')
    const answers = []
    for (let n = 0; n < 11; n += 1) answers.push(await ask(guess(1)))
    expect(answers).toEqual([...Array<string>(10).fill('none'), 60])
  })

  test('asks nobody about a text that is no key', async () => {
    const { ask, asked } = throttleAt()
    for (const text of ['x', `${guess(1)}0`, guess(1).slice(1), 'k'.repeat(10_000)])
      expect(await ask(text)).toBe('none')
    expect(asked()).toBe(0)
    expect(readKey(guess(1))).not.toBeNull()
  })
})
