import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openHouse, type House } from '../support/house.ts'

let house: House

beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.close())

const get = (path: string, init: RequestInit = {}) => fetch(new URL(path, house.url), init)

describe('without a key', () => {
  test('/healthz says that the process lives', async () => {
    const response = await get('/healthz')
    expect([response.status, await response.json()]).toEqual([200, { status: 'alive' }])
  })

  test('/readyz says that it can serve', async () => {
    const response = await get('/readyz')
    expect([response.status, await response.json()]).toEqual([200, { status: 'ready' }])
  })

  test.each(['/', '/favicon.ico', '/graphql.php', '/..%2f..%2fetc/passwd', '/healthz/more'])(
    '%s is not there, and says so in JSON',
    async (path) => {
      const response = await get(path)
      expect(response.status).toBe(404)
      expect(response.headers.get('content-type')).toMatch(/^application\/json/)
      expect(await response.json()).toMatchObject({ errors: [{ message: expect.any(String) as string }] })
    },
  )

  test('no answer says what we are built with', async () => {
    const responses = await Promise.all([get('/'), get('/healthz'), get('/graphql', { method: 'POST' })])
    for (const { headers } of responses) {
      expect(headers.get('x-powered-by')).toBeNull()
      expect(headers.get('server')).toBeNull()
    }
  })
})

describe('a house that is being closed', () => {
  test('is not ready, and takes no new connections once it is closed', async () => {
    const other = await openHouse()
    const url = new URL('/readyz', other.url)
    expect((await fetch(url)).status).toBe(200)
    await other.close()
    await expect(fetch(url)).rejects.toThrow()
  })
})
