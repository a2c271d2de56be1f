/**
 * Removes a customer's personal data everywhere they are stored. One transaction erases the customer, its audit entries
 * and the answers stored for idempotency keys. Batches then erase the snapshots of its orders and the requests that
 * contained them, so that a customer with a long history blocks no other statement. The pending erasure is stored in
 * the database until it is complete.
 */
import { customerDeleted } from '../../domain/orders/customer-event.ts'
import { auditedErasure, erasedCustomer, isErased } from '../../domain/orders/personal-data.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import { laterOf } from '../../domain/shared/instant.ts'
import type { Customer } from '../../domain/orders/order.ts'
import { ok, refused, type Result } from '../../domain/shared/problem.ts'
import { customerNotFound } from './change-customer.ts'
import { eraseInBatches } from '../../dispatch/pending-work.ts'
import { writeAuditEntry } from '../shared/write-audit-entry.ts'
import { transact } from '../shared/transact.ts'
import {
  announce,
  eventOf,
  storeEvent,
  type ChangedCustomer,
  type CustomerDeps,
  type StoredEvent,
} from './customer-events.ts'

/** Batches that the request itself erases. The sweep erases the remainder of a longer history. */
const maxBatches = 200

/**
 * Returns the customer without personal data, and creates `customer.deleted`. Erasing a customer again returns the same customer and removes personal
 * data that were stored since. NOT_FOUND.
 */
export async function eraseCustomer(deps: CustomerDeps, id: string): Promise<Result<ChangedCustomer>> {
  let stored: StoredEvent | null = null
  const result = await transact<Customer>(deps.store, async (tx) => {
    stored = null
    // A transaction that changes one of the customer's orders locks the customer too, so no snapshot with these data
    // follows.
    const before = isIdOf('customer', id) ? await tx.lockCustomer(id) : null
    if (before === null) return refused(customerNotFound('id'))
    const inRecords = await tx.eraseRecords(id)
    if (isErased(before) && inRecords === 0 && !(await tx.hasPersonalEvents(id))) return ok(before)
    const customer = erasedCustomer(before, laterOf(tx.now, before.updatedAt))
    await tx.updateCustomer(customer)
    await tx.enqueueErasure(id)
    await writeAuditEntry(deps, tx, { operation: 'customerErase', objectId: id, ...auditedErasure(before) })
    if (!isErased(before))
      stored = await storeEvent(deps, tx, id, customerDeleted(customer, deps.system.newId('event')))
    return ok(customer)
  })
  if (!result.ok) return result
  announce(deps, stored)
  deps.log.info({ customerId: id, events: await erasePending(deps, id) }, 'customer.erased')
  const event = eventOf(stored)
  return ok({ customer: result.value, eventId: event?.id ?? null, event })
}

async function erasePending(deps: CustomerDeps, id: string): Promise<number> {
  try {
    return await eraseInBatches((limit) => deps.store.erasePending(id, limit), maxBatches)
  } catch (error) {
    // The pending erasure is stored in the database, and the sweep completes it.
    deps.log.warn({ customerId: id, cause: error }, 'customer.deferred-to-sweep')
    return 0
  }
}
