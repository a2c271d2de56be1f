/** The port of the rate limits. */

/** The kinds of rate limits. Each is counted per id of a key, webhook or project. */
export type RateKind =
  | 'KEY_COST'
  | 'KEY_MUTATIONS'
  | 'WEBHOOK_TESTS'
  | 'PROJECT_TESTS'
  | 'PROJECT_SAVE_CHECKS'
  | 'WEBHOOK_ROTATIONS'

/** Rate limits with a fixed window of one minute, which begins with the first request. */
export interface Rates {
  /** Consumes `amount`, or nothing when less than that is left. Never throws. */
  take(kind: RateKind, id: string, amount: number): Promise<Taken>
}

/** The result of `Rates.take`. */
export type Taken =
  | { readonly ok: true }
  | {
      readonly ok: false
      /** Whole seconds until the window ends, at least 1. */
      readonly retryAfterS: number
    }
