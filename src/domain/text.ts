/** Which texts a caller may hand in. Limits are counted in characters as a person counts them: code points. */
import { ok, problem, refused, type Problem, type Result } from './problem.ts'

/** The longest name, partner identifier, car type... in code points. */
export const maxTextLength = 200

// PostgreSQL's text cannot hold NUL; the other control characters and lone surrogates have no business in a name.
// eslint-disable-next-line no-control-regex
const unwanted = /[\u0000-\u001f\u007f-\u009f]/u

/** Whether PostgreSQL can hold the text as it is: what cannot be held names nothing that is stored. */
export function isStorable(text: string): boolean {
  // It has no NUL, and half of a surrogate pair would be sent as U+FFFD: another text, which may well be stored.
  return !text.includes('\0') && text.isWellFormed()
}

/** Trims a text and says what is wrong with it; an empty one is a problem. */
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
  const trimmed = text.trim()
  if (trimmed === '')
    return problem('REQUIRED', field, `${name} is empty; give it 1 to ${maxLength} characters`)
  if (Array.from(trimmed).length > maxLength)
    return problem('TOO_LONG', field, `${name} has more than ${maxLength} characters`)
  return trimmed
}

/** As `checkText`, for a text that may be absent or empty: null and '' stay apart, for receivers tell them apart. */
export function checkOptionalText(
  text: string | null | undefined,
  field: readonly string[],
  maxLength = maxTextLength,
): string | null | Problem {
  if (text === null || text === undefined) return null
  if (text.trim() === '' && !unwanted.test(text)) return ''
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
