import { describe, expect, test } from 'vitest'
import { makeKeyedCounter } from '../../../../src/domain/shared/keyed-counter.ts'

describe('keyed counter', () => {
  test('refuses a key at its maximum, and takes the key again after a release', () => {
    const counter = makeKeyedCounter(2)
    const release = counter.take('a')
    expect(counter.take('a')).not.toBeNull()
    expect(counter.take('a')).toBeNull()
    expect(counter.take('b')).not.toBeNull()
    release?.()
    expect(counter.take('a')).not.toBeNull()
    expect(counter.take('a')).toBeNull()
  })

  test('lowers the count once when a release is called twice', () => {
    const counter = makeKeyedCounter()
    const [first] = [counter.take('a'), counter.take('a'), counter.take('a')]
    first?.()
    first?.()
    expect(counter.countOf('a')).toBe(2)
  })

  test('adds and subtracts amounts, and counts 0 for a key that is not in use', () => {
    const counter = makeKeyedCounter<object>()
    const key = {}
    counter.add(key, 5)
    counter.add(key, -2)
    expect(counter.countOf(key)).toBe(3)
    counter.add(key, -3)
    expect([counter.countOf(key), counter.countOf({})]).toEqual([0, 0])
  })
})
