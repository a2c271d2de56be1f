/** Arrays that a real PostgreSQL reads from the parameters of a settle. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { arrayParameter } from '../../../src/db/dispatch/settle/array-parameter.ts'
import { openSettleFixture, type SettleFixture } from '../support/settle-fixture.ts'

let fixture: SettleFixture
beforeAll(async () => {
  fixture = await openSettleFixture()
})
afterAll(() => fixture.close())

type Texts = readonly (string | null)[]

async function readBack(values: Texts): Promise<Texts> {
  const rows = await fixture.connections.sql<{ value: string | null }[]>`
    select value from unnest(${arrayParameter(values) as string}::text[]) with ordinality as v(value, place)
    order by place`
  return rows.map(({ value }) => value)
}

test.each<[string, Texts, boolean]>([
  ['no elements', [], true],
  ['nulls and the text null', [null, 'null', 'NULL', ''], true],
  ['quotes, braces and commas', ['a"b', '{a,b}', ' a ', '"'], true],
  ['backslashes', ['a\\b', '\\', '\\"'], false],
  ['JSON with escapes', [JSON.stringify({ a: 'x\n"\\' })], false],
  ['JSON without escapes', [JSON.stringify({ a: 1, b: ['c'] })], true],
  ['line ends and tabs', ['a\nb', 'a\r\n\tb'], false],
  ['other control characters', ['\u0001\u001f\u007f'], false],
  ['characters beyond ASCII', ['é', '\u2028', '日本', '😀'], true],
])('PostgreSQL reads %s as they were passed', async (_, values, isText) => {
  expect(await readBack(values)).toEqual(values)
  expect(typeof arrayParameter(values)).toBe(isText ? 'string' : 'object')
})

test('PostgreSQL reads any texts as they were passed', async () => {
  const character = fc.oneof(
    fc.constantFrom('"', '\\', '{', '}', ',', 'n', '\n', '\t', 'u'),
    fc.string({ unit: 'grapheme', maxLength: 1 }),
  )
  const text = fc
    .array(character, { maxLength: 12 })
    .map((characters) => characters.join('').replaceAll('\0', ''))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(text), { maxLength: 6 }), async (values) => {
      expect(await readBack(values)).toEqual(values)
    }),
    { numRuns: 300 },
  )
})

test('PostgreSQL reads numbers and nulls as they were passed', async () => {
  const numbers = [0, -1, 1.5, 2 ** 53 - 1, null, 1e21]
  const rows = await fixture.connections.sql<{ value: number | null }[]>`
    select value from unnest(${arrayParameter(numbers) as string}::float8[]) with ordinality as v(value, place)
    order by place`
  expect(rows.map(({ value }) => value)).toEqual(numbers)
})
