import { describe, expect, test } from 'vitest'
import { makeResolverConcurrency } from '../../../../src/sender/guard/resolver-concurrency.ts'

/** Requests places and records the order in which they are granted. */
function makeQueue(atATime: number) {
  const acquire = makeResolverConcurrency(atATime)
  const started: string[] = []
  const ends = new Map<string, () => void>()
  return {
    started,
    ask: async (projectId: string, name: string) => {
      const end = await acquire(projectId)
      started.push(name)
      ends.set(name, end)
    },
    end: async (name: string) => {
      ends.get(name)?.()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

describe('system resolver concurrency', () => {
  test('a project has one system look-up at a time, so that another project gets a place while 50 of the first wait', async () => {
    const { ask, started } = makeQueue(2)
    for (let index = 0; index < 50; index += 1) void ask('prj_slow', `slow ${index}`)
    await ask('prj_quick', 'quick')
    expect(started).toEqual(['slow 0', 'quick'])
  })

  test('places for system look-ups go to the projects in turn', async () => {
    const { ask, end, started } = makeQueue(1)
    const asked = [ask('a', 'a1'), ask('a', 'a2'), ask('a', 'a3'), ask('b', 'b1'), ask('c', 'c1')]
    for (const name of ['a1', 'b1', 'c1', 'a2', 'a3']) {
      await new Promise((resolve) => setImmediate(resolve))
      expect(started.at(-1)).toBe(name)
      await end(name)
    }
    await Promise.all(asked)
    expect(started).toEqual(['a1', 'b1', 'c1', 'a2', 'a3'])
  })
})
