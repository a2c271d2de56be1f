/** The due times of the events `order.arriving`, of all projects, on the database's clock. */

export interface DueArrival {
  readonly projectId: string
  readonly orderId: string
  readonly minutes: number
  /** On the database's clock, as text with all its digits. */
  readonly dueAt: string
}

export interface ArrivingStore {
  /** Returns up to `limit` due times that have passed, earliest first. */
  due(limit: number): Promise<readonly DueArrival[]>
  /** Removes due times, unless they were moved meanwhile. */
  remove(arrivals: readonly DueArrival[]): Promise<void>
  /** Moves due times to `byMs` from now, so that others come before them, unless they were moved meanwhile. */
  postpone(arrivals: readonly DueArrival[], byMs: number): Promise<void>
}
