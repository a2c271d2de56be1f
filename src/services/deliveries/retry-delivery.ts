/**
 * Requests a manual retry: one more attempt of a delivery, now. It does not use up a retry of the schedule, and it does
 * not count for or against the webhook.
 */
import { auditedDelivery } from '../../domain/audit/snapshots.ts'
import type { Delivery } from '../../domain/deliveries/delivery.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import { ok, problem, refused, type Problem, type Result } from '../../domain/shared/problem.ts'
import type { LockedDelivery } from '../../db/tenant/writes/delivery-writes.ts'
import type { ProjectTx } from '../../db/tenant/transaction.ts'
import { writeAuditEntry } from '../shared/write-audit-entry.ts'
import { transact } from '../shared/transact.ts'
import type { MutationDeps } from '../shared/mutation-context.ts'

/**
 * Returns the delivery, which is PENDING until the retry ends. A second request before the retry starts has no effect.
 * While an attempt is running, the retry follows it, unless the running attempt succeeds. NOT_FOUND; WEBHOOK_DISABLED;
 * CONFLICT when the webhook was deleted.
 */
export async function retryDelivery(deps: MutationDeps, id: string): Promise<Result<Delivery>> {
  const result = await transact<Delivery>(deps.store, async (tx) => {
    const found = isIdOf('delivery', id) ? await tx.lockDelivery(id) : null
    if (found === null) return refused(deliveryNotFound())
    const refusal = whyNoRetry(found)
    return refusal === null ? ok(await requestRetry(deps, tx, found)) : refused(refusal)
  })
  if (!result.ok) return result
  const { webhookId } = result.value
  deps.log.info({ deliveryId: id, webhookId }, 'delivery.retry-requested')
  deps.laneScheduler.wakeNow([webhookId])
  return result
}

async function requestRetry(deps: MutationDeps, tx: ProjectTx, found: LockedDelivery): Promise<Delivery> {
  const { delivery, due } = found
  if (due?.manualRetry === 'NOW' && !due.isAttemptRunning) return delivery
  const requested =
    due?.isAttemptRunning === true
      ? await tx.queueRetryAfterCurrent(delivery)
      : await tx.requestRetryNow(delivery)
  // A repeated request for the retry after the running attempt is not audited again.
  if (due?.isAttemptRunning === true && (due.manualRetry === 'NEXT' || due.manualRetry === 'AGAIN'))
    return requested
  const audited = { before: auditedDelivery(delivery, false), after: auditedDelivery(requested, true) }
  await writeAuditEntry(deps, tx, { operation: 'deliveryRetry', objectId: delivery.id, ...audited })
  return requested
}

function whyNoRetry({ webhook }: LockedDelivery): Problem | null {
  if (webhook.deleted)
    return problem('CONFLICT', ['id'], "the delivery's webhook was deleted, so the delivery cannot be sent")
  if (!webhook.enabled)
    return problem(
      'WEBHOOK_DISABLED',
      ['id'],
      "the delivery's webhook is disabled: call webhookEnable first, then request the retry again",
    )
  return null
}

export function deliveryNotFound(): Problem {
  return problem('NOT_FOUND', ['id'], 'there is no such delivery in this project')
}
