/**
 * The SQL that the filters of both logs share: which webhooks a filter selects, and whether it matches only rows with a
 * log bucket. `list-attempts.ts` and `list-deliveries.ts` choose the statement for a page.
 */
import { and, eq, gte, lt, or, sql, type Column, type SQL, type SQLWrapper } from 'drizzle-orm'
import { selectsTopic } from '../../domain/orders/topic.ts'
import { oneOf } from '../shared/filter-sql.ts'
import type { ReadContext } from '../shared/tenant-context.ts'
import { textArray } from '../shared/text-array.ts'
import { deliveries, bucketedAttempt, webhooks } from '../schema/index.ts'
import { withProjectScope } from '../connection/tenant-scope.ts'
import type { PageRequest } from '../../domain/lists/page.ts'
import type { DeliveryFilter, AttemptFilter, StatusClass } from '../../domain/lists/filters.ts'
import { codesOf } from '../../domain/lists/filters.ts'

type LogFilter = AttemptFilter | DeliveryFilter

/**
 * For up to this many webhooks, one page of each is read directly. For more webhooks, the project's newest rows are
 * searched first.
 */
const maxSeparateWebhooks = 10
/**
 * How many of a project's newest rows are searched before another statement is used. Rows that are a large part of the
 * traffic fill a page within this number; for all others the search costs a few more milliseconds.
 */
export const newestRows = 10_000
/**
 * A set of at most this many rows is read completely by its ids, and then sorted. For a larger set the log is read in
 * page order, because matches occur often in it.
 */
export const maxSmallSet = 10_000

/** Whether to search the project's newest rows first. */
export function hasManyWebhooks(webhookIds: readonly string[] | null): boolean {
  return webhookIds === null || webhookIds.length > maxSeparateWebhooks
}

/**
 * The ids of the webhooks that a filter selects, deleted ones included, each once. Null: all webhooks of the project.
 * Empty: no row can match. Ids that do not exist or belong to another project or partner are removed here, so that
 * their rows are not read.
 */
export async function selectedWebhooks(
  { db, scope, conditions }: ReadContext,
  filter: LogFilter,
): Promise<readonly string[] | null> {
  const { webhookIds, partnerIds, presets } = filter
  if (selectsOnlyTests(filter)) return []
  const isOfAll = webhookIds.length + partnerIds.length + presets.length === 0
  if (scope.partnerId === null && isOfAll) return null
  const rows = await db
    .select({ id: webhooks.id })
    .from(webhooks)
    .where(
      and(
        eq(webhooks.projectId, scope.projectId),
        conditions.webhooks,
        oneOf(webhooks.id, webhookIds),
        oneOf(webhooks.partnerId, partnerIds),
        oneOf(webhooks.preset, presets),
      ),
    )
  return rows.map(({ id }) => id)
}

/** Tests have no delivery: a filter for tests alone matches nothing in either log. */
function selectsOnlyTests({ triggers }: LogFilter): boolean {
  return triggers.length > 0 && triggers.every((trigger) => trigger === 'TEST')
}

/**
 * Whether a filter matches only rows that did not succeed at the first scheduled attempt. Only a 2xx response is ever a
 * success (`domain/policies/success.ts`).
 */
export function matchesOnlyBucketed(filter: LogFilter): boolean {
  const { outcomes, statusClasses, attemptNumberFrom, triggers } = filter
  return (
    (outcomes.length > 0 && !outcomes.includes('SUCCEEDED')) ||
    (statusClasses.length > 0 && !statusClasses.includes('SUCCESSFUL')) ||
    (attemptNumberFrom !== null && attemptNumberFrom > 1) ||
    (triggers.length > 0 && !triggers.includes('SCHEDULE'))
  )
}

/**
 * For such a filter, the condition of the attempts' partial index word for word (`bucketedAttempt` in `schema/index.ts`), so
 * that the planner can use the index.
 */
export function inLogBucket(filter: LogFilter): SQL | undefined {
  return matchesOnlyBucketed(filter) ? sql`(${bucketedAttempt})` : undefined
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

export function isAny(column: Column, values: readonly string[] | null): SQL | undefined {
  return values === null ? undefined : sql`${column} = any(${textArray(values)})`
}

/**
 * The conditions of a subquery with few rows: PostgreSQL reads all of them and sorts afterwards. Without `offset 0` the
 * planner sometimes reads the project's index in page order instead, until the page is full.
 */
export function allOf(...conditions: readonly (SQL | undefined)[]): SQL {
  return sql`${and(...conditions)} offset 0`
}

/**
 * Ends the page at the last of the project's newest rows. `ids` selects the ids in the direction of the page. For a
 * partner the end is looked up in the whole project, because the partner's own rows may be spread over all of it.
 */
export async function untilEndOfNewest(
  { db, scope }: ReadContext,
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

/** Whether a statement returns at most `max` rows. */
export async function hasAtMost({ db }: ReadContext, statement: SQL, max: number): Promise<boolean> {
  const [row] = await db.execute<{ found: number }>(
    sql`select count(*)::int as found from (${statement} limit ${max + 1}) found`,
  )
  return (row?.found ?? 0) <= max
}

/**
 * The ids of the project's deliveries of the topics, of all partners. Null: more than `maxSmallSet`. The result is a
 * subquery without a limit, because rows may be added before it is read. For a partner, the rows are counted in the
 * whole project: PostgreSQL would otherwise read the other partners' rows too, and skip them one by one. The statement
 * that uses the ids runs in the partner's scope again.
 */
export async function rareTopicDeliveries(context: ReadContext, filter: LogFilter): Promise<SQL | null> {
  const { db, scope } = context
  return withProjectScope(db, scope, async () => {
    const names = await selectedTopics(context, filter)
    // One index lookup per topic. Otherwise PostgreSQL would read all rows of a topic before it counts the first.
    const first = sql`
      select found.id from unnest(${textArray(names)}) as wanted(topic) cross join lateral (
        select id from ${deliveries} where project_id = ${scope.projectId} and topic = wanted.topic
        order by topic, id limit ${maxSmallSet + 1}
      ) found`
    if (!(await hasAtMost(context, first, maxSmallSet))) return null
    return sql`select ${deliveries.id} from ${deliveries} where ${and(
      eq(deliveries.projectId, scope.projectId),
      isAny(deliveries.topic, names),
    )}`
  })
}

/**
 * The topics that match the selections. For `resource.*`, the topics of the project's deliveries are found by one index
 * lookup each.
 */
export async function selectedTopics(
  { db, scope }: ReadContext,
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
