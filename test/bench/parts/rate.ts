/** Waits until a load is delivered, from due to recorded. */
import { setTimeout as pause } from 'node:timers/promises'
import { releaseLoad, type Load } from './load.ts'
import type { BenchServer } from './server.ts'
import { attemptsRecorded } from './verify.ts'

const lookEveryMs = 20
/** When nothing new is recorded for this time, the remaining deliveries are lost. Longer than two sweeps. */
const lostAfterMs = 30_000

/** Releases the inserted deliveries of the load. Returns the seconds until the last was recorded. */
export async function deliver(
  { sql, wake }: Pick<BenchServer, 'sql' | 'wake'>,
  load: Load,
  deliveries: number,
): Promise<number> {
  const already = await attemptsRecorded(sql, load.projectId)
  await releaseLoad(sql, load)
  wake(load.webhookIds)
  return secondsUntil(deliveries, async () => (await attemptsRecorded(sql, load.projectId)) - already)
}

/** Looks until the count is reached. Returns the seconds. Throws when the count stays below it. */
export async function secondsUntil(expected: number, counted: () => Promise<number>): Promise<number> {
  const beganMs = performance.now()
  let lastNewMs = beganMs
  for (let found = 0; found < expected;) {
    await pause(lookEveryMs)
    const now = await counted()
    if (now > found) lastNewMs = performance.now()
    found = now
    if (performance.now() - lastNewMs > lostAfterMs)
      throw new Error(`${expected - found} of ${expected} deliveries are lost`)
  }
  return (lastNewMs - beganMs) / 1_000
}
