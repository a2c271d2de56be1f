/**
 * The handover from recorded to live events under random schedules of late commits, disconnects and lost notifications:
 * each subscriber receives each attempt once, in the order of the cursors. `SEAM_SEED` repeats one schedule.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { redisAvailable, warnSkipped, startRedis, type TestRedis } from '../../support/redis.ts'
import { depth } from '../../support/depth.ts'
import { seedsOf } from './seam-random.ts'
import { minAttempts, runSchedule } from './seam-schedule.ts'
import { openSeamFixture } from './seam-fixture.ts'

const schedules = depth(200)
const atOnce = 8
/** Every 20th schedule closes all listening connections while the other schedules run. */
const cutOffEvery = 20

warnSkipped('random schedules of the feed over Redis')

let redis: TestRedis | undefined
beforeAll(async () => {
  if (redisAvailable()) redis = await startRedis()
})
afterAll(() => redis?.stop())

test.each(redisAvailable() ? ['PostgreSQL', 'Redis'] : ['PostgreSQL'])(
  `each subscriber receives each attempt once, in order, in ${schedules} random schedules over %s`,
  async (kind) => {
    const fixture = await openSeamFixture(kind === 'Redis' ? redis : undefined)
    const seeds = seedsOf('SEAM_SEED', schedules)
    console.info(`seam over ${kind}: seeds ${seeds[0]} to ${seeds.at(-1)}`)
    let attempts = 0
    const begun = seeds.entries()
    const faults: Error[] = []
    const play = async (): Promise<void> => {
      for (const [index, seed] of begun) {
        if (faults.length > 0) return
        if (index % cutOffEvery === cutOffEvery - 1) await fixture.cutOff()
        try {
          const recorded = await runSchedule(fixture, seed)
          attempts += recorded
        } catch (cause) {
          faults.push(new Error(`seed ${seed} over ${kind} (SEAM_SEED=${seed} repeats it)`, { cause }))
        }
      }
    }
    try {
      await Promise.all(Array.from({ length: atOnce }, play))
      if (faults[0] !== undefined) throw faults[0]
      expect(attempts).toBeGreaterThanOrEqual(seeds.length * minAttempts)
      console.info(`seam over ${kind}: ${attempts} attempts in ${seeds.length} schedules`)
    } finally {
      await fixture.close()
    }
  },
  400_000,
)
