import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Problem } from '../../../../src/domain/shared/problem.ts'
import {
  allFine,
  checkIdentifier,
  checkOptionalText,
  checkText,
  cleanIdentifier,
  isProblem,
  maxTextLength,
  withoutHidden,
} from '../../../../src/domain/shared/text.ts'

const check = (text: string, maxLength?: number) => checkText(text, ['input', 'name'], maxLength)
const codeOf = (found: string | Problem | null) => (isProblem(found) ? found.code : found)

describe('a text', () => {
  test('is trimmed, inside it stays as it is', () => {
    expect(check('  Main  Street ')).toBe('Main  Street')
    expect(check('\u00a0\u2003Caf\u00e9 \u2028')).toBe('Café')
  })

  test('keeps what people write', () => {
    for (const name of ["D'Artagnan & Söhne", '寿司', 'مطعم', '👩🏽‍🍳 Kitchen', '<b>"x"</b>', '-- drop'])
      expect(check(name)).toBe(name)
  })

  test.each(['', ' ', '\u00a0\u2003', '\ufeff'])('that is empty is asked for: %j', (text) => {
    expect(check(text)).toMatchObject({ code: 'REQUIRED', field: ['input', 'name'] })
  })

  test.each([
    ['a tab', 'Brian\tJohnson', 'Brian Johnson'],
    ['a line end', 'Brian\nJohnson', 'Brian Johnson'],
    ['CR and LF beside spaces', 'Brian \r\n  Johnson', 'Brian Johnson'],
    ['U+0085', 'Brian\u0085Johnson', 'Brian Johnson'],
    ['a line separator of Unicode', 'Brian\u2028Johnson', 'Brian Johnson'],
    ['a vertical tab and a form feed', 'Brian\v\fJohnson', 'Brian Johnson'],
    ['NUL', 'Bri\u0000an', 'Brian'],
    ['an escape', '\u001bBrian\u009b', 'Brian'],
    ['delete', 'Brian\u007f', 'Brian'],
    ['all of them around it', '\r\n\t\u0085\u0000 Brian \u0007\u0085\n', 'Brian'],
  ])('loses %s', (_, text, expected) => {
    expect(check(text)).toBe(expected)
  })

  test('is measured without the control characters that it loses', () => {
    expect(check(`${'\u0007'.repeat(50)}${'x'.repeat(maxTextLength)}\n`)).toBe('x'.repeat(maxTextLength))
  })

  test.each(['\u0000', '\t\n', '\u0085', '\u009b \u0007'])(
    'of control characters alone is empty: %j',
    (text) => {
      expect(codeOf(check(text))).toBe('REQUIRED')
    },
  )

  test.each([
    ['half a pair, first', 'a\ud83d'],
    ['half a pair, second', '\udd14a'],
    ['a pair the wrong way round', '\udd14\ud83d'],
  ])('with %s is refused', (_, text) => {
    expect(check(text)).toMatchObject({ code: 'INVALID', field: ['input', 'name'] })
  })

  test.each([
    ['a zero-width space', '\u200b'],
    ['joiners and marks of direction', '\u200d\u200c\u200e\u200f\u061c'],
    ['an override around nothing', '\u202e \u202c'],
    ['a selector of a picture that is not there', '\ufe0f'],
    ['a filler of Hangul', '\u3164'],
    ['a blank of Braille', '\u2800'],
    ['a tag', '\u{e0041}'],
  ])('that shows nothing is empty: %s', (_, text) => {
    expect(codeOf(check(text))).toBe('REQUIRED')
  })

  test.each([
    ['a zero-width space', 'Main\u200bStreet'],
    ['a word joiner', 'Main\u2060Street'],
    ['a soft hyphen', 'Main\u00adStreet'],
    ['a byte order mark', 'Main\ufeffStreet'],
    ['an override of direction', 'Main\u202eteertS'],
    ['an embedding', '\u00a0a\u202bb\u202cc'],
    ['an isolate', 'a\u2067b\u2069c'],
  ])('with %s within is refused', (_, text) => {
    expect(codeOf(check(text))).toBe('INVALID')
  })

  test('loses around it what nobody sees', () => {
    expect(check('\u200b \u202bMain Street\u202c\ufeff\u200d')).toBe('Main Street')
  })

  test('keeps the joiners, selectors and marks that scripts and emoji are written with', () => {
    for (const name of [
      'می\u200cخواهم',
      '👩\u200d🍳',
      '❤\ufe0f',
      '🏴\u{e0067}\u{e0062}\u{e007f}',
      'א\u200f!',
    ])
      expect(check(name)).toBe(name)
  })

  test('of half a million spaces is judged at once', () => {
    const beganMs = performance.now()
    expect(codeOf(check(`a${' '.repeat(500_000)}a`))).toBe('TOO_LONG')
    expect(performance.now() - beganMs).toBeLessThan(200)
  })

  test('of a person is kept without what nobody sees', () => {
    expect(withoutHidden('\u2068Dana\u2069 \u202eLevi')).toBe('Dana Levi')
    expect(withoutHidden('Dana\ud83d')).toBe('Dana')
    expect(withoutHidden('Dana \u{1f355}')).toBe('Dana \u{1f355}')
    expect(withoutHidden<string | null>(null)).toBeNull()
  })

  test('may have 200 characters and no more, counted as code points and after trimming', () => {
    for (const context of ['x', 'é', '寿', '👍']) {
      expect(check(` ${context.repeat(maxTextLength)} `)).toBe(context.repeat(maxTextLength))
      expect(codeOf(check(context.repeat(maxTextLength + 1)))).toBe('TOO_LONG')
    }
  })

  test('may have a limit of its own', () => {
    expect(check('x'.repeat(255), 255)).toHaveLength(255)
    expect(codeOf(check('x'.repeat(256), 255))).toBe('TOO_LONG')
  })

  test('that is accepted can be stored as UTF-8 and comes back the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const checked = check(text)
        if (isProblem(checked)) return
        expect(Buffer.from(checked, 'utf8').toString('utf8')).toBe(checked)
        expect(checked).not.toContain('\0')
        expect(check(checked)).toBe(checked)
      }),
    )
  })
})

describe('a text that may be absent', () => {
  const optional = (text: string | null | undefined) => checkOptionalText(text, ['areaName'])

  test.each([null, undefined])('is null when it is %j', (text) => {
    expect(optional(text)).toBeNull()
  })

  test.each(['', '   ', '\u200b', '\u202e ', '\u0000', '\t', '\n'])(
    'is empty, and not null, when it is %j',
    (text) => {
      expect(optional(text)).toBe('')
    },
  )

  test('is checked like any other when it is there', () => {
    expect(optional(' Bay 4 ')).toBe('Bay 4')
    expect(codeOf(optional('x'.repeat(201)))).toBe('TOO_LONG')
  })

  test('does not pass off half of a surrogate pair as empty', () => {
    expect(codeOf(optional('\ud83d'))).toBe('INVALID')
  })
})

describe('what a partner calls a thing', () => {
  test('is read in a look-up as it is stored', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const stored = checkIdentifier(text, ['partnerIdentifier'])
        expect(cleanIdentifier(text)).toBe(stored)
      }),
    )
    for (const text of ['\ufeffA-1\r\n', 'A\ud83d-1', 'A\u200b-1', ' A-1\u0000'])
      expect([cleanIdentifier(text), checkIdentifier(text, [])]).toEqual(['A-1', 'A-1'])
  })
})

describe('several at once', () => {
  test('are the checked values when all are fine', () => {
    expect(allFine({ name: check(' a '), area: null, etaAt: new Date(0) })).toEqual({
      ok: true,
      value: { name: 'a', area: null, etaAt: new Date(0) },
    })
  })

  test('are all of their problems when some are not', () => {
    const result = allFine({ name: check(''), area: 'fine', code: checkText('\ud83d', ['code']) })
    expect(result).toMatchObject({
      ok: false,
      problems: [
        { code: 'REQUIRED', field: ['input', 'name'] },
        { code: 'INVALID', field: ['code'] },
      ],
    })
  })
})
