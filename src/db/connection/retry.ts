/**
 * Repeats a transaction that PostgreSQL ended because of a deadlock: all of it was rolled back. Settles have their own
 * retry, in `dispatch/settle.ts`.
 */
import { retryOn } from '../../domain/shared/retry-on.ts'
import { isDeadlock } from '../../domain/shared/sqlstate.ts'

const tries = 3

/** Tries at most three times. Other errors are thrown at once. */
export function despiteDeadlocks<T>(work: () => Promise<T>): Promise<T> {
  return retryOn({ tries, isRetryable: isDeadlock }, work)
}
