/**
 * A page of one scope's deliveries, newest first. Chooses the statement and so the index, so that the cost of a page
 * does not grow with the number of deliveries. In this order: the deliveries of given orders or events, log buckets,
 * due deliveries, some webhooks (through a rare topic or one by one), topics one by one, the whole project.
 */
import { and, eq, sql, type SQL } from 'drizzle-orm'
import type { Delivery, DeliveryState } from '../../domain/deliveries/delivery.ts'
import type { Scope } from '../../domain/access/scope.ts'
import type { Reading } from '../connection/connect.ts'
import {
  amongNewest,
  ofAll,
  ofDue,
  ofEachTopic,
  ofEachWebhook,
  ofLogBuckets,
  ofProject,
  type DeliveriesAsked,
  type DeliveryRow,
} from './delivery-queries.ts'
import {
  isAny,
  isLittle,
  isOfMany,
  littleEnough,
  ofRareTopics,
  topicsAsked,
  webhooksWanted,
} from './log-filter-sql.ts'
import { deliveryLogBuckets, matchesOnlyBucketedDeliveries } from './log-buckets.ts'
import { tenantConditions } from '../shared/tenant-conditions.ts'
import { rowsToRead, toPage } from '../shared/keyset-pages.ts'
import { toDelivery } from '../shared/row-mapping.ts'
import { deliveries, dueDeliveries, webhooks } from '../schema/index.ts'
import type { Page, PageRequest } from '../../domain/lists/page.ts'
import type { DeliveryFilter } from '../../domain/lists/filters.ts'

export async function listDeliveries(
  db: Reading,
  scope: Scope,
  filter: DeliveryFilter,
  page: PageRequest<string>,
): Promise<Page<Delivery>> {
  const webhookIds = await webhooksWanted(db, scope, filter)
  if (webhookIds?.length === 0) return toPage(page, [])
  const rows = await read(db, scope, { filter, page, webhookIds })
  return toPage(page, rows.map(toDelivery))
}

async function read(db: Reading, scope: Scope, asked: DeliveriesAsked): Promise<readonly DeliveryRow[]> {
  const { filter, page, webhookIds } = asked
  // A PENDING delivery is never final.
  if (filter.finalOnly !== null && takesOnly(filter, 'PENDING')) return []
  if (filter.orderIds.length > 0 || filter.eventIds.length > 0) return ofAll(db, scope, asked, undefined)
  // Before the states are split: log buckets hold PENDING and ended deliveries together.
  if (matchesOnlyBucketedDeliveries(filter)) return amongNotable(db, scope, asked)
  const apart = apartFromPending(filter)
  if (apart !== null) {
    const rows = new Map<string, DeliveryRow>()
    // A delivery that ends between the two statements is in both results; the later row replaces the earlier one.
    for (const one of apart)
      for (const row of await read(db, scope, { ...asked, filter: one })) rows.set(row.id, row)
    return [...rows.values()].sort(inPageOrder(page)).slice(0, rowsToRead(page))
  }
  if (takesOnly(filter, 'PENDING')) {
    const due = dueOf(scope, webhookIds)
    if (await isLittle(db, due, littleEnough)) return ofAll(db, scope, asked, isAmong(due))
    if (filter.topics.length === 0) return ofDue(db, scope, asked)
  }
  if (webhookIds !== null) return ofSomeWebhooks(db, scope, asked, webhookIds)
  return filter.topics.length > 0
    ? ofEachTopic(db, scope, asked, await topicsAsked(db, scope, filter))
    : ofProject(db, scope, asked)
}

async function ofSomeWebhooks(
  db: Reading,
  scope: Scope,
  asked: DeliveriesAsked,
  webhookIds: readonly string[],
): Promise<readonly DeliveryRow[]> {
  const { filter, page } = asked
  if (isOfMany(webhookIds)) {
    const newest = await amongNewest(db, scope, asked)
    if (newest.length === rowsToRead(page)) return newest
  }
  if (filter.topics.length > 0) {
    const rare = await ofRareTopics(db, scope, filter)
    if (rare !== null) return ofAll(db, scope, asked, isAmong(rare))
  }
  return ofEachWebhook(db, scope, asked, webhookIds)
}

/** For filters that match only deliveries with a log bucket. */
async function amongNotable(
  db: Reading,
  scope: Scope,
  asked: DeliveriesAsked,
): Promise<readonly DeliveryRow[]> {
  const { filter, page, webhookIds } = asked
  const logBucket = await deliveryLogBuckets(db, scope, filter)
  if (logBucket.length === 0) return []
  if (webhookIds !== null && isOfMany(webhookIds)) {
    const newest = await amongNewest(db, scope, asked)
    if (newest.length === rowsToRead(page)) return newest
  }
  if (filter.topics.length > 0) {
    const rare = await ofRareTopics(db, scope, filter)
    if (rare !== null) return ofAll(db, scope, asked, isAmong(rare))
  }
  return ofLogBuckets(db, scope, asked, logBucket)
}

function takesOnly({ states }: DeliveryFilter, wanted: DeliveryState): boolean {
  return states.length > 0 && states.every((state) => state === wanted)
}

/**
 * PENDING deliveries and unsuccessful ended ones have different indexes, so each group has its own page. Null: the
 * filter does not ask for both groups, or asks for DELIVERED too.
 */
function apartFromPending(filter: DeliveryFilter): readonly DeliveryFilter[] | null {
  const { states } = filter
  const others = states.filter((state) => state !== 'PENDING')
  if (others.length === 0 || others.length === states.length || others.includes('DELIVERED')) return null
  return [
    { ...filter, states: ['PENDING'] },
    { ...filter, states: others },
  ]
}

function inPageOrder({ backwards }: PageRequest<string>): (a: DeliveryRow, b: DeliveryRow) => number {
  return (a, b) => (a.id < b.id === backwards ? -1 : 1)
}

function isAmong(ids: SQL): SQL {
  return sql`${deliveries.id} = any(array(${ids}))`
}

/** The due deliveries of the webhooks, and those under lease, which may have left PENDING. */
function dueOf(scope: Scope, webhookIds: readonly string[] | null): SQL {
  const whose = and(
    eq(webhooks.projectId, scope.projectId),
    tenantConditions(scope).webhooks,
    isAny(webhooks.id, webhookIds),
  )
  // Each half is read by its own partial index. Only a set that is too large for `littleEnough` reaches the limit of a
  // half. The factor of 2 leaves room for rows that are added between the count and the read.
  const half = (lease: SQL) =>
    sql`(select delivery_id from ${dueDeliveries} where webhook_id = ${webhooks.id} and ${lease} limit ${2 * littleEnough})`
  return sql`
    select due.delivery_id from ${webhooks}
    cross join lateral (${half(sql`lease_token is null`)} union all ${half(sql`lease_token is not null`)}) due
    where ${whose}`
}
