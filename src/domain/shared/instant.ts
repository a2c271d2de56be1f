/** Comparison of timestamps. */

/**
 * Returns the later of two timestamps. A transaction's timestamp is its start. A transaction that waited for a lock may
 * find a row whose `updatedAt` is later than that.
 */
export function laterOf(one: Date, other: Date): Date {
  return one > other ? one : other
}
