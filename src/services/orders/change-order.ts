/**
 * Changes an order. The same transaction stores the order, the event and its deliveries. After the commit the webhooks'
 * lanes are woken. Which changes are legal is decided in `domain/orders/order.ts`.
 */
import { auditedOrder } from '../../domain/audit/snapshots.ts'
import { orderEvent } from '../../domain/orders/event.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import { checkIdempotencyKey } from '../../domain/shared/idempotency.ts'
import { laterOf } from '../../domain/shared/instant.ts'
import type {
  CustomerState,
  Order,
  OrderChange,
  OrderDetails,
  OrderState,
  PickupWindow,
} from '../../domain/orders/order.ts'
import { deleteOrder, moveCustomer, moveOrder, updateOrder } from '../../domain/orders/order.ts'
import { ok, problem, refused, type Problem, type Result } from '../../domain/shared/problem.ts'
import { allFine, checkIdentifier, checkOptionalText, withoutHidden } from '../../domain/shared/text.ts'
import { fanOut } from '../events/fan-out.ts'
import { writeAuditEntry } from '../shared/write-audit-entry.ts'
import { sendTogether, transactOnce, type IdempotentRequest } from '../shared/transact.ts'
import type { MutationDeps } from '../shared/mutation-context.ts'
import { checkVersion } from '../shared/mutation-context.ts'

/** The order after the change, and the id of the event; null when nothing changed. */
export interface ChangedOrder {
  readonly order: Order
  readonly eventId: string | null
}

/** Input fields that all changes of an order share. */
interface ChangeInput {
  readonly orderId: string
  readonly expectedVersion?: number | null | undefined
  readonly idempotencyKey?: string | null | undefined
}

export interface OrderUpdateInput extends ChangeInput {
  readonly partnerIdentifier?: string | null | undefined
  readonly redemptionCode?: string | null | undefined
  readonly areaName?: string | null | undefined
  readonly pickupWindow?: PickupWindow | null | undefined
  readonly etaAt?: Date | null | undefined
}

/** Changes an order's state. ILLEGAL_TRANSITION when the present state does not allow it. */
export function changeOrderState(
  deps: MutationDeps,
  input: ChangeInput & { readonly state: OrderState },
): Promise<Result<ChangedOrder>> {
  const { state } = input
  return changeOrder(deps, 'orderStateChange', input, { state }, (order, now) => moveOrder(order, state, now))
}

/** Changes the state of an order's customer. ILLEGAL_TRANSITION when the present state does not allow it. */
export function changeCustomerState(
  deps: MutationDeps,
  input: ChangeInput & { readonly customerState: CustomerState },
): Promise<Result<ChangedOrder>> {
  const { customerState } = input
  return changeOrder(deps, 'customerStateChange', input, { customerState }, (order, now) =>
    moveCustomer(order, customerState, now),
  )
}

/** Changes the fields of an order other than its states. */
export async function changeOrderDetails(
  deps: MutationDeps,
  input: OrderUpdateInput,
): Promise<Result<ChangedOrder>> {
  const details = checkDetails(input)
  if (!details.ok) return details
  if (Object.keys(details.value).length === 0)
    return refused(problem('REQUIRED', [], 'nothing to change: name at least one field besides orderId'))
  return changeOrder(deps, 'orderUpdate', input, { ...details.value }, (order, now) =>
    ok(updateOrder(order, details.value, now)),
  )
}

/** Deletes an order in any state. Deleting a deleted order returns the same order and creates no event. */
export function removeOrder(deps: MutationDeps, input: ChangeInput): Promise<Result<ChangedOrder>> {
  return changeOrder(deps, 'orderDelete', input, {}, (order, now) => ok(deleteOrder(order, now)))
}

/** Validates the given details. Details that are undefined in the input are absent from the result. */
export function checkDetails(input: Omit<OrderUpdateInput, keyof ChangeInput>): Result<OrderDetails> {
  const { partnerIdentifier, redemptionCode, areaName, pickupWindow, etaAt } = input
  return allFine({
    ...(partnerIdentifier !== undefined && {
      partnerIdentifier: checkIdentifier(partnerIdentifier, ['partnerIdentifier']),
    }),
    ...(redemptionCode !== undefined && {
      redemptionCode: checkOptionalText(withoutHidden(redemptionCode), ['redemptionCode']),
    }),
    ...(areaName !== undefined && { areaName: checkOptionalText(withoutHidden(areaName), ['areaName']) }),
    ...(pickupWindow !== undefined && { pickupWindow: checkWindow(pickupWindow) }),
    ...(etaAt !== undefined && { etaAt }),
  })
}

function checkWindow(window: PickupWindow | null): PickupWindow | null | Problem {
  if (window === null || window.endsAt > window.startsAt) return window
  return problem('INVALID', ['pickupWindow', 'endsAt'], 'endsAt must be after startsAt')
}

type Decide = (order: Order, now: Date) => Result<OrderChange | null>

/** `details` is the validated input except the order and its version; it identifies repeats of an idempotency key. */
async function changeOrder(
  deps: MutationDeps,
  mutation: string,
  input: ChangeInput,
  details: IdempotentRequest['input'],
  decide: Decide,
): Promise<Result<ChangedOrder>> {
  const idempotencyKey = checkIdempotencyKey(input.idempotencyKey)
  const checked = allFine({ idempotencyKey })
  if (!checked.ok) return checked
  const { orderId, expectedVersion = null } = input
  const request: IdempotentRequest = {
    mutation,
    input: { orderId, expectedVersion, ...details },
    ...checked.value,
  }
  let woken: readonly string[] = []
  const result = await transactOnce<ChangedOrder>(deps.store, request, async (tx) => {
    const locked = isIdOf('order', orderId) ? await tx.lockOrder(orderId) : null
    if (locked === null) return refused(orderNotFound())
    const { order, site, customer } = locked
    if (order.deletedAt !== null)
      return mutation === 'orderDelete' ? ok({ order, eventId: null }) : refused(orderNotFound())
    const stale = checkVersion(order, expectedVersion)
    if (stale !== null) return refused(stale)
    // This transaction may have begun before the one whose lock it waited for. `updatedAt` must not run backwards.
    const decided = decide(order, laterOf(tx.now, order.updatedAt))
    if (!decided.ok) return decided
    const change = decided.value
    if (change === null) return ok({ order, eventId: null })
    const event = orderEvent(change, site, customer, deps.system.newId('event'))
    // A deleted order is only kept for the events that reference it.
    const after = change.order.deletedAt === null ? auditedOrder(change.order) : null
    const audited = { before: auditedOrder(order), after }
    ;[, woken] = await sendTogether(
      tx.updateOrder(change.order),
      fanOut(tx, event, change.order, deps.system),
      writeAuditEntry(deps, tx, { operation: mutation, objectId: order.id, ...audited }),
    )
    return ok({ order: change.order, eventId: event.id })
  })
  return announce(deps, mutation, result, woken)
}

/** Runs after the commit: wakes the lanes of the webhooks `woken` and logs the change. */
export function announce(
  deps: MutationDeps,
  mutation: string,
  result: Result<{ readonly value: ChangedOrder; readonly repeated: boolean }>,
  woken: readonly string[],
): Result<ChangedOrder> {
  if (!result.ok) return result
  const { value, repeated } = result.value
  deps.laneScheduler.wakeNow(woken)
  const { order, eventId } = value
  deps.log.debug(
    {
      orderId: order.id,
      version: order.version,
      state: order.state,
      eventId,
      mutation,
      repeated,
      deliveries: woken.length,
    },
    'order.changed',
  )
  return ok(value)
}

export function orderNotFound(): Problem {
  return problem('NOT_FOUND', ['orderId'], 'there is no such order in this project')
}
