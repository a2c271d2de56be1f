import { describe, expect, test } from 'vitest'
import { makeNextRuns } from '../../../../src/dispatch/lanes/next-runs.ts'

/** `dueInMs`: when the webhook's next delivery is due; null when none is pending. */
function nextRunsWhen(dueInMs: number | null) {
  const statements: (readonly string[])[] = []
  const nextRuns = makeNextRuns({
    nextDue: (webhookIds) => {
      statements.push(webhookIds)
      const inMs = dueInMs
      return Promise.resolve(inMs === null ? [] : webhookIds.map((webhookId) => ({ webhookId, inMs })))
    },
  })
  return { nextRuns, statements }
}

describe('next runs', () => {
  test('a lane without a pending delivery has no next run', async () => {
    expect(await nextRunsWhen(null).nextRuns.delayOf('whk_1', false)).toBeNull()
  })

  test('a lane runs at the due time, rounded up to a millisecond', async () => {
    expect(await nextRunsWhen(1_000.2).nextRuns.delayOf('whk_1', false)).toBe(1_001)
  })

  test('a lane that is due within 5 ms runs at once', async () => {
    expect(await nextRunsWhen(5).nextRuns.delayOf('whk_1', false)).toBe(0)
  })

  test('a lane whose claims return no due delivery runs at once the first time, and 100 ms later the second time', async () => {
    const { nextRuns } = nextRunsWhen(0)
    const delays = [await nextRuns.delayOf('whk_1', true), await nextRuns.delayOf('whk_1', true)]
    expect(delays).toEqual([0, 100])
    expect(await nextRuns.delayOf('whk_1', true)).toBe(0)
  })

  test('a claim that returns a delivery lets the lane run at once again', async () => {
    const { nextRuns } = nextRunsWhen(0)
    await nextRuns.delayOf('whk_1', true)
    nextRuns.claimed('whk_1')
    expect(await nextRuns.delayOf('whk_1', true)).toBe(0)
  })

  test('one statement reads the due times of all lanes that ask in one event-loop iteration', async () => {
    const { nextRuns, statements } = nextRunsWhen(0)
    await Promise.all(['whk_1', 'whk_2', 'whk_3'].map((webhookId) => nextRuns.delayOf(webhookId, false)))
    expect(statements).toEqual([['whk_1', 'whk_2', 'whk_3']])
  })
})
