import { describe, expect, test } from 'vitest'
import { orderEvent, type Event } from '../../../../src/domain/orders/event.ts'
import { instantOf } from '../../../../src/domain/shared/ids.ts'
import { orderParts, type OrderPart } from '../../../../src/domain/orders/order-fields.ts'
import type { Order } from '../../../../src/domain/orders/order.ts'
import { viewData, viewOrder, tellsNoMore } from '../../../../src/domain/access/partner-view.ts'
import { aCustomer, buildRequestContext, anId, anOrder, aSite, later } from '../../../support/samples.ts'
import { dialectRules, dialects } from '../../../../src/domain/dialects/registry.ts'

const full: Partial<Order> = {
  ...{ partnerIdentifier: 'P-1', redemptionCode: 'NNSE9J', areaName: 'Bay 4' },
  ...{ etaAt: later(60_000), arrivedAt: later(120_000) },
  pickupWindow: { startsAt: later(180_000), endsAt: later(240_000) },
}

function event(given: Partial<Order>, topic: 'order.created' | 'order.deleted' = 'order.created'): Event {
  const order = anOrder({ ...full, ...given })
  const change = { order, topic, stateChanged: false, customerStateChanged: false }
  return orderEvent(change, aSite(), aCustomer(), anId('evt'))
}

/** A text that stands in the snapshot for that part, and for no other. */
const traces: Readonly<Record<OrderPart, string>> = {
  partnerIdentifier: 'P-1',
  redemptionCode: 'NNSE9J',
  areaName: 'Bay 4',
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

  test('says of each part of an order truly whether its payloads carry it', () => {
    const { body } = rules.render(buildRequestContext({ event: event({}), token: 'T' }))
    expect(orderParts.filter((part) => body.includes(traces[part]))).toEqual(shows)
  })

  test('shows a partner of the data and of the order what its payloads carry, and no more', () => {
    const data = viewData(event({}), [dialect])
    const order = JSON.stringify(viewOrder([{ dialect, event: event({}) }]))

    for (const shown of [data, order])
      expect(orderParts.filter((part) => shown.includes(traces[part]))).toEqual(shows)
  })
})

describe('an order of several webhooks', () => {
  test('has each part as the latest that carries it had it, and states as the latest of all', () => {
    const first = event({ sequence: 1, version: 1, redemptionCode: 'OLD' })
    const second = event({ sequence: 2, version: 2, redemptionCode: 'NEW', state: 'READY' })
    const seen = viewOrder([
      { dialect: 'STANDARD', event: first },
      { dialect: 'FOODY', event: second },
    ])

    expect(seen).toMatchObject({ state: 'READY', version: 2, redemptionCode: 'OLD' })
  })

  test('is deleted once that was told', () => {
    expect(viewOrder([{ dialect: 'FOODY', event: event({}) }])?.deletedAt).toBeNull()
    const deleted = event({ updatedAt: later(5) }, 'order.deleted')
    expect(viewOrder([{ dialect: 'STANDARD', event: deleted }])?.deletedAt).toEqual(later(5))
  })

  test('is none where nothing was owed', () => {
    expect(viewOrder([])).toBeNull()
  })

  test('shows a site and a customer as old as their ids', () => {
    const seen = viewOrder([{ dialect: 'STANDARD', event: event({}) }])
    expect(seen?.site?.createdAt).toEqual(instantOf(anId('sit')))
    expect(seen?.customer?.createdAt).toEqual(instantOf(anId('cus')))
  })
})

test('data that is carried whole stays the text that it was', () => {
  const { data } = event({})
  expect(viewData({ topic: 'order.created', data }, ['FOODY', 'STANDARD'])).toBe(data)
  expect(viewData({ topic: 'menu.updated', data: '{"n":1.0}' }, ['STANDARD'])).toBe('{"n":1.0}')
})

test('a dialect tells no more than others where all that it shows is in theirs', () => {
  expect(tellsNoMore('FOODY', ['STANDARD'])).toBe(true)
  expect(tellsNoMore('FLYBUY', ['STANDARD'])).toBe(true)
  expect(tellsNoMore('STANDARD', ['FLYBUY', 'FOODY'])).toBe(false)
  expect(tellsNoMore('FOODY', [])).toBe(false)
})
