/**
 * The attempts of one scope: a page of the log, newest first, and the attempts of given deliveries. A page of the log
 * is read by the statement, and so the index, whose cost does not grow with the number of attempts and daily
 * partitions.
 */
import { and, asc, desc, eq, gt, inArray, lt, lte, sql } from 'drizzle-orm'
import type { Attempt, Delivery } from '../../domain/deliveries/delivery.ts'
import type { AttemptFilter } from '../../domain/lists/filters.ts'
import type { Page, PageRequest } from '../../domain/lists/page.ts'
import { rowsToRead, toPage } from '../shared/keyset-pages.ts'
import { toAttempt } from '../shared/row-mapping.ts'
import type { ReadContext } from '../shared/tenant-context.ts'
import { attempts, deliveries } from '../schema/index.ts'
import {
  attemptLog,
  readAttemptBuckets,
  readAttemptsOfDeliveries,
  type AttemptRow,
} from './attempt-queries.ts'
import { attemptLogBuckets } from './log-buckets.ts'
import {
  hasManyWebhooks,
  matchesOnlyBucketed,
  rareTopicDeliveries,
  selectedWebhooks,
} from './log-filter-sql.ts'
import { readEachWebhook, readNewest, readProject, type LogRequest } from './log-queries.ts'

/** At most this many pages are read in one statement. Each of them reads all its partitions. */
const maxPages = 200

export async function listAttempts(
  context: ReadContext,
  filter: AttemptFilter,
  page: PageRequest<string>,
): Promise<Page<Attempt>> {
  const webhookIds = await selectedWebhooks(context, filter)
  if (webhookIds?.length === 0) return toPage(page, [])
  const rows = await readPage(context, { filter, page, webhookIds })
  return toPage(page, rows.map(toAttempt))
}

/** The first statement whose condition holds reads the page. */
async function readPage(
  context: ReadContext,
  request: LogRequest<AttemptFilter>,
): Promise<readonly AttemptRow[]> {
  const { filter, page, webhookIds } = request
  const { orderIds } = filter
  const isOfTopics = filter.topics.length > 0
  // Given orders: the attempts of their deliveries.
  if (orderIds.length > 0)
    return readAttemptsOfDeliveries(context, request, inArray(deliveries.orderId, [...orderIds]))
  // Topics or many webhooks: the newest rows, if they fill the page.
  if ((isOfTopics || webhookIds !== null) && hasManyWebhooks(webhookIds)) {
    const newest = await readNewest(context, attemptLog, request)
    if (newest.length === rowsToRead(page)) return newest
  }
  // Rare topics: the attempts of their deliveries.
  if (isOfTopics) {
    const rare = await rareTopicDeliveries(context, filter)
    if (rare !== null)
      return readAttemptsOfDeliveries(context, request, sql`${deliveries.id} = any(array(${rare}))`)
  }
  // Rows with a log bucket: bucket by bucket.
  if (matchesOnlyBucketed(filter)) {
    const buckets = await attemptLogBuckets(context, filter)
    if (buckets.length === 0) return []
    if (webhookIds === null || buckets.length * webhookIds.length <= maxPages)
      return readAttemptBuckets(context, request, buckets)
  }
  if (webhookIds !== null) return readEachWebhook(context, attemptLog, request, webhookIds)
  return readProject(context, attemptLog, request)
}

/**
 * Returns one page of attempts per delivery, ordered by number, in the order of `wanted`. One statement for all
 * deliveries, so that a page of the delivery log needs the same number of statements however many deliveries it shows.
 * Partitions that are older than the oldest delivery are not read.
 */
export async function attemptsOf(
  { db, scope, conditions }: ReadContext,
  wanted: readonly Delivery[],
  page: PageRequest<number>,
): Promise<readonly Page<Attempt>[]> {
  if (wanted.length === 0) return []
  const oldest = new Date(Math.min(...wanted.map((delivery) => delivery.createdAt.getTime())))
  const number = page.backwards ? desc(attempts.number) : asc(attempts.number)
  const ranked = db.$with('ranked').as(
    db
      .select({
        id: sql<string>`${attempts.id}`.as('ranked_id'),
        startedAt: sql<Date>`${attempts.startedAt}`.as('ranked_at'),
        rank: sql<number>`row_number() over (partition by ${attempts.deliveryId} order by ${number})`.as(
          'rank',
        ),
      })
      .from(attempts)
      .where(
        and(
          eq(attempts.projectId, scope.projectId),
          conditions.ofWebhook(attempts.webhookId),
          inArray(
            attempts.deliveryId,
            wanted.map((delivery) => delivery.id),
          ),
          sql`${attempts.startedAt} >= ${oldest.toISOString()}`,
          page.after === null ? undefined : gt(attempts.number, page.after),
          page.before === null ? undefined : lt(attempts.number, page.before),
        ),
      ),
  )
  const rows = await db
    .with(ranked)
    .select({ attempt: attempts })
    .from(ranked)
    .innerJoin(attempts, and(eq(attempts.startedAt, ranked.startedAt), eq(attempts.id, ranked.id)))
    .where(lte(ranked.rank, rowsToRead(page)))
    .orderBy(number)
  const byDelivery = new Map<string, Attempt[]>()
  for (const { attempt } of rows) {
    const ofDelivery = byDelivery.get(attempt.deliveryId ?? '') ?? []
    ofDelivery.push(toAttempt(attempt))
    byDelivery.set(attempt.deliveryId ?? '', ofDelivery)
  }
  return wanted.map((delivery) => toPage(page, byDelivery.get(delivery.id) ?? []))
}
