/**
 * What the filters of both logs share in SQL: which webhooks they come down to, and whether all that they take is
 * among the few that did not go well at once. Where a page is then read from is `attempt-log.ts` and `delivery-log.ts`.
 */
import { and, eq, gte, lt, or, sql, type Column, type SQL, type SQLWrapper } from 'drizzle-orm'
import type { Scope } from '../../domain/access/scope.ts'
import { selectsTopic } from '../../domain/orders/topic.ts'
import type { Reading } from '../connection/connect.ts'
import { oneOf } from '../shared/filter-sql.ts'
import { tenantConditions } from '../shared/tenant-conditions.ts'
import { deliveries, notable, webhooks } from '../schema/index.ts'
import { withProjectScope } from '../connection/tenant-scope.ts'
import type { PageRequest } from '../../domain/lists/page.ts'
import type { DeliveryFilter, AttemptFilter, StatusClass } from '../../domain/lists/filters.ts'
import { codesOf } from '../../domain/lists/filters.ts'

type LogFilter = AttemptFilter | DeliveryFilter

/** So many webhooks have their pages read side by side at once; of more, the newest of the project are looked at first. */
const fewWebhooks = 10
/**
 * How many of a project's newest rows are looked at before another way is gone: a page of what makes up much of the
 * traffic is full by then, and any other costs some milliseconds more.
 */
export const newestRows = 10_000
/** Whether the project's newest rows are worth a look first. */
export function isOfMany(webhookIds: readonly string[] | null): boolean {
  return webhookIds === null || webhookIds.length > fewWebhooks
}
/** Of so much all is read, by its ids, and then sorted. Of more, the log is read as it lies: so much is met soon. */
export const littleEnough = 10_000

/**
 * The ids of the webhooks that a filter comes down to, deleted ones too, each once; null: all of the project; none: nothing
 * is to be read. What is nobody's or another project's is left out here: its rows would be read before they are refused.
 */
export async function webhooksWanted(
  db: Reading,
  scope: Scope,
  filter: LogFilter,
): Promise<readonly string[] | null> {
  const { webhookIds, partnerIds, presets } = filter
  if (takesTestsOnly(filter)) return []
  const isOfAll = webhookIds.length + partnerIds.length + presets.length === 0
  if (scope.partnerId === null && isOfAll) return null
  const rows = await db
    .select({ id: webhooks.id })
    .from(webhooks)
    .where(
      and(
        eq(webhooks.projectId, scope.projectId),
        tenantConditions(scope).webhooks,
        oneOf(webhooks.id, webhookIds),
        oneOf(webhooks.partnerId, partnerIds),
        oneOf(webhooks.preset, presets),
      ),
    )
  return rows.map(({ id }) => id)
}

/** Tests belong to no delivery: who asks for them alone finds nothing in either log. */
function takesTestsOnly({ triggers }: LogFilter): boolean {
  return triggers.length > 0 && triggers.every((trigger) => trigger === 'TEST')
}

/** Whether all that a filter takes did not succeed at once by the schedule. Only a 2xx is ever a success (`domain/policy/success`). */
export function matchesOnlyBucketed(filter: LogFilter): boolean {
  const { outcomes, statusClasses, attemptNumberFrom, triggers } = filter
  return (
    (outcomes.length > 0 && !outcomes.includes('SUCCEEDED')) ||
    (statusClasses.length > 0 && !statusClasses.includes('SUCCESSFUL')) ||
    (attemptNumberFrom !== null && attemptNumberFrom > 1) ||
    (triggers.length > 0 && !triggers.includes('SCHEDULE'))
  )
}

/** Then it is said in the very words of the attempts' partial index (`schema.ts`), so that it may be read. */
export function inLogBucket(filter: LogFilter): SQL | undefined {
  return matchesOnlyBucketed(filter) ? sql`(${notable})` : undefined
}

export function ofStatusClasses(column: Column, classes: readonly StatusClass[]): SQL | undefined {
  if (classes.length === 0) return undefined
  return or(
    ...classes.map((one) => {
      const { from, until } = codesOf(one)
      return and(gte(column, from), lt(column, until))
    }),
  )
}

/** An array as one parameter, whose length does not change the statement. */
export function list(values: readonly string[]): SQL {
  return sql`${sql.param([...values])}::text[]`
}

export function isAny(column: Column, values: readonly string[] | null): SQL | undefined {
  return values === null ? undefined : sql`${column} = any(${list(values)})`
}

/**
 * The conditions of a subquery whose rows are few: all of them are read, and only then sorted. Without the offset
 * PostgreSQL would now and then rather read the project in the order of the page until that is full.
 */
export function allOf(...conditions: readonly (SQL | undefined)[]): SQL {
  return sql`${and(...conditions)} offset 0`
}

/**
 * The page up to the end of the project's newest, whose ids a statement brings in the page's direction. A partner's
 * transaction looks beyond its own for that end: it would have to read all of the project to find so many of its own.
 */
export async function untilEndOfNewest(
  db: Reading,
  scope: Scope,
  page: PageRequest<string>,
  ids: SQLWrapper,
): Promise<PageRequest<string>> {
  if (scope.partnerId === null) return page
  const [end] = await withProjectScope(db, scope, () =>
    db.execute<{ id: string }>(sql`select id from ${ids} newest offset ${newestRows} limit 1`),
  )
  if (end === undefined) return page
  return page.backwards ? { ...page, after: end.id } : { ...page, before: end.id }
}

/** Whether there are `most` at the most of what a statement brings. */
export async function isLittle(db: Reading, some: SQL, most: number): Promise<boolean> {
  const [row] = await db.execute<{ found: number }>(
    sql`select count(*)::int as found from (${some} limit ${most + 1}) few`,
  )
  return (row?.found ?? 0) <= most
}

/**
 * The ids of the project's deliveries of the topics, whosever they are; null where they are not `littleEnough`. All of
 * them: more may be written before they are read. A partner's transaction looks beyond its own, since it would have to
 * read the others' all the same, to pass over them one by one; what it reads by the ids is its own again.
 */
export async function ofRareTopics(db: Reading, scope: Scope, filter: LogFilter): Promise<SQL | null> {
  return withProjectScope(db, scope, async () => {
    const names = await topicsAsked(db, scope, filter)
    // Of each in the index's order: PostgreSQL would else rather look up all of a topic before it counts the first.
    const first = sql`
      select found.id from unnest(${list(names)}) as asked(topic) cross join lateral (
        select id from ${deliveries} where project_id = ${scope.projectId} and topic = asked.topic
        order by topic, id limit ${littleEnough + 1}
      ) found`
    if (!(await isLittle(db, first, littleEnough))) return null
    return sql`select ${deliveries.id} from ${deliveries} where ${and(
      eq(deliveries.projectId, scope.projectId),
      isAny(deliveries.topic, names),
    )}`
  })
}

/** The topics that the selections take of those that the project's deliveries have: a look into the index for each. */
export async function topicsAsked(
  db: Reading,
  scope: Scope,
  { topics: selections }: LogFilter,
): Promise<readonly string[]> {
  if (!selections.some((selection) => selection.endsWith('.*'))) return [...new Set(selections)]
  const next = (more: SQL) => sql`
    select topic from ${deliveries} where project_id = ${scope.projectId} ${more} order by topic limit 1`
  const rows = await db.execute<{ topic: string }>(sql`
    with recursive found as (
      (${next(sql``)})
      union all
      select (${next(sql`and topic > found.topic`)}) from found where found.topic is not null
    ) select topic from found where topic is not null`)
  return rows
    .map(({ topic }) => topic)
    .filter((topic) => selections.some((selection) => selectsTopic(selection, topic)))
}
