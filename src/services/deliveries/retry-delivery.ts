/**
 * Requests a manual retry of a delivery, now: one more attempt, or the whole retry schedule again. The manual attempt
 * does not count for or against the webhook; without `restartSchedule` it does not use up a retry of the schedule either.
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

export interface RetryInput {
  readonly id: string
  /** Whether the delivery gets its whole retry schedule again. */
  readonly restartSchedule: boolean
}

/**
 * Returns the delivery, which is PENDING until the retry ends. A second request before the retry starts has no effect.
 * While an attempt is running, the retry follows it, unless the running attempt succeeds. NOT_FOUND; WEBHOOK_DISABLED;
 * CONFLICT when the webhook was deleted, and with `restartSchedule` while an attempt is running.
 */
export async function retryDelivery(deps: MutationDeps, input: RetryInput): Promise<Result<Delivery>> {
  const { id } = input
  const result = await transact<Delivery>(deps.store, async (tx) => {
    const found = isIdOf('delivery', id) ? await tx.lockDelivery(id) : null
    if (found === null) return refused(deliveryNotFound())
    const refusal = whyNoRetry(found, input)
    return refusal === null ? ok(await requestRetry(deps, tx, found, input)) : refused(refusal)
  })
  if (!result.ok) return result
  const { webhookId } = result.value
  deps.log.info({ deliveryId: id, webhookId }, 'delivery.retry-requested')
  deps.laneScheduler.wakeNow([webhookId])
  return result
}

async function requestRetry(
  deps: MutationDeps,
  tx: ProjectTx,
  found: LockedDelivery,
  { restartSchedule }: RetryInput,
): Promise<Delivery> {
  const { delivery, due } = found
  if (due?.manualRetry === 'NOW' && !due.isAttemptRunning && !restartSchedule) return delivery
  const requested =
    due?.isAttemptRunning === true
      ? await tx.queueRetryAfterCurrent(delivery)
      : await tx.requestRetryNow(delivery, { restartSchedule })
  // A repeated request for the retry after the running attempt is not audited again.
  if (due?.isAttemptRunning === true && (due.manualRetry === 'NEXT' || due.manualRetry === 'AGAIN'))
    return requested
  const after = { ...auditedDelivery(requested, true), ...(restartSchedule && { restartSchedule }) }
  const audited = { before: auditedDelivery(delivery, false), after }
  await writeAuditEntry(deps, tx, { operation: 'deliveryRetry', objectId: delivery.id, ...audited })
  return requested
}

function whyNoRetry({ webhook, due }: LockedDelivery, { restartSchedule }: RetryInput): Problem | null {
  if (webhook.deleted)
    return problem('CONFLICT', ['id'], "the delivery's webhook was deleted, so the delivery cannot be sent")
  if (!webhook.enabled)
    return problem(
      'WEBHOOK_DISABLED',
      ['id'],
      "the delivery's webhook is disabled: call webhookEnable first, then request the retry again",
    )
  if (restartSchedule && due?.isAttemptRunning === true)
    return problem(
      'CONFLICT',
      ['restartSchedule'],
      'an attempt of the delivery is running: request the retry again when it has ended',
    )
  return null
}

export function deliveryNotFound(): Problem {
  return problem('NOT_FOUND', ['id'], 'there is no such delivery in this project')
}
