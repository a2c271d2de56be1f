import { describe, expect, test } from 'vitest'
import { cut, maxJsonDepth, writeObject } from '../../../../src/domain/shared/json.ts'

const write = (value: unknown, maxBytes = 1_000) => writeObject(value, ['data'], { maxBytes })
const nested = (levels: number): object => (levels === 1 ? {} : { a: nested(levels - 1) })
/** A value as a request contains it, which JavaScript may write differently. */
const parsed = (text: string): unknown => JSON.parse(text)

describe('accepted JSON object', () => {
  test.each([
    ['keys in their order', '{"b":1,"a":[true,false,null,""],"c":{}}'],
    ['negative zero', '{"a":-0,"b":[-0,0]}'],
    ['the largest integer and the smallest fraction', '{"a":9007199254740991,"b":5e-324,"c":-0.1}'],
    ['keys such as __proto__', '{"__proto__":{"x":1},"constructor":2,"toString":null}'],
    ['NUL and half of a surrogate pair as escapes', '{"\\u0000":"\\u0000","a":"\\ud800"}'],
    ['special characters', '{"a":"𝄞 é \\" \\\\ </script>"}'],
    ['no members', '{}'],
  ])('an object with %s is stored as the same text', (_, text) => {
    expect(write(parsed(text))).toMatchObject({ ok: true, value: { text } })
  })

  test('an object is stored without white space, and with the last of two equal keys', () => {
    expect(write(parsed(' { "a" : 1.50e1 , "a" : 1.0 } '))).toMatchObject({ value: { text: '{"a":1}' } })
  })

  test('undefined members are left out, and undefined list items are stored as null', () => {
    expect(write({ a: undefined, b: [undefined] })).toMatchObject({ value: { text: '{"b":[null]}' } })
  })

  test('an object of 10 bytes in UTF-8 is accepted when the limit is 10; 12 bytes are refused with TOO_LONG', () => {
    expect(write({ a: 'é' }, 10)).toMatchObject({ ok: true })
    expect(write({ a: 'éé' }, 10)).toMatchObject({
      ok: false,
      problems: [
        { code: 'TOO_LONG', field: ['data'], message: expect.stringContaining('12 bytes') as string },
      ],
    })
  })

  test('an object of the maximum depth is accepted; one level more is refused with INVALID', () => {
    expect(write(nested(maxJsonDepth))).toMatchObject({ ok: true, value: { objects: maxJsonDepth } })
    expect(write(nested(maxJsonDepth + 1))).toMatchObject({ ok: false, problems: [{ code: 'INVALID' }] })
    expect(write(nested(5_000))).toMatchObject({ ok: false, problems: [{ code: 'INVALID' }] })
  })

  test('an object of 100,000 keys is accepted', () => {
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, index]))
    expect(write(wide, 10_000_000)).toMatchObject({ ok: true, value: { text: JSON.stringify(wide) } })
  })
})

describe('refused JSON', () => {
  test.each([null, [], [{}], 7, 'text', true, undefined])(
    '%j is refused because it is not an object',
    (value) => {
      expect(write(value)).toMatchObject({ ok: false, problems: [{ code: 'INVALID', field: ['data'] }] })
    },
  )

  test.each(['1e400', '-1e400', '9007199254740993', '-9007199254740992', '1e300'])(
    'the number %s is refused because digits would be lost',
    (number) => {
      expect(write(parsed(`{"a":[0,{"b":${number}}]}`))).toMatchObject({
        ok: false,
        problems: [{ code: 'INVALID', field: ['data', 'a', '1', 'b'] }],
      })
    },
  )

  test('at most ten problems are returned at once, and a long key is truncated in the field', () => {
    const key = '🔑'.repeat(5_000)
    const answer = write({ [key]: 2 ** 60, list: Array.from({ length: 20 }, () => Infinity) })
    const problems = answer.ok ? [] : answer.problems
    expect(problems).toHaveLength(10)
    expect(problems[0]?.field).toEqual(['data', `${'🔑'.repeat(99)}…`])
    expect(problems[9]?.field).toEqual(['data', 'list', '8'])
  })
})

test('cut shortens only texts that are too long, and never within a character', () => {
  expect(cut('abc', 3)).toBe('abc')
  expect(cut('abcd', 3)).toBe('ab…')
  expect(cut('🔑🔑🔑', 3)).toBe('🔑🔑🔑')
  expect(cut('🔑🔑🔑🔑', 3)).toBe('🔑🔑…')
})
