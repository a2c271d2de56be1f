/** Rate limits of a minute, here of a second, counted in memory and in a shared Redis that goes down and comes back. */
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RateKind, Rates } from '../../../src/ports/rate-limits.ts'
import { makeRates, type OwnedRates, type RatesOptions } from '../../../src/runtime/rate-limits.ts'
import { makeRecordingLog } from '../../api/support/fixtures.ts'
import {
  redisAvailable,
  redisKillable,
  warnSkipped,
  startRedis,
  type TestRedis,
} from '../../support/redis.ts'
import { waitFor } from '../../support/wait-for.ts'

warnSkipped('rate limits that processes share')

const budgets: Record<RateKind, number> = {
  KEY_COST: 100,
  KEY_MUTATIONS: 3,
  WEBHOOK_TESTS: 1,
  PROJECT_TESTS: 1,
  PROJECT_SAVE_CHECKS: 1,
  WEBHOOK_ROTATIONS: 1,
}
let open: OwnedRates[] = []
async function rates(options: Partial<RatesOptions> = {}): Promise<Rates> {
  const made = await makeRates({ budgets, log: makeRecordingLog(), ...options })
  open.push(made)
  return made
}
afterEach(async () => {
  for (const each of open) await each.close()
  open = []
})

const taken = { ok: true }
const refused = (retryAfterS: number) => ({ ok: false, retryAfterS })

/** Tests for both stores. */
function testBudgets(store: string, make: (options?: Partial<RatesOptions>) => Promise<Rates>): void {
  test(`a budget in ${store} is used to the last point; a request that does not fit is refused with the remaining seconds and takes nothing`, async () => {
    const some = await make()
    expect(await some.take('KEY_COST', 'a', 60)).toEqual(taken)
    expect(await some.take('KEY_COST', 'a', 41)).toEqual(refused(60))
    expect(await some.take('KEY_COST', 'a', 1_000)).toEqual(refused(60))
    expect(await some.take('KEY_COST', 'a', 40)).toEqual(taken)
    expect(await some.take('KEY_COST', 'a', 1)).toEqual(refused(60))
  })

  test(`a budget in ${store} is separate for each id and each kind`, async () => {
    const some = await make()
    expect(await some.take('KEY_MUTATIONS', 'a', 3)).toEqual(taken)
    expect(await some.take('KEY_MUTATIONS', 'a', 1)).toEqual(refused(60))
    expect(await some.take('KEY_MUTATIONS', 'b', 3)).toEqual(taken)
    expect(await some.take('KEY_COST', 'a', 100)).toEqual(taken)
  })

  test(`50 concurrent requests do not overdraw a budget in ${store}`, async () => {
    const some = await make()
    const all = await Promise.all(Array.from({ length: 50 }, () => some.take('KEY_COST', 'a', 7)))
    expect(all.filter(({ ok }) => ok)).toHaveLength(14)
    expect(await some.take('KEY_COST', 'a', 2)).toEqual(taken)
  })

  test(`a budget in ${store} is full again after its window, and not before`, async () => {
    const some = await make({ windowS: 1 })
    const beganMs = performance.now()
    expect(await some.take('KEY_COST', 'a', 100)).toEqual(taken)
    await waitFor(async () => (await some.take('KEY_COST', 'a', 100)).ok, { what: 'a full budget' })
    expect(performance.now() - beganMs).toBeGreaterThan(950)
    expect(await some.take('KEY_COST', 'a', 1)).toEqual(refused(1))
  })
}

describe('rate limits in memory', () => {
  testBudgets('memory', rates)

  test('budgets in memory are separate for each process', async () => {
    const [one, other] = [await rates(), await rates()]
    expect(await one.take('KEY_COST', 'a', 100)).toEqual(taken)
    expect(await other.take('KEY_COST', 'a', 100)).toEqual(taken)
  })
})

describe.skipIf(!redisAvailable())('rate limits in Redis', () => {
  let redis: TestRedis
  beforeEach(async () => {
    redis = await startRedis()
    return () => redis.stop()
  })
  const shared = (options: Partial<RatesOptions> = {}) =>
    rates({ redis: { url: redis.url, prefix: redis.prefix }, ...options })

  testBudgets('Redis', shared)

  test('budgets in Redis are shared by the processes of an installation, and not with other installations', async () => {
    const [one, other] = [await shared(), await shared()]
    const elsewhere = await rates({ redis: { url: redis.url, prefix: `${redis.prefix}:other` } })
    expect(await one.take('KEY_COST', 'a', 60)).toEqual(taken)
    expect(await other.take('KEY_COST', 'a', 41)).toEqual(refused(60))
    expect(await other.take('KEY_COST', 'a', 40)).toEqual(taken)
    expect(await one.take('KEY_COST', 'a', 1)).toEqual(refused(60))
    expect(await elsewhere.take('KEY_COST', 'a', 100)).toEqual(taken)
  })

  test('a budget in Redis has the prefix of the installation and expires after a minute; a refused request stores none', async () => {
    const some = await shared()
    await some.take('KEY_COST', 'key_1', 5)
    await some.take('KEY_MUTATIONS', 'key_2', 1_000)
    const client = new Redis(redis.url)
    const keys = await client.keys(`${redis.prefix}*`)
    const ttls = await Promise.all(keys.map((key) => client.pttl(key)))
    client.disconnect()
    expect(keys).toEqual([`${redis.prefix}:rate:KEY_COST:key_1`])
    expect(ttls[0]).toBeGreaterThan(55_000)
    expect(ttls[0]).toBeLessThanOrEqual(60_000)
  })

  test('an accepted request takes two Redis commands, the script included', async () => {
    const some = await shared()
    await some.take('KEY_COST', 'a', 1)
    const client = new Redis(redis.url)
    const commands = async (): Promise<number> => {
      const stats = await client.info('commandstats')
      const counted = [...stats.matchAll(/^cmdstat_(?:evalsha|eval|incrby|pexpire|get|pttl):calls=(\d+)/gm)]
      return counted.reduce((sum, [, calls]) => sum + Number(calls), 0)
    }
    const before = await commands()
    for (let taken = 0; taken < 10; taken += 1) await some.take('KEY_COST', 'a', 1)
    const after = await commands()
    client.disconnect()
    expect(after - before).toBe(20)
  })

  test.skipIf(!redisKillable())(
    'budgets are counted by each process while Redis is down, which is logged once, and shared again afterwards',
    async () => {
      const lines = makeRecordingLog()
      const [one, other] = [await shared({ log: lines }), await shared()]
      expect(await one.take('KEY_COST', 'a', 60)).toEqual(taken)
      await redis.kill()
      const beganMs = performance.now()
      expect(await one.take('KEY_COST', 'a', 100)).toEqual(taken)
      expect(await one.take('KEY_COST', 'a', 1)).toMatchObject({ ok: false })
      expect(await other.take('KEY_COST', 'a', 100)).toEqual(taken)
      expect(performance.now() - beganMs).toBeLessThan(2_000)

      await redis.restart()
      await waitFor(
        async () => {
          await one.take('WEBHOOK_TESTS', 'another', 1)
          return lines.lines.some(({ step }) => step === 'rate-limit.shared')
        },
        { what: 'the budgets to be shared again' },
      )
      await waitFor(async () => !(await other.take('WEBHOOK_TESTS', 'another', 1)).ok, {
        what: 'both to share',
      })
      expect(await one.take('KEY_COST', 'a', 60)).toEqual(taken)
      expect(await other.take('KEY_COST', 'a', 41)).toMatchObject({ ok: false })
      expect(lines.lines.map(({ level, step }) => [level, step])).toEqual([
        ['warn', 'rate-limit.local-fallback'],
        ['info', 'rate-limit.shared'],
      ])
    },
  )

  test('with a silent Redis budgets are counted by the process, and 100 requests take less than 2 s', async () => {
    const { createServer } = await import('node:net')
    const silent = createServer(() => undefined)
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as { port: number }
    const some = await rates({ redis: { url: `redis://127.0.0.1:${port}`, prefix: 'x' } })
    const beganMs = performance.now()
    for (let n = 0; n < 100; n += 1) expect(await some.take('KEY_COST', 'a', 1)).toEqual(taken)
    expect(await some.take('KEY_COST', 'a', 1)).toMatchObject({ ok: false })
    expect(performance.now() - beganMs).toBeLessThan(2_000)
    silent.close()
  })
})
