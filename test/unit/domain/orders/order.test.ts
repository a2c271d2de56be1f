import { describe, expect, test } from 'vitest'
import {
  customerStates,
  isFinal,
  moveCustomer,
  moveOrder,
  orderStates,
  statesAfter,
  updateOrder,
  type CustomerState,
  type OrderDetails,
  type OrderState,
} from '../../../../src/domain/orders/order.ts'
import { buildOrder, later, noon } from '../../../support/samples.ts'

/** Every legal transition. All others are illegal. */
const moves: Readonly<Record<OrderState, readonly OrderState[]>> = {
  CREATED: ['ACCEPTED', 'PREPARING', 'READY', 'DISPATCHED', 'DELIVERED', 'COMPLETED', 'CANCELLED'],
  ACCEPTED: ['PREPARING', 'READY', 'DISPATCHED', 'DELIVERED', 'COMPLETED', 'CANCELLED'],
  PREPARING: ['READY', 'DISPATCHED', 'DELIVERED', 'COMPLETED', 'CANCELLED'],
  READY: ['DISPATCHED', 'DELIVERED', 'COMPLETED', 'CANCELLED'],
  DISPATCHED: ['DELIVERED', 'COMPLETED', 'CANCELLED'],
  DELIVERED: ['COMPLETED', 'CANCELLED'],
  COMPLETED: [],
  CANCELLED: [],
}

const customerMoves: Readonly<Record<CustomerState, readonly CustomerState[]>> = {
  CREATED: ['EN_ROUTE', 'NEARBY', 'ARRIVED', 'WAITING', 'COMPLETED'],
  EN_ROUTE: ['NEARBY', 'ARRIVED', 'WAITING', 'COMPLETED'],
  NEARBY: ['EN_ROUTE', 'ARRIVED', 'WAITING', 'COMPLETED'],
  ARRIVED: ['EN_ROUTE', 'NEARBY', 'WAITING', 'COMPLETED'],
  WAITING: ['EN_ROUTE', 'NEARBY', 'ARRIVED', 'COMPLETED'],
  COMPLETED: [],
}

const pairs = <T>(list: readonly T[]): { from: T; to: T }[] =>
  list.flatMap((from) => list.map((to) => ({ from, to })))

describe('order state', () => {
  test.each(pairs(orderStates))(
    'an order moves from $from to $to if and only if the table allows it',
    ({ from, to }) => {
      const legal = moves[from].includes(to)
      const moved = moveOrder(buildOrder({ state: from }), to, later(1))
      expect(moved.ok).toBe(legal)
      expect(statesAfter(from).includes(to)).toBe(legal)
      if (!moved.ok) expect(moved.problems).toMatchObject([{ code: 'ILLEGAL_TRANSITION', field: ['state'] }])
    },
  )

  test('only COMPLETED and CANCELLED are final order states', () => {
    expect(orderStates.filter(isFinal)).toEqual(['COMPLETED', 'CANCELLED'])
  })

  test('a state change increments version and sequence, sets updatedAt, and changes nothing else', () => {
    const order = buildOrder({ customerState: 'NEARBY', areaName: 'Bay 4', version: 7, sequence: 6 })
    const moved = moveOrder(order, 'READY', later(5))
    expect(moved).toEqual({
      ok: true,
      value: {
        order: { ...order, state: 'READY', version: 8, sequence: 7, updatedAt: later(5) },
        topic: 'order.state_changed',
        stateChanged: true,
        customerStateChanged: false,
      },
    })
  })

  test('the message of an illegal transition names both states and the allowed ones', () => {
    const [back] = problemsOf(moveOrder(buildOrder({ state: 'DISPATCHED' }), 'READY', noon))
    expect(back?.message).toBe(
      'the order cannot move to READY: it is DISPATCHED and can move to DELIVERED, COMPLETED, CANCELLED',
    )
    const [done] = problemsOf(moveOrder(buildOrder({ state: 'CANCELLED' }), 'COMPLETED', noon))
    expect(done?.message).toBe('the order cannot move to COMPLETED: it is CANCELLED, which is final')
  })
})

describe('customer state', () => {
  test.each(pairs(customerStates))(
    'a customer moves from $from to $to if and only if the table allows it',
    ({ from, to }) => {
      const moved = moveCustomer(buildOrder({ customerState: from }), to, later(1))
      expect(moved.ok).toBe(customerMoves[from].includes(to))
      if (!moved.ok)
        expect(moved.problems).toMatchObject([{ code: 'ILLEGAL_TRANSITION', field: ['customerState'] }])
    },
  )

  test.each(orderStates)(
    'a customer state changes while the order is %s, without changing the order state',
    (state) => {
      const moved = moveCustomer(buildOrder({ state }), 'NEARBY', later(1))
      expect(moved).toMatchObject({
        ok: true,
        value: {
          order: { state, customerState: 'NEARBY', version: 2, sequence: 2, updatedAt: later(1) },
          topic: 'order.customer_state_changed',
          stateChanged: false,
          customerStateChanged: true,
        },
      })
    },
  )

  test.each(['ARRIVED', 'WAITING'] as const)('the customer state %s sets arrivedAt', (customerState) => {
    const moved = moveCustomer(buildOrder(), customerState, later(9))
    expect(moved).toMatchObject({ ok: true, value: { order: { arrivedAt: later(9) } } })
  })

  test.each(['EN_ROUTE', 'NEARBY', 'COMPLETED'] as const)(
    'the customer state %s does not set arrivedAt',
    (customerState) => {
      const moved = moveCustomer(buildOrder(), customerState, later(9))
      expect(moved).toMatchObject({ ok: true, value: { order: { arrivedAt: null } } })
    },
  )

  test('later customer states do not change arrivedAt', () => {
    const order = buildOrder({ customerState: 'ARRIVED', arrivedAt: noon })
    for (const customerState of ['WAITING', 'EN_ROUTE'] as const)
      expect(moveCustomer(order, customerState, later(9))).toMatchObject({
        ok: true,
        value: { order: { arrivedAt: noon } },
      })
  })
})

describe('updateOrder', () => {
  const window = { startsAt: noon, endsAt: later(60_000) }
  const order = buildOrder({ partnerIdentifier: '24667', etaAt: noon, pickupWindow: window })

  test.each<[string, OrderDetails]>([
    ['another ETA', { etaAt: later(1) }],
    ['no ETA', { etaAt: null }],
    [
      'another ETA and unchanged other fields',
      { etaAt: later(1), partnerIdentifier: '24667', areaName: null },
    ],
  ])('an update that changes only the ETA is order.eta_changed: %s', (_, details) => {
    expect(updateOrder(order, details, later(5))?.topic).toBe('order.eta_changed')
  })

  test.each<[string, OrderDetails]>([
    ['partner identifier', { partnerIdentifier: '24668' }],
    ['redemption code', { redemptionCode: 'NNSE9J' }],
    ['area', { areaName: 'Bay 4' }],
    ['pickup window', { pickupWindow: { ...window, endsAt: later(60_001) } }],
    ['no pickup window', { pickupWindow: null }],
    ['the ETA and more', { etaAt: later(1), areaName: 'Bay 4' }],
  ])('an update of other fields is order.updated: %s', (_, details) => {
    const change = updateOrder(order, details, later(5))
    expect(change).toEqual({
      order: { ...order, ...details, version: 2, sequence: 2, updatedAt: later(5) },
      topic: 'order.updated',
      stateChanged: false,
      customerStateChanged: false,
    })
  })

  test.each<[string, OrderDetails]>([
    ['nothing', {}],
    ['the same text', { partnerIdentifier: '24667' }],
    ['null for a null field', { areaName: null }],
    ['the same instant as another Date', { etaAt: new Date(noon) }],
    ['the same window as other Dates', { pickupWindow: { startsAt: new Date(noon), endsAt: later(60_000) } }],
  ])('an update without a difference is no change: %s', (_, details) => {
    expect(updateOrder(order, details, later(5))).toBeNull()
  })

  test('an update keeps the fields that it does not name', () => {
    const change = updateOrder(order, { areaName: 'Bay 4' }, later(5))
    expect(change?.order).toMatchObject({ partnerIdentifier: '24667', etaAt: noon, pickupWindow: window })
  })
})

function problemsOf(result: ReturnType<typeof moveOrder>) {
  return result.ok ? [] : result.problems
}
