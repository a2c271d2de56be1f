/**
 * A problem: the caller's mistake, as a value with a stable code. Receivers' doings are
 * outcomes (`outcome.ts`); our own failures are thrown.
 */

/** Every code that a mutation can answer; the same list as SDL's UserErrorCode. Codes are never reused. */
export const userErrorCodes = [
  'REQUIRED',
  'INVALID',
  'TOO_LONG',
  'TOO_MANY',
  'NOT_FOUND',
  'ILLEGAL_TRANSITION',
  'VERSION_CONFLICT',
  'IDEMPOTENCY_KEY_REUSED',
  'URL_INVALID',
  'URL_NOT_HTTPS',
  'DESTINATION_NOT_ALLOWED',
  'UNKNOWN_TOPIC',
  'SCHEMA_MISMATCH',
  'LIMIT_REACHED',
  'SAVE_CHECK_FAILED',
  'WEBHOOK_DISABLED',
  'CONFLICT',
] as const
export type UserErrorCode = (typeof userErrorCodes)[number]

export interface Problem {
  readonly code: UserErrorCode
  /** The path from the mutation's input to the field at fault; empty when no single field is. */
  readonly field: readonly string[]
  /** For people: says what is wrong and how to mend it. */
  readonly message: string
}

export function problem(code: UserErrorCode, field: readonly string[], message: string): Problem {
  return { code, field, message }
}

/** Either a value or the problems that stood in its way; never both, never an empty list of problems. */
export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] }

export function ok<T>(value: T): Result<T> {
  return { ok: true, value }
}

export function refused(...problems: readonly Problem[]): {
  readonly ok: false
  readonly problems: readonly Problem[]
} {
  if (problems.length === 0) throw new Error('expected at least one problem in a refusal, found none')
  return { ok: false, problems }
}

/** For the default branch of an exhaustive switch: a value that the types say cannot be. */
export function unreachable(value: never): never {
  throw new Error(`expected no further case, found ${JSON.stringify(value)}`)
}
