/**
 * Time limits of operations. A query has one deadline: after it, waiting transactions are rejected and no new one
 * starts. The running statement is not cancelled here; PostgreSQL ends it by its statement timeout. A mutation may wait
 * for a receiver between two transactions, so each of its transactions has a time limit of its own.
 */
import { within } from '../../runtime/within.ts'
import { codedError } from '../core/errors.ts'

/** Maximum duration of a query. */
export const maxQueryMs = 10_000
/**
 * Maximum duration of one transaction of a mutation, including the wait for the concurrency limit. Each statement may
 * take 5 s.
 */
export const maxMutationTransactionMs = 20_000

/** Runs a transaction of a store. `name` is the method of the store, for the message of an error. */
export type RunTransaction = <T>(name: string, transaction: () => Promise<T>) => Promise<T>

/** Runs a limited number of transactions at the same time; the others wait. */
export type ConcurrencyLimit = <T>(transaction: () => Promise<T>) => Promise<T>

export interface Deadline {
  /** Starts the deadline of a query, for all of its transactions together. */
  startQuery(limitMs?: number): void
  /** From now on, each transaction may take `limitMs`. */
  startMutation(limitMs?: number): void
  /** Whether the deadline of the query has passed. */
  readonly passed: () => boolean
  /**
   * Runs a transaction within the concurrency limit, and rejects when its time is over. A transaction whose time is
   * over before the concurrency limit admits it is not started. Before a start, the time is not limited.
   */
  run<T>(name: string, transaction: () => Promise<T>, limit: ConcurrencyLimit): Promise<T>
}

export function makeDeadline(): Deadline {
  let queryUntilMs: number | null = null
  let mutationMs: number | null = null
  let isOver = false
  const passed = (): boolean => {
    isOver ||= queryUntilMs !== null && performance.now() >= queryUntilMs
    return isOver
  }
  return {
    startQuery: (limitMs = maxQueryMs) => void (queryUntilMs = performance.now() + limitMs),
    startMutation: (limitMs = maxMutationTransactionMs) => void (mutationMs = limitMs),
    passed,
    run: async (name, transaction, limit) => {
      if (queryUntilMs !== null) {
        if (passed()) throw tooSlow()
        const late = (): Error => {
          isOver = true
          return tooSlow()
        }
        return runWithin(queryUntilMs - performance.now(), late, transaction, limit)
      }
      if (mutationMs === null) return limit(transaction)
      const limitMs = mutationMs
      return runWithin(limitMs, () => notAnswered(name, limitMs), transaction, limit)
    },
  }
}

function runWithin<T>(
  limitMs: number,
  late: () => Error,
  transaction: () => Promise<T>,
  limit: ConcurrencyLimit,
): Promise<T> {
  let isLate = false
  const errorOfTimeout = (): Error => {
    isLate = true
    return late()
  }
  const admitted = limit(() => (isLate ? Promise.reject(late()) : transaction()))
  return within(limitMs, errorOfTimeout, admitted)
}

/** A fault of ours, which is masked: whether the transaction takes effect later is not known. */
function notAnswered(name: string, limitMs: number): Error {
  return new Error(`${name}: PostgreSQL did not answer within ${limitMs} ms`)
}

/**
 * The error that replaces the whole response to a query that took too long. A partial response would look as if the
 * missing data did not exist.
 */
export function tooSlow() {
  return codedError(
    'QUERY_TOO_COMPLEX',
    `the query took too long: it may take ${maxQueryMs / 1_000} s, and each of its statements half of that. Request smaller pages, or filter`,
  )
}
