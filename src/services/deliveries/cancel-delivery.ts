/** Cancels a delivery, or the manual retry of a delivery. */
import { auditedDelivery } from '../../domain/audit/snapshots.ts'
import type { Delivery } from '../../domain/deliveries/delivery.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import { ok, problem, refused, type Result } from '../../domain/shared/problem.ts'
import { deliveryNotFound } from './retry-delivery.ts'
import { writeAuditEntry } from '../shared/write-audit-entry.ts'
import { transact } from '../shared/transact.ts'
import type { MutationDeps } from '../shared/mutation-context.ts'

/**
 * Returns the delivery in state CANCELLED. A delivery that is PENDING only because of a manual retry returns to its
 * former final state. A running attempt is still recorded, but no longer changes the state. Cancelling a CANCELLED
 * delivery changes nothing. NOT_FOUND; CONFLICT for a delivery in any other final state.
 */
export async function cancelDelivery(deps: MutationDeps, id: string): Promise<Result<Delivery>> {
  const result = await transact<Delivery>(deps.store, async (tx) => {
    const found = isIdOf('delivery', id) ? await tx.lockDelivery(id) : null
    if (found === null) return refused(deliveryNotFound())
    const { delivery, due } = found
    switch (delivery.state) {
      case 'PENDING': {
        const ended = await tx.cancelDelivery(delivery)
        const before = auditedDelivery(delivery, due?.manualRetry != null)
        const audited = { before, after: auditedDelivery(ended, false) }
        await writeAuditEntry(deps, tx, { operation: 'deliveryCancel', objectId: id, ...audited })
        return ok(ended)
      }
      case 'CANCELLED':
        return ok(delivery)
      case 'DELIVERED':
      case 'EXHAUSTED':
      case 'SKIPPED':
      case 'EXPIRED':
        return refused(
          problem(
            'CONFLICT',
            ['id'],
            `the delivery is ${delivery.state}: only a PENDING delivery can be cancelled`,
          ),
        )
    }
  })
  if (result.ok) {
    const { webhookId, state } = result.value
    // A webhook with an ordering may now send the next delivery of the order.
    deps.laneScheduler.wakeNow([webhookId])
    deps.log.info({ deliveryId: id, webhookId, state }, 'delivery.cancelled')
  }
  return result
}
