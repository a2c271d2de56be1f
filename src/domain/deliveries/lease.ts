/**
 * Checks that a lease leaves enough time for a request. Elapsed time is measured with two clocks of this process, and
 * the larger value is used: the monotonic clock stops while the machine sleeps, and the wall clock may be set back.
 */

/** Both clocks of the process, read at the same time. */
export interface ClockReading {
  readonly monotonicMs: number
  /** Milliseconds since 1970. */
  readonly wallMs: number
}

/** A lease lasts this much longer than the webhook's time limit. */
export const leaseMarginMs = 10_000

/** The larger of the times that the two clocks measured. */
export function elapsedMs(since: ClockReading, now: ClockReading): number {
  return Math.max(now.monotonicMs - since.monotonicMs, now.wallMs - since.wallMs)
}

/**
 * Returns whether a request may still begin: after it began, its full time limit must fit into the lease. `askedAt` is
 * read before the claim is sent to PostgreSQL, so the lease ends no earlier than `askedAt` plus the time limit plus
 * `leaseMarginMs`.
 */
export function leavesTimeLimit(askedAt: ClockReading, now: ClockReading): boolean {
  return elapsedMs(askedAt, now) < leaseMarginMs
}
