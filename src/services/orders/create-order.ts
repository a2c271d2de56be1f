/** Creates an order with its customer, its event and its deliveries, in one transaction. */
import { auditedOrder } from '../../domain/audit/snapshots.ts'
import { orderEvent } from '../../domain/orders/event.ts'
import { checkIdempotencyKey } from '../../domain/shared/idempotency.ts'
import type { Order, OrderDetails, PickupWindow } from '../../domain/orders/order.ts'
import { ok, problem, refused, type Problem, type Result } from '../../domain/shared/problem.ts'
import { allFine } from '../../domain/shared/text.ts'
import { checkCustomer, customerNotFound, newCustomer, type NewCustomer } from './change-customer.ts'
import {
  checkDetails,
  logChange,
  snapshotBytes,
  type ChangedOrder,
  type LoggedChange,
} from './change-order.ts'
import { siteNotFound } from './change-site.ts'
import type { ChangeDeps } from '../changes/change.ts'
import type { IdempotentRequest } from '../shared/transact.ts'

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

export async function createOrder(deps: ChangeDeps, input: OrderCreateInput): Promise<Result<LoggedChange>> {
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
  const { siteId, customerId } = input
  const texts = customer.value
  const result = await deps.commitChange<ChangedOrder>({
    request,
    reads: {
      siteId,
      ...(customerId != null && { customerId }),
      numbers: texts === null ? ['order'] : ['order', 'customer'],
    },
    dataBytes: snapshotBytes,
    decide: ({ now, site, customer: known, nextNumber }) => {
      if (site === null) return refused(siteNotFound('siteId'))
      if (known === null && customerId != null) return refused(customerNotFound('customerId'))
      const created = texts === null ? undefined : newCustomer(deps, texts, nextNumber('customer'), now)
      const receiver = created ?? known
      const order: Order = {
        id: deps.system.newId('order'),
        number: nextNumber('order'),
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
        createdAt: now,
        updatedAt: now,
        deletedAt: null,
      }
      const change = {
        order,
        topic: 'order.created',
        stateChanged: false,
        customerStateChanged: false,
      } as const
      const event = orderEvent(change, site, receiver, deps.system.newId('event'))
      return ok({
        value: { order, eventId: event.id },
        rows: {
          event,
          order,
          createdOrder: order,
          ...(created !== undefined && { createdCustomer: created }),
          audited: { objectId: order.id, before: null, after: auditedOrder(order) },
        },
      })
    },
  })
  return logChange(deps, 'orderCreate', result)
}
