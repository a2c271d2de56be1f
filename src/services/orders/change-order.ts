/**
 * Steps 2 to 5 of the path: an order changes, and in the same transaction its event and its
 * deliveries come to be. Whether the change is legal is `domain/order`.
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
import { transactOnce, type Asked } from '../shared/transact.ts'
import type { MutationWorld } from '../shared/mutation-context.ts'
import { checkVersion } from '../shared/mutation-context.ts'

/** The order after the change, and the event that tells of it; no event when nothing changed. */
export interface ChangedOrder {
  readonly order: Order
  readonly eventId: string | null
}

/** What every change of an order may come with. */
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

/** Moves an order along its states: ILLEGAL_TRANSITION where it cannot go there. */
export function changeOrderState(
  world: MutationWorld,
  input: ChangeInput & { readonly state: OrderState },
): Promise<Result<ChangedOrder>> {
  const { state } = input
  return changeOrder(world, 'orderStateChange', input, { state }, (order, now) =>
    moveOrder(order, state, now),
  )
}

/** Moves an order's customer: ILLEGAL_TRANSITION where it cannot go there. */
export function changeCustomerState(
  world: MutationWorld,
  input: ChangeInput & { readonly customerState: CustomerState },
): Promise<Result<ChangedOrder>> {
  const { customerState } = input
  return changeOrder(world, 'customerStateChange', input, { customerState }, (order, now) =>
    moveCustomer(order, customerState, now),
  )
}

/** Changes what is said of an order besides its states. */
export async function changeOrderDetails(
  world: MutationWorld,
  input: OrderUpdateInput,
): Promise<Result<ChangedOrder>> {
  const details = checkDetails(input)
  if (!details.ok) return details
  if (Object.keys(details.value).length === 0)
    return refused(problem('REQUIRED', [], 'nothing to change: name at least one field besides orderId'))
  return changeOrder(world, 'orderUpdate', input, { ...details.value }, (order, now) =>
    ok(updateOrder(order, details.value, now)),
  )
}

/** Deletes an order, whatever state it is in. Deleting it again answers the same, and makes no further event. */
export function removeOrder(world: MutationWorld, input: ChangeInput): Promise<Result<ChangedOrder>> {
  return changeOrder(world, 'orderDelete', input, {}, (order, now) => ok(deleteOrder(order, now)))
}

/** The details that were given, checked; those that were left out stay left out. */
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

/** `details`: the checked input besides the order and its version, for repeats with the same idempotency key. */
async function changeOrder(
  world: MutationWorld,
  mutation: string,
  input: ChangeInput,
  details: Asked['input'],
  decide: Decide,
): Promise<Result<ChangedOrder>> {
  const idempotencyKey = checkIdempotencyKey(input.idempotencyKey)
  const checked = allFine({ idempotencyKey })
  if (!checked.ok) return checked
  const { orderId, expectedVersion = null } = input
  const asked: Asked = { mutation, input: { orderId, expectedVersion, ...details }, ...checked.value }
  let woken: readonly string[] = []
  const result = await transactOnce<ChangedOrder>(world.store, asked, async (tx) => {
    const locked = isIdOf('order', orderId) ? await tx.lockOrder(orderId) : null
    if (locked === null) return refused(orderNotFound())
    const { order, site, customer } = locked
    if (order.deletedAt !== null)
      return mutation === 'orderDelete' ? ok({ order, eventId: null }) : refused(orderNotFound())
    const stale = checkVersion(order, expectedVersion)
    if (stale !== null) return refused(stale)
    // The transaction may have begun before the one that it waited for: an order's time does not run backwards.
    const decided = decide(order, laterOf(tx.now, order.updatedAt))
    if (!decided.ok) return decided
    const change = decided.value
    if (change === null) return ok({ order, eventId: null })
    const event = orderEvent(change, site, customer, world.system.newId('event'))
    await tx.updateOrder(change.order)
    woken = await fanOut(tx, event, change.order, world.system)
    // A deleted order stays only for the events that name it.
    const after = change.order.deletedAt === null ? auditedOrder(change.order) : null
    const audited = { before: auditedOrder(order), after }
    await writeAuditEntry(world, tx, { operation: mutation, objectId: order.id, ...audited })
    return ok({ order: change.order, eventId: event.id })
  })
  return announce(world, mutation, result, woken)
}

/** After the commit: wakes the lanes, and says what happened. */
export function announce(
  world: MutationWorld,
  mutation: string,
  result: Result<{ readonly value: ChangedOrder; readonly repeated: boolean }>,
  woken: readonly string[],
): Result<ChangedOrder> {
  if (!result.ok) return result
  const { value, repeated } = result.value
  world.laneScheduler.wakeNow(woken)
  const { order, eventId } = value
  world.log.debug(
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
