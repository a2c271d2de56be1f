/**
 * Deletes partners. One transaction deletes the partner and its webhooks, revokes its keys, cancels its bulk retries and
 * removes its contact. The pending deliveries of the webhooks are cancelled in batches afterwards.
 */
import { auditedPartnerDeletion } from '../../domain/audit/snapshots.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import { ok, refused, type Result } from '../../domain/shared/problem.ts'
import type { MutationDeps } from '../shared/mutation-context.ts'
import { writeAuditEntry } from '../shared/write-audit-entry.ts'
import { transact } from '../shared/transact.ts'
import { cancelPendingOf } from '../webhooks/enable-disable-delete.ts'
import { partnerNotFound } from './change-partner.ts'
import type { KeyDeps } from './change-key.ts'

export interface DeletePartnerDeps extends MutationDeps, Pick<KeyDeps, 'forgetKey'> {}

/** What ends with a partner. */
interface Ended {
  readonly keyIds: readonly string[]
  readonly webhookIds: readonly string[]
  readonly bulkRetryIds: readonly string[]
}

/**
 * Webhooks whose pending deliveries the request itself cancels. The sweep cancels those of further webhooks, and what a
 * webhook has beyond 20,000 pending deliveries.
 */
const maxWebhooksCancelled = 20

/**
 * Deletes a partner: its keys are revoked, its webhooks are deleted, and their pending deliveries and its unfinished bulk
 * retries are cancelled. Returns the partner's id. NOT_FOUND, also for a partner that was deleted before.
 */
export async function deletePartner(deps: DeletePartnerDeps, id: string): Promise<Result<string>> {
  const result = await transact<Ended>(deps.store, async (tx) => {
    // Before the partner's row, in the order in which changes of webhooks lock the two.
    await tx.lockWebhooks()
    const partner = isIdOf('partner', id) ? await tx.lockPartner(id) : null
    if (partner === null) return refused(partnerNotFound())
    const ended = {
      webhookIds: await tx.deleteWebhooksOf(id),
      keyIds: await tx.revokeKeysOf(id),
      bulkRetryIds: await tx.cancelBulkRetriesOf(id),
    }
    await tx.updatePartner({ ...partner, contact: null, deletedAt: tx.now })
    await writeAuditEntry(deps, tx, {
      operation: 'partnerDelete',
      objectId: id,
      before: auditedPartnerDeletion(partner, ended),
      after: null,
    })
    return ok(ended)
  })
  if (!result.ok) return result
  const { keyIds, webhookIds, bulkRetryIds } = result.value
  for (const keyId of keyIds) deps.forgetKey(keyId)
  let cancelled = 0
  for (const webhookId of webhookIds.slice(0, maxWebhooksCancelled))
    cancelled += await cancelPendingOf(deps, webhookId)
  deps.log.info(
    {
      partnerId: id,
      keys: keyIds.length,
      webhooks: webhookIds.length,
      bulkRetries: bulkRetryIds.length,
      cancelled,
    },
    'partner.deleted',
  )
  return ok(id)
}
