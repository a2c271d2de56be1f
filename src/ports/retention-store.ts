/** What retention needs of PostgreSQL, as types. What is removed, in which order, is `retention.ts`. */

/** One batch: how many it removed, and from where the next goes on; null: that was the last. */
export interface Removed {
  readonly count: number
  readonly next: string | null
}

/** Removes up to so many from a place on; the first batch begins at ''. Answers soon, whatever else is written meanwhile. */
export type Remove = (from: string, limit: number) => Promise<Removed>

/** Whether a day is gone; IN_USE: somebody reads or writes for so long that it was left for now. */
export type DayDropped = 'DROPPED' | 'IN_USE'

/** Until when things are too old to be kept: what was before. On the database's clock. */
export interface Horizons {
  /** For what is removed one by one. */
  readonly records: Date
  /** For deliveries and events: the beginning of the oldest day of which attempts are kept, so that an attempt always has its delivery. */
  readonly deliveries: Date
}

/** All of it in steps of which each is one transaction. */
export interface RetentionSteps {
  /** Makes the partitions of today and the days to come. */
  ensurePartitions(): Promise<void>
  /** For how many days from tomorrow on there are partitions. */
  daysAhead(): Promise<number>
  /** The days of which attempts are kept that ended so many days ago or more, oldest first, as `2026-02-26`. */
  oldDays(retentionDays: number): Promise<readonly string[]>
  /** Removes a day's attempts, and says in the feeds of their projects where they begin now. */
  dropDay(day: string): Promise<DayDropped>
  horizons(retentionDays: number): Promise<Horizons>
  /** Those that finished before; what is pending, under lease or about to be brought back stays. */
  removeDeliveries(before: Date): Remove
  /** Those of before that are owed to nobody any more. */
  removeEvents(before: Date): Remove
  removeIdempotencyKeys(before: Date): Remove
  removeAuditEntries(before: Date): Remove
  /** With what is said in their projects' feeds of where they begin now. */
  removeWebhookChanges(before: Date): Remove
}

export interface RetentionStore {
  /** Does the work while no other process does it; null, and nothing is done, where one is at it. */
  alone<T>(work: (steps: RetentionSteps) => Promise<T>): Promise<T | null>
}
