/** Top-level errors: those that a caller may read, and faults of ours, which are masked and logged. */
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import type { Log } from '../../ports/platform.ts'

/** What a top-level error may say of itself, besides Apollo's own codes. */
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

/** Asked for too often; `retryAfterS` stands in `extensions.retryAfter`, and over HTTP in the header Retry-After. */
export function rateLimited(message: string, retryAfterS: number): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'RATE_LIMITED', retryAfter: retryAfterS } })
}

/** The longest wait that such errors ask for, in seconds; null when none does. */
export function retryAfterOf(errors: readonly GraphQLFormattedError[]): number | null {
  const waits = errors
    .map(({ extensions }) => extensions?.['retryAfter'])
    .filter((wait) => typeof wait === 'number')
  return waits.length === 0 ? null : Math.max(...waits)
}

/** Whether the error was meant for the caller: ours by code, or graphql's own about the caller's document. */
export function isForCaller(error: unknown): boolean {
  if (!(error instanceof GraphQLError)) return false
  const { originalError } = error
  return originalError === undefined || originalError instanceof GraphQLError
}

/** A fault of ours, as `presentError` takes it. */
export function asFault(error: unknown): GraphQLError {
  return new GraphQLError('Internal server error', {
    originalError: error instanceof Error ? error : new Error(String(error)),
  })
}

/** graphql-ws wraps what ends a subscription; an error for the caller has its own path and places. */
export function ofCaller(error: GraphQLError): GraphQLError {
  return error.originalError instanceof GraphQLError ? error.originalError : error
}

/** PostgreSQL's query_canceled: a statement that took longer than its connection allows. */
const statementTimeout = '57014'

/** Whether PostgreSQL stopped a statement for the time that it took. */
export function isStatementTimeout(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('code' in error && error.code === statementTimeout) return true
  return isStatementTimeout(error instanceof GraphQLError ? error.originalError : error.cause)
}

/** What is named by what was found is not there, or not for whoever asks. In an answer to a query that is our fault. */
export class NotThere extends Error {
  constructor(id: string) {
    super(`expected ${id} to be there, it is not`)
    this.name = 'NotThere'
  }
}

/** What a caller sees of a fault: that there was one, and by which id we find it. */
export function maskedError(requestId: string, path?: GraphQLFormattedError['path']): GraphQLFormattedError {
  return {
    message: `Internal server error. Give the request id ${requestId} to whoever runs this installation.`,
    ...(path !== undefined && { path }),
    extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
  }
}

/** The error as the caller sees it; a fault is logged with its cause. */
export function presentError(error: GraphQLError, requestId: string, log: Log): GraphQLFormattedError {
  if (isForCaller(error)) {
    const formatted = error.toJSON()
    // A value that does not fit its argument's type is the caller's, and graphql gives it no code.
    return { ...formatted, extensions: { code: 'BAD_USER_INPUT', ...formatted.extensions } }
  }
  log.error({ requestId, path: error.path?.join('.'), cause: error.originalError ?? error }, 'request.failed')
  return maskedError(requestId, error.path)
}
