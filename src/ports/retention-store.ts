/** The port between retention and PostgreSQL. Does not decide what is removed in which order. */

/** The result of one batch: rows removed, and the place where the next batch starts; null: this was the last batch. */
export interface Removed {
  readonly count: number
  readonly next: string | null
}

/** Reads up to `limit` rows after the place `from` ('' for the first batch) and removes those that are old enough. */
export type Remove = (from: string, limit: number) => Promise<Removed>

/** IN_USE: another transaction held locks on the day's partitions for too long. A later run tries again. */
export type DayDropped = 'DROPPED' | 'IN_USE'

/** Rows from before these times are too old to be kept. On the database's clock. */
export interface Horizons {
  /** For all rows except deliveries, events and attempts. */
  readonly records: Date
  /**
   * For deliveries and events: the start of the oldest day with attempts, or of the first day of the retention time if
   * that is earlier. So every attempt has its delivery.
   */
  readonly deliveries: Date
}

/** The steps of retention. Each step is one transaction. */
export interface RetentionSteps {
  /** Creates the missing partitions for today and the following days. */
  ensurePartitions(): Promise<void>
  /** Returns for how many days from tomorrow on partitions exist. */
  daysAhead(): Promise<number>
  /** Returns the days with partitions that ended at least `retentionDays` days ago, oldest first, as `2026-02-26`. */
  oldDays(retentionDays: number): Promise<readonly string[]>
  /** Drops the attempts of a day, and updates the expired position of the feeds of their projects. */
  dropDay(day: string): Promise<DayDropped>
  horizons(retentionDays: number): Promise<Horizons>
  /** Removes deliveries that finished before the time. Deliveries under lease or with a pending replay are kept. */
  removeDeliveries(before: Date): Remove
  /** Removes events from before the time that have no deliveries. */
  removeEvents(before: Date): Remove
  removeIdempotencyKeys(before: Date): Remove
  removeAuditEntries(before: Date): Remove
  /** Removes bulk retries that finished before the time. Those whose retries have not ended are kept. */
  removeBulkRetries(before: Date): Remove
  /** Also updates the expired position of the feeds of their projects. */
  removeWebhookChanges(before: Date): Remove
  /**
   * Removes the ranges of the installation's feeds whose items were all removed, and updates the expired positions of these
   * feeds.
   */
  readonly removeInstallationRanges: Remove
}

/** Gives one process at a time access to the steps. */
export interface RetentionStore {
  /** Runs the work under a lock. Returns null, without running it, when another process holds the lock. */
  withLock<T>(work: (steps: RetentionSteps) => Promise<T>): Promise<T | null>
}
