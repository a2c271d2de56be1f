/**
 * The deliveries that a bulk retry selects: counts them, or stores their ids as its frozen set. One statement each, which
 * reads only rows with a log bucket: all deliveries that ended without a success have one.
 */
import { and, eq, sql, type SQL } from 'drizzle-orm'
import { maxDeliveries } from '../../domain/deliveries/bulk-retry.ts'
import type { DeliveryFilter } from '../../domain/lists/filters.ts'
import { createdDuring, oneOf } from '../shared/filter-sql.ts'
import type { ReadContext } from '../shared/tenant-context.ts'
import { bulkRetryPages, deliveries, webhooks } from '../schema/index.ts'
import { pageSize } from '../dispatch/bulk-retries/take-next.ts'
import { matching } from './delivery-queries.ts'
import { deliveryLogBuckets } from './log-buckets.ts'
import { isAny, selectedWebhooks } from './log-filter-sql.ts'

/** What a dry run returns. `total` is at most one more than the maximum of a bulk retry. */
export interface RetryableCount {
  readonly total: number
  /** Those whose webhook is disabled or paused now. */
  readonly webhookDisabled: number
  /** Those whose webhook is deleted. */
  readonly unavailable: number
}

const none: RetryableCount = { total: 0, webhookDisabled: 0, unavailable: 0 }

export async function countRetryable(context: ReadContext, filter: DeliveryFilter): Promise<RetryableCount> {
  const selected = await selectRetryable(context, filter)
  if (selected === null) return none
  const [row] = await context.db.execute<{ total: number; disabled: number; deleted: number }>(sql`
    select count(*)::int as total,
      count(*) filter (where w.deleted_at is null and (
        w.disabled_at is not null or (w.paused_since is not null and (w.paused_until is null or w.paused_until > now()))
      ))::int as disabled,
      count(*) filter (where w.deleted_at is not null)::int as deleted
    from (${selected} limit ${maxDeliveries + 1}) d join ${webhooks} w on w.id = d.webhook_id`)
  if (row === undefined) return none
  return { total: row.total, webhookDisabled: row.disabled, unavailable: row.deleted }
}

/**
 * Stores the ids, oldest first, in pages. Returns their number; one more than the maximum: there are more than that, and
 * the caller rolls back.
 */
export async function freezeRetryable(
  context: ReadContext,
  filter: DeliveryFilter,
  bulkRetryId: string,
): Promise<number> {
  const selected = await selectRetryable(context, filter)
  if (selected === null) return 0
  const [row] = await context.db.execute<{ total: number }>(sql`
    with frozen as (
      insert into ${bulkRetryPages} (bulk_retry_id, project_id, page, delivery_ids)
      select ${bulkRetryId}, ${context.scope.projectId}, page, array_agg(id order by id)
      from (
        select id, (row_number() over (order by id) - 1) / ${sql.raw(String(pageSize))} as page
        from (${selected} limit ${maxDeliveries + 1}) d
      ) numbered
      group by page
      returning cardinality(delivery_ids) as count
    )
    select coalesce(sum(count), 0)::int as total from frozen`)
  return row?.total ?? 0
}

/** Null: no delivery can match. */
async function selectRetryable(context: ReadContext, filter: DeliveryFilter): Promise<SQL | null> {
  const webhookIds = await selectedWebhooks(context, filter)
  if (webhookIds?.length === 0) return null
  const buckets = await deliveryLogBuckets(context, filter)
  if (buckets.length === 0) return null
  const condition = and(
    eq(deliveries.projectId, context.scope.projectId),
    isAny(deliveries.logBucket, buckets),
    isAny(deliveries.webhookId, webhookIds),
    oneOf(deliveries.orderId, filter.orderIds),
    oneOf(deliveries.eventId, filter.eventIds),
    createdDuring(deliveries, 'delivery', filter.createdAt),
    matching(filter),
  )
  // `offset 0` keeps the order of the ids out of the choice of the index.
  const all = sql`select ${deliveries.id}, ${deliveries.webhookId} from ${deliveries} where ${condition} offset 0`
  return sql`select id, webhook_id from (${all}) matching order by id`
}
