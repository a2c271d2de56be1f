/** Which attempts somebody wants to see. The log's SQL and the feed follow the same filter; this is the feed's side. */
import type { Attempt } from './delivery.ts'
import { isWithin, type TimeRange } from './list-filter.ts'
import type { AttemptOutcome } from './outcome.ts'
import { takes } from './topic.ts'

/** What is given must all hold; an empty list does not filter. */
export interface AttemptFilter {
  readonly webhookIds: readonly string[]
  readonly orderIds: readonly string[]
  /** Topics or `resource.*`. */
  readonly topics: readonly string[]
  readonly outcomes: readonly AttemptOutcome[]
  readonly startedAt: TimeRange
}

export function passes(filter: AttemptFilter, attempt: Attempt): boolean {
  return (
    among(filter.webhookIds, attempt.webhookId) &&
    (filter.orderIds.length === 0 ||
      (attempt.orderId !== null && filter.orderIds.includes(attempt.orderId))) &&
    (filter.topics.length === 0 || filter.topics.some((selection) => takes(selection, attempt.topic))) &&
    among(filter.outcomes, attempt.outcome) &&
    isWithin(filter.startedAt, attempt.startedAt)
  )
}

function among<T>(wanted: readonly T[], value: T): boolean {
  return wanted.length === 0 || wanted.includes(value)
}
