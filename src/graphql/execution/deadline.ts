/**
 * The end of a request's time. A query has one deadline as a whole: what waits for rows then waits no longer, and no
 * further rows are asked for; the statement under way is PostgreSQL's to end (db/connect). A mutation may wait for a
 * receiver in between, so each of its calls of the store has a deadline of its own.
 */
import { codedError } from '../core/errors.ts'

/** How long a query may take. */
export const maxQueryMs = 10_000
/** How long a mutation may wait for one transaction, its turn included. Each statement may take 5 s. */
export const maxMutationStepMs = 20_000

/** Lets do so many things at once; the others wait. */
export type ConcurrencyLimit = <T>(work: () => Promise<T>) => Promise<T>

export interface Deadline {
  /** Begins to count; before that there is no end. */
  start(ms?: number): void
  /** From now on each call of what is bound may take so long. */
  startSteps(ms?: number): void
  readonly passed: () => boolean
  /** The same thing, but its functions wait for their turn, and what they promise is refused once the time is over. */
  bound<T extends object>(thing: T, turns: ConcurrencyLimit): T
  /** The answer was made. */
  end(): void
}

export function makeDeadline(): Deadline {
  let timer: NodeJS.Timeout | undefined
  let passed = false
  let stepMs: number | undefined
  let expire: (reason: Error) => void = () => undefined
  const expired = new Promise<never>((_, reject) => (expire = reject))
  // Nobody may be waiting.
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
            // Nobody waits any more for what has its turn too late: it is not begun.
            if (stepMs !== undefined)
              return inTime(stepMs, String(name), (isLate) =>
                turns(() =>
                  isLate() ? Promise.resolve() : (Reflect.apply(member, target, args) as Promise<unknown>),
                ),
              )
            const result = turns(() =>
              passed ? expired : (Reflect.apply(member, target, args) as Promise<unknown>),
            )
            // What has no end is not raced with it: a subscription's would remember every read of its life.
            return timer === undefined ? result : Promise.race([result, expired])
          }
        },
      }),
    end: () => clearTimeout(timer),
  }
}

/** A fault of ours, which is masked: what the step does in the end is not known. */
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

/** The whole answer to a query that took too long: half of one would look as if the rest were not there. */
export function tooSlow() {
  return codedError(
    'QUERY_TOO_COMPLEX',
    `the query took too long: it may take ${maxQueryMs / 1_000} s, and each of its statements half of that. Ask for smaller pages, or filter`,
  )
}
