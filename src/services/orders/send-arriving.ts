/** Creates `order.arriving` when the clock reaches its due time, as any other change of an order creates its event. */
import { arrivingEvent, arrivingOrder, arrivingStep } from '../../domain/orders/arriving.ts'
import { ok } from '../../domain/shared/problem.ts'
import type { DueArrival } from '../../ports/arriving-store.ts'
import type { System } from '../../ports/system.ts'
import type { CommitForKey } from '../changes/change-groups.ts'
import { snapshotBytes } from './change-order.ts'

/** SENT: the event is stored. DROPPED: there is none, and will be none. WAITS: it is due later, because the ETA moved. */
export type ArrivalOutcome = 'SENT' | 'DROPPED' | 'WAITS'

/**
 * Decides under the lock of the order, which knows the minutes for which there was an event. So there is one event, however
 * many processes find the due time, and however often.
 */
export async function sendArriving(
  { commitForKey, system }: { readonly commitForKey: CommitForKey; readonly system: System },
  { projectId, orderId, minutes }: DueArrival,
): Promise<ArrivalOutcome> {
  const result = await commitForKey<ArrivalOutcome>(projectId, null, {
    request: { mutation: 'orderArriving', input: { orderId, minutes }, idempotencyKey: null },
    reads: { orderId },
    dataBytes: snapshotBytes,
    decide: ({ now, locked }) => {
      if (locked === null) return ok({ value: 'DROPPED', rows: null })
      const step = arrivingStep(locked.order, minutes, now)
      if (step !== 'SEND') return ok({ value: step === 'WAIT' ? 'WAITS' : 'DROPPED', rows: null })
      const order = arrivingOrder(locked.order, minutes, now)
      const event = arrivingEvent(order, minutes, locked, system.newId('event'))
      return ok({ value: 'SENT', rows: { event, order, updatedOrder: order, audited: null } })
    },
  })
  if (!result.ok) throw new Error(`expected no problems, found ${JSON.stringify(result.problems)}`)
  return result.value.value
}
