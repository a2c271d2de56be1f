/**
 * Changes an order. The same transaction stores the order, the event and its deliveries (`services/changes`). Which changes are legal is decided in `domain/orders/order.ts`.
 */
import { auditedOrder } from '../../domain/audit/snapshots.ts'
import { orderEvent, type Event } from '../../domain/orders/event.ts'
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
import type { ChangeDeps, Committed, Decided } from '../changes/change.ts'
import type { IdempotentRequest } from '../shared/transact.ts'
import { checkVersion } from '../shared/mutation-context.ts'

/** The order after the change, and the id of the event; null when nothing changed. */
export interface ChangedOrder {
  readonly order: Order
  readonly eventId: string | null
}

/** A change that is committed. */
export interface LoggedChange extends ChangedOrder {
  /** The event, null when nothing changed, or when an earlier request stored it. */
  readonly event: Event | null
}

const earliestEta = new Date('2000-01-01T00:00:00.000Z')

/** The size of an order's snapshot in bytes, about. */
export const snapshotBytes = 2_000

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
  deps: ChangeDeps,
  input: ChangeInput & { readonly state: OrderState },
): Promise<Result<LoggedChange>> {
  const { state } = input
  return changeOrder(deps, 'orderStateChange', input, { state }, (order, now) => moveOrder(order, state, now))
}

/** Changes the state of an order's customer. ILLEGAL_TRANSITION when the present state does not allow it. */
export function changeCustomerState(
  deps: ChangeDeps,
  input: ChangeInput & { readonly customerState: CustomerState },
): Promise<Result<LoggedChange>> {
  const { customerState } = input
  return changeOrder(deps, 'customerStateChange', input, { customerState }, (order, now) =>
    moveCustomer(order, customerState, now),
  )
}

/** Changes the fields of an order other than its states. */
export async function changeOrderDetails(
  deps: ChangeDeps,
  input: OrderUpdateInput,
): Promise<Result<LoggedChange>> {
  const details = checkDetails(input)
  if (!details.ok) return details
  if (Object.keys(details.value).length === 0)
    return refused(problem('REQUIRED', [], 'nothing to change: name at least one field besides orderId'))
  return changeOrder(deps, 'orderUpdate', input, { ...details.value }, (order, now) =>
    ok(updateOrder(order, details.value, now)),
  )
}

/** Deletes an order in any state. Deleting a deleted order returns the same order and creates no event. */
export function removeOrder(deps: ChangeDeps, input: ChangeInput): Promise<Result<LoggedChange>> {
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
    ...(etaAt !== undefined && { etaAt: checkEta(etaAt) }),
  })
}

/** Refuses a time that can only be a mistake, such as 0 in milliseconds since 1970. */
function checkEta(etaAt: Date | null): Date | null | Problem {
  if (etaAt === null || etaAt >= earliestEta) return etaAt
  return problem('INVALID', ['etaAt'], `an ETA must not be earlier than ${earliestEta.toISOString()}`)
}

function checkWindow(window: PickupWindow | null): PickupWindow | null | Problem {
  if (window === null || window.endsAt > window.startsAt) return window
  return problem('INVALID', ['pickupWindow', 'endsAt'], 'endsAt must be after startsAt')
}

type Decide = (order: Order, now: Date) => Result<OrderChange | null>

/** `details` is the validated input except the order and its version; it identifies repeats of an idempotency key. */
async function changeOrder(
  deps: ChangeDeps,
  mutation: string,
  input: ChangeInput,
  details: IdempotentRequest['input'],
  decide: Decide,
): Promise<Result<LoggedChange>> {
  const idempotencyKey = checkIdempotencyKey(input.idempotencyKey)
  const checked = allFine({ idempotencyKey })
  if (!checked.ok) return checked
  const { orderId, expectedVersion = null } = input
  const request: IdempotentRequest = {
    mutation,
    input: { orderId, expectedVersion, ...details },
    ...checked.value,
  }
  const result = await deps.commitChange<ChangedOrder>({
    request,
    reads: { orderId },
    dataBytes: snapshotBytes,
    decide: ({ now, locked }) => {
      if (locked === null) return refused(orderNotFound())
      const { order, site, customer } = locked
      if (order.deletedAt !== null)
        return mutation === 'orderDelete' ? unchanged(order) : refused(orderNotFound())
      const stale = checkVersion(order, expectedVersion)
      if (stale !== null) return refused(stale)
      // This transaction may have begun before the one that changed the order last. `updatedAt` must not run backwards.
      const decided = decide(order, laterOf(now, order.updatedAt))
      if (!decided.ok) return decided
      const change = decided.value
      if (change === null) return unchanged(order)
      const event = orderEvent(change, site, customer, deps.system.newId('event'))
      // A deleted order is only kept for the events that reference it.
      const after = change.order.deletedAt === null ? auditedOrder(change.order) : null
      const audited = { objectId: order.id, before: auditedOrder(order), after }
      return ok({
        value: { order: change.order, eventId: event.id },
        rows: {
          event,
          order: change.order,
          updatedOrder: change.order,
          ...(isRenamed(order, change.order) && { renamedOrder: change.order }),
          ...(isMoved(order, change.order) && { movedOrder: change.order }),
          audited,
        },
      })
    },
  })
  return logChange(deps, mutation, result)
}

/** Returns whether the words by which the order is searched may have changed. */
function isRenamed(before: Order, after: Order): boolean {
  return (
    before.partnerIdentifier !== after.partnerIdentifier || before.redemptionCode !== after.redemptionCode
  )
}

function isMoved(before: Order, after: Order): boolean {
  return before.etaAt?.getTime() !== after.etaAt?.getTime()
}

function unchanged(order: Order): Result<Decided<ChangedOrder>> {
  return ok({ value: { order, eventId: null }, rows: null })
}

/** Logs a committed change, and returns its value with its event. */
export function logChange(
  deps: ChangeDeps,
  mutation: string,
  result: Result<Committed<ChangedOrder>>,
): Result<LoggedChange> {
  if (!result.ok) return result
  const { value, repeated, event, due } = result.value
  const { order, eventId } = value
  const { version, state } = order
  deps.log.debug(
    { orderId: order.id, version, state, eventId, mutation, repeated, deliveries: due },
    'order.changed',
  )
  return ok({ ...value, event })
}

export function orderNotFound(): Problem {
  return problem('NOT_FOUND', ['orderId'], 'there is no such order in this project')
}
