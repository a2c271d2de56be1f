/** Creates an order with its customer, its event and its deliveries, in one transaction. */
import { auditedOrder } from '../../domain/audit/snapshots.ts'
import { orderEvent } from '../../domain/orders/event.ts'
import { checkIdempotencyKey } from '../../domain/shared/idempotency.ts'
import type { Order, OrderDetails, PickupWindow } from '../../domain/orders/order.ts'
import { checkSource } from '../../domain/orders/source.ts'
import { ok, problem, refused, type Problem, type Result } from '../../domain/shared/problem.ts'
import { allFine } from '../../domain/shared/text.ts'
import {
  checkCustomer,
  customerNotFound,
  newCustomer,
  type CustomerTexts,
  type NewCustomer,
} from './change-customer.ts'
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
  readonly source?: string | null | undefined
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

/** The checked input of a new order. */
interface CheckedOrder {
  readonly details: OrderDetails
  /** A customer to create with the order; null: none. */
  readonly customer: CustomerTexts | null
  readonly source: string | null
  readonly idempotencyKey: string | null
}

export async function createOrder(deps: ChangeDeps, input: OrderCreateInput): Promise<Result<LoggedChange>> {
  const checked = checkOrder(input)
  if (!checked.ok) return checked
  const { details, customer: texts, source, idempotencyKey } = checked.value
  const { siteId, customerId } = input
  const result = await deps.commitChange<ChangedOrder>({
    request: { mutation: 'orderCreate', input: inputOf(input, checked.value), idempotencyKey },
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
        ...details,
        source,
        arrivedAt: null,
        arrivingSent: [],
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
          ...(order.etaAt !== null && { movedOrder: order }),
          ...(created !== undefined && { createdCustomer: created }),
          audited: { objectId: order.id, before: null, after: auditedOrder(order) },
        },
      })
    },
  })
  return logChange(deps, 'orderCreate', result)
}

/** All problems of the input. */
function checkOrder(input: OrderCreateInput): Result<CheckedOrder> {
  const details = checkDetails(input)
  const customer = input.customer == null ? ok(null) : checkCustomer(input.customer, ['customer'])
  const others = allFine({
    source: checkSource(input.source, ['source']),
    idempotencyKey: checkIdempotencyKey(input.idempotencyKey),
  })
  const problems = [details, customer, others].flatMap((checked): readonly Problem[] =>
    checked.ok ? [] : checked.problems,
  )
  if (input.customer != null && input.customerId != null)
    problems.push(
      problem('CONFLICT', ['customerId'], 'give customer or customerId, not both: an order has one customer'),
    )
  if (!details.ok || !customer.ok || !others.ok || problems.length > 0) return refused(...problems)
  return ok({ details: details.value, customer: customer.value, ...others.value })
}

/** What two requests with the same idempotency key must have in common. */
function inputOf(
  { siteId, customerId = null }: OrderCreateInput,
  { details, customer, source }: CheckedOrder,
): IdempotentRequest['input'] {
  return {
    siteId,
    customerId,
    customer,
    ...noDetails,
    ...details,
    // Left out when it is null, so that a repeated request of an earlier version is recognised.
    ...(source !== null && { source }),
  }
}
