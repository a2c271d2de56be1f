/**
 * The end of a query's time. What waits for rows then waits no longer, and no further rows are asked
 * for; the statement under way is PostgreSQL's to end (db/connect). Changes and tests of a receiver
 * have no deadline: theirs is the receiver's.
 */
import { codedError } from './errors.ts'

/** How long a query may take. */
export const maxQueryMs = 10_000

/** Lets do so many things at once; the others wait. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>

export interface Deadline {
  /** Begins to count; before that there is no end. */
  start(ms?: number): void
  readonly passed: () => boolean
  /** The same thing, but its functions wait for their turn, and what they promise is refused once the time is over. */
  bound<T extends object>(thing: T, turns: Turns): T
  /** The answer was made. */
  end(): void
}

export function makeDeadline(): Deadline {
  let timer: NodeJS.Timeout | undefined
  let passed = false
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
    passed: () => passed,
    bound: (thing, turns) =>
      new Proxy(thing, {
        get: (target, name, receiver) => {
          const member: unknown = Reflect.get(target, name, receiver)
          if (typeof member !== 'function') return member
          return (...args: readonly unknown[]): Promise<unknown> => {
            if (passed) return expired
            // Nobody waits any more for what has its turn too late: it is not begun.
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

/** The whole answer to a query that took too long: half of one would look as if the rest were not there. */
export function tooSlow() {
  return codedError(
    'QUERY_TOO_COMPLEX',
    `the query took too long: it may take ${maxQueryMs / 1_000} s, and each of its statements half of that. Ask for smaller pages, or filter`,
  )
}
