/** The rate at which a load is dispatched, from due to recorded. */
import { setTimeout as pause } from 'node:timers/promises'
import { attemptsRecorded } from './verify.ts'
import type { BenchServer } from './server.ts'
import { makeLoad, releaseLoad, type Load, type LoadOptions } from './load.ts'

const lookEveryMs = 20
/** When no attempt is recorded for this time, the remaining deliveries are lost. Longer than two sweeps. */
const lostAfterMs = 30_000

/** Inserts and releases due deliveries. Returns the deliveries per second until the last was recorded. */
export async function dispatchRate(
  { sql, wake }: Pick<BenchServer, 'sql' | 'wake'>,
  load: Load,
  deliveries: number,
  options?: LoadOptions,
): Promise<number> {
  const already = await attemptsRecorded(sql, load.projectId)
  await makeLoad(sql, load, deliveries, options)
  await releaseLoad(sql, load)
  const beganMs = performance.now()
  wake(load.webhookIds)
  let recorded = 0
  let lastNewMs = beganMs
  while (recorded < deliveries) {
    await pause(lookEveryMs)
    const now = (await attemptsRecorded(sql, load.projectId)) - already
    if (now > recorded) lastNewMs = performance.now()
    recorded = now
    if (performance.now() - lastNewMs > lostAfterMs)
      throw new Error(
        `${deliveries - recorded} of ${deliveries} deliveries to ${load.webhookIds.length} webhooks are lost`,
      )
  }
  return (deliveries * 1_000) / (lastNewMs - beganMs)
}
