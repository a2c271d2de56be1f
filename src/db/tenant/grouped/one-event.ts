/** Writes one event with its deliveries as part of a project's transaction, as a group of changes writes its events. */
import { subscribers } from '../writes/webhook-writes.ts'
import { writeGroup, type NewEvent } from './write-group.ts'
import type { WriteContext } from '../../shared/tenant-context.ts'

/**
 * Inserts the event. Takes the row of the event feed, which other changes of the project wait for: call it last. The
 * deliveries must be those of the webhooks that `eventSubscribers` returned in this transaction.
 */
export async function insertEvent({ tx, scope }: WriteContext, event: NewEvent): Promise<void> {
  await writeGroup(
    { tx, projectId: scope.projectId, waits: true },
    {
      events: [event],
      ...{ createdOrders: [], updatedOrders: [], renamedOrders: [], movedOrders: [], createdCustomers: [] },
      ...{ counters: new Map(), auditEntries: [], answers: [] },
    },
  )
}

/** The webhooks that may receive an event. None is added, changed or deleted until the transaction ends. */
export function eventSubscribers(context: WriteContext): ReturnType<typeof subscribers> {
  return subscribers(context)
}
