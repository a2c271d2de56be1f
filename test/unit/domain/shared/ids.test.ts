import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { idPrefixes, instantOf, isIdOf, type IdKind } from '../../../../src/domain/shared/ids.ts'
import { system } from '../../../../src/runtime/system.ts'
import { buildId, noon } from '../../../support/samples.ts'

const kinds = Object.keys(idPrefixes) as IdKind[]
const lastInstant = new Date('9999-12-31T23:59:59.999Z')
const instants = fc.date({ min: new Date(0), max: lastInstant, noInvalidDate: true })

describe('new id', () => {
  test('a new id has its kind and the millisecond for which it was made', () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), instants, (kind, at) => {
        const id = system.newId(kind, at)
        expect(isIdOf(kind, id)).toBe(true)
        expect(instantOf(id)).toEqual(at)
      }),
    )
  })

  test('a new id has no other kind', () => {
    for (const kind of kinds)
      expect(kinds.filter((other) => isIdOf(other, system.newId(kind)))).toEqual([kind])
  })

  test('ids sort by their instants', () => {
    fc.assert(
      fc.property(instants, instants, (one, other) => {
        fc.pre(one.getTime() !== other.getTime())
        expect(system.newId('order', one) < system.newId('order', other)).toBe(one < other)
      }),
    )
  })

  test('a new id without an instant has the current time', () => {
    const before = Date.now()
    const at = instantOf(system.newId('attempt')).getTime()
    expect(at).toBeGreaterThanOrEqual(before)
    expect(at).toBeLessThanOrEqual(Date.now())
  })

  test('1,000 ids for the same instant are different', () => {
    const ids = Array.from({ length: 1_000 }, () => system.newId('delivery', noon))
    expect(new Set(ids).size).toBe(1_000)
  })
})

describe('id format', () => {
  const good = buildId('ord')

  test('an id is a prefix and 26 letters of base32', () => {
    expect(isIdOf('order', good)).toBe(true)
  })

  test.each([
    ['another prefix', buildId('evt')],
    ['no prefix', good.slice(4)],
    ['the prefix twice', `ord_${good}`],
    ['a letter too few', good.slice(0, -1)],
    ['a letter too many', `${good}0`],
    ['upper case', good.toUpperCase()],
    ['a letter that base32 leaves out', good.replace('x', 'l')],
    ['more than 128 bits', good.replace('_0', '_8')],
    ['an instant after the year 9999', system.newId('order', new Date(lastInstant.getTime() + 1))],
    ['a line end after it', `${good}\n`],
    ['a space before it', ` ${good}`],
    ['NUL', good.replace('x', '\0')],
    ['no characters', ''],
    ['only a prefix', 'ord_'],
  ])('a text with %s is not an id', (_, text) => {
    expect(isIdOf('order', text)).toBe(false)
  })
})
