/** What may be done only so often: taken from its budget before it is done, or refused with when to try again. */
import type { RateKind, Rates } from '../../ports/platform.ts'

/** Asked for too often. Nothing was done. */
export class RateLimited extends Error {
  override readonly name = 'TooOften'
  /** Whole seconds, 1 at the least. */
  readonly retryAfterS: number

  constructor(what: string, retryAfterS: number) {
    super(`${what}: try again in ${retryAfterS} s`)
    this.retryAfterS = retryAfterS
  }
}

/** Takes one of `kind` for `id`. Throws TooOften, with `what` as the beginning of its sentence, when none is left. */
export async function consumeRateLimit(rates: Rates, kind: RateKind, id: string, what: string): Promise<void> {
  const taken = await rates.take(kind, id, 1)
  if (!taken.ok) throw new RateLimited(what, taken.retryAfterS)
}
