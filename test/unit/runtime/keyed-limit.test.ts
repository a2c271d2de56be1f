import { describe, expect, test } from 'vitest'
import { makeKeyedLimit } from '../../../src/runtime/keyed-limit.ts'

/** Work that runs until the test ends it. */
function makeWork() {
  let started = 0
  const ends: (() => void)[] = []
  return {
    start: () =>
      new Promise<void>((resolve) => {
        started += 1
        ends.push(resolve)
      }),
    started: () => started,
    endFirst: () => ends.shift()?.(),
  }
}
const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('keyed limit', () => {
  test('runs as much work of one key as the limit allows, and starts the next work when one ends', async () => {
    const limit = makeKeyedLimit(2)
    const work = makeWork()
    for (let n = 0; n < 3; n += 1) void limit('a', work.start)
    await settle()
    expect(work.started()).toBe(2)
    work.endFirst()
    await settle()
    expect(work.started()).toBe(3)
  })

  test('runs work of one key while another key has reached the limit', async () => {
    const limit = makeKeyedLimit(1)
    const [work, other] = [makeWork(), makeWork()]
    for (let n = 0; n < 2; n += 1) void limit('a', work.start)
    void limit('b', other.start)
    await settle()
    expect([work.started(), other.started()]).toEqual([1, 1])
  })

  test('rejects with the error of the work, and starts the next work', async () => {
    const limit = makeKeyedLimit(1)
    const failed = limit('a', () => Promise.reject(new Error('broken')))
    const next = limit('a', () => Promise.resolve('next'))
    await expect(failed).rejects.toThrow('broken')
    expect(await next).toBe('next')
  })

  test('still limits a key that had no work for a while', async () => {
    const limit = makeKeyedLimit(1)
    await limit('a', () => Promise.resolve())
    const work = makeWork()
    for (let n = 0; n < 2; n += 1) void limit('a', work.start)
    await settle()
    expect(work.started()).toBe(1)
  })
})
