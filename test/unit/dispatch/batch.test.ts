import { describe, expect, test } from 'vitest'
import { batched } from '../../../src/dispatch/batch.ts'
import { settleDown } from './world.ts'

/** A run that ends when the test ends it; the result of each item is the item doubled. */
function slowRun() {
  const runs: { readonly wishes: readonly number[]; end: (error?: Error) => Promise<void> }[] = []
  const run = (wishes: readonly number[]): Promise<readonly number[]> =>
    new Promise((resolve, reject) => {
      const end = async (error?: Error): Promise<void> => {
        if (error === undefined) resolve(wishes.map((wish) => wish * 2))
        else reject(error)
        await settleDown()
      }
      runs.push({ wishes, end })
    })
  return { runs, run, wishesOf: () => runs.map(({ wishes }) => wishes) }
}

describe('batched', () => {
  test('an item on an idle batcher runs at once and alone', async () => {
    const { run, runs, wishesOf } = slowRun()
    const wish = batched(10, run)
    const answer = wish(1)
    await new Promise((resolve) => setImmediate(resolve))

    expect(wishesOf()).toEqual([[1]])
    await runs[0]?.end()
    expect(await answer).toBe(2)
  })

  test('items of the same turn of the event loop share a run', async () => {
    const { run, wishesOf } = slowRun()
    const wish = batched(10, run)
    for (const one of [1, 2, 3]) void wish(one)
    await settleDown()
    expect(wishesOf()).toEqual([[1, 2, 3]])
  })

  test('items that arrive during a run share the next run, which begins when the current one ends', async () => {
    const { run, runs, wishesOf } = slowRun()
    const wish = batched(10, run)
    const answers = [wish(1)]
    await settleDown()
    for (const one of [2, 3, 4]) {
      answers.push(wish(one))
      await settleDown()
    }
    expect(wishesOf()).toEqual([[1]])

    await runs[0]?.end()
    expect(wishesOf()).toEqual([[1], [2, 3, 4]])
    await runs[1]?.end()
    expect(await Promise.all(answers)).toEqual([2, 4, 6, 8])
  })

  test('a busy batcher lingers before a run that is not full, and includes the items that arrive meanwhile', async () => {
    const { run, runs, wishesOf } = slowRun()
    let rested: () => void = () => undefined
    const rest = () => new Promise<void>((resolve) => (rested = resolve))
    const wish = batched(3, run, rest)
    void wish(1)
    await settleDown()
    void wish(2)
    await runs[0]?.end()
    void wish(3)
    await settleDown()
    expect(wishesOf()).toEqual([[1]])

    rested()
    await settleDown()
    expect(wishesOf()).toEqual([[1], [2, 3]])
    for (const one of [4, 5, 6]) void wish(one)
    await runs[1]?.end()
    expect(wishesOf()).toEqual([[1], [2, 3], [4, 5, 6]])
  })

  test('a run has at most 2 items when the limit is 2; further items follow in order', async () => {
    const { run, runs, wishesOf } = slowRun()
    const wish = batched(2, run)
    const answers = [1, 2, 3, 4, 5].map(wish)
    await settleDown()
    for (let index = 0; index < 3; index += 1) await runs[index]?.end()

    expect(wishesOf()).toEqual([[1, 2], [3, 4], [5]])
    expect(await Promise.all(answers)).toEqual([2, 4, 6, 8, 10])
  })

  test('a run that fails rejects its own items and no others', async () => {
    const { run, runs } = slowRun()
    const wish = batched(2, run)
    const answers = Promise.allSettled([1, 2, 3].map(wish))
    await settleDown()
    await runs[0]?.end(new Error('away'))
    await runs[1]?.end()

    expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
    const after = wish(4)
    await settleDown()
    await runs[2]?.end()
    expect(await after).toBe(8)
  })

  test('a run that throws synchronously rejects its items, and the next run works', async () => {
    let broken = true
    const wish = batched<number, number>(2, (wishes) => {
      if (broken) throw new Error('at once')
      return Promise.resolve(wishes)
    })
    await expect(wish(1)).rejects.toThrow('at once')
    broken = false
    expect(await wish(2)).toBe(2)
  })

  test('a failing linger does not stop the following runs', async () => {
    const { run, runs, wishesOf } = slowRun()
    const wish = batched(10, run, () => Promise.reject(new Error('no rest')))
    const first = wish(1)
    await settleDown()
    const second = wish(2)
    await runs[0]?.end()
    await settleDown()
    expect(wishesOf()).toEqual([[1], [2]])
    await runs[1]?.end()
    const third = wish(3)
    await settleDown()
    await runs[2]?.end()
    expect(await Promise.all([first, second, third])).toEqual([2, 4, 6])
  })
})
