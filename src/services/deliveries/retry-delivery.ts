/**
 * One more attempt of a delivery, now, because a person asked: it uses up no retry and counts for nothing. What
 * follows when it fails is `domain/settle`; taking the wish back is `cancel-delivery.ts`.
 */
import { auditedDelivery } from '../../domain/audit/snapshots.ts'
import type { Delivery } from '../../domain/deliveries/delivery.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import { ok, problem, refused, type Problem, type Result } from '../../domain/shared/problem.ts'
import type { LockedDelivery, ProjectTx } from '../../ports/tenant-transaction.ts'
import { writeAuditEntry } from '../shared/write-audit-entry.ts'
import { transact } from '../shared/transact.ts'
import type { MutationWorld } from '../shared/mutation-context.ts'

/**
 * The delivery, PENDING for that attempt. Asked again before the attempt began, it is the same one; asked while one is
 * under way, it follows that one, unless that one succeeds. Refused where the webhook is disabled or was deleted.
 */
export async function retryDelivery(world: MutationWorld, id: string): Promise<Result<Delivery>> {
  const result = await transact<Delivery>(world.store, async (tx) => {
    const found = isIdOf('delivery', id) ? await tx.lockDelivery(id) : null
    if (found === null) return refused(deliveryNotFound())
    const refusal = whyNoRetry(found)
    return refusal === null ? ok(await ask(world, tx, found)) : refused(refusal)
  })
  if (!result.ok) return result
  const { webhookId } = result.value
  world.log.info({ deliveryId: id, webhookId }, 'delivery.retry-requested')
  world.laneScheduler.wakeNow([webhookId])
  return result
}

async function ask(world: MutationWorld, tx: ProjectTx, found: LockedDelivery): Promise<Delivery> {
  const { delivery, due } = found
  if (due?.asked === 'NOW' && !due.underWay) return delivery
  const asked = due?.underWay === true ? await tx.queueRetryAfterCurrent(delivery) : await tx.requestRetryNow(delivery)
  // What follows the attempt under way is asked for once, however often.
  if (due?.underWay === true && (due.asked === 'NEXT' || due.asked === 'AGAIN')) return asked
  const audited = { before: auditedDelivery(delivery, false), after: auditedDelivery(asked, true) }
  await writeAuditEntry(world, tx, { operation: 'deliveryRetry', objectId: delivery.id, ...audited })
  return asked
}

function whyNoRetry({ webhook }: LockedDelivery): Problem | null {
  if (webhook.deleted)
    return problem('CONFLICT', ['id'], "the delivery's webhook was deleted: there is nowhere to send it to")
  if (!webhook.enabled)
    return problem(
      'WEBHOOK_DISABLED',
      ['id'],
      "the delivery's webhook is disabled: call webhookEnable first, then ask again",
    )
  return null
}

export function deliveryNotFound(): Problem {
  return problem('NOT_FOUND', ['id'], 'there is no such delivery in this project')
}
