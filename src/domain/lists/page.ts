/** Pages of lists. */
/** In the list's order, whichever way it was read. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
}

/** One page of a list that is ordered by `Key`, which is unique in it. */
export interface PageRequest<Key> {
  readonly limit: number
  /** Backwards: the last ones before the end, or before `before`. */
  readonly backwards: boolean
  /** Exclusive. */
  readonly after: Key | null
  /** Exclusive. */
  readonly before: Key | null
}
