import { expect, test, vi } from 'vitest'
import { makeWakeBatcher, type WakeBatcherOptions } from '../../../src/queue/wake-batcher.ts'
import { waitFor } from '../../support/wait-for.ts'

/** A batcher of wake-ups that are their own keys. Records the batches that it stores. */
function open(options: Partial<WakeBatcherOptions<string>> = {}) {
  const batches: (readonly string[])[] = []
  const storedAtMs: number[] = []
  const batcher = makeWakeBatcher<string>({
    place: 'here',
    store: async (wakeUps) => {
      batches.push(wakeUps)
      storedAtMs.push(performance.now())
    },
    report: () => undefined,
    atMost: 250,
    ...options,
  })
  const push = (...keys: string[]): void => batcher.push(keys.map((key) => [key, key]))
  return { batcher, batches, storedAtMs, push }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const keysOf = (count: number): string[] => Array.from({ length: count }, (_, n) => String(n))

test('three wake-ups of one key are stored as one, the last', async () => {
  const { batcher, batches } = open()
  for (const wake of ['first', 'second', 'last']) batcher.push([['key', wake]])
  await batcher.flush()
  expect(batches).toEqual([['last']])
})

test('waiting wake-ups of one key are combined by the given function', async () => {
  const { batcher, batches } = open({ merge: (waiting, pushed) => `${waiting} ${pushed}` })
  for (const wake of ['first', 'second', 'last']) batcher.push([['key', wake]])
  await batcher.flush()
  expect(batches).toEqual([['first second last']])
})

test('a wake-up that arrives while its key is being stored is stored after it, never concurrently', async () => {
  const stored: string[] = []
  let answer = (): void => undefined
  const store = async ([wake]: readonly string[]): Promise<void> => {
    await new Promise<void>((resolve) => (answer = resolve))
    stored.push(wake ?? '')
  }
  const { batcher } = open({ store })
  batcher.push([['key', 'first']])
  await pause(20)
  batcher.push([['key', 'second']])
  const flushed = batcher.flush()
  await pause(40)
  expect(stored).toEqual([])

  answer()
  await waitFor(() => stored.length === 1, { what: 'the first' })
  await pause(30)
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
  const { batcher, push } = open({ store, report: (_place, fault) => reports.push(fault) })
  const stopAt = performance.now() + 600
  while (performance.now() < stopAt) {
    push('a', 'b', 'c')
    await pause(1)
  }
  // One store at a time is tried after 100, 200, 400 ms.
  expect(tries).toBeLessThan(12)
  expect(reports).toHaveLength(tries)

  away = false
  await batcher.flush()

  expect(stored.sort()).toEqual(['a', 'b', 'c'])
})

test('stopping the batcher returns the number of wake-ups that are left, and ends a waiting flush', async () => {
  const { batcher, push } = open({ store: () => Promise.reject(new Error('away')) })
  push('a', 'b')
  const flushed = batcher.flush()
  await pause(50)
  expect(batcher.stop()).toBe(2)
  await flushed
  push('c')
  await batcher.flush()
})

test('wake-ups of one event-loop iteration share a store, and more than 250 are stored in parts at once', async () => {
  const { batcher, batches, push } = open()
  push('a')
  push('b', 'c')
  await batcher.flush()
  push(...keysOf(300))
  await batcher.flush()
  expect(batches.map((batch) => batch.length)).toEqual([3, 250, 50])
})

test('wake-ups that arrive while a store is running share the next store, which begins when it ends', async () => {
  let answer = (): void => undefined
  const batches: (readonly string[])[] = []
  const store = (wakeUps: readonly string[]): Promise<void> => {
    batches.push(wakeUps)
    return new Promise((resolve) => (answer = resolve))
  }
  const { push } = open({ store })
  push('a')
  await pause(5)
  push('b')
  push('c')
  await pause(5)
  expect(batches).toEqual([['a']])
  answer()
  await waitFor(() => batches.length === 2, { what: 'the next store' })
  expect(batches).toEqual([['a'], ['b', 'c']])
  answer()
})

test('a store that does not end delays the following wake-ups by 25 ms only', async () => {
  const batches: (readonly string[])[] = []
  const store = (wakeUps: readonly string[]): Promise<void> => {
    batches.push(wakeUps)
    return new Promise(() => undefined)
  }
  const { push } = open({ store })
  push('a')
  await pause(5)
  push('b')
  const pushedAtMs = performance.now()
  await waitFor(() => batches.length === 2, { what: 'the next store' })
  expect(performance.now() - pushedAtMs).toBeLessThan(1_000)
})

test('wake-ups that arrive one by one are stored one by one, each at once', async () => {
  const { batches, storedAtMs, push } = open()
  const pushedAtMs: number[] = []
  for (const key of keysOf(20)) {
    pushedAtMs.push(performance.now())
    push(key)
    await pause(30)
  }
  expect(batches).toHaveLength(20)
  const delaysMs = storedAtMs.map((at, index) => at - (pushedAtMs[index] ?? 0)).sort((a, b) => a - b)
  // The median, because a busy machine delays some.
  expect(delaysMs[10]).toBeLessThan(5)
})

test('a thousand wake-ups a second are stored at least 20 ms apart from the first two that arrive together', async () => {
  // The test moves the clock: on a real one, a busy machine delays the timers that space the stores.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] })
  try {
    const { batches, storedAtMs, push } = open()
    const keys = keysOf(600)
    for (const key of keys) {
      push(key)
      // The first two arrive together. A store of one push starts no pause, so that single wake-ups are not delayed.
      if (key !== keys[0]) await vi.advanceTimersByTimeAsync(1)
    }
    await vi.advanceTimersByTimeAsync(100)
    expect(batches.flat()).toEqual(keys)
    const gapsMs = storedAtMs.slice(1).map((at, index) => at - (storedAtMs[index] ?? 0))
    // The pause reaches its length within the first stores.
    expect(Math.min(...gapsMs.slice(3))).toBeGreaterThanOrEqual(20)
    expect(batches.length).toBeLessThan(600 / 20 + 4)
  } finally {
    vi.useRealTimers()
  }
})

test('wake-ups with patience wait for others until the patience of the first ends', async () => {
  const { batcher, batches, storedAtMs } = open()
  const beganMs = performance.now()
  batcher.push([['a', 'a']], 200)
  await pause(100)
  batcher.push([['b', 'b']], 200)
  await waitFor(() => batches.length === 1, { what: 'the store' })
  expect(batches).toEqual([['a', 'b']])
  expect((storedAtMs[0] ?? 0) - beganMs).toBeGreaterThanOrEqual(199)
  batcher.push([['c', 'c']], 10_000)
  await batcher.flush()
  expect(batches).toEqual([['a', 'b'], ['c']])
})

test('a held batcher stores nothing, and stores what waits after the hold', async () => {
  const { batcher, batches, push } = open()
  batcher.hold(true)
  push('a')
  push('b', 'a')
  await pause(60)
  expect(batches).toEqual([])
  batcher.hold(false)
  await batcher.flush()
  expect(batches).toEqual([['a', 'b']])
})
