/** Validates and cleans texts from the client. Lengths are in Unicode code points. */
import { ok, problem, refused, type Problem, type Result } from './problem.ts'

/** The longest name, partner identifier or other short text, in code points. */
export const maxTextLength = 200

// The control characters C0, DEL and C1. PostgreSQL's text type cannot store NUL; the others have no meaning in a name.
// eslint-disable-next-line no-control-regex
const controls = /[\u0000-\u001f\u007f-\u009f]/gu
// Tabs and line ends, including U+0085, U+2028 and U+2029. They separate words, so they become a space.
const separator = /[\t-\r\u0085\u2028\u2029]/u
// `\s` does not match U+0085.
const whiteSpace = /[\s\u0085]+/gu
const loneSurrogates = /\p{Surrogate}/gu

/**
 * Invisible characters and bidirectional controls: soft hyphens, fillers, zero-width spaces, embeddings, overrides and
 * isolates. With them two different names can look the same, or one name can be read as another. The joiners and marks
 * that Arabic, Persian and emoji need are not included.
 */
const hidden =
  '\\u00ad\\u115f\\u1160\\u180e\\u200b\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufeff\\uffa0\\ufff0-\\ufffb\\ufffe\\uffff'
const someHidden = new RegExp(`[${hidden}]`, 'u')
const allHidden = new RegExp(someHidden, 'gu')
/** Characters that are trimmed from both ends. They include joiners and direction marks, which have no effect there. */
const trimmable = new RegExp(`[\\s\\u0085${hidden}\\u200c-\\u200f\\u061c]`, 'u')
/** Matches a visible character: neither white space nor default-ignorable. */
const visible = new RegExp(`[^\\s\\p{Default_Ignorable_Code_Point}${hidden}]`, 'u')

/** Returns whether PostgreSQL can store the text unchanged. A text that it cannot store matches no stored row. */
export function isStorable(text: string): boolean {
  // PostgreSQL rejects NUL. A lone surrogate would be sent as U+FFFD, which may match another stored text.
  return !text.includes('\0') && text.isWellFormed()
}

/**
 * Returns the text trimmed and without control characters, or a problem. Tabs and line ends inside the text, with the
 * white space beside them, become one space. REQUIRED: the text has no visible character. INVALID: it has a lone
 * surrogate or a hidden character. TOO_LONG: it has more than `maxLength` code points.
 */
export function checkText(
  text: string,
  field: readonly string[],
  maxLength = maxTextLength,
): string | Problem {
  const name = field.at(-1) ?? 'the text'
  // UTF-8 cannot encode a lone surrogate: PostgreSQL would store U+FFFD instead.
  if (!text.isWellFormed())
    return problem('INVALID', field, `${name} has half of a surrogate pair, which is not valid Unicode`)
  if (!visible.test(text.replace(controls, '')))
    return problem('REQUIRED', field, `${name} is empty; give it 1 to ${maxLength} characters`)
  const cleaned = withoutControls(text)
  if (someHidden.test(cleaned))
    return problem(
      'INVALID',
      field,
      `${name} has invisible characters, or characters that change the reading direction; leave them out`,
    )
  if (Array.from(cleaned).length > maxLength)
    return problem('TOO_LONG', field, `${name} has more than ${maxLength} characters`)
  return cleaned
}

/** `Brian\tJohnson` becomes `Brian Johnson`: tabs and line ends, with the white space beside them, become one space. */
function withoutControls(text: string): string {
  const onOneLine = text.replace(whiteSpace, (spaces) => (separator.test(spaces) ? ' ' : spaces))
  return withoutSpaceAround(onOneLine.replace(controls, ''))
}

/** Trims white space and invisible characters from both ends. Pasted texts often have them. */
// A loop, because a regular expression anchored at the end takes quadratic time on a long run of spaces.
export function withoutSpaceAround(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && trimmable.test(text.charAt(start))) start += 1
  while (end > start && trimmable.test(text.charAt(end - 1))) end -= 1
  return text.slice(start, end)
}

/** Like `checkText`, for an optional text. Null stays null and '' stays '', because receivers distinguish them. */
export function checkOptionalText(
  text: string | null | undefined,
  field: readonly string[],
  maxLength = maxTextLength,
): string | null | Problem {
  if (text === null || text === undefined) return null
  if (text.isWellFormed() && !visible.test(text.replace(controls, ''))) return ''
  return checkText(text, field, maxLength)
}

/** Like `checkText`, for an update of a required text. Null would clear the text and is REQUIRED. */
export function checkKeptText(text: string | null, field: readonly string[]): string | Problem {
  if (text === null)
    return problem(
      'REQUIRED',
      field,
      `${field.at(-1) ?? 'the text'} cannot be cleared; leave it out to keep it`,
    )
  return checkText(text, field)
}

/**
 * Removes the hidden characters and lone surrogates that `checkText` refuses. Address books put invisible characters
 * around names, and point-of-sale systems cut names in the middle of an emoji. Used for texts of orders and customers,
 * so that an order is not refused because of such a character.
 */
export function withoutHidden<T extends string | null | undefined>(text: T): T {
  return (typeof text === 'string' ? text.replace(loneSurrogates, '').replace(allHidden, '') : text) as T
}

/**
 * Returns a partner identifier in its stored form. Look-ups and filters clean their arguments with the same function,
 * so that a text finds the row that was stored with the same text.
 */
export function cleanIdentifier(text: string): string {
  const cleaned = withoutControls(withoutHidden(text))
  return visible.test(cleaned) ? cleaned : ''
}

/** Like `checkOptionalText`, for a partner identifier: hidden characters are removed instead of refused. */
export function checkIdentifier(
  text: string | null | undefined,
  field: readonly string[],
): string | null | Problem {
  return checkOptionalText(withoutHidden(text), field)
}

/** Returns whether all members of `texts` have the values that `thing` has already, so that no write is needed. */
export function hasTexts<T extends object>(thing: T, texts: Partial<T>): boolean {
  return (Object.keys(texts) as (keyof T)[]).every((name) => thing[name] === texts[name])
}

export function isProblem(value: unknown): value is Problem {
  return (
    typeof value === 'object' && value !== null && 'code' in value && 'field' in value && 'message' in value
  )
}

/** Returns the members when none of them is a problem, else all problems together. */
export function allFine<T extends Record<string, unknown>>(
  checked: T,
): Result<{ readonly [K in keyof T]: Exclude<T[K], Problem> }> {
  const problems = Object.values(checked).filter(isProblem)
  if (problems.length > 0) return refused(...problems)
  return ok(checked as { [K in keyof T]: Exclude<T[K], Problem> })
}
