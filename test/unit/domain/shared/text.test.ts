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

describe('checkText', () => {
  test('a text is trimmed, and white space within it is kept', () => {
    expect(check('  Main  Street ')).toBe('Main  Street')
    expect(check('\u00a0\u2003Caf\u00e9 \u2028')).toBe('Café')
  })

  test('names in any script, emoji and markup are accepted unchanged', () => {
    for (const name of ["D'Artagnan & Söhne", '寿司', 'مطعم', '👩🏽‍🍳 Kitchen', '<b>"x"</b>', '-- drop'])
      expect(check(name)).toBe(name)
  })

  test.each(['', ' ', '\u00a0\u2003', '\ufeff'])('an empty text is refused with REQUIRED: %j', (text) => {
    expect(check(text)).toMatchObject({ code: 'REQUIRED', field: ['input', 'name'] })
  })

  test.each([
    ['a tab', 'Brian\tJohnson', 'Brian Johnson'],
    ['a line feed', 'Brian\nJohnson', 'Brian Johnson'],
    ['CR and LF beside spaces', 'Brian \r\n  Johnson', 'Brian Johnson'],
    ['U+0085', 'Brian\u0085Johnson', 'Brian Johnson'],
    ['a line separator of Unicode', 'Brian\u2028Johnson', 'Brian Johnson'],
    ['a vertical tab and a form feed', 'Brian\v\fJohnson', 'Brian Johnson'],
    ['NUL', 'Bri\u0000an', 'Brian'],
    ['escape characters', '\u001bBrian\u009b', 'Brian'],
    ['a delete character', 'Brian\u007f', 'Brian'],
    ['control characters around it', '\r\n\t\u0085\u0000 Brian \u0007\u0085\n', 'Brian'],
  ])('%s in a text is removed or replaced by a space', (_, text, expected) => {
    expect(check(text)).toBe(expected)
  })

  test('removed control characters do not count for the length of a text', () => {
    expect(check(`${'\u0007'.repeat(50)}${'x'.repeat(maxTextLength)}\n`)).toBe('x'.repeat(maxTextLength))
  })

  test.each(['\u0000', '\t\n', '\u0085', '\u009b \u0007'])(
    'a text of control characters only is refused with REQUIRED: %j',
    (text) => {
      expect(codeOf(check(text))).toBe('REQUIRED')
    },
  )

  test.each([
    ['a lone first half of a surrogate pair', 'a\ud83d'],
    ['a lone second half of a surrogate pair', '\udd14a'],
    ['a reversed surrogate pair', '\udd14\ud83d'],
  ])('a text with %s is refused with INVALID', (_, text) => {
    expect(check(text)).toMatchObject({ code: 'INVALID', field: ['input', 'name'] })
  })

  test.each([
    ['a zero-width space', '\u200b'],
    ['joiners and direction marks', '\u200d\u200c\u200e\u200f\u061c'],
    ['a direction override around a space', '\u202e \u202c'],
    ['a variation selector alone', '\ufe0f'],
    ['a Hangul filler', '\u3164'],
    ['a Braille blank', '\u2800'],
    ['a tag', '\u{e0041}'],
  ])('a text of invisible characters only is refused with REQUIRED: %s', (_, text) => {
    expect(codeOf(check(text))).toBe('REQUIRED')
  })

  test.each([
    ['a zero-width space', 'Main\u200bStreet'],
    ['a word joiner', 'Main\u2060Street'],
    ['a soft hyphen', 'Main\u00adStreet'],
    ['a byte order mark', 'Main\ufeffStreet'],
    ['a direction override', 'Main\u202eteertS'],
    ['an embedding', '\u00a0a\u202bb\u202cc'],
    ['an isolate', 'a\u2067b\u2069c'],
  ])('a text with %s within it is refused with INVALID', (_, text) => {
    expect(codeOf(check(text))).toBe('INVALID')
  })

  test('invisible characters around a text are removed', () => {
    expect(check('\u200b \u202bMain Street\u202c\ufeff\u200d')).toBe('Main Street')
  })

  test('joiners, selectors and marks that scripts and emoji need are kept', () => {
    for (const name of [
      'می\u200cخواهم',
      '👩\u200d🍳',
      '❤\ufe0f',
      '🏴\u{e0067}\u{e0062}\u{e007f}',
      'א\u200f!',
    ])
      expect(check(name)).toBe(name)
  })

  test('a text of 500,000 spaces is checked in less than 200 ms', () => {
    const beganMs = performance.now()
    expect(codeOf(check(`a${' '.repeat(500_000)}a`))).toBe('TOO_LONG')
    expect(performance.now() - beganMs).toBeLessThan(200)
  })

  test('withoutHidden removes invisible characters and lone surrogates from the name of a customer', () => {
    expect(withoutHidden('\u2068Dana\u2069 \u202eLevi')).toBe('Dana Levi')
    expect(withoutHidden('Dana\ud83d')).toBe('Dana')
    expect(withoutHidden('Dana \u{1f355}')).toBe('Dana \u{1f355}')
    expect(withoutHidden<string | null>(null)).toBeNull()
  })

  test('a text may have 200 code points after trimming; 201 are refused with TOO_LONG', () => {
    for (const context of ['x', 'é', '寿', '👍']) {
      expect(check(` ${context.repeat(maxTextLength)} `)).toBe(context.repeat(maxTextLength))
      expect(codeOf(check(context.repeat(maxTextLength + 1)))).toBe('TOO_LONG')
    }
  })

  test('a text may have another limit, here 255', () => {
    expect(check('x'.repeat(255), 255)).toHaveLength(255)
    expect(codeOf(check('x'.repeat(256), 255))).toBe('TOO_LONG')
  })

  test('an accepted text survives UTF-8 and a second check unchanged', () => {
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

describe('checkOptionalText', () => {
  const optional = (text: string | null | undefined) => checkOptionalText(text, ['areaName'])

  test.each([null, undefined])('an optional text of %j is null', (text) => {
    expect(optional(text)).toBeNull()
  })

  test.each(['', '   ', '\u200b', '\u202e ', '\u0000', '\t', '\n'])(
    'an optional text of %j is empty and not null',
    (text) => {
      expect(optional(text)).toBe('')
    },
  )

  test('a present optional text is checked like any other', () => {
    expect(optional(' Bay 4 ')).toBe('Bay 4')
    expect(codeOf(optional('x'.repeat(201)))).toBe('TOO_LONG')
  })

  test('an optional text of half a surrogate pair is refused with INVALID', () => {
    expect(codeOf(optional('\ud83d'))).toBe('INVALID')
  })
})

describe('partner identifier', () => {
  test('a partner identifier in a look-up is cleaned as when it is stored', () => {
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

describe('allFine', () => {
  test('allFine returns the checked values when all are valid', () => {
    expect(allFine({ name: check(' a '), area: null, etaAt: new Date(0) })).toEqual({
      ok: true,
      value: { name: 'a', area: null, etaAt: new Date(0) },
    })
  })

  test('allFine returns all problems when some values are invalid', () => {
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
