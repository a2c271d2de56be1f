/** Ids of `newId`, compared with typeid-js and uuid, which define the format. */
import fc from 'fast-check'
import { TypeID } from 'typeid-js'
import { v7, validate, version } from 'uuid'
import { afterEach, expect, test, vi } from 'vitest'
import { idPrefixes, type IdKind } from '../../../src/domain/shared/ids.ts'
import { newId } from '../../../src/runtime/new-id.ts'
import { noon } from '../../support/samples.ts'

const kinds = Object.keys(idPrefixes) as IdKind[]
const lastInstant = new Date('9999-12-31T23:59:59.999Z')
const instants = fc.date({ min: new Date(0), max: lastInstant, noInvalidDate: true })
/** The prefix, `_` and the ten characters of the time. */
const timeEnd = 4 + 10

afterEach(() => {
  vi.useRealTimers()
})

test('typeid-js reads every new id as a UUIDv7 and writes this UUID as the same id', () => {
  fc.assert(
    fc.property(fc.constantFrom(...kinds), fc.option(instants), (kind, at) => {
      const id = at === null ? newId(kind) : newId(kind, at)
      const prefix = idPrefixes[kind]
      const uuid = TypeID.fromString(id, prefix).toUUID()
      expect([validate(uuid), version(uuid)]).toEqual([true, 7])
      expect(TypeID.fromUUID(prefix, uuid).toString()).toBe(id)
    }),
  )
})

test('a new id has the same time characters as an id of typeid-js for the same millisecond', () => {
  fc.assert(
    fc.property(instants, (at) => {
      const reference = TypeID.fromUUID('dlv', v7({ msecs: at.getTime() })).toString()
      expect(newId('delivery', at).slice(0, timeEnd)).toBe(reference.slice(0, timeEnd))
    }),
  )
})

test('the 74 random bits of an id each have both values among 200 ids for the same time', () => {
  const bitsOf = (id: string) => {
    const hex = TypeID.fromString(id, 'dlv').toUUID().replaceAll('-', '').slice(12)
    return BigInt(`0x${hex}`).toString(2).padStart(80, '0')
  }
  const all = Array.from({ length: 200 }, () => bitsOf(newId('delivery', noon)))
  const varied = Array.from({ length: 80 }, (_, bit) => new Set(all.map((bits) => bits[bit])).size === 2)
  const constant = [0, 1, 2, 3, 16, 17] // the version and the variant
  expect(varied).toEqual(varied.map((_, bit) => !constant.includes(bit)))
})

test('ids without a time ascend, also within one millisecond and after the clock was set back', () => {
  vi.useFakeTimers({ toFake: ['Date'], now: noon.getTime() + 1_000 })
  const first = Array.from({ length: 5_000 }, () => newId('event'))
  vi.setSystemTime(noon)
  const afterSetBack = Array.from({ length: 5_000 }, () => newId('event'))
  vi.setSystemTime(noon.getTime() + 1_001)
  const ids = [...first, ...afterSetBack, newId('event')]
  const outOfOrder = ids.find((id, index) => id <= (ids[index - 1] ?? ''))
  expect(outOfOrder).toBeUndefined()
})

test('100,000 ids for the same time are different', () => {
  expect(new Set(Array.from({ length: 100_000 }, () => newId('attempt', noon))).size).toBe(100_000)
})
