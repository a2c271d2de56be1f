import { describe, expect, test } from 'vitest'
import { batched } from '../../../src/dispatch/batch.ts'
import { settleDown } from './fakes.ts'

/** A run that ends when the test ends it; the result of each item is the item doubled. */
function slowRun() {
  const runs: { readonly items: readonly number[]; end: (error?: Error) => Promise<void> }[] = []
  const run = (items: readonly number[]): Promise<readonly number[]> =>
    new Promise((resolve, reject) => {
      const end = async (error?: Error): Promise<void> => {
        if (error === undefined) resolve(items.map((item) => item * 2))
        else reject(error)
        await settleDown()
      }
      runs.push({ items, end })
    })
  return { runs, run, itemsOfRuns: () => runs.map(({ items }) => items) }
}

describe('batched', () => {
  test('an item on an idle batcher runs at once and alone', async () => {
    const { run, runs, itemsOfRuns } = slowRun()
    const add = batched(10, run)
    const answer = add(1)
    await new Promise((resolve) => setImmediate(resolve))

    expect(itemsOfRuns()).toEqual([[1]])
    await runs[0]?.end()
    expect(await answer).toBe(2)
  })

  test('items of the same turn of the event loop share a run', async () => {
    const { run, itemsOfRuns } = slowRun()
    const add = batched(10, run)
    for (const one of [1, 2, 3]) void add(one)
    await settleDown()
    expect(itemsOfRuns()).toEqual([[1, 2, 3]])
  })

  test('items that arrive during a run share the next run, which begins when the current one ends', async () => {
    const { run, runs, itemsOfRuns } = slowRun()
    const add = batched(10, run)
    const answers = [add(1)]
    await settleDown()
    for (const one of [2, 3, 4]) {
      answers.push(add(one))
      await settleDown()
    }
    expect(itemsOfRuns()).toEqual([[1]])

    await runs[0]?.end()
    expect(itemsOfRuns()).toEqual([[1], [2, 3, 4]])
    await runs[1]?.end()
    expect(await Promise.all(answers)).toEqual([2, 4, 6, 8])
  })

  test('a batcher lingers after each run unless `below` items wait, and includes the items that arrive meanwhile', async () => {
    const { run, runs, itemsOfRuns } = slowRun()
    let endLinger: () => void = () => undefined
    const linger = () => new Promise<void>((resolve) => (endLinger = resolve))
    const add = batched(5, run, { below: 3, pause: linger })
    void add(1)
    await settleDown()
    await runs[0]?.end()
    void add(2)
    await settleDown()
    void add(3)
    await settleDown()
    expect(itemsOfRuns()).toEqual([[1]])

    endLinger()
    await settleDown()
    expect(itemsOfRuns()).toEqual([[1], [2, 3]])
    for (const one of [4, 5, 6]) void add(one)
    await runs[1]?.end()
    expect(itemsOfRuns()).toEqual([[1], [2, 3], [4, 5, 6]])
  })

  test('a run has at most 2 items when the limit is 2; further items follow in order', async () => {
    const { run, runs, itemsOfRuns } = slowRun()
    const add = batched(2, run)
    const answers = [1, 2, 3, 4, 5].map(add)
    await settleDown()
    for (let index = 0; index < 3; index += 1) await runs[index]?.end()

    expect(itemsOfRuns()).toEqual([[1, 2], [3, 4], [5]])
    expect(await Promise.all(answers)).toEqual([2, 4, 6, 8, 10])
  })

  test('a run that fails rejects its own items and no others', async () => {
    const { run, runs } = slowRun()
    const add = batched(2, run)
    const answers = Promise.allSettled([1, 2, 3].map(add))
    await settleDown()
    await runs[0]?.end(new Error('away'))
    await runs[1]?.end()

    expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
    const after = add(4)
    await settleDown()
    await runs[2]?.end()
    expect(await after).toBe(8)
  })

  test('a run that throws synchronously rejects its items, and the next run works', async () => {
    let broken = true
    const add = batched<number, number>(2, (items) => {
      if (broken) throw new Error('at once')
      return Promise.resolve(items)
    })
    await expect(add(1)).rejects.toThrow('at once')
    broken = false
    expect(await add(2)).toBe(2)
  })

  test('a failing linger does not stop the following runs', async () => {
    const { run, runs, itemsOfRuns } = slowRun()
    const add = batched(10, run, { below: 10, pause: () => Promise.reject(new Error('no pause')) })
    const first = add(1)
    await settleDown()
    const second = add(2)
    await runs[0]?.end()
    await settleDown()
    expect(itemsOfRuns()).toEqual([[1], [2]])
    await runs[1]?.end()
    const third = add(3)
    await settleDown()
    await runs[2]?.end()
    expect(await Promise.all([first, second, third])).toEqual([2, 4, 6])
  })
})
