/** Sharing of one capacity between projects, tested with random demands. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeCapacity, type Capacity } from '../../../../src/domain/deliveries/capacity.ts'

/** Takes as much as the project may have and returns the amount. */
function takeAll(capacity: Capacity, projectId: string): number {
  let count = 0
  for (; capacity.hasRoom(projectId); count += 1) capacity.take(projectId)
  return count
}

describe('shared capacity', () => {
  test('takes that check for room never exceed the capacity, and it is free again when all is given back', () => {
    const step = fc.record({ project: fc.nat(30), give: fc.boolean() })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.array(step, { maxLength: 3_000 }), (size, steps) => {
        const capacity = makeCapacity(size)
        const held: string[] = []
        for (const { project, give } of steps) {
          const projectId = `prj_${project}`
          if (give && held.includes(projectId)) {
            held.splice(held.indexOf(projectId), 1)
            capacity.give(projectId)
          } else if (capacity.hasRoom(projectId)) {
            held.push(projectId)
            capacity.take(projectId)
          }
          expect(capacity.taken()).toBe(held.length)
          expect(capacity.taken()).toBeLessThanOrEqual(size)
        }
        for (const projectId of held) capacity.give(projectId)
        expect(capacity.taken()).toBe(0)
      }),
      { numRuns: 50 },
    )
  })

  test.each([
    [1, 1],
    [2, 2],
    [10, 8],
    [100, 80],
    [1_000, 800],
  ])('a project that is alone may take of a capacity of %i at most %i', (size, alone) => {
    expect(takeAll(makeCapacity(size), 'prj_1')).toBe(alone)
  })

  test('a project that holds nothing has room while any capacity is free', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.nat(100), (size, others) => {
        const capacity = makeCapacity(size)
        for (let index = 0; index < others; index += 1) takeAll(capacity, `prj_${index}`)
        expect(capacity.hasRoom('prj_new')).toBe(capacity.taken() < size)
      }),
    )
  })

  test('a capacity of 1,000 has room for 40 projects that take all they may, one after the other, and for one more', () => {
    const capacity = makeCapacity(1_000)
    for (let index = 0; index < 40; index += 1) expect(takeAll(capacity, `prj_${index}`)).toBeGreaterThan(0)
    expect(capacity.hasRoom('prj_new')).toBe(true)
  })

  test('capacity is shared evenly between greedy projects, whatever each held before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.infiniteStream(fc.nat(999)), (count, chosen) => {
        const capacity = makeCapacity(1_000)
        const held: string[] = []
        const names = Array.from({ length: count }, (_, index) => `prj_${index}`)
        for (const projectId of names)
          for (let left = takeAll(capacity, projectId); left > 0; left -= 1) held.push(projectId)
        // Requests end in random order, and each project in turn takes what it may.
        for (let round = 0; round < 8_000; round += 1) {
          const [ended = ''] = held.splice((chosen.next().value ?? 0) % held.length, 1)
          capacity.give(ended)
          for (const projectId of names) {
            if (!capacity.hasRoom(projectId)) continue
            capacity.take(projectId)
            held.push(projectId)
          }
        }
        const shares = names.map((projectId) => held.filter((each) => each === projectId).length)
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(10)
        expect(capacity.taken()).toBeGreaterThanOrEqual(800)
      }),
      { numRuns: 15 },
    )
  })

  test('giving back more than was taken throws', () => {
    const capacity = makeCapacity(10)
    capacity.take('prj_1')
    expect(() => capacity.give('prj_2')).toThrow('expected prj_2 to hold a part of the capacity')
  })
})
