/** The due times of the events `order.arriving`, of all projects, on the database's clock. */

export interface DueArrival {
  readonly projectId: string
  readonly orderId: string
  readonly minutes: number
}

export interface ArrivingStore {
  /** Returns up to `limit` due times that have passed, earliest first. */
  due(limit: number): Promise<readonly DueArrival[]>
  /** Removes due times, unless they were moved into the future meanwhile. */
  remove(arrivals: readonly DueArrival[]): Promise<void>
  /** Moves due times that have passed to `byMs` from now, so that others come before them. */
  postpone(arrivals: readonly DueArrival[], byMs: number): Promise<void>
}
