/** Instants. */

/** The later of two. A transaction's instant is its begin: what it changes after a wait may have been changed later than that. */
export function laterOf(one: Date, other: Date): Date {
  return one > other ? one : other
}
