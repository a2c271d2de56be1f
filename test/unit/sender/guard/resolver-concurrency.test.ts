import { describe, expect, test } from 'vitest'
import { makeResolverConcurrency } from '../../../../src/sender/guard/resolver-concurrency.ts'

/** Starts look-ups that run until the test ends them, and records the order in which they start. */
function makeQueue(concurrency: number) {
  const limit = makeResolverConcurrency(concurrency)
  const started: string[] = []
  const ends = new Map<string, () => void>()
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return {
    started,
    settle,
    request: (projectId: string, name: string) =>
      limit(projectId, () => {
        started.push(name)
        return new Promise<void>((resolve) => ends.set(name, resolve))
      }),
    end: async (name: string) => {
      ends.get(name)?.()
      await settle()
    },
  }
}

describe('system resolver concurrency', () => {
  test('a project has one system look-up at a time, so that another project gets a place while 50 of the first wait', async () => {
    const { request, started, settle } = makeQueue(2)
    for (let index = 0; index < 50; index += 1) void request('prj_slow', `slow ${index}`)
    void request('prj_quick', 'quick')
    await settle()
    expect(started).toEqual(['slow 0', 'quick'])
  })

  test('places for system look-ups go to the projects in turn', async () => {
    const { request, end, started, settle } = makeQueue(1)
    const requests = [
      request('a', 'a1'),
      request('a', 'a2'),
      request('a', 'a3'),
      request('b', 'b1'),
      request('c', 'c1'),
    ]
    for (const name of ['a1', 'b1', 'c1', 'a2', 'a3']) {
      await settle()
      expect(started.at(-1)).toBe(name)
      await end(name)
    }
    await Promise.all(requests)
    expect(started).toEqual(['a1', 'b1', 'c1', 'a2', 'a3'])
  })
})
