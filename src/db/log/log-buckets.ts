/**
 * Log buckets: a generated column (`schema/index.ts`) classifies every delivery and attempt that is not a success of
 * the first scheduled attempt. Indexes sort the rows of a bucket in page order, so that a filtered page reads only
 * matching rows. This file decides which buckets match a filter; `attempt-queries.ts` and `delivery-queries.ts` read
 * them.
 */
import { sql, type SQL } from 'drizzle-orm'
import type { DeliveryState } from '../../domain/deliveries/delivery.ts'
import { matchesOnlyBucketed } from './log-filter-sql.ts'
import type { ReadContext } from '../shared/tenant-context.ts'
import { attempts, deliveries } from '../schema/index.ts'
import { withProjectScope } from '../connection/tenant-scope.ts'
import type { DeliveryFilter, AttemptFilter } from '../../domain/lists/filters.ts'
import { statusClasses } from '../../domain/lists/filters.ts'

/** All deliveries in these states have a log bucket. Of PENDING and DELIVERED, only some have one. */
const bucketedStates: readonly string[] = [
  'EXHAUSTED',
  'CANCELLED',
  'SKIPPED',
  'EXPIRED',
] satisfies DeliveryState[]

/** Whether every delivery that matches the filter has a log bucket. */
export function matchesOnlyBucketedDeliveries(filter: DeliveryFilter): boolean {
  const { states } = filter
  return (
    matchesOnlyBucketed(filter) ||
    (states.length > 0 && states.every((state) => bucketedStates.includes(state)))
  )
}

/** The log buckets of the project's deliveries that match the filter. */
export async function deliveryLogBuckets(
  context: ReadContext,
  filter: DeliveryFilter,
): Promise<readonly string[]> {
  const buckets = await bucketsOf(context, deliveries)
  return buckets.filter((bucket) => {
    const [state, ...latest] = bucket.split(' ')
    return (
      isAmong(filter.states, state) &&
      (filter.finalOnly === null || state !== 'PENDING') &&
      matchesAttempt(filter, latest)
    )
  })
}

/** The log buckets of the project's attempts that match the filter. */
export async function attemptLogBuckets(
  context: ReadContext,
  filter: AttemptFilter,
): Promise<readonly string[]> {
  const buckets = await bucketsOf(context, attempts)
  return buckets.filter((bucket) => {
    const [step, ...attempt] = bucket.split(' ')
    return (filter.finalOnly === null || step === 'FINAL') && matchesAttempt(filter, attempt)
  })
}

/** The distinct log buckets of a project, by one index lookup for each. */
async function bucketsOf(
  { db, scope }: ReadContext,
  log: typeof attempts | typeof deliveries,
): Promise<readonly string[]> {
  const { logBucket } = log
  const after = (last: SQL) => sql`(
    select ${logBucket} from ${log} where ${log.projectId} = project.id and ${logBucket} > ${last}
    order by ${logBucket} limit 1)`
  // With a partner's scope PostgreSQL would have to skip the rows of the other partners one by one.
  const found = await withProjectScope(db, scope, () =>
    db.execute<{ bucket: string }>(sql`
      with recursive project(id) as (values (${scope.projectId})), found(bucket) as (
        select ${after(sql`''`)} from project
        union all
        select ${after(sql`found.bucket`)} from found, project where found.bucket is not null
      ) select bucket from found where bucket is not null`),
  )
  return found.map(({ bucket }) => bucket)
}

/**
 * Checks the part of a bucket that describes an attempt; for a delivery, its latest. The bucket does not distinguish
 * numbers above 2; the statement checks those row by row.
 */
function matchesAttempt(
  filter: AttemptFilter | DeliveryFilter,
  [trigger, outcome, hundreds, number]: readonly string[],
): boolean {
  return (
    isAmong(filter.triggers, trigger) &&
    isAmong(filter.outcomes, outcome) &&
    isAmong(filter.statusClasses, statusClasses[Number(hundreds) - 1]) &&
    Number(number) >= Math.min(2, filter.attemptNumberFrom ?? 0)
  )
}

function isAmong(wanted: readonly string[], value: string | undefined): boolean {
  return wanted.length === 0 || (value !== undefined && wanted.includes(value))
}
