/**
 * A page of one scope's attempts, newest first. Chooses the statement, and so the index, so that the cost of a page
 * does not grow with the number of attempts and daily partitions. Given orders and rare topics are read through their
 * deliveries, filters that match only log buckets by bucket, given webhooks one by one, and everything else by the
 * project's index.
 */
import { inArray, sql } from 'drizzle-orm'
import type { Attempt } from '../../domain/deliveries/delivery.ts'
import type { Scope } from '../../domain/access/scope.ts'
import {
  amongNewest,
  ofDeliveries,
  ofEachWebhook,
  ofLogBuckets,
  ofProject,
  type AttemptRow,
  type AttemptsAsked,
} from './attempt-queries.ts'
import type { Reading } from '../connection/connect.ts'
import { isOfMany, ofRareTopics, matchesOnlyBucketed, webhooksWanted } from './log-filter-sql.ts'
import { attemptLogBuckets } from './log-buckets.ts'
import { rowsToRead, toPage } from '../shared/keyset-pages.ts'
import { toAttempt } from '../shared/row-mapping.ts'
import { deliveries } from '../schema/index.ts'
import type { Page, PageRequest } from '../../domain/lists/page.ts'
import type { AttemptFilter } from '../../domain/lists/filters.ts'

/** At most this many pages are read in one statement. Each of them reads all its partitions. */
const fewPages = 200

export async function listAttempts(
  db: Reading,
  scope: Scope,
  filter: AttemptFilter,
  page: PageRequest<string>,
): Promise<Page<Attempt>> {
  const webhookIds = await webhooksWanted(db, scope, filter)
  if (webhookIds?.length === 0) return toPage(page, [])
  const rows = await read(db, scope, { filter, page, webhookIds })
  return toPage(page, rows.map(toAttempt))
}

async function read(db: Reading, scope: Scope, asked: AttemptsAsked): Promise<readonly AttemptRow[]> {
  const { filter, page, webhookIds } = asked
  if (filter.orderIds.length > 0)
    return ofDeliveries(db, scope, asked, inArray(deliveries.orderId, [...filter.orderIds]))
  const isOfTopics = filter.topics.length > 0
  if ((isOfTopics || webhookIds !== null) && isOfMany(webhookIds)) {
    const newest = await amongNewest(db, scope, asked)
    if (newest.length === rowsToRead(page)) return newest
  }
  if (isOfTopics) {
    const rare = await ofRareTopics(db, scope, filter)
    if (rare !== null) return ofDeliveries(db, scope, asked, sql`${deliveries.id} = any(array(${rare}))`)
  }
  if (matchesOnlyBucketed(filter)) {
    const logBucket = await attemptLogBuckets(db, scope, filter)
    if (logBucket.length === 0) return []
    if (webhookIds === null || logBucket.length * webhookIds.length <= fewPages)
      return ofLogBuckets(db, scope, asked, logBucket)
  }
  return webhookIds === null ? ofProject(db, scope, asked) : ofEachWebhook(db, scope, asked, webhookIds)
}
