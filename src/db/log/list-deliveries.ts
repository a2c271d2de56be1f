/**
 * A page of one scope's deliveries, newest first. It is read by the statement, and so the index, whose cost does not
 * grow with the number of deliveries.
 */
import { and, eq, sql, type SQL } from 'drizzle-orm'
import type { Delivery, DeliveryState } from '../../domain/deliveries/delivery.ts'
import type { DeliveryFilter } from '../../domain/lists/filters.ts'
import type { Page, PageRequest } from '../../domain/lists/page.ts'
import { rowsToRead, toPage } from '../shared/keyset-pages.ts'
import { toDelivery } from '../shared/row-mapping.ts'
import type { ReadContext } from '../shared/tenant-context.ts'
import { deliveries, dueDeliveries, webhooks } from '../schema/index.ts'
import {
  deliveryLog,
  readAllDeliveries,
  readDeliveryBuckets,
  readDueDeliveries,
  readEachTopic,
  type DeliveryRow,
} from './delivery-queries.ts'
import { deliveryLogBuckets, matchesOnlyBucketedDeliveries } from './log-buckets.ts'
import {
  hasAtMost,
  hasManyWebhooks,
  isAny,
  maxSmallSet,
  rareTopicDeliveries,
  selectedTopics,
  selectedWebhooks,
} from './log-filter-sql.ts'
import { readEachWebhook, readNewest, readProject, type LogRequest } from './log-queries.ts'

type DeliveryRequest = LogRequest<DeliveryFilter>

export async function listDeliveries(
  context: ReadContext,
  filter: DeliveryFilter,
  page: PageRequest<string>,
): Promise<Page<Delivery>> {
  const webhookIds = await selectedWebhooks(context, filter)
  if (webhookIds?.length === 0) return toPage(page, [])
  const rows = await readPage(context, { filter, page, webhookIds })
  return toPage(page, rows.map(toDelivery))
}

/** The number of deliveries in the list; `max` when there are more. Reads the list's first `max` deliveries. */
export async function countDeliveries(
  context: ReadContext,
  filter: DeliveryFilter,
  max: number,
): Promise<number> {
  const webhookIds = await selectedWebhooks(context, filter)
  if (webhookIds?.length === 0) return 0
  const page = { limit: max - 1, backwards: false, after: null, before: null }
  return (await readPage(context, { filter, page, webhookIds })).length
}

/** The first statement whose condition holds reads the page. */
async function readPage(context: ReadContext, request: DeliveryRequest): Promise<readonly DeliveryRow[]> {
  const { filter, webhookIds } = request
  // A PENDING delivery is never final.
  if (filter.finalOnly !== null && selectsOnly(filter, 'PENDING')) return []
  // Given orders or events: all their deliveries.
  if (filter.orderIds.length > 0 || filter.eventIds.length > 0)
    return readAllDeliveries(context, request, undefined)
  // Rows with a log bucket: bucket by bucket. Before the states are split, because log buckets hold PENDING and ended
  // deliveries together.
  if (matchesOnlyBucketedDeliveries(filter)) return readBucketed(context, request)
  const groups = pendingAndEnded(filter)
  if (groups !== null) return readGroups(context, request, groups)
  // PENDING alone: all due deliveries if they are few, else in page order.
  if (selectsOnly(filter, 'PENDING')) {
    const due = dueIds(context, webhookIds)
    if (await hasAtMost(context, due, maxSmallSet)) return readAllDeliveries(context, request, isAmong(due))
    if (filter.topics.length === 0) return readDueDeliveries(context, request)
  }
  if (webhookIds !== null) return readWebhooks(context, request, webhookIds)
  if (filter.topics.length > 0) return readEachTopic(context, request, await selectedTopics(context, filter))
  return readProject(context, deliveryLog, request)
}

/** For filters that match only deliveries with a log bucket. */
async function readBucketed(context: ReadContext, request: DeliveryRequest): Promise<readonly DeliveryRow[]> {
  const buckets = await deliveryLogBuckets(context, request.filter)
  if (buckets.length === 0) return []
  return (
    (await readNewestOrRareTopics(context, request)) ?? (await readDeliveryBuckets(context, request, buckets))
  )
}

async function readWebhooks(
  context: ReadContext,
  request: DeliveryRequest,
  webhookIds: readonly string[],
): Promise<readonly DeliveryRow[]> {
  return (
    (await readNewestOrRareTopics(context, request)) ??
    (await readEachWebhook(context, deliveryLog, request, webhookIds))
  )
}

/** Many webhooks: the newest rows, if they fill the page. Rare topics: all their deliveries. Null: neither. */
async function readNewestOrRareTopics(
  context: ReadContext,
  request: DeliveryRequest,
): Promise<readonly DeliveryRow[] | null> {
  const { filter, page, webhookIds } = request
  if (webhookIds !== null && hasManyWebhooks(webhookIds)) {
    const newest = await readNewest(context, deliveryLog, request)
    if (newest.length === rowsToRead(page)) return newest
  }
  if (filter.topics.length === 0) return null
  const rare = await rareTopicDeliveries(context, filter)
  return rare === null ? null : readAllDeliveries(context, request, isAmong(rare))
}

function selectsOnly({ states }: DeliveryFilter, wanted: DeliveryState): boolean {
  return states.length > 0 && states.every((state) => state === wanted)
}

/**
 * PENDING deliveries and unsuccessful ended ones have different indexes, so each group has its own page. Null: the
 * filter does not select both groups, or selects DELIVERED too.
 */
function pendingAndEnded(filter: DeliveryFilter): readonly DeliveryFilter[] | null {
  const { states } = filter
  const ended = states.filter((state) => state !== 'PENDING')
  if (ended.length === 0 || ended.length === states.length || ended.includes('DELIVERED')) return null
  return [
    { ...filter, states: ['PENDING'] },
    { ...filter, states: ended },
  ]
}

async function readGroups(
  context: ReadContext,
  request: DeliveryRequest,
  groups: readonly DeliveryFilter[],
): Promise<readonly DeliveryRow[]> {
  const { page } = request
  const rows = new Map<string, DeliveryRow>()
  // A delivery that ends between the two statements is in both results; the later row replaces the earlier one.
  for (const filter of groups)
    for (const row of await readPage(context, { ...request, filter })) rows.set(row.id, row)
  return [...rows.values()].sort(inPageOrder(page)).slice(0, rowsToRead(page))
}

function inPageOrder({ backwards }: PageRequest<string>): (a: DeliveryRow, b: DeliveryRow) => number {
  return (a, b) => (a.id < b.id === backwards ? -1 : 1)
}

function isAmong(ids: SQL): SQL {
  return sql`${deliveries.id} = any(array(${ids}))`
}

/** The due deliveries of the webhooks, and those under lease, which may have left PENDING. */
function dueIds({ scope, conditions }: ReadContext, webhookIds: readonly string[] | null): SQL {
  const isSelected = and(
    eq(webhooks.projectId, scope.projectId),
    conditions.webhooks,
    isAny(webhooks.id, webhookIds),
  )
  // Each half is read by its own partial index. Only a set that is larger than `maxSmallSet` reaches the limit of a
  // half. The factor of 2 leaves room for rows that are added between the count and the read.
  const half = (lease: SQL) =>
    sql`(select delivery_id from ${dueDeliveries} where webhook_id = ${webhooks.id} and ${lease} limit ${2 * maxSmallSet})`
  return sql`
    select due.delivery_id from ${webhooks}
    cross join lateral (${half(sql`lease_token is null`)} union all ${half(sql`lease_token is not null`)}) due
    where ${isSelected}`
}
