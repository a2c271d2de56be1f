/**
 * Removes a customer's personal data wherever we keep them. The customer itself, what the audit log says of it and the
 * answers kept for repeats go in one transaction; its orders' snapshots and what was sent of them follow in batches, so
 * that a customer of any size keeps nobody waiting. What is owed of that stands in the database until it is done.
 */
import { auditedErasure, erasedCustomer, isErased } from '../../domain/orders/personal-data.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import { laterOf } from '../../domain/shared/instant.ts'
import type { Customer } from '../../domain/orders/order.ts'
import { ok, refused, type Result } from '../../domain/shared/problem.ts'
import { customerNotFound } from './change-customer.ts'
import { eraseInBatches } from '../../dispatch/pending-work.ts'
import { writeAuditEntry } from '../shared/write-audit-entry.ts'
import { transact } from '../shared/transact.ts'
import type { MutationWorld } from '../shared/mutation-context.ts'

/** What a request waits for; the rest of a longer history is done by the sweep. */
const maxBatches = 200

/** NOT_FOUND; else the customer without personal data. Doing it again answers the same, and removes what came since. */
export async function eraseCustomer(world: MutationWorld, id: string): Promise<Result<Customer>> {
  const result = await transact<Customer>(world.store, async (tx) => {
    // Who changes an order of the customer holds it too: no snapshot of its data comes after this.
    const before = isIdOf('customer', id) ? await tx.lockCustomer(id) : null
    if (before === null) return refused(customerNotFound('id'))
    const inRecords = await tx.eraseRecords(id)
    if (isErased(before) && inRecords === 0 && !(await tx.hasPersonalEvents(id))) return ok(before)
    const customer = erasedCustomer(before, laterOf(tx.now, before.updatedAt))
    await tx.updateCustomer(customer)
    await tx.enqueueErasure(id)
    await writeAuditEntry(world, tx, { operation: 'customerErase', objectId: id, ...auditedErasure(before) })
    return ok(customer)
  })
  if (!result.ok) return result
  world.log.info({ customerId: id, events: await erasePending(world, id) }, 'customer.erased')
  return result
}

async function erasePending(world: MutationWorld, id: string): Promise<number> {
  try {
    return await eraseInBatches((limit) => world.store.erasePending(id, limit), maxBatches)
  } catch (error) {
    // It stands in the database what is owed, and the sweep does it.
    world.log.warn({ customerId: id, cause: error }, 'customer.deferred-to-sweep')
    return 0
  }
}
