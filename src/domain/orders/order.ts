/**
 * Orders and their moves: is a change legal, what does the order look like afterwards, and which
 * one topic tells of it. What is recorded of the change is `event.ts`.
 */
import { ok, problem, refused, type Result } from '../shared/problem.ts'
import type { OrderTopic } from './topic.ts'

/** An order goes forward along this list; CANCELLED stands last and is reached from anywhere that is not final. */
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
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface Order {
  readonly id: string
  readonly number: number
  readonly uid: string
  readonly state: OrderState
  readonly customerState: CustomerState
  /** Counts changes, from 1. */
  readonly version: number
  /** The sequence of the order's latest event, from 1. */
  readonly sequence: number
  readonly siteId: string
  readonly customerId: string | null
  readonly partnerIdentifier: string | null
  readonly redemptionCode: string | null
  readonly areaName: string | null
  readonly pickupWindow: PickupWindow | null
  readonly etaAt: Date | null
  readonly arrivedAt: Date | null
  readonly createdAt: Date
  readonly updatedAt: Date
  /** Null while it exists. */
  readonly deletedAt: Date | null
}

/** What an update may set; a member that is absent stays as it is, null clears it. */
export interface OrderDetails {
  readonly partnerIdentifier?: string | null
  readonly redemptionCode?: string | null
  readonly areaName?: string | null
  readonly pickupWindow?: PickupWindow | null
  readonly etaAt?: Date | null
}

/** An order after one change, and what that change was. */
export interface OrderChange {
  readonly order: Order
  readonly topic: OrderTopic
  readonly stateChanged: boolean
  readonly customerStateChanged: boolean
}

/** COMPLETED and CANCELLED are final: nothing moves out of them. */
export function isFinal(state: OrderState): boolean {
  return state === 'COMPLETED' || state === 'CANCELLED'
}

/** The states that an order may move to from here, in the order of the list. */
export function statesAfter(state: OrderState): readonly OrderState[] {
  if (isFinal(state)) return []
  return orderStates.slice(orderStates.indexOf(state) + 1)
}

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

export function moveCustomer(order: Order, customerState: CustomerState, now: Date): Result<OrderChange> {
  const from = order.customerState
  const why =
    from === customerState
      ? `it is ${from} already`
      : from === 'COMPLETED'
        ? 'COMPLETED is final'
        : customerState === 'CREATED'
          ? 'nothing moves back to CREATED'
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

/** Null when nothing would change: then there is no event either. */
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

/** Whatever state it is in: what is deleted is not moved, so its states stay as they are. */
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

// Dates and windows are values here: two are the same when they mean the same instants.
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null)
}
