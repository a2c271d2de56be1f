/** Which texts a caller may hand in. Limits are counted in characters as a person counts them: code points. */
import { ok, problem, refused, type Problem, type Result } from './problem.ts'

/** The longest name, partner identifier, car type... in code points. */
export const maxTextLength = 200

// PostgreSQL's text cannot hold NUL; the other control characters and lone surrogates have no business in a name.
// eslint-disable-next-line no-control-regex
const unwanted = /[\u0000-\u001f\u007f-\u009f]/u

/**
 * What nobody sees and what turns the reading order: two names that look alike, or one that reads as another. Soft
 * hyphens, fillers, zero-width spaces, separators of lines, embeddings and overrides of direction. The marks and joiners
 * that Arabic, Persian and emoji are written with are no part of it.
 */
const hidden =
  '\\u00ad\\u115f\\u1160\\u180e\\u200b\\u2028-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufeff\\uffa0\\ufff0-\\ufffb\\ufffe\\uffff'
const someHidden = new RegExp(`[${hidden}]`, 'u')
const allHidden = new RegExp(someHidden, 'gu')
/** At the ends joiners join nothing and marks turn nothing. */
const trimmable = new RegExp(`[\\s${hidden}\\u200c-\\u200f\\u061c]`, 'u')
/** Something that a reader sees: neither a space nor a character that is only there for its neighbours. */
const visible = new RegExp(`[^\\s\\p{Default_Ignorable_Code_Point}${hidden}]`, 'u')

/** Whether PostgreSQL can hold the text as it is: what cannot be held names nothing that is stored. */
export function isStorable(text: string): boolean {
  // It has no NUL, and half of a surrogate pair would be sent as U+FFFD: another text, which may well be stored.
  return !text.includes('\0') && text.isWellFormed()
}

/** Trims a text and says what is wrong with it; one that shows nothing is empty, and a problem. */
export function checkText(
  text: string,
  field: readonly string[],
  maxLength = maxTextLength,
): string | Problem {
  const name = field.at(-1) ?? 'the text'
  // Half of a surrogate pair cannot be written as UTF-8: storing it would store something else.
  if (unwanted.test(text) || !text.isWellFormed())
    return problem(
      'INVALID',
      field,
      `${name} has characters that no text may have (control characters or lone surrogates)`,
    )
  if (!visible.test(text))
    return problem('REQUIRED', field, `${name} is empty; give it 1 to ${maxLength} characters`)
  const trimmed = trim(text)
  if (someHidden.test(trimmed))
    return problem(
      'INVALID',
      field,
      `${name} has characters that nobody sees, or that turn the reading order; leave them out`,
    )
  if (Array.from(trimmed).length > maxLength)
    return problem('TOO_LONG', field, `${name} has more than ${maxLength} characters`)
  return trimmed
}

// Step by step: a pattern bound to the end would look from every space of a long text on.
function trim(text: string): string {
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
  if (!visible.test(text) && !unwanted.test(text) && text.isWellFormed()) return ''
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

/** Without what `checkText` refuses because nobody sees it: address books put it around names, and no order fails for it. */
export function withoutHidden<T extends string | null | undefined>(text: T): T {
  return (typeof text === 'string' ? text.replace(allHidden, '') : text) as T
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
