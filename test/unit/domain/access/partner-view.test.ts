import { describe, expect, test } from 'vitest'
import { orderEvent, type Event } from '../../../../src/domain/orders/event.ts'
import { instantOf } from '../../../../src/domain/shared/ids.ts'
import { orderParts, type OrderPart } from '../../../../src/domain/orders/order-fields.ts'
import type { Order } from '../../../../src/domain/orders/order.ts'
import { viewData, viewOrder, showsNoMore } from '../../../../src/domain/access/partner-view.ts'
import {
  buildCustomer,
  buildRequestContext,
  buildId,
  buildOrder,
  buildSite,
  later,
} from '../../../support/samples.ts'
import { dialectRules, dialects } from '../../../../src/domain/dialects/registry.ts'

const full: Partial<Order> = {
  ...{ partnerIdentifier: 'P-1', redemptionCode: 'NNSE9J', areaName: 'Bay 4', source: 'web-shop' },
  ...{ etaAt: later(60_000), arrivedAt: later(120_000) },
  pickupWindow: { startsAt: later(180_000), endsAt: later(240_000) },
}

function event(given: Partial<Order>, topic: 'order.created' | 'order.deleted' = 'order.created'): Event {
  const order = buildOrder({ ...full, ...given })
  const change = { order, topic, stateChanged: false, customerStateChanged: false }
  return orderEvent(change, buildSite(), buildCustomer(), buildId('evt'))
}

/** For each part a text that the snapshot contains for that part only. */
const traces: Readonly<Record<OrderPart, string>> = {
  partnerIdentifier: 'P-1',
  redemptionCode: 'NNSE9J',
  areaName: 'Bay 4',
  source: 'web-shop',
  pickupWindow: later(180_000).toISOString(),
  etaAt: later(60_000).toISOString(),
  arrivedAt: later(120_000).toISOString(),
  site: 'S-43',
  siteName: 'Main Street',
  customer: 'KLW-9104',
}

describe.each(dialects)('%s', (dialect) => {
  const rules = dialectRules[dialect]
  const { shows } = rules

  test('the order parts that a dialect declares are the ones that its requests contain', () => {
    const { body } = rules.render(buildRequestContext({ event: event({}), token: 'T' }))
    expect(orderParts.filter((part) => body.includes(traces[part]))).toEqual(shows)
  })

  test('a partner sees only the order parts that the requests of its dialect contain, in data and order', () => {
    const data = viewData(event({}), [dialect])
    const order = JSON.stringify(viewOrder([{ dialect, event: event({}) }]))

    for (const shown of [data, order])
      expect(orderParts.filter((part) => shown.includes(traces[part]))).toEqual(shows)
  })
})

describe('order of several webhooks', () => {
  test("each part of a partner's order comes from the latest event that contains it, and the states from the latest event of all", () => {
    const first = event({ sequence: 1, version: 1, redemptionCode: 'OLD' })
    const second = event({ sequence: 2, version: 2, redemptionCode: 'NEW', state: 'READY' })
    const seen = viewOrder([
      { dialect: 'STANDARD', event: first },
      { dialect: 'FOODY', event: second },
    ])

    expect(seen).toMatchObject({ state: 'READY', version: 2, redemptionCode: 'OLD' })
  })

  test("a partner's order is deleted once a deletion was sent to the partner", () => {
    expect(viewOrder([{ dialect: 'FOODY', event: event({}) }])?.deletedAt).toBeNull()
    const deleted = event({ updatedAt: later(5) }, 'order.deleted')
    expect(viewOrder([{ dialect: 'STANDARD', event: deleted }])?.deletedAt).toEqual(later(5))
  })

  test('a partner sees no order without a delivery', () => {
    expect(viewOrder([])).toBeNull()
  })

  test("site and customer of a partner's order are created at the instants in their ids", () => {
    const seen = viewOrder([{ dialect: 'STANDARD', event: event({}) }])
    expect(seen?.site?.createdAt).toEqual(instantOf(buildId('sit')))
    expect(seen?.customer?.createdAt).toEqual(instantOf(buildId('cus')))
  })
})

test('data that a dialect contains completely is returned as the stored text', () => {
  const { data } = event({})
  expect(viewData({ topic: 'order.created', data }, ['FOODY', 'STANDARD'])).toBe(data)
  expect(viewData({ topic: 'menu.updated', data: '{"n":1.0}' }, ['STANDARD'])).toBe('{"n":1.0}')
})

test('showsNoMore is true when the other dialects contain every part of a dialect', () => {
  expect(showsNoMore('FOODY', ['STANDARD'])).toBe(true)
  expect(showsNoMore('FLYBUY', ['STANDARD'])).toBe(true)
  expect(showsNoMore('STANDARD', ['FLYBUY', 'FOODY'])).toBe(false)
  expect(showsNoMore('FOODY', [])).toBe(false)
})
