import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  makeWaitingLanes,
  type FreeCapacity,
  type Lane,
} from '../../../../src/dispatch/lanes/waiting-lanes.ts'

const anyRoom: FreeCapacity = { forProject: () => true, atHost: () => true, forLane: () => true }
const lane = (projectId: string, webhookId: string, host = `${webhookId}.example`): Lane => ({
  projectId,
  webhookId,
  host,
})

function fill(lanes: readonly Lane[]) {
  const waiting = makeWaitingLanes()
  for (const each of lanes) waiting.add(each)
  return waiting
}

/** The webhook ids in the order in which they are served. */
function served(waiting: ReturnType<typeof makeWaitingLanes>, room = anyRoom): string[] {
  const order: string[] = []
  for (let next = waiting.next(room); next !== null; next = waiting.next(room)) order.push(next.webhookId)
  return order
}

describe('waiting lanes', () => {
  test('waiting lanes are served in turn by project, and in arrival order within a project', () => {
    const waiting = fill([
      lane('a', 'a1'),
      lane('a', 'a2'),
      lane('a', 'a3'),
      lane('b', 'b1'),
      lane('b', 'b2'),
    ])
    expect(served(waiting)).toEqual(['a1', 'b1', 'a2', 'b2', 'a3'])
  })

  test('waiting lanes of a project are served in turn by host', () => {
    const waiting = fill([
      lane('a', 'a1', 'big'),
      lane('a', 'a2', 'big'),
      lane('a', 'a3', 'big'),
      lane('a', 'a4', 'small'),
    ])
    expect(served(waiting)).toEqual(['a1', 'a4', 'a2', 'a3'])
  })

  test('waiting lanes are skipped while their project or host is full, and keep their turn', () => {
    const waiting = fill([lane('a', 'a1', 'x'), lane('a', 'a2', 'y'), lane('b', 'b1', 'x')])
    expect(waiting.next({ ...anyRoom, forProject: (projectId) => projectId === 'b' })?.webhookId).toBe('b1')
    waiting.add(lane('b', 'b1', 'x'))
    expect(waiting.next({ ...anyRoom, atHost: (host) => host === 'y' })?.webhookId).toBe('a2')
    expect(waiting.next({ ...anyRoom, atHost: () => false })).toBeNull()
    expect(waiting.next({ ...anyRoom, forLane: () => false })).toBeNull()
    expect(served(waiting)).toEqual(['b1', 'a1'])
  })

  test('a lane that is added twice waits once, and a removed lane does not wait', () => {
    const waiting = fill([lane('a', 'a1'), lane('a', 'a1'), lane('b', 'b1')])
    waiting.remove('b1')
    waiting.remove('unknown')
    expect([waiting.has('a1'), waiting.has('b1')]).toEqual([true, false])
    expect(served(waiting)).toEqual(['a1'])
    expect(waiting.has('a1')).toBe(false)
  })

  test('each of 24 waiting lanes is served within 24 rounds, whichever projects and hosts were full before', () => {
    const turns = fc.array(fc.record({ project: fc.nat(3), host: fc.nat(3) }), {
      minLength: 1,
      maxLength: 60,
    })
    fc.assert(
      fc.property(turns, (blocked) => {
        const all = Array.from({ length: 24 }, (_, index) =>
          lane(`p${index % 4}`, `w${index}`, `h${index % 3}`),
        )
        const waiting = fill(all)
        for (const { project, host } of blocked) {
          const next = waiting.next({
            ...anyRoom,
            forProject: (projectId) => projectId !== `p${project}`,
            atHost: (each) => each !== `h${host}`,
          })
          if (next !== null) waiting.add(next)
        }
        // From here on all projects and hosts have capacity: skipped lanes come before the lanes that are added now.
        const seen = new Set<string>()
        for (let turn = 0; turn < 24 * 24 && seen.size < 24; turn += 1) {
          const next = waiting.next(anyRoom)
          if (next === null) throw new Error('expected a lane')
          seen.add(next.webhookId)
          waiting.add(next)
        }
        expect(seen.size).toBe(24)
      }),
      { numRuns: 50 },
    )
  })
})
