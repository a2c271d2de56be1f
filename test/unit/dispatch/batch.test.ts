import { describe, expect, test } from 'vitest'
import { batched } from '../../../src/dispatch/batch.ts'
import { settleDown } from './world.ts'

/** A run that answers when the test says so; each wish is answered by itself, doubled. */
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

describe('wishes that share a round trip', () => {
  test('a single wish on an idle line is run at once, alone', async () => {
    const { run, runs, wishesOf } = slowRun()
    const wish = batched(10, run)
    const answer = wish(1)
    await new Promise((resolve) => setImmediate(resolve))

    expect(wishesOf()).toEqual([[1]])
    await runs[0]?.end()
    expect(await answer).toBe(2)
  })

  test('wishes of the same turn go together', async () => {
    const { run, wishesOf } = slowRun()
    const wish = batched(10, run)
    for (const one of [1, 2, 3]) void wish(one)
    await settleDown()
    expect(wishesOf()).toEqual([[1, 2, 3]])
  })

  test('wishes during a run share the next, which begins when that one ends and never beside it', async () => {
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

  test('a busy line rests before a run that would not be full, and takes along what comes meanwhile', async () => {
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

  test('a run carries no more than it may; the rest follows in order', async () => {
    const { run, runs, wishesOf } = slowRun()
    const wish = batched(2, run)
    const answers = [1, 2, 3, 4, 5].map(wish)
    await settleDown()
    for (let index = 0; index < 3; index += 1) await runs[index]?.end()

    expect(wishesOf()).toEqual([[1, 2], [3, 4], [5]])
    expect(await Promise.all(answers)).toEqual([2, 4, 6, 8, 10])
  })

  test('a run that fails rejects its own wishes and no other', async () => {
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

  test('a run that throws before it waits rejects its wishes, and the line goes on', async () => {
    let broken = true
    const wish = batched<number, number>(2, (wishes) => {
      if (broken) throw new Error('at once')
      return Promise.resolve(wishes)
    })
    await expect(wish(1)).rejects.toThrow('at once')
    broken = false
    expect(await wish(2)).toBe(2)
  })

  test('a rest that fails does not stop the runs that follow', async () => {
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
