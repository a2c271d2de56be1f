import { expect, test } from 'vitest'
import { makeWakeBatcher } from '../../../src/queue/wake-batcher.ts'
import { waitFor } from '../../support/wait-for.ts'

const noReport = (): void => undefined

test('three wake-ups of one key are stored as one, the last', async () => {
  const stored: string[] = []
  const batcher = makeWakeBatcher<string>('here', async (wakeUps) => void stored.push(...wakeUps), noReport)
  for (const wake of ['first', 'second', 'last']) batcher.push('key', wake)
  await batcher.flush()
  expect(stored).toEqual(['last'])
})

test('a wake-up that arrives while its key is being stored is stored after it, never concurrently', async () => {
  const stored: string[] = []
  let answer = (): void => undefined
  const store = async ([wake]: readonly string[]): Promise<void> => {
    await new Promise<void>((resolve) => (answer = resolve))
    stored.push(wake ?? '')
  }
  const batcher = makeWakeBatcher<string>('here', store, noReport)
  batcher.push('key', 'first')
  await new Promise((resolve) => setTimeout(resolve, 20))
  batcher.push('key', 'second')
  const flushed = batcher.flush()
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(stored).toEqual([])

  answer()
  await waitFor(() => stored.length === 1, { what: 'the first' })
  await new Promise((resolve) => setTimeout(resolve, 30))
  answer()
  await flushed

  expect(stored).toEqual(['first', 'second'])
})

test('wake-ups that cannot be stored wait, one for each key, until the queue is back', async () => {
  let [away, tries] = [true, 0]
  const stored: string[] = []
  const reports: unknown[] = []
  const store = async (wakeUps: readonly string[]): Promise<void> => {
    tries++
    if (away) throw new Error('away')
    stored.push(...wakeUps)
  }
  const batcher = makeWakeBatcher<string>('here', store, (_place, fault) => reports.push(fault))
  const stopAt = performance.now() + 600
  while (performance.now() < stopAt) {
    for (const key of ['a', 'b', 'c']) batcher.push(key, key)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  // Four stores may fail at the same time; afterwards one at a time is tried after 100, 200, 400 ms.
  expect(tries).toBeLessThan(12)
  expect(reports).toHaveLength(tries)

  away = false
  await batcher.flush()

  expect(stored.sort()).toEqual(['a', 'b', 'c'])
})

test('stopping the batcher returns the number of wake-ups that are left, and ends a waiting flush', async () => {
  const batcher = makeWakeBatcher<string>('here', () => Promise.reject(new Error('away')), noReport)
  batcher.push('a', 'a')
  batcher.push('b', 'b')
  const flushed = batcher.flush()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(batcher.stop()).toBe(2)
  await flushed
  batcher.push('c', 'c')
  await batcher.flush()
})

test('three wake-ups are stored one by one, 300 in bulks of at most 250', async () => {
  const batches: number[] = []
  const batcher = makeWakeBatcher<number>(
    'here',
    async (wakeUps) => void batches.push(wakeUps.length),
    noReport,
  )
  for (let key = 0; key < 3; key++) batcher.push(String(key), key)
  await batcher.flush()
  expect(batches).toEqual([1, 1, 1])
  for (let key = 0; key < 300; key++) batcher.push(`many ${key}`, key)
  await batcher.flush()
  expect(batches.slice(3)).toEqual([250, 50])
})
