/** Which texts a caller may hand in. Limits are counted in characters as a person counts them: code points. */
import { ok, problem, refused, type Problem, type Result } from './problem.ts'

/** The longest name, partner identifier, car type... in code points. */
export const maxTextLength = 200

// Control characters of C0 and C1. PostgreSQL's text cannot hold NUL; the others belong in no name.
// eslint-disable-next-line no-control-regex
const controls = /[\u0000-\u001f\u007f-\u009f]/gu
// Tabs and line ends, U+0085 and Unicode's own included: what separates words on paper.
const separator = /[\t-\r\u0085\u2028\u2029]/u
// `\s` has no U+0085.
const whiteSpace = /[\s\u0085]+/gu
const loneSurrogates = /\p{Surrogate}/gu

/**
 * What nobody sees and what turns the reading order: two names that look alike, or one that reads as another. Soft
 * hyphens, fillers, zero-width spaces, embeddings and overrides of direction. The marks and joiners that Arabic, Persian and
 * emoji are written with are no part of it.
 */
const hidden =
  '\\u00ad\\u115f\\u1160\\u180e\\u200b\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufeff\\uffa0\\ufff0-\\ufffb\\ufffe\\uffff'
const someHidden = new RegExp(`[${hidden}]`, 'u')
const allHidden = new RegExp(someHidden, 'gu')
/** At the ends joiners join nothing and marks turn nothing. */
const trimmable = new RegExp(`[\\s\\u0085${hidden}\\u200c-\\u200f\\u061c]`, 'u')
/** Something that a reader sees: neither a space nor a character that is only there for its neighbours. */
const visible = new RegExp(`[^\\s\\p{Default_Ignorable_Code_Point}${hidden}]`, 'u')

/** Whether PostgreSQL can hold the text as it is: what cannot be held names nothing that is stored. */
export function isStorable(text: string): boolean {
  // It has no NUL, and half of a surrogate pair would be sent as U+FFFD: another text, which may well be stored.
  return !text.includes('\0') && text.isWellFormed()
}

/**
 * The text without control characters and without white space around it, or what is wrong with it. Tabs and line ends
 * within the text become one space. A text that shows nothing is empty, and a problem.
 */
export function checkText(
  text: string,
  field: readonly string[],
  maxLength = maxTextLength,
): string | Problem {
  const name = field.at(-1) ?? 'the text'
  // Half of a surrogate pair cannot be written as UTF-8: storing it would store something else.
  if (!text.isWellFormed())
    return problem('INVALID', field, `${name} has half of a surrogate pair, which no text may have`)
  if (!visible.test(text.replace(controls, '')))
    return problem('REQUIRED', field, `${name} is empty; give it 1 to ${maxLength} characters`)
  const cleaned = withoutControls(text)
  if (someHidden.test(cleaned))
    return problem(
      'INVALID',
      field,
      `${name} has characters that nobody sees, or that turn the reading order; leave them out`,
    )
  if (Array.from(cleaned).length > maxLength)
    return problem('TOO_LONG', field, `${name} has more than ${maxLength} characters`)
  return cleaned
}

/** `Brian\tJohnson` is `Brian Johnson`: tabs and line ends, with the spaces beside them, are one space. */
function withoutControls(text: string): string {
  const onOneLine = text.replace(whiteSpace, (spaces) => (separator.test(spaces) ? ' ' : spaces))
  return withoutSpaceAround(onOneLine.replace(controls, ''))
}

/** Without white space and what nobody sees at its ends, as pasted texts have it. */
// Step by step: a pattern bound to the end would look from every space of a long text on.
export function withoutSpaceAround(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && trimmable.test(text.charAt(start))) start += 1
  while (end > start && trimmable.test(text.charAt(end - 1))) end -= 1
  return text.slice(start, end)
}

/** As `checkText`, for a text that may be absent or empty: null and '' stay apart, for receivers tell them apart. */
export function checkOptionalText(
  text: string | null | undefined,
  field: readonly string[],
  maxLength = maxTextLength,
): string | null | Problem {
  if (text === null || text === undefined) return null
  if (text.isWellFormed() && !visible.test(text.replace(controls, ''))) return ''
  return checkText(text, field, maxLength)
}

/** As `checkText`, for a change of a text that a thing cannot be without: null would clear it. */
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
 * Without what `checkText` refuses: address books put invisible characters around names, and tills cut names in the
 * middle of an emoji. For what is said of an order or its customer, which must not fail for it.
 */
export function withoutHidden<T extends string | null | undefined>(text: T): T {
  return (typeof text === 'string' ? text.replace(loneSurrogates, '').replace(allHidden, '') : text) as T
}

/**
 * What a partner calls a thing, as it is stored. Look-ups and filters pass what they are given through it, too, so
 * that a text finds what was stored by the same text.
 */
export function cleanIdentifier(text: string): string {
  const cleaned = withoutControls(withoutHidden(text))
  return visible.test(cleaned) ? cleaned : ''
}

/** As `checkOptionalText`, for what a partner calls a thing. */
export function checkIdentifier(
  text: string | null | undefined,
  field: readonly string[],
): string | null | Problem {
  return checkOptionalText(withoutHidden(text), field)
}

/** Whether a thing has these texts already: then there is nothing to write. */
export function hasTexts<T extends object>(thing: T, texts: Partial<T>): boolean {
  return (Object.keys(texts) as (keyof T)[]).every((name) => thing[name] === texts[name])
}

export function isProblem(value: unknown): value is Problem {
  return (
    typeof value === 'object' && value !== null && 'code' in value && 'field' in value && 'message' in value
  )
}

/** The checked members, or all of the problems among them at once. */
export function allFine<T extends Record<string, unknown>>(
  checked: T,
): Result<{ readonly [K in keyof T]: Exclude<T[K], Problem> }> {
  const problems = Object.values(checked).filter(isProblem)
  if (problems.length > 0) return refused(...problems)
  return ok(checked as { [K in keyof T]: Exclude<T[K], Problem> })
}
