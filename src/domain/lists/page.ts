/** Pages of lists, for keyset pagination. */

/** One page. `items` are in the order of the list, also when the page was read backwards. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
}

/** A request for one page of a list that is ordered by a unique `Key`. */
export interface PageRequest<Key> {
  readonly limit: number
  /** True: the last items of the list, or the last items before `before`. */
  readonly backwards: boolean
  /** Exclusive. Null: from the start of the list. */
  readonly after: Key | null
  /** Exclusive. Null: to the end of the list. */
  readonly before: Key | null
}
