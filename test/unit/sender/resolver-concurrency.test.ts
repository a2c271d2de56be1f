import { describe, expect, test } from 'vitest'
import { makeResolverConcurrency } from '../../../src/sender/guard/resolver-concurrency.ts'

/** Asks for turns and remembers who had one, in order. */
function asking(atATime: number) {
  const turn = makeResolverConcurrency(atATime)
  const started: string[] = []
  const ends = new Map<string, () => void>()
  return {
    started,
    ask: async (projectId: string, name: string) => {
      const end = await turn(projectId)
      started.push(name)
      ends.set(name, end)
    },
    end: async (name: string) => {
      ends.get(name)?.()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

describe('turns at the system’s resolver', () => {
  test('are one at a time for a project, so that another has one while its names do not resolve', async () => {
    const { ask, started } = asking(2)
    for (let index = 0; index < 50; index += 1) void ask('prj_slow', `slow ${index}`)
    await ask('prj_quick', 'quick')
    expect(started).toEqual(['slow 0', 'quick'])
  })

  test('go from project to project', async () => {
    const { ask, end, started } = asking(1)
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
