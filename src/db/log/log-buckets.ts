/**
 * What did not go well at once, of both logs: as what its rows are notable (a few words that PostgreSQL makes of each;
 * `schema.ts`), and which of that a filter takes. All that are notable as the same lie beside each other in the page's
 * order: a page of them reads no others, however few they are among the rest. How it reads them is `attempt-ways.ts`
 * and `delivery-ways.ts`.
 */
import { sql, type SQL } from 'drizzle-orm'
import type { DeliveryState } from '../../domain/deliveries/delivery.ts'
import type { Scope } from '../../domain/access/scope.ts'
import type { Reading } from '../connection/connect.ts'
import { matchesOnlyBucketed } from './log-filter-sql.ts'
import { attempts, deliveries } from '../schema/index.ts'
import { withProjectScope } from '../connection/tenant-scope.ts'
import type { DeliveryFilter, AttemptFilter } from '../../domain/lists/filters.ts'
import { statusClasses } from '../../domain/lists/filters.ts'

/** Of each all are notable; of PENDING and DELIVERED some. */
const notableStates: readonly string[] = [
  'EXHAUSTED',
  'CANCELLED',
  'SKIPPED',
  'EXPIRED',
] satisfies DeliveryState[]

/** Whether all that a filter takes is notable. */
export function matchesOnlyBucketedDeliveries(filter: DeliveryFilter): boolean {
  const { states } = filter
  return (
    matchesOnlyBucketed(filter) || (states.length > 0 && states.every((state) => notableStates.includes(state)))
  )
}

/** As what the project's deliveries are notable that a filter takes. */
export async function deliveryLogBuckets(
  db: Reading,
  scope: Scope,
  filter: DeliveryFilter,
): Promise<readonly string[]> {
  const there = await allThere(db, scope, deliveries)
  return there.filter((words) => {
    const [state, ...latest] = words.split(' ')
    return (
      isAmong(filter.states, state) &&
      (filter.finalOnly === null || state !== 'PENDING') &&
      isTaken(filter, latest)
    )
  })
}

/** As what the project's attempts are notable that a filter takes. */
export async function attemptLogBuckets(
  db: Reading,
  scope: Scope,
  filter: AttemptFilter,
): Promise<readonly string[]> {
  const there = await allThere(db, scope, attempts)
  return there.filter((words) => {
    const [step, ...said] = words.split(' ')
    return (filter.finalOnly === null || step === 'FINAL') && isTaken(filter, said)
  })
}

/** A look into the index for each that there is. */
async function allThere(
  db: Reading,
  scope: Scope,
  rows: typeof attempts | typeof deliveries,
): Promise<readonly string[]> {
  const after = (last: SQL) => sql`(
    select notable_as from ${rows} where project_id = project.id and notable_as > ${last} order by notable_as limit 1)`
  // Whoever may see only a partner's would have to pass over the others' rows one by one.
  const found = await withProjectScope(db, scope, () =>
    db.execute<{ words: string }>(sql`
      with recursive project(id) as (values (${scope.projectId})), found(words) as (
        select ${after(sql`''`)} from project
        union all
        select ${after(sql`found.words`)} from found, project where found.words is not null
      ) select words from found where words is not null`),
  )
  return found.map(({ words }) => words)
}

/** What is said of an attempt; of a delivery's its latest. More attempts than two are told apart row by row. */
function isTaken(
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
