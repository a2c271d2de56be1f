import { expect, test } from 'vitest'
import { checkToken, writeToken } from '../../../../src/domain/dialects/token.ts'

test.each(['x', 'x'.repeat(255), 'a~ !#\\', '0-9_.:/+='])('the text %j is accepted as a token', (text) => {
  expect(checkToken(text, ['token'])).toBe(text)
})

test.each<readonly [string, string]>([
  ['', 'REQUIRED'],
  ['x'.repeat(256), 'TOO_LONG'],
  ...['a"b', "a'b", ' a', 'a\nb', 'é', '\x7f', '\0'].map((text) => [text, 'INVALID'] as const),
])('the text %j is refused as a token', (text, code) => {
  expect(checkToken(text, ['token'])).toMatchObject({ code, field: ['token'] })
})

test('a generated token has 32 hexadecimal characters', () => {
  expect(writeToken(new Uint8Array(16).fill(0xab))).toBe('ab'.repeat(16))
})
