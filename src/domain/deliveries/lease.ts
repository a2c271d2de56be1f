/**
 * Whether a lease leaves enough time for a request. Time is measured by two clocks of this process, and the larger
 * figure counts: the monotonic clock stops while the machine sleeps, and the wall clock may be set back.
 */

export interface ClockReading {
  readonly monotonicMs: number
  /** Since 1970. */
  readonly wallMs: number
}

/** A lease outlives the webhook's time limit by this. */
export const leaseMarginMs = 10_000

export function elapsedMs(since: ClockReading, now: ClockReading): number {
  return Math.max(now.monotonicMs - since.monotonicMs, now.wallMs - since.wallMs)
}

/**
 * Whether a request may begin. `askedAt` was read before the statement that leased the delivery was sent, so that the
 * lease ends no earlier than the webhook's time limit and the margin after it.
 */
export function leavesTimeLimit(askedAt: ClockReading, now: ClockReading): boolean {
  return elapsedMs(askedAt, now) < leaseMarginMs
}
