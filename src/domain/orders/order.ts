/**
 * Orders and their state transitions. Decides whether a change is allowed, how the order looks afterwards and which
 * topic its event has. Does not create the event.
 */
import { ok, problem, refused, type Result } from '../shared/problem.ts'
import type { OrderTopic } from './topic.ts'

/** An order only moves forward in this list. CANCELLED is last, and reachable from every state that is not final. */
export const orderStates = [
  'CREATED',
  'ACCEPTED',
  'PREPARING',
  'READY',
  'DISPATCHED',
  'DELIVERED',
  'COMPLETED',
  'CANCELLED',
] as const
export type OrderState = (typeof orderStates)[number]

export const customerStates = ['CREATED', 'EN_ROUTE', 'NEARBY', 'ARRIVED', 'WAITING', 'COMPLETED'] as const
export type CustomerState = (typeof customerStates)[number]

/** The kinds of objects with a number in their project. */
export type NumberedKind = 'site' | 'customer' | 'order'

export interface PickupWindow {
  readonly startsAt: Date
  readonly endsAt: Date
}

export interface Site {
  readonly id: string
  readonly number: number
  readonly name: string
  readonly partnerIdentifier: string | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface Customer {
  readonly id: string
  readonly number: number
  readonly name: string
  readonly carType: string | null
  readonly carColor: string | null
  readonly licensePlate: string | null
  readonly marketing: Marketing
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** Which marketing messages a customer wants. */
export interface Marketing {
  readonly email: boolean
  readonly sms: boolean
}

export const noMarketing: Marketing = { email: false, sms: false }

export interface Order {
  readonly id: string
  readonly number: number
  readonly uid: string
  readonly state: OrderState
  readonly customerState: CustomerState
  /** Incremented by every change, from 1. */
  readonly version: number
  /** The sequence of the latest event of the order, from 1. */
  readonly sequence: number
  readonly siteId: string
  readonly customerId: string | null
  readonly partnerIdentifier: string | null
  readonly redemptionCode: string | null
  readonly areaName: string | null
  /** Where the order came from (`source.ts`). Never changes. */
  readonly source: string | null
  readonly pickupWindow: PickupWindow | null
  readonly etaAt: Date | null
  readonly arrivedAt: Date | null
  /** The minutes before the ETA for which there was an event `order.arriving`. */
  readonly arrivingSent: readonly number[]
  readonly createdAt: Date
  readonly updatedAt: Date
  /** Null unless the order was deleted. */
  readonly deletedAt: Date | null
}

/** The fields that an update may set. An absent member keeps its value; null clears it. */
export interface OrderDetails {
  readonly partnerIdentifier?: string | null
  readonly redemptionCode?: string | null
  readonly areaName?: string | null
  readonly pickupWindow?: PickupWindow | null
  readonly etaAt?: Date | null
}

/** An order after one change, and the kind of that change. */
export interface OrderChange {
  readonly order: Order
  readonly topic: OrderTopic
  readonly stateChanged: boolean
  readonly customerStateChanged: boolean
}

/** COMPLETED and CANCELLED are final: an order cannot leave them. */
export function isFinal(state: OrderState): boolean {
  return state === 'COMPLETED' || state === 'CANCELLED'
}

/** Returns the states that an order may move to from `state`, in the order of `orderStates`. */
export function statesAfter(state: OrderState): readonly OrderState[] {
  if (isFinal(state)) return []
  return orderStates.slice(orderStates.indexOf(state) + 1)
}

/** Moves the order to another state, or returns ILLEGAL_TRANSITION. */
export function moveOrder(order: Order, state: OrderState, now: Date): Result<OrderChange> {
  const allowed = statesAfter(order.state)
  if (!allowed.includes(state)) {
    const from = order.state === state ? `it is ${state} already` : `it is ${order.state}`
    const why =
      allowed.length === 0 ? `${from}, which is final` : `${from} and can move to ${allowed.join(', ')}`
    return refused(problem('ILLEGAL_TRANSITION', ['state'], `the order cannot move to ${state}: ${why}`))
  }
  return ok({
    ...changed(order, { state }, now),
    topic: 'order.state_changed',
    stateChanged: true,
    customerStateChanged: false,
  })
}

/**
 * Moves the customer to another state, or returns ILLEGAL_TRANSITION. Forward and backward moves are allowed, but not
 * out of COMPLETED and not to CREATED. The first ARRIVED or WAITING sets `arrivedAt`.
 */
export function moveCustomer(order: Order, customerState: CustomerState, now: Date): Result<OrderChange> {
  const from = order.customerState
  const why =
    from === customerState
      ? `it is ${from} already`
      : from === 'COMPLETED'
        ? 'COMPLETED is final'
        : customerState === 'CREATED'
          ? 'CREATED is only the initial state'
          : undefined
  if (why !== undefined)
    return refused(
      problem(
        'ILLEGAL_TRANSITION',
        ['customerState'],
        `the customer cannot move to ${customerState}: ${why}`,
      ),
    )
  const arrives = customerState === 'ARRIVED' || customerState === 'WAITING'
  const arrivedAt = arrives && order.arrivedAt === null ? now : order.arrivedAt
  return ok({
    ...changed(order, { customerState, arrivedAt }, now),
    topic: 'order.customer_state_changed',
    stateChanged: false,
    customerStateChanged: true,
  })
}

/** Returns null when no field differs; no event is created then. */
export function updateOrder(order: Order, details: OrderDetails, now: Date): OrderChange | null {
  const differing = (Object.keys(details) as (keyof OrderDetails)[]).filter(
    (name) => details[name] !== undefined && !same(details[name], order[name]),
  )
  if (differing.length === 0) return null
  const onlyEta = differing.every((name) => name === 'etaAt')
  return {
    ...changed(order, details, now),
    topic: onlyEta ? 'order.eta_changed' : 'order.updated',
    stateChanged: false,
    customerStateChanged: false,
  }
}

/** Deletes the order in any state. Its states do not change. */
export function deleteOrder(order: Order, now: Date): OrderChange {
  return {
    ...changed(order, { deletedAt: now }, now),
    topic: 'order.deleted',
    stateChanged: false,
    customerStateChanged: false,
  }
}

function changed(order: Order, to: Partial<Order>, now: Date): { readonly order: Order } {
  return {
    order: { ...order, ...to, version: order.version + 1, sequence: order.sequence + 1, updatedAt: now },
  }
}

// Compares dates and pickup windows by value.
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null)
}
