/**
 * Problems: mistakes of the client, as values with a stable code. What a receiver does is an outcome, which is stored;
 * our own failures are thrown.
 */

/** Every code that a mutation can return; the same list as UserErrorCode in the SDL. Codes are never reused. */
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
  /** The path from the mutation's input to the invalid field; empty when no single field is invalid. */
  readonly field: readonly string[]
  /** Human-readable: says what is wrong and how to fix it. */
  readonly message: string
}

export function problem(code: UserErrorCode, field: readonly string[], message: string): Problem {
  return { code, field, message }
}

/** Either a value or at least one problem. */
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

/** Throws. For the default branch of an exhaustive switch, which the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new Error(`expected no further case, found ${JSON.stringify(value)}`)
}
