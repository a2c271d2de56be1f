import { expect, test } from 'vitest'
import { byTime, delayedWakeUp, earlierOf, makeStoredWakeUps } from '../../../src/queue/delayed-wake-ups.ts'

test('a delayed wake-up is at the end of the 100 ms that contain its due time, and never before it', () => {
  expect(delayedWakeUp('whk_1', 5_001, 40)).toEqual({ webhookId: 'whk_1', wakeAtMs: 5_100 })
  expect(delayedWakeUp('whk_1', 5_060, 40)).toEqual({ webhookId: 'whk_1', wakeAtMs: 5_100 })
  expect(delayedWakeUp('whk_1', 5_061, 40)).toEqual({ webhookId: 'whk_1', wakeAtMs: 5_200 })
})

test('a wake-up that is delayed by 30 s or more is at the end of its second', () => {
  expect(delayedWakeUp('whk_1', 29_999, 2).wakeAtMs).toBe(30_100)
  expect(delayedWakeUp('whk_1', 30_000, 2).wakeAtMs).toBe(31_000)
})

test('of two wake-ups of a lane the earlier counts', () => {
  const [early, late] = [delayedWakeUp('whk_1', 5_000, 0), delayedWakeUp('whk_1', 6_000, 0)]
  expect([earlierOf(early, late), earlierOf(late, early)]).toEqual([early, early])
})

test('wake-ups of the same time form one group', () => {
  const wakeUps = [
    delayedWakeUp('whk_1', 5_010, 0),
    delayedWakeUp('whk_2', 7_000, 0),
    delayedWakeUp('whk_3', 5_090, 0),
  ]
  expect([...byTime(wakeUps)]).toEqual([
    [5_100, ['whk_1', 'whk_3']],
    [7_000, ['whk_2']],
  ])
})

test('a stored wake-up is known for its webhook and time, until it is due', () => {
  const stored = makeStoredWakeUps()
  const wakeUp = delayedWakeUp('whk_1', 5_000, 0)
  stored.add([wakeUp], 0)
  expect(stored.has(delayedWakeUp('whk_1', 4_950, 0))).toBe(true)
  expect(stored.has(delayedWakeUp('whk_2', 5_000, 0))).toBe(false)
  expect(stored.has(delayedWakeUp('whk_1', 6_000, 0))).toBe(false)
  stored.add([], 5_001)
  expect(stored.has(wakeUp)).toBe(false)
})
