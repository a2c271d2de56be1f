/** `maxmemory-policy` of a real Redis: the check at the start, and changes at run time. */
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { checkRedis, unsafeEviction } from '../../../src/queue/backend/check-redis.ts'
import { makeEvictionWatch } from '../../../src/queue/backend/eviction-policy.ts'
import { makeLines } from '../../unit/dispatch/fakes.ts'
import { redisKillable, warnSkipped, startRedis, type TestRedis } from '../../support/redis.ts'

warnSkipped('the eviction policy of Redis')

describe.skipIf(!redisKillable())('maxmemory-policy', () => {
  let redis: TestRedis
  beforeEach(async () => void (redis = await startRedis()))
  afterEach(() => redis.stop())

  const setPolicy = (policy: string) => redis.command('CONFIG', 'SET', 'maxmemory-policy', policy)
  /** The URL of a user without these permissions. */
  async function urlWithout(...refused: string[]): Promise<string> {
    await redis.command('ACL', 'SETUSER', 'limited', 'on', '>s3cret', '~*', '&*', '+@all', ...refused)
    const url = new URL(redis.url)
    url.username = 'limited'
    url.password = 's3cret'
    return url.href
  }

  test('a Redis with the eviction policy noeviction is accepted without a log line', async () => {
    const { log, lines } = makeLines()
    expect(await unsafeEviction(redis.url, log)).toBeNull()
    expect(lines).toEqual([])
  })

  test.each(['allkeys-lru', 'volatile-lru', 'volatile-ttl', 'allkeys-random'])(
    'a Redis with the eviction policy %s is refused with one line that names the server, the policy and noeviction',
    async (policy) => {
      await setPolicy(policy)
      const fault = await unsafeEviction(redis.url, makeLines().log)
      expect(fault).toMatch(
        new RegExp(
          `^REDIS_URL names Redis at 127.0.0.1:\\d+, whose maxmemory-policy is ${policy}, expected noeviction`,
        ),
      )
      expect(fault).not.toContain('\n')
    },
  )

  test.each([[['-config']], [['-info']]])(
    'the eviction policy is found by a Redis user with the restriction %j',
    async (refused) => {
      await setPolicy('allkeys-lru')
      const url = await urlWithout(...refused)
      await checkRedis(url)
      const fault = await unsafeEviction(url, makeLines().log)
      expect(fault).toContain('allkeys-lru')
      expect(fault).not.toContain('s3cret')
    },
  )

  test('a warning is logged when Redis shows the eviction policy neither in INFO nor in CONFIG', async () => {
    await setPolicy('allkeys-lru')
    const { log, lines } = makeLines()
    expect(await unsafeEviction(await urlWithout('-info', '-config'), log)).toBeNull()
    expect(lines).toMatchObject([{ level: 'warn', step: 'queue.eviction-policy-unknown' }])
  })

  test('a change of the eviction policy is logged once when it becomes unsafe and once when it is safe again', async () => {
    const { log, lines } = makeLines()
    const client = new Redis(redis.url)
    const clock = vi.spyOn(performance, 'now')
    onTestFinished(() => {
      clock.mockRestore()
      client.disconnect()
    })
    let nowMs = 0
    clock.mockImplementation(() => (nowMs += 60_000))
    const check = makeEvictionWatch(client, log)
    await check()
    await setPolicy('allkeys-lru')
    await check()
    await check()
    await setPolicy('noeviction')
    await check()
    await check()
    expect(lines).toMatchObject([
      { level: 'error', step: 'queue.eviction-policy-unsafe', fields: { policy: 'allkeys-lru' } },
      { level: 'info', step: 'queue.eviction-policy-safe' },
    ])
  })
})
