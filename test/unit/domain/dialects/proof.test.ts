/** Secrets and tokens: which are accepted, the form in which they are stored, and that no shown request contains one. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkToken, tokenBytes, writeToken } from '../../../../src/domain/dialects/token.ts'
import { isProblem } from '../../../../src/domain/shared/text.ts'
import { requestContextFor } from '../../../support/checks/dialects.ts'
import {
  dialectRules,
  dialects,
  maskHeaders,
  type Dialect,
} from '../../../../src/domain/dialects/registry.ts'

const field = ['secret']
const check = (dialect: Dialect, text: string) => {
  const checked = dialectRules[dialect].secret?.check(text, field)
  return isProblem(checked) ? checked.code : checked
}
const base64 = (count: number, of = 7): string => Buffer.alloc(count, of).toString('base64')

describe.each(['STANDARD', 'FLIPDISH'] as const)('secret of %s', (dialect) => {
  test.each([24, 25, 32, 64])(
    'a whsec_ secret of %i bytes is accepted with and without its prefix',
    (count) => {
      expect(check(dialect, `whsec_${base64(count)}`)).toBe(`whsec_${base64(count)}`)
      expect(check(dialect, base64(count))).toBe(`whsec_${base64(count)}`)
    },
  )

  test.each([
    ['no characters', '', 'INVALID'],
    ['a prefix only', 'whsec_', 'INVALID'],
    ['23 bytes', `whsec_${base64(23)}`, 'INVALID'],
    ['65 bytes', `whsec_${base64(65)}`, 'TOO_LONG'],
    ['the prefix twice', `whsec_whsec_${base64(32)}`, 'INVALID'],
    ['another prefix', `whsk_${base64(32)}`, 'INVALID'],
    ['white space around it', ` whsec_${base64(32)}`, 'INVALID'],
    ['white space in it', `whsec_${base64(16)} ${base64(16)}`, 'INVALID'],
    ['a new line after it', `whsec_${base64(32)}\n`, 'INVALID'],
    ['no padding', `whsec_${base64(32).replace('=', '')}`, 'INVALID'],
    ['base64url', `whsec_${Buffer.alloc(32, 0xff).toString('base64url')}`, 'INVALID'],
    ['zero bytes only', `whsec_${base64(32, 0)}`, 'INVALID'],
  ])('a whsec_ secret with %s is refused', (_, text, code) => {
    expect(check(dialect, text)).toBe(code)
  })
})

describe('secret of FAST_EVENTS', () => {
  test.each([24, 64])('a FAST_EVENTS secret of %i characters is accepted unchanged', (count) => {
    expect(check('FAST_EVENTS', 'x'.repeat(count))).toBe('x'.repeat(count))
  })

  test.each([
    ['is too short', 'x'.repeat(23), 'INVALID'],
    ['is too long', 'x'.repeat(65), 'TOO_LONG'],
    ['is all zeros', '0'.repeat(32), 'INVALID'],
    ['is 32 zero bytes in base64', 'A'.repeat(43), 'INVALID'],
    ['is the mask of a secret', '[masked]'.repeat(3), 'INVALID'],
    ['has white space', `${'x'.repeat(24)} `, 'INVALID'],
    ['has characters of several bytes', 'é'.repeat(24), 'INVALID'],
    ['has control characters', `${'x'.repeat(24)}\u0000`, 'INVALID'],
  ])('a FAST_EVENTS secret that %s is refused', (_, text, code) => {
    expect(check('FAST_EVENTS', text)).toBe(code)
  })
})

test.each(dialects.filter((dialect) => dialectRules[dialect].secret !== null))(
  'a generated secret of %s passes the check for given secrets',
  (dialect) => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        fc.pre(bytes.some((byte) => byte !== 0))
        const written = dialectRules[dialect].secret?.write(bytes) ?? ''
        expect(check(dialect, written)).toBe(written)
      }),
    )
  },
)

describe('given token', () => {
  const codeOf = (text: string) => {
    const checked = checkToken(text, ['token'])
    return isProblem(checked) ? checked.code : checked
  }

  test.each(['a', 'FFCPUG2A', 'x'.repeat(255), 'a\\b', '!#$%&()*+,-./:;<=>?@[]^_`{|}~'])(
    'a token of 1 to 255 printable characters is accepted: %s',
    (text) => {
      expect(codeOf(text)).toBe(text)
    },
  )

  test.each([
    ['', 'REQUIRED'],
    ['x'.repeat(256), 'TOO_LONG'],
    ['a"b', 'INVALID'],
    ["it's me", 'INVALID'],
    [' a', 'INVALID'],
    ['a ', 'INVALID'],
    ['a\tb', 'INVALID'],
    ['a\r\nX-Evil: 1', 'INVALID'],
    ['a\u007f', 'INVALID'],
    ['é', 'INVALID'],
  ])('the token %j is refused', (text, code) => {
    expect(codeOf(text)).toBe(code)
  })
})

test('a generated token has 32 lower-case hexadecimal characters, as in the Foody document', () => {
  const token = '4ded1606cd25421398b2de069f1f2cdd'
  expect(writeToken(Buffer.from(token, 'hex'))).toBe(token)
  expect(writeToken(Buffer.alloc(tokenBytes))).toHaveLength(32)
})

test.each(dialects)('no shown request of %s contains its secret, its token or its signature', (dialect) => {
  const rules = dialectRules[dialect]
  const { secret, secretHeaders, token } = rules
  const bytes = (count: number) => fc.uint8Array({ minLength: count, maxLength: count })
  fc.assert(
    fc.property(bytes(32), bytes(tokenBytes), (secretBytes, ofToken) => {
      const secrets = secret === null ? [] : [secret.write(secretBytes)]
      const given = token === 'NONE' ? null : writeToken(ofToken)
      const context = requestContextFor(dialect, { secrets, token: given })
      for (const { headers, body, shownBody } of [rules.render(context), rules.renderTest(context)]) {
        const shown = JSON.stringify([maskHeaders(dialect, headers), shownBody ?? body])
        const proofs = headers.filter(({ name }) => secretHeaders.includes(name.toLowerCase()))
        for (const text of [
          ...secrets,
          ...(given === null ? [] : [given]),
          ...proofs.map(({ value }) => value),
        ])
          expect(shown).not.toContain(text)
      }
    }),
  )
})
