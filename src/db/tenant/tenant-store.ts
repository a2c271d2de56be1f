/**
 * The rows of one scope: a project, or for a PARTNER key only the partner's webhooks and their deliveries. The store
 * adds its scope to every statement, so that rows of other projects and of other partners cannot be reached. Each read
 * is a transaction of its own. `transaction.ts` writes.
 */
import type postgres from 'postgres'
import type { Scope } from '../../domain/access/scope.ts'
import type { Replayed } from '../../ports/dispatch-store.ts'
import type { Database, Reading } from '../connection/connect.ts'
import { statementsInScope } from '../connection/scoped-statements.ts'
import { despiteDeadlocks } from '../connection/retry.ts'
import { inRawScope, withScope } from '../connection/tenant-scope.ts'
import { cancelPending } from '../dispatch/cancel.ts'
import { replaySkipped } from '../dispatch/replay.ts'
import { requestsOf, responsesOf } from '../log/attempt-contents.ts'
import { attemptsOf, listAttempts } from '../log/list-attempts.ts'
import { countDeliveries, listDeliveries } from '../log/list-deliveries.ts'
import { eraseBatch } from '../maintenance/erase.ts'
import { tenantConditions } from '../shared/tenant-conditions.ts'
import type { ReadContext } from '../shared/tenant-context.ts'
import { deliveriesOf, deliveryCountsOf, eventsOf } from './reads/child-lists.ts'
import { bulkRetriesByIds, listBulkRetries } from './reads/bulk-retries.ts'
import * as find from './reads/find-by-id.ts'
import { orderBy, ordersByIds } from './reads/find-order.ts'
import { countOrders, listOrders } from './reads/list-orders.ts'
import * as lists from './reads/lists.ts'
import { previewOf } from './reads/previews.ts'
import { customTopics, topicByName, topicNames, topicsByNames } from './reads/topics.ts'
import { attemptCountsOf, attemptSeriesOf, backlogsOf, latestAttemptsOf } from './reads/webhook-health.ts'
import { runProjectTx, type ProjectTx } from './transaction.ts'

/** The store of one scope. */
export type ProjectStore = ReturnType<typeof makeProjectStore>

/** Runs a transaction of the store. `name` is the name of its statement or method. */
export type RunTransaction = <T>(name: string, transaction: () => Promise<T>) => Promise<T>

const runAtOnce: RunTransaction = (_name, transaction) => transaction()

/** Opens a store. `run` runs each of its transactions, so that the caller can limit their number and their time. */
export function makeProjectStore(db: Database, scope: Scope, run: RunTransaction = runAtOnce) {
  return {
    ...makeProjectReads(db, scope, run),
    cancelPending: (webhookId: string, limit: number) =>
      run('cancelPending', () => cancelPendingOf(db, scope, webhookId, limit)),
    replaySkipped: (webhookId: string, limit: number) =>
      run('replaySkipped', () => replaySkippedOf(db, scope, webhookId, limit)),
    erasePending: (customerId: string, limit: number) =>
      run('erasePending', () => erasePendingOf(db, scope, customerId, limit)),
    transaction: <T>(work: (tx: ProjectTx) => Promise<T>): Promise<T> =>
      run('transaction', () => runProjectTx(db, scope, work)),
  }
}

function makeProjectReads(db: Database, scope: Scope, run: RunTransaction) {
  const conditions = tenantConditions(scope)
  let alone: Reading | undefined
  const read =
    <Parameters extends unknown[], Result>(
      statement: (context: ReadContext, ...parameters: Parameters) => Promise<Result>,
    ) =>
    (...parameters: Parameters): Promise<Result> =>
      run(statement.name, () => {
        // A partner's statements may change the scope within their transaction (`withProjectScope`).
        if (scope.partnerId !== null)
          return withScope(db, scope, (tx) => statement({ db: tx, scope, conditions }, ...parameters))
        alone ??= statementsInScope(db, scope)
        return statement({ db: alone, scope, conditions }, ...parameters)
      })
  return {
    project: read(find.project),
    keysByIds: read(find.keysByIds),
    actingKeysByIds: read(find.actingKeysByIds),
    partnersByIds: read(find.partnersByIds),
    sitesByIds: read(find.sitesByIds),
    customersByIds: read(find.customersByIds),
    ordersByIds: read(ordersByIds),
    eventsByIds: read(find.eventsByIds),
    eventDataByIds: read(find.eventDataByIds),
    webhooksByIds: read(find.webhooksByIds),
    deliveriesByIds: read(find.deliveriesByIds),
    bulkRetriesByIds: read(bulkRetriesByIds),
    attemptsByIds: read(find.attemptsByIds),
    auditEntriesByIds: read(find.auditEntriesByIds),
    auditedStatesByIds: read(find.auditedStatesByIds),
    requestsOf: read(requestsOf),
    responsesOf: read(responsesOf),
    siteByNumber: read(find.siteByNumber),
    customerByNumber: read(find.customerByNumber),
    orderBy: read(orderBy),

    topics: read(customTopics),
    topicsByNames: read(topicsByNames),
    topicNames: read(topicNames),
    topicByName: read(topicByName),

    listKeys: read(lists.listKeys),
    listPartners: read(lists.listPartners),
    listSites: read(lists.listSites),
    listCustomers: read(lists.listCustomers),
    listOrders: read(listOrders),
    countOrders: read(countOrders),
    listAuditEntries: read(lists.listAuditEntries),
    listEvents: read(lists.listEvents),
    listWebhooks: read(lists.listWebhooks),
    countWebhooks: read(lists.countWebhooks),
    listDeliveries: read(listDeliveries),
    countDeliveries: read(countDeliveries),
    listBulkRetries: read(listBulkRetries),
    listAttempts: read(listAttempts),
    eventsOf: read(eventsOf),
    deliveriesOf: read(deliveriesOf),
    deliveryCountsOf: read(deliveryCountsOf),
    attemptsOf: read(attemptsOf),

    backlogsOf: read(backlogsOf),
    attemptCountsOf: read(attemptCountsOf),
    attemptSeriesOf: read(attemptSeriesOf),
    latestAttemptsOf: read(latestAttemptsOf),
    previewOf: read(previewOf),
  }
}

/** Cancels up to `limit` PENDING deliveries of a deleted webhook. Returns how many it cancelled. */
function cancelPendingOf(db: Database, scope: Scope, webhookId: string, limit: number): Promise<number> {
  return inRawScope(db.$client, scope, (sql) =>
    cancelPending(sql, webhookInScope(sql, scope, webhookId), limit),
  )
}

/** Replays up to `limit` skipped deliveries of the webhook; null: no replay is pending. */
function replaySkippedOf(
  db: Database,
  scope: Scope,
  webhookId: string,
  limit: number,
): Promise<Replayed | null> {
  return inRawScope(db.$client, scope, (sql) =>
    replaySkipped(sql, webhookInScope(sql, scope, webhookId), limit),
  )
}

/**
 * Erases the customer's data from up to `limit` events and from their stored requests and responses, if an erasure is
 * pending. Returns the number of events. Waits for another transaction that processes the same erasure, such as the
 * sweep's, so that it returns only when the events are erased.
 */
function erasePendingOf(db: Database, scope: Scope, customerId: string, limit: number): Promise<number> {
  return despiteDeadlocks(() =>
    inRawScope(db.$client, scope, (sql) =>
      eraseBatch(
        sql,
        sql`where customer_id = ${customerId} and project_id = ${scope.projectId} for update`,
        limit,
      ),
    ),
  )
}

function webhookInScope(sql: postgres.ISql, { projectId, partnerId }: Scope, webhookId: string) {
  return sql`select id from webhooks where id = ${webhookId} and project_id = ${projectId}
    and (${partnerId}::text is null or partner_id = ${partnerId})`
}
