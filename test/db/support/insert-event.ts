/** Inserts an event with one pending delivery, as a group of changes does. */
import type { Database } from '../../../src/db/connection/connect.ts'
import { runGroupTx } from '../../../src/db/tenant/grouped/group-transaction.ts'
import { system } from '../../../src/runtime/system.ts'

/** `createdAt`: the start of the transaction by default. */
export async function insertEvent(
  db: Database,
  projectId: string,
  webhookId: string,
  createdAt?: Date,
): Promise<void> {
  await runGroupTx(db, projectId, true, async (tx) => {
    const event = {
      id: system.newId('event'),
      topic: 'order.created',
      orderId: null,
      sequence: null,
      data: '{}',
      createdAt: createdAt ?? (await tx.began),
    }
    const pending = { state: 'PENDING', skipReason: null, skippedSince: null, orderPlace: null } as const
    await tx.write({
      events: [{ event, deliveries: [{ id: system.newId('delivery'), webhookId, ...pending }] }],
      createdOrders: [],
      updatedOrders: [],
      renamedOrders: [],
      movedOrders: [],
      createdCustomers: [],
      counters: new Map(),
      auditEntries: [],
      answers: [],
    })
  })
}
