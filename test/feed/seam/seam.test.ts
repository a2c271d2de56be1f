/**
 * The handover from recorded to live events under random schedules of late commits, disconnects and lost notifications:
 * each subscriber receives each item once, in the order of the cursors. `SEAM_SEED` repeats one schedule.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { redisAvailable, warnSkipped, startRedis, type TestRedis } from '../../support/redis.ts'
import { depth } from '../../support/depth.ts'
import { seedsOf } from './seam-random.ts'
import { seamAttempts } from './seam-attempts.ts'
import { seamEvents } from './seam-events.ts'
import { minItems, runSchedule } from './seam-schedule.ts'
import { openSeamFixture, type SeamFeed, type SeamItem } from './seam-fixture.ts'

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

const channels = redisAvailable() ? ['PostgreSQL', 'Redis'] : ['PostgreSQL']

test.each(channels)(
  `each subscriber of attempts receives each once, in order, in ${schedules} random schedules over %s`,
  (channel) => playAll(seamAttempts, channel),
  400_000,
)

test.each(channels)(
  `each subscriber of events receives each once, in order, in ${schedules} random schedules over %s`,
  (channel) => playAll(seamEvents, channel),
  400_000,
)

async function playAll<T extends SeamItem>(feed: SeamFeed<T>, channel: string): Promise<void> {
  const fixture = await openSeamFixture(feed, channel === 'Redis' ? redis : undefined)
  const seeds = seedsOf('SEAM_SEED', schedules)
  console.info(`seam of ${feed.name} over ${channel}: seeds ${seeds[0]} to ${seeds.at(-1)}`)
  let items = 0
  const begun = seeds.entries()
  const faults: Error[] = []
  const play = async (): Promise<void> => {
    for (const [index, seed] of begun) {
      if (faults.length > 0) return
      if (index % cutOffEvery === cutOffEvery - 1) await fixture.cutOff()
      try {
        const recorded = await runSchedule(fixture, seed)
        items += recorded
      } catch (cause) {
        faults.push(new Error(`seed ${seed} over ${channel} (SEAM_SEED=${seed} repeats it)`, { cause }))
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: atOnce }, play))
    if (faults[0] !== undefined) throw faults[0]
    expect(items).toBeGreaterThanOrEqual(seeds.length * minItems)
    console.info(`seam of ${feed.name} over ${channel}: ${items} items in ${seeds.length} schedules`)
  } finally {
    await fixture.close()
  }
}
