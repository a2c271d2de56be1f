/**
 * The SQL that the filters of both logs share: which webhooks a filter selects, and whether it matches only rows with a
 * log bucket. `list-attempts.ts` and `list-deliveries.ts` choose the statement for a page.
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

/**
 * For up to this many webhooks, one page of each is read directly. For more webhooks, the project's newest rows are
 * searched first.
 */
const fewWebhooks = 10
/**
 * How many of a project's newest rows are searched before another statement is used. Rows that are a large part of the
 * traffic fill a page within this number; for all others the search costs a few more milliseconds.
 */
export const newestRows = 10_000
/** Whether to search the project's newest rows first. */
export function isOfMany(webhookIds: readonly string[] | null): boolean {
  return webhookIds === null || webhookIds.length > fewWebhooks
}
/**
 * A set of at most this many rows is read completely by its ids, and then sorted. For a larger set the log is read in
 * page order, because matches occur often in it.
 */
export const littleEnough = 10_000

/**
 * The ids of the webhooks that a filter selects, deleted ones included, each once. Null: all webhooks of the project.
 * Empty: no row can match. Ids that do not exist or belong to another project or partner are removed here, so that
 * their rows are not read.
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

/** Tests have no delivery: a filter for tests alone matches nothing in either log. */
function takesTestsOnly({ triggers }: LogFilter): boolean {
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
 * For such a filter, the condition of the attempts' partial index word for word (`notable` in `schema/index.ts`), so
 * that the planner can use the index.
 */
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

/** Passes an array as one parameter, so that the text of the statement does not depend on its length. */
export function list(values: readonly string[]): SQL {
  return sql`${sql.param([...values])}::text[]`
}

export function isAny(column: Column, values: readonly string[] | null): SQL | undefined {
  return values === null ? undefined : sql`${column} = any(${list(values)})`
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

/** Whether a statement returns at most `most` rows. */
export async function isLittle(db: Reading, some: SQL, most: number): Promise<boolean> {
  const [row] = await db.execute<{ found: number }>(
    sql`select count(*)::int as found from (${some} limit ${most + 1}) few`,
  )
  return (row?.found ?? 0) <= most
}

/**
 * The ids of the project's deliveries of the topics, of all partners. Null: more than `littleEnough`. The result is a
 * subquery without a limit, because rows may be added before it is read. For a partner, the rows are counted in the
 * whole project: PostgreSQL would otherwise read the other partners' rows too, and skip them one by one. The statement
 * that uses the ids runs in the partner's scope again.
 */
export async function ofRareTopics(db: Reading, scope: Scope, filter: LogFilter): Promise<SQL | null> {
  return withProjectScope(db, scope, async () => {
    const names = await topicsAsked(db, scope, filter)
    // One index lookup per topic. Otherwise PostgreSQL would read all rows of a topic before it counts the first.
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

/**
 * The topics that match the selections. For `resource.*`, the topics of the project's deliveries are found by one index
 * lookup each.
 */
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
