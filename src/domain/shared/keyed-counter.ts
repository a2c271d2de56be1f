/** Counters by key. A key that is not in use needs no memory. */

/** Lowers a count by one. Further calls have no effect. */
export type Release = () => void

/** Counts by key. A key that is not counted has the count 0. */
export interface KeyedCounter<Key> {
  countOf(key: Key): number
  /** Adds an amount, which may be negative, whatever the maximum is. */
  add(key: Key, amount: number): void
  /** Adds one until the returned function is called. Returns null when the key has reached the maximum. */
  take(key: Key): Release | null
}

/** `max`: maximum count per key, for `take`. */
export function makeKeyedCounter<Key>(max = Infinity): KeyedCounter<Key> {
  const counts = new Map<Key, number>()
  const countOf = (key: Key): number => counts.get(key) ?? 0
  const add = (key: Key, amount: number): void => {
    const count = countOf(key) + amount
    if (count > 0) counts.set(key, count)
    else counts.delete(key)
  }
  return {
    countOf,
    add,
    take: (key) => {
      if (countOf(key) >= max) return null
      add(key, 1)
      let isTaken = true
      return () => {
        if (isTaken) add(key, -1)
        isTaken = false
      }
    },
  }
}
