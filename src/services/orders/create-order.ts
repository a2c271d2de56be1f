/** Creates an order with its customer, its event and its deliveries, in one transaction. */
import { auditedOrder } from '../../domain/audit/snapshots.ts'
import { orderEvent } from '../../domain/orders/event.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import { checkIdempotencyKey } from '../../domain/shared/idempotency.ts'
import type { Customer, Order, OrderDetails, PickupWindow } from '../../domain/orders/order.ts'
import { ok, problem, refused, type Problem, type Result } from '../../domain/shared/problem.ts'
import { allFine } from '../../domain/shared/text.ts'
import { addCustomer, checkCustomer, customerNotFound, type NewCustomer } from './change-customer.ts'
import { announce, checkDetails, type ChangedOrder } from './change-order.ts'
import { siteNotFound } from './change-site.ts'
import { fanOut } from '../events/fan-out.ts'
import type { ProjectTx } from '../../db/tenant/transaction.ts'
import { writeAuditEntry } from '../shared/write-audit-entry.ts'
import { sendTogether, transactOnce, type IdempotentRequest } from '../shared/transact.ts'
import type { MutationDeps } from '../shared/mutation-context.ts'

export interface OrderCreateInput {
  readonly siteId: string
  readonly partnerIdentifier?: string | null | undefined
  readonly redemptionCode?: string | null | undefined
  readonly areaName?: string | null | undefined
  readonly pickupWindow?: PickupWindow | null | undefined
  readonly etaAt?: Date | null | undefined
  readonly customer?: NewCustomer | null | undefined
  readonly customerId?: string | null | undefined
  readonly idempotencyKey?: string | null | undefined
}

/** Details that a new order has when the input leaves them out. */
const noDetails = {
  partnerIdentifier: null,
  redemptionCode: null,
  areaName: null,
  pickupWindow: null,
  etaAt: null,
} satisfies OrderDetails

export async function createOrder(
  deps: MutationDeps,
  input: OrderCreateInput,
): Promise<Result<ChangedOrder>> {
  const details = checkDetails(input)
  const customer = input.customer == null ? ok(null) : checkCustomer(input.customer, ['customer'])
  const checkedKey = allFine({ idempotencyKey: checkIdempotencyKey(input.idempotencyKey) })
  const problems = [details, customer, checkedKey].flatMap((checked): readonly Problem[] =>
    checked.ok ? [] : checked.problems,
  )
  if (input.customer != null && input.customerId != null)
    problems.push(
      problem('CONFLICT', ['customerId'], 'give customer or customerId, not both: an order has one customer'),
    )
  if (!details.ok || !customer.ok || !checkedKey.ok || problems.length > 0) return refused(...problems)

  const request: IdempotentRequest = {
    mutation: 'orderCreate',
    input: {
      siteId: input.siteId,
      customerId: input.customerId ?? null,
      customer: customer.value,
      ...noDetails,
      ...details.value,
    },
    ...checkedKey.value,
  }
  let woken: readonly string[] = []
  const result = await transactOnce(deps.store, request, async (tx) => {
    // First, because concurrent creations of orders wait for each other here. Reads after this line see what they
    // committed.
    const number = await tx.nextNumber('order')
    const site = isIdOf('site', input.siteId) ? await tx.siteById(input.siteId) : null
    if (site === null) return refused(siteNotFound('siteId'))
    const known = input.customerId == null ? null : await knownCustomer(tx, input.customerId)
    if (known === null && input.customerId != null) return refused(customerNotFound('customerId'))
    const receiver = customer.value === null ? known : await addCustomer(tx, deps, customer.value)
    const order: Order = {
      id: deps.system.newId('order'),
      number,
      uid: deps.system.newUuid(),
      state: 'CREATED',
      customerState: 'CREATED',
      version: 1,
      sequence: 1,
      siteId: site.id,
      customerId: receiver?.id ?? null,
      ...noDetails,
      ...details.value,
      arrivedAt: null,
      createdAt: tx.now,
      updatedAt: tx.now,
      deletedAt: null,
    }
    const change = {
      order,
      topic: 'order.created',
      stateChanged: false,
      customerStateChanged: false,
    } as const
    const event = orderEvent(change, site, receiver, deps.system.newId('event'))
    const audited = { before: null, after: auditedOrder(order) }
    ;[, woken] = await sendTogether(
      tx.insertOrder(order),
      fanOut(tx, event, order, deps.system),
      writeAuditEntry(deps, tx, { operation: 'orderCreate', objectId: order.id, ...audited }),
    )
    return ok({ order, eventId: event.id })
  })
  return announce(deps, 'orderCreate', result, woken)
}

async function knownCustomer(tx: ProjectTx, id: string): Promise<Customer | null> {
  return isIdOf('customer', id) ? tx.customerById(id) : null
}
