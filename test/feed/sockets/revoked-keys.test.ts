/** Sockets whose key is revoked or expires, in the same process and in another; and the project of an OPERATOR's socket. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createWebhook,
  createOrder,
  documents,
  mutateOrThrow,
  missingId,
  waitForSettled,
} from '../../api/support/fixtures.ts'
import { endAll, startServer, type Server } from '../../system/support/process.ts'
import { startTestServer, tenantOf, type TestServer, type Tenant } from '../../support/server.ts'
import { createTestKey, withKey } from '../../support/keys.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import { openAuthenticated, openRaw, type RawSocket } from '../support/raw-socket.ts'

/** The documented time until the sockets of a revoked key are closed. */
const promisedMs = 5_000

let testServer: TestServer
let acme: Tenant
let receiver: Receiver

beforeAll(async () => {
  testServer = await startTestServer()
  acme = await testServer.tenant()
  receiver = await startReceiver()
  await createWebhook(acme, receiver)
})
afterAll(async () => {
  await endAll()
  await receiver.close()
  await testServer.close()
})

/** Opens a socket with this key and waits until its subscription has received an attempt. */
async function following(key: string, url = testServer.url): Promise<RawSocket> {
  const raw = await openAuthenticated(url, key)
  raw.send({ type: 'subscribe', id: '1', payload: { query: documents.Live } })
  await waitFor(
    async () => {
      await createOrder(acme)
      await waitForSettled(acme, {})
      return raw.messages.some(({ type }) => type === 'next')
    },
    { what: 'the socket to receive an attempt' },
  )
  return raw
}

const revoke = (id: string) => mutateOrThrow(acme, 'KeyRevoke', { id })
const ended = { code: 4403, reason: 'the key was revoked or has expired' }

/** Waits until the socket is closed and returns the time since `since`. */
async function closedAfter(raw: RawSocket, since: number): Promise<number> {
  await waitFor(() => raw.closed() !== undefined, {
    what: 'the socket to be closed',
    deadlineMs: 2 * promisedMs,
  })
  expect(raw.closed()).toEqual(ended)
  return performance.now() - since
}

describe('socket of a revoked key', () => {
  test('revoking a key closes its socket with 4403 within 5 s and ends its subscription; the socket of another key continues', async () => {
    const key = await withKey(testServer, acme, { role: 'READER' })
    const [raw, other] = [await following(key.key), await following(acme.key)]
    const since = performance.now()
    await revoke(key.keyId)

    expect(await closedAfter(raw, since)).toBeLessThan(promisedMs)
    const received = { theirs: raw.messages.length, others: other.messages.length }
    await createOrder(acme)
    await waitFor(() => other.messages.length > received.others, { what: 'the other socket to receive more' })
    expect(raw.messages).toHaveLength(received.theirs)
    expect(other.closed()).toBeUndefined()
    other.close()
  })

  test('revoking a key closes its socket without subscriptions within 5 s, and no other socket can be opened', async () => {
    const key = await withKey(testServer, acme, { role: 'READER' })
    const raw = await openAuthenticated(testServer.url, key.key)
    const since = performance.now()
    await revoke(key.keyId)
    expect(await closedAfter(raw, since)).toBeLessThan(promisedMs)

    const again = await openRaw(testServer.url)
    again.send({ type: 'connection_init', payload: { authorization: `Bearer ${key.key}` } })
    expect(await again.end()).toBe(4403)
    expect(again.messages).toEqual([])
  })

  test('a socket is closed within 5 s after its key expires', async () => {
    const key = await withKey(testServer, acme, { role: 'READER', expiresAt: new Date(Date.now() + 60_000) })
    const raw = await following(key.key)
    // There is no notification: the server checks the key periodically.
    await testServer.connections.sql`update keys set expires_at = now() where id = ${key.keyId}`
    expect(await closedAfter(raw, performance.now())).toBeLessThan(promisedMs)
  })

  test('a socket is closed within 5 s after its key is revoked or deleted directly in the table', async () => {
    const [one, two] = [
      await withKey(testServer, acme, { role: 'READER' }),
      await withKey(testServer, acme, { role: 'READER' }),
    ]
    const raws = [
      await openAuthenticated(testServer.url, one.key),
      await openAuthenticated(testServer.url, two.key),
    ]
    const since = performance.now()
    await testServer.connections.sql`update keys set revoked_at = now() where id = ${one.keyId}`
    await testServer.connections.sql`delete from keys where id = ${two.keyId}`
    for (const raw of raws) expect(await closedAfter(raw, since)).toBeLessThan(promisedMs)
  })
})

describe('socket of a revoked key in another process', () => {
  let server: Server

  beforeAll(async () => {
    server = await startServer({
      DATABASE_URL: testServer.config.databaseUrl ?? '',
      DATA_DIR: testServer.config.dataDir,
      SECRETS_KEYS: `test:${Buffer.alloc(32, 7).toString('base64')}`,
    })
  }, 160_000)

  test('revoking a key closes its socket in another process within 5 s, and that process refuses its requests', async () => {
    const key = await withKey(testServer, acme, { role: 'READER' })
    const raw = await following(key.key, server.url)
    const since = performance.now()
    await revoke(key.keyId)
    expect(await closedAfter(raw, since)).toBeLessThan(promisedMs)
    // Requests check the key each time.
    const answer = await tenantOf(server.url, acme.projectId, key.key).post({ query: documents.Who })
    expect(answer.status).toBe(401)
  }, 30_000)

  test('a notification of the revoking process closes the socket in another process in less than 700 ms', async () => {
    const tookMs: number[] = []
    for (let times = 0; times < 4; times += 1) {
      const key = await withKey(testServer, acme, { role: 'READER' })
      const raw = await openAuthenticated(server.url, key.key)
      const since = performance.now()
      await revoke(key.keyId)
      tookMs.push(await closedAfter(raw, since))
    }
    // Each process checks keys every two seconds: without the notification half of the sockets would wait for more than one.
    expect(tookMs.toSorted((a, b) => a - b)[2]).toBeLessThan(700)
  }, 30_000)

  test('a socket in another process is closed within 5 s while all listening connections are cut off', async () => {
    const key = await withKey(testServer, acme, { role: 'READER' })
    const raw = await following(key.key, server.url)
    const cutOff = () => testServer.connections.sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'orderbell-feed'`
    expect((await cutOff()).length).toBeGreaterThanOrEqual(2)
    const since = performance.now()
    await revoke(key.keyId)
    // The connections are reopened by themselves: the interval cuts them off again.
    const timer = setInterval(() => void cutOff().catch(() => undefined), 50)
    try {
      expect(await closedAfter(raw, since)).toBeLessThan(promisedMs)
    } finally {
      clearInterval(timer)
    }
    // The connections that were cut off listen again.
    const next = await following(acme.key, server.url)
    next.close()
  }, 40_000)

  test('a socket in another process is closed within 5 s after its key is revoked without a notification', async () => {
    const key = await withKey(testServer, acme, { role: 'READER' })
    const raw = await following(key.key, server.url)
    await testServer.connections.sql`update keys set revoked_at = now() where id = ${key.keyId}`
    expect(await closedAfter(raw, performance.now())).toBeLessThan(promisedMs)
  }, 30_000)

  test('a key that is revoked in another process closes its socket in this one within 5 s', async () => {
    const key = await withKey(testServer, acme, { role: 'READER' })
    const raw = await following(key.key)
    const since = performance.now()
    await mutateOrThrow(tenantOf(server.url, acme.projectId, acme.key), 'KeyRevoke', { id: key.keyId })
    expect(await closedAfter(raw, since)).toBeLessThan(promisedMs)
  }, 30_000)
})

describe('x-project on a socket', () => {
  async function opened(params: Record<string, unknown>): Promise<RawSocket> {
    const { text } = await createTestKey(testServer, acme.projectId, { role: 'OPERATOR' })
    const raw = await openRaw(testServer.url)
    raw.send({ type: 'connection_init', payload: { Authorization: `Bearer ${text}`, ...params } })
    return raw
  }

  test.each(['x-project', 'X-Project'])(
    "an OPERATOR's socket receives the attempts of the project that the connection parameter %s names",
    async (name) => {
      const raw = await opened({ [name]: acme.projectId })
      await raw.received(1)
      raw.send({ type: 'subscribe', id: '1', payload: { query: documents.Live } })
      await waitFor(
        async () => {
          await createOrder(acme)
          return raw.messages.some(({ type }) => type === 'next')
        },
        { what: 'an attempt of the project' },
      )
      raw.close()
    },
  )

  test("an OPERATOR's socket without x-project is refused with BAD_USER_INPUT when it subscribes to the events of a project, and stays open", async () => {
    const raw = await opened({})
    await raw.received(1)
    raw.send({ type: 'subscribe', id: '1', payload: { query: 'subscription { events { cursor } }' } })
    const messages = await raw.received(2)
    const { type, payload } = messages[1] ?? {}
    expect(type === 'error' ? payload : (payload as { errors: unknown }).errors).toMatchObject([
      {
        message: expect.stringContaining('name one in the header x-project') as string,
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ])
    expect(raw.closed()).toBeUndefined()
    raw.close()
  })

  test.each([
    ['an unknown project', { 'x-project': missingId('prj') }],
    ['a text that is not an id', { 'x-project': 'acme' }],
    ['a number', { 'x-project': 7 }],
    ['two projects', { 'x-project': missingId('prj'), 'X-PROJECT': missingId('prj') }],
  ])("an OPERATOR's socket whose x-project names %s is closed with 4400", async (_, params) => {
    const raw = await opened(params)
    expect(await raw.end()).toBe(4400)
    expect(raw.closed()?.reason).toBe('x-project does not name a project to which this key gives access')
    expect(raw.messages).toEqual([])
  })

  test('a PLATFORM socket whose x-project names another project is closed with 4400; its own project is accepted', async () => {
    const other = await testServer.tenant('Other')
    const named = async (id: string) => {
      const raw = await openRaw(testServer.url)
      raw.send({ type: 'connection_init', payload: { authorization: `Bearer ${acme.key}`, 'x-project': id } })
      return raw
    }
    const own = await named(acme.projectId)
    expect(await own.received(1)).toEqual([{ type: 'connection_ack' }])
    own.close()
    const refused = [await named(other.projectId), await named(missingId('prj'))]
    for (const raw of refused) {
      expect(await raw.end()).toBe(4400)
      expect(raw.closed()).toEqual(refused[0]?.closed())
    }
  })
})
