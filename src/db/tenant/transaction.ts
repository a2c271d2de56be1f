/**
 * Writes for one project in one transaction. Every statement contains the scope. Rows that belong to a webhook are
 * reached through the webhook. Locks are held until the transaction ends.
 */
import { and, eq, type SQL } from 'drizzle-orm'
import type { AuditEntry } from '../../domain/audit/audit-entry.ts'
import type { Scope } from '../../domain/access/scope.ts'
import type { Database } from '../connection/connect.ts'
import { despiteDeadlocks } from '../connection/retry.ts'
import { withScope } from '../connection/tenant-scope.ts'
import { tenantConditions } from '../shared/tenant-conditions.ts'
import type { WriteContext } from '../shared/tenant-context.ts'
import { auditLog, idempotencyKeys } from '../schema/index.ts'
import * as bulkRetries from './writes/bulk-retry-writes.ts'
import { rescheduleArriving } from './writes/arriving-writes.ts'
import * as deliveries from './writes/delivery-writes.ts'
import * as erasures from './writes/erasure-writes.ts'
import * as events from './grouped/one-event.ts'
import * as topics from './writes/topic-writes.ts'
import * as keys from './writes/key-writes.ts'
import * as orders from './writes/order-writes.ts'
import { insertNotices } from './writes/notice-writes.ts'
import { insertTestAttempt } from './writes/test-attempt-writes.ts'
import * as ordering from './writes/ordering-writes.ts'
import * as webhooks from './writes/webhook-writes.ts'

/** The statements of one transaction of a project. */
export type ProjectTx = ReturnType<typeof makeProjectTx>

/**
 * The result of claiming an idempotency key. NEW: the key is unused. SAME_INPUT: the stored response. OTHER_INPUT:
 * the key was used with another input.
 */
export type IdempotencyClaim =
  | { readonly kind: 'NEW' }
  | { readonly kind: 'SAME_INPUT'; readonly answer: string }
  | { readonly kind: 'OTHER_INPUT' }

/** How often to look for the stored result of an idempotency key before giving up. */
const maxLookUps = 3

/** Runs `work` in one transaction, which rolls back when `work` throws. */
export function runProjectTx<T>(db: Database, scope: Scope, work: (tx: ProjectTx) => Promise<T>): Promise<T> {
  return despiteDeadlocks(() =>
    withScope(db, scope, async (tx, began) =>
      work(makeProjectTx({ tx, scope, conditions: tenantConditions(scope), now: await began })),
    ),
  )
}

/** Supplies the context to each statement, so that callers cannot leave out the scope. */
function makeProjectTx(context: WriteContext) {
  const bind =
    <Parameters extends unknown[], Result>(
      statement: (context: WriteContext, ...parameters: Parameters) => Result,
    ) =>
    (...parameters: Parameters): Result =>
      statement(context, ...parameters)
  return {
    /** Start of the transaction on the database's clock. */
    now: context.now,
    claimIdempotencyKey: bind(claimIdempotencyKey),
    storeResponse: bind(storeResponse),
    insertAuditEntry: bind(insertAuditEntry),

    nextNumber: bind(orders.nextNumber),
    knownSites: bind(orders.knownSites),
    insertSite: bind(orders.insertSite),
    insertCustomer: bind(orders.insertCustomer),
    lockSite: bind(orders.lockSite),
    lockCustomer: bind(orders.lockCustomer),
    updateSite: bind(orders.updateSite),
    updateCustomer: bind(orders.updateCustomer),

    eventSubscribers: bind(events.eventSubscribers),
    insertEvent: bind(events.insertEvent),

    eraseRecords: bind(erasures.eraseRecords),
    hasPersonalEvents: bind(erasures.hasPersonalEvents),
    enqueueErasure: bind(erasures.enqueueErasure),

    lockTopics: bind(topics.lockTopics),
    insertTopic: bind(topics.insertTopic),

    countWebhooks: bind(webhooks.countWebhooks),
    insertWebhook: bind(webhooks.insertWebhook),
    lockWebhook: bind(webhooks.lockWebhook),
    updateWebhook: bind(webhooks.updateWebhook),
    lockDueDeliveries: bind(ordering.lockDueDeliveries),
    placeDueDeliveries: bind(ordering.placeDueDeliveries),
    lockWebhooks: bind(webhooks.lockWebhookSet),
    deleteWebhooksOf: bind(webhooks.deleteWebhooksOf),
    resetHealth: bind(webhooks.resetHealth),
    insertWebhookChange: bind(webhooks.insertWebhookChange),
    insertNotices: bind(insertNotices),
    enqueueReplay: bind(webhooks.enqueueReplay),
    setCredentials: bind(webhooks.setCredentials),
    webhookSecrets: bind(webhooks.webhookSecrets),
    insertTestAttempt: bind(insertTestAttempt),

    lockDelivery: bind(deliveries.lockDelivery),
    requestRetryNow: bind(deliveries.requestRetryNow),
    queueRetryAfterCurrent: bind(deliveries.queueRetryAfterCurrent),
    cancelDelivery: bind(deliveries.cancelDelivery),

    countUnfinishedBulkRetries: bind(bulkRetries.countUnfinishedBulkRetries),
    cancelBulkRetriesOf: bind(bulkRetries.cancelBulkRetriesOf),
    countRetryable: bind(bulkRetries.countRetryable),
    insertBulkRetry: bind(bulkRetries.insertBulkRetry),
    freezeSet: bind(bulkRetries.freezeSet),
    lockBulkRetry: bind(bulkRetries.lockBulkRetry),
    setBulkRetryState: bind(bulkRetries.setBulkRetryState),

    insertProject: bind(keys.insertProject),
    lockProject: bind(keys.lockProject),
    updateProject: bind(keys.updateProject),
    rescheduleArriving: bind(rescheduleArriving),
    countPartners: bind(keys.countPartners),
    partnerById: bind(keys.partnerById),
    insertPartner: bind(keys.insertPartner),
    lockPartner: bind(keys.lockPartner),
    updatePartner: bind(keys.updatePartner),
    revokeKeysOf: bind(keys.revokeKeysOf),
    countLiveKeys: bind(keys.countLiveKeys),
    insertKey: bind(keys.insertKey),
    lockKey: bind(keys.lockKey),
    revokeKey: bind(keys.revokeKey),
  }
}

/** Inserts the idempotency key or reads it. Waits for another transaction that has inserted the same key. */
async function claimIdempotencyKey(
  context: WriteContext,
  mutation: string,
  key: string,
  inputHash: string,
): Promise<IdempotencyClaim> {
  const { tx, scope } = context
  const { projectId } = scope
  for (let lookUp = 1; ; lookUp += 1) {
    // A second transaction with the same key waits here until the first has ended.
    const inserted = await tx
      .insert(idempotencyKeys)
      .values({ projectId, mutation, key, inputHash })
      .onConflictDoNothing()
      .returning({ key: idempotencyKeys.key })
    if (inserted.length > 0) return { kind: 'NEW' }
    const [row] = await tx
      .select()
      .from(idempotencyKeys)
      .where(isKey(context, mutation, key))
    // Retention may have removed the row between the two statements.
    if (row === undefined && lookUp < maxLookUps) continue
    if (row?.answer == null)
      throw new Error(`expected idempotency key of ${mutation} in ${projectId} to have an answer`)
    return row.inputHash === inputHash ? { kind: 'SAME_INPUT', answer: row.answer } : { kind: 'OTHER_INPUT' }
  }
}

/** Stores the response with an idempotency key. */
async function storeResponse(
  context: WriteContext,
  mutation: string,
  key: string,
  answer: string,
): Promise<void> {
  await context.tx
    .update(idempotencyKeys)
    .set({ answer })
    .where(isKey(context, mutation, key))
}

/** The transaction adds the key id of its scope. */
async function insertAuditEntry(
  { tx, scope }: WriteContext,
  entry: Omit<AuditEntry, 'keyId'>,
): Promise<void> {
  await tx.insert(auditLog).values({ ...entry, projectId: scope.projectId, keyId: scope.keyId })
}

function isKey({ scope }: WriteContext, mutation: string, key: string): SQL | undefined {
  return and(
    eq(idempotencyKeys.projectId, scope.projectId),
    eq(idempotencyKeys.mutation, mutation),
    eq(idempotencyKeys.key, key),
  )
}
