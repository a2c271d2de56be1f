/**
 * Time limits of operations. A query has one deadline: after it, waiting calls of the store are rejected and no new
 * call starts. The running statement is not cancelled here; PostgreSQL ends it by its statement timeout. A mutation may
 * wait for a receiver between two transactions, so each of its calls of the store has a deadline of its own.
 */
import { codedError } from '../core/errors.ts'

/** Maximum duration of a query. */
export const maxQueryMs = 10_000
/**
 * Maximum duration of one transaction of a mutation, including the wait for the concurrency limit. Each statement may
 * take 5 s.
 */
export const maxMutationStepMs = 20_000

/** Runs a limited number of functions at the same time; the others wait. */
export type ConcurrencyLimit = <T>(work: () => Promise<T>) => Promise<T>

export interface Deadline {
  /** Starts the deadline of the whole operation. A deadline that is not started does not expire. */
  start(ms?: number): void
  /** From now on, each call of a bound function may take `ms`. */
  startSteps(ms?: number): void
  readonly passed: () => boolean
  /**
   * The same object, but its functions wait for the concurrency limit, and their promises are rejected once the time is
   * over.
   */
  bound<T extends object>(thing: T, turns: ConcurrencyLimit): T
  /** Stops the timer, because the response is complete. */
  end(): void
}

export function makeDeadline(): Deadline {
  let timer: NodeJS.Timeout | undefined
  let passed = false
  let stepMs: number | undefined
  let expire: (reason: Error) => void = () => undefined
  const expired = new Promise<never>((_, reject) => (expire = reject))
  // Prevents an unhandled rejection when nothing waits for the deadline.
  expired.catch(() => undefined)

  return {
    start: (ms = maxQueryMs) => {
      timer = setTimeout(() => {
        passed = true
        expire(tooSlow())
      }, ms).unref()
    },
    startSteps: (ms = maxMutationStepMs) => void (stepMs = ms),
    passed: () => passed,
    bound: (thing, turns) =>
      new Proxy(thing, {
        get: (target, name, receiver) => {
          const member: unknown = Reflect.get(target, name, receiver)
          if (typeof member !== 'function') return member
          return (...args: readonly unknown[]): Promise<unknown> => {
            if (passed) return expired
            // A call that waited too long for the concurrency limit is not started: its promise has been rejected.
            if (stepMs !== undefined)
              return inTime(stepMs, String(name), (isLate) =>
                turns(() =>
                  isLate() ? Promise.resolve() : (Reflect.apply(member, target, args) as Promise<unknown>),
                ),
              )
            const result = turns(() =>
              passed ? expired : (Reflect.apply(member, target, args) as Promise<unknown>),
            )
            // Without a deadline there is no race: a subscription's `expired` would keep every read of its lifetime in
            // memory.
            return timer === undefined ? result : Promise.race([result, expired])
          }
        },
      }),
    end: () => clearTimeout(timer),
  }
}

/** Rejects after `ms` with a fault of ours, which is masked: whether the call takes effect later is not known. */
async function inTime<T>(ms: number, name: string, work: (isLate: () => boolean) => Promise<T>): Promise<T> {
  let isLate = false
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      isLate = true
      reject(new Error(`${name}: PostgreSQL did not answer within ${ms} ms`))
    }, ms).unref()
  })
  try {
    return await Promise.race([work(() => isLate), late])
  } finally {
    clearTimeout(timer)
  }
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
