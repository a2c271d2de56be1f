/**
 * A page of one scope's attempts, newest first: from which index it is read. Attempts lie in partitions by day; a
 * page costs the same however many there are, because each way reads them in an index's order, or few of them:
 * of the orders that are asked for, or of a topic that is rare; of what did not go well at once; of each webhook, where
 * a filter or a partner's scope comes down to some; of the project. The statements are `attempt-ways.ts`.
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

/** So many pages are read side by side, each from all of its days. */
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
