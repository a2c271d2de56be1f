/**
 * The seam between what was recorded and what is live, under random schedules: whatever commits late, is cut off, or
 * is not heard, each follower has each attempt once, in the order of the cursors. `SEAM_SEED` plays one again.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { redisAvailable, sayWhatIsSkipped, startRedis, type TestRedis } from '../../support/redis.ts'
import { seedsOf } from './seam-random.ts'
import { fewest, playSchedule } from './seam-schedule.ts'
import { openSeamStage } from './seam-fixture.ts'

const schedules = 200
const atOnce = 8
/** After so many schedules, those that listen are cut off, in the midst of the others. */
const cutOffEvery = 20

sayWhatIsSkipped('the seam of the feed over Redis')

let redis: TestRedis | undefined
beforeAll(async () => {
  if (redisAvailable()) redis = await startRedis()
})
afterAll(() => redis?.stop())

test.each(redisAvailable() ? ['PostgreSQL', 'Redis'] : ['PostgreSQL'])(
  `in ${schedules} random schedules over %s each follower has each attempt once, in order`,
  async (kind) => {
    const fixture = await openSeamStage(kind === 'Redis' ? redis : undefined)
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
          const recorded = await playSchedule(fixture, seed)
          attempts += recorded
        } catch (cause) {
          faults.push(new Error(`seed ${seed} over ${kind} (SEAM_SEED=${seed} plays it again)`, { cause }))
        }
      }
    }
    try {
      await Promise.all(Array.from({ length: atOnce }, play))
      if (faults[0] !== undefined) throw faults[0]
      expect(attempts).toBeGreaterThanOrEqual(seeds.length * fewest)
      console.info(`seam over ${kind}: ${attempts} attempts in ${seeds.length} schedules`)
    } finally {
      await fixture.close()
    }
  },
  400_000,
)
