import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { startRedis } from '../../support/redis.ts'
import { waitFor } from '../../support/wait-for.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

const get = (path: string, init: RequestInit = {}) => fetch(new URL(path, server.url), init)

describe('health checks', () => {
  test('/healthz answers 200 and alive without a key', async () => {
    const response = await get('/healthz')
    expect([response.status, await response.json()]).toEqual([200, { status: 'alive' }])
  })

  test('/readyz answers 200 and names postgres and queue while both work', async () => {
    const response = await get('/readyz')
    const parts = { postgres: 'ok', queue: 'ok' }
    expect([response.status, await response.json()]).toEqual([200, { status: 'ready', parts }])
  })

  test.each(['/favicon.ico', '/graphql.php', '/..%2f..%2fetc/passwd', '/healthz/more'])(
    'the unknown path %s is answered 404 in JSON',
    async (path) => {
      const response = await get(path)
      expect(response.status).toBe(404)
      expect(response.headers.get('content-type')).toMatch(/^application\/json/)
      expect(await response.json()).toMatchObject({ errors: [{ message: expect.any(String) as string }] })
    },
  )

  test('no response has the headers x-powered-by and server', async () => {
    const responses = await Promise.all([get('/'), get('/healthz'), get('/graphql', { method: 'POST' })])
    for (const { headers } of responses) {
      expect(headers.get('x-powered-by')).toBeNull()
      expect(headers.get('server')).toBeNull()
    }
  })
})

/** The status and the body of `/readyz`. */
const readyzAt = async (url: string): Promise<readonly [number, unknown]> => {
  const response = await fetch(new URL('/readyz', url))
  return [response.status, await response.json()]
}

describe('readiness', () => {
  test('/readyz answers 200 and degraded while only the queue is unavailable', async () => {
    const redis = await startRedis()
    const other = await startTestServer({ REDIS_URL: redis.url })
    await redis.kill()
    await waitFor(async () => (await readyzAt(other.url))[1] !== undefined, { what: 'an answer' })
    await waitFor(async () => JSON.stringify(await readyzAt(other.url)).includes('degraded'), {
      what: 'degraded',
    })
    expect(await readyzAt(other.url)).toEqual([
      200,
      { status: 'degraded', parts: { postgres: 'ok', queue: 'unavailable' } },
    ])
    await other.close()
    await redis.stop()
  })
})

describe('ADMIN_PORT', () => {
  const both = async (url: string) =>
    Promise.all(['/healthz', '/readyz'].map(async (path) => (await fetch(new URL(path, url))).status))

  test('without ADMIN_PORT a dispatcher answers health checks on PORT, and 404 to /graphql', async () => {
    const other = await startTestServer({ ROLES: 'dispatcher' })
    const { address, adminAddress } = other.app
    const url = adminAddress?.url ?? ''
    expect(address).toBeNull()
    expect(await both(url)).toEqual([200, 200])
    expect((await fetch(new URL('/graphql', url))).status).toBe(404)
    await other.close()
  })

  test('with ADMIN_PORT an API process answers health checks on both ports', async () => {
    const other = await startTestServer({ ADMIN_PORT: '0' })
    const admin = other.app.adminAddress?.url ?? ''
    expect(new URL(admin).port).not.toBe(new URL(other.url).port)
    expect(await both(admin)).toEqual([200, 200])
    expect(await both(other.url)).toEqual([200, 200])
    await other.close()
  })

  test('a health check port that is in use makes the start fail with the name of the setting', async () => {
    const { port } = new URL(server.url)
    await expect(startTestServer({ ROLES: 'dispatcher', PORT: port })).rejects.toThrow(
      `PORT ${port} of 127.0.0.1 is in use for the health checks of a dispatcher (ADMIN_PORT is not set): set ADMIN_PORT to another`,
    )
    await expect(startTestServer({ ADMIN_PORT: port })).rejects.toThrow(
      `ADMIN_PORT ${port} of 127.0.0.1 is in use: set ADMIN_PORT to another`,
    )
  })
})

describe('shutdown', () => {
  test('a server that has shut down accepts no connections', async () => {
    const other = await startTestServer()
    const url = new URL('/readyz', other.url)
    expect((await fetch(url)).status).toBe(200)
    await other.close()
    await expect(fetch(url)).rejects.toThrow()
  })
})
