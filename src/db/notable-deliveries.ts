/**
 * Deliveries that did not go well at once: as what they are notable (`notable_as`, which PostgreSQL makes of the row;
 * `schema.ts`), and which of that a filter takes. All that are notable as the same lie beside each other in the page's
 * order: a page of them reads no others, however few they are among the rest. How it reads them is `delivery-ways.ts`.
 */
import { sql } from 'drizzle-orm'
import { statusClasses } from '../domain/attempt-filter.ts'
import type { DeliveryState } from '../domain/delivery.ts'
import type { DeliveryFilter } from '../domain/list-filter.ts'
import type { Scope } from '../domain/scope.ts'
import type { Reading } from './connect.ts'
import { takesNotableOnly } from './log-narrow.ts'
import { beyondPartner } from './scope.ts'

/** Of each all are notable; of PENDING and DELIVERED some. */
const notableStates: readonly string[] = [
  'EXHAUSTED',
  'CANCELLED',
  'SKIPPED',
  'EXPIRED',
] satisfies DeliveryState[]

/** Whether all that a filter takes is notable. */
export function takesNotableDeliveriesOnly(filter: DeliveryFilter): boolean {
  const { states } = filter
  return (
    takesNotableOnly(filter) || (states.length > 0 && states.every((state) => notableStates.includes(state)))
  )
}

/** As what the project's deliveries are notable that a filter takes: a look into the index for each that there is. */
export async function notableAsAsked(
  db: Reading,
  scope: Scope,
  filter: DeliveryFilter,
): Promise<readonly string[]> {
  const after = (last: string) =>
    sql.raw(`(
    select notable_as from deliveries where project_id = project.id and notable_as > ${last}
    order by notable_as limit 1)`)
  // Whoever may see only a partner's would have to pass over the others' rows one by one.
  const rows = await beyondPartner(db, scope, () =>
    db.execute<{ notable_as: string }>(sql`
      with recursive project(id) as (values (${scope.projectId})), found as (
        select ${after("''")} as notable_as from project
        union all
        select ${after('found.notable_as')} from found, project where found.notable_as is not null
      ) select notable_as from found where notable_as is not null`),
  )
  return rows.map(({ notable_as }) => notable_as).filter((notableAs) => isTaken(filter, notableAs))
}

/** What is said of attempts is said of the latest. More attempts than two are told apart row by row. */
function isTaken(filter: DeliveryFilter, notableAs: string): boolean {
  const [state, trigger, outcome, hundreds, attempts] = notableAs.split(' ')
  const statusClass = statusClasses[Number(hundreds) - 1]
  return (
    amongText(filter.states, state) &&
    amongText(filter.triggers, trigger) &&
    amongText(filter.outcomes, outcome) &&
    amongText(filter.statusClasses, statusClass) &&
    (filter.finalOnly === null || state !== 'PENDING') &&
    Number(attempts) >= Math.min(2, filter.attemptNumberFrom ?? 0)
  )
}

function amongText(wanted: readonly string[], value: string | undefined): boolean {
  return wanted.length === 0 || (value !== undefined && wanted.includes(value))
}
