/**
 * Top-level GraphQL errors: errors for the caller, which have a code, and faults of ours, which are masked and logged.
 */
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import type { Log } from '../../ports/log.ts'
import { isQueryCanceled } from '../../domain/shared/sqlstate.ts'

/** Codes of top-level errors, besides Apollo's own codes. */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'RATE_LIMITED'
  | 'BAD_USER_INPUT'
  | 'QUERY_TOO_COMPLEX'
  | 'GRAPHQL_PARSE_FAILED'
  | 'GRAPHQL_VALIDATION_FAILED'
  | 'OPERATION_RESOLUTION_FAILURE'
  | 'CURSOR_INVALID'
  | 'CURSOR_EXPIRED'
  | 'INTERNAL_SERVER_ERROR'

export function codedError(code: ErrorCode, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } })
}

/**
 * An error RATE_LIMITED. `retryAfterS`, in seconds, is returned in `extensions.retryAfter`, and over HTTP also in the
 * header Retry-After.
 */
export function rateLimited(message: string, retryAfterS: number): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'RATE_LIMITED', retryAfter: retryAfterS } })
}

/** The longest `extensions.retryAfter` of these errors, in seconds; null when no error has one. */
export function retryAfterOf(errors: readonly GraphQLFormattedError[]): number | null {
  const waits = errors
    .map(({ extensions }) => extensions?.['retryAfter'])
    .filter((wait) => typeof wait === 'number')
  return waits.length === 0 ? null : Math.max(...waits)
}

/**
 * Whether the caller may read the error: an error with a code of ours, or an error of graphql about the caller's
 * document. A GraphQLError that wraps any other exception is a fault.
 */
export function isForCaller(error: unknown): boolean {
  if (!(error instanceof GraphQLError)) return false
  const { originalError } = error
  return originalError === undefined || originalError instanceof GraphQLError
}

/** Wraps an exception as a fault, in the form that `presentError` accepts. */
export function asFault(error: unknown): GraphQLError {
  return new GraphQLError('Internal server error', {
    originalError: error instanceof Error ? error : new Error(String(error)),
  })
}

/**
 * Unwraps an error for the caller. graphql-ws wraps the error that ends a subscription; the wrapped error has the path
 * and the locations.
 */
export function ofCaller(error: GraphQLError): GraphQLError {
  return error.originalError instanceof GraphQLError ? error.originalError : error
}

/** Whether the error, or one of its causes, is a statement timeout of PostgreSQL. */
export function isStatementTimeout(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (isQueryCanceled(error)) return true
  return isStatementTimeout(error instanceof GraphQLError ? error.originalError : error.cause)
}

/**
 * A row that another row refers to does not exist, or is outside the caller's scope. In the response to a query this is
 * a fault of ours.
 */
export class MissingRow extends Error {
  constructor(id: string) {
    super(`expected ${id} to exist, found nothing`)
    this.name = 'MissingRow'
  }
}

/**
 * The row that another row refers to. A row is kept as long as any row that refers to it, so a missing row is a fault of
 * ours. The exception is an event of a subscription: its webhook may have been given to another partner since the feed
 * was read. The subscription then skips the event.
 */
export function existing<T>(row: T | null, id: string): T {
  if (row === null) throw new MissingRow(id)
  return row
}

/** What the caller receives for a fault: a generic message and the request id under which the log has the cause. */
export function maskedError(requestId: string, path?: GraphQLFormattedError['path']): GraphQLFormattedError {
  return {
    message: `Internal server error. Report the request id ${requestId} to the operator of this installation.`,
    ...(path !== undefined && { path }),
    extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
  }
}

/** The error in the form that the caller receives. A fault is logged with its cause and masked. */
export function presentError(error: GraphQLError, requestId: string, log: Log): GraphQLFormattedError {
  if (isForCaller(error)) {
    const formatted = error.toJSON()
    // graphql sets no code on the error for a value that does not fit its argument's type. That error is the caller's.
    return { ...formatted, extensions: { code: 'BAD_USER_INPUT', ...formatted.extensions } }
  }
  log.error({ requestId, path: error.path?.join('.'), cause: error.originalError ?? error }, 'request.failed')
  return maskedError(requestId, error.path)
}
