import { describe, expect, test } from 'vitest'
import { cut, maxJsonDepth, writeObject } from '../../../../src/domain/shared/json.ts'

const write = (value: unknown, maxBytes = 1_000) => writeObject(value, ['data'], { maxBytes })
const nested = (levels: number): object => (levels === 1 ? {} : { a: nested(levels - 1) })
/** As a request brings it, which is not always as JavaScript would write it. */
const parsed = (text: string): unknown => JSON.parse(text)

describe('an object is kept', () => {
  test.each([
    ['in its order', '{"b":1,"a":[true,false,null,""],"c":{}}'],
    ['with the zero that is below zero', '{"a":-0,"b":[-0,0]}'],
    ['with the largest whole numbers and the smallest parts', '{"a":9007199254740991,"b":5e-324,"c":-0.1}'],
    ['with keys that objects have by themselves', '{"__proto__":{"x":1},"constructor":2,"toString":null}'],
    ['with a NUL and half of a surrogate pair, as escapes', '{"\\u0000":"\\u0000","a":"\\ud800"}'],
    ['with all that is written in it', '{"a":"𝄞 é \\" \\\\ </script>"}'],
    ['when it is empty', '{}'],
  ])('%s', (_, text) => {
    expect(write(parsed(text))).toMatchObject({ ok: true, value: { text } })
  })

  test('without the spaces around it, and the last of two keys that are alike', () => {
    expect(write(parsed(' { "a" : 1.50e1 , "a" : 1.0 } '))).toMatchObject({ value: { text: '{"a":1}' } })
  })

  test('without what a variable left out', () => {
    expect(write({ a: undefined, b: [undefined] })).toMatchObject({ value: { text: '{"b":[null]}' } })
  })

  test('up to its bytes as UTF-8, and no further', () => {
    expect(write({ a: 'é' }, 10)).toMatchObject({ ok: true })
    expect(write({ a: 'éé' }, 10)).toMatchObject({
      ok: false,
      problems: [
        { code: 'TOO_LONG', field: ['data'], message: expect.stringContaining('12 bytes') as string },
      ],
    })
  })

  test('up to its levels, and no further', () => {
    expect(write(nested(maxJsonDepth))).toMatchObject({ ok: true, value: { objects: maxJsonDepth } })
    expect(write(nested(maxJsonDepth + 1))).toMatchObject({ ok: false, problems: [{ code: 'INVALID' }] })
    expect(write(nested(5_000))).toMatchObject({ ok: false, problems: [{ code: 'INVALID' }] })
  })

  test('with a hundred thousand keys', () => {
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, index]))
    expect(write(wide, 10_000_000)).toMatchObject({ ok: true, value: { text: JSON.stringify(wide) } })
  })
})

describe('what cannot be kept is refused', () => {
  test.each([null, [], [{}], 7, 'text', true, undefined])('%j is no object', (value) => {
    expect(write(value)).toMatchObject({ ok: false, problems: [{ code: 'INVALID', field: ['data'] }] })
  })

  test.each(['1e400', '-1e400', '9007199254740993', '-9007199254740992', '1e300'])(
    'a number whose digits are lost: %s',
    (number) => {
      expect(write(parsed(`{"a":[0,{"b":${number}}]}`))).toMatchObject({
        ok: false,
        problems: [{ code: 'INVALID', field: ['data', 'a', '1', 'b'] }],
      })
    },
  )

  test('all at once, ten at the most, and a long key is cut', () => {
    const key = '🔑'.repeat(5_000)
    const answer = write({ [key]: 2 ** 60, list: Array.from({ length: 20 }, () => Infinity) })
    const problems = answer.ok ? [] : answer.problems
    expect(problems).toHaveLength(10)
    expect(problems[0]?.field).toEqual(['data', `${'🔑'.repeat(99)}…`])
    expect(problems[9]?.field).toEqual(['data', 'list', '8'])
  })
})

test('a text is cut only where it is too long, and never within a character', () => {
  expect(cut('abc', 3)).toBe('abc')
  expect(cut('abcd', 3)).toBe('ab…')
  expect(cut('🔑🔑🔑', 3)).toBe('🔑🔑🔑')
  expect(cut('🔑🔑🔑🔑', 3)).toBe('🔑🔑…')
})
