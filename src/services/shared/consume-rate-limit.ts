/** Rate limits. An operation takes one unit from its budget before it runs, or is refused with the time to wait. */
import type { RateKind, Rates } from '../../ports/rate-limits.ts'

/** Thrown when a rate limit is exceeded, before the operation has any effect. */
export class RateLimited extends Error {
  override readonly name = 'RateLimited'
  /** Seconds until the budget is full again; an integer, at least 1. */
  readonly retryAfterS: number

  constructor(what: string, retryAfterS: number) {
    super(`${what}: try again in ${retryAfterS} s`)
    this.retryAfterS = retryAfterS
  }
}

/**
 * Takes one unit of the budget `kind` of `id`. Throws `RateLimited`, whose message begins with `what`, when none is
 * left.
 */
export async function consumeRateLimit(
  rates: Rates,
  kind: RateKind,
  id: string,
  what: string,
): Promise<void> {
  const taken = await rates.take(kind, id, 1)
  if (!taken.ok) throw new RateLimited(what, taken.retryAfterS)
}
