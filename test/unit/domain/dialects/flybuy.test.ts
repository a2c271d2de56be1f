import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type RequestContext } from '../../../../src/domain/dialects/dialect.ts'
import { orderEvent } from '../../../../src/domain/orders/event.ts'
import type { Customer, Order, OrderChange, Site } from '../../../../src/domain/orders/order.ts'
import { topics } from '../../../../src/domain/orders/topic.ts'
import {
  buildCustomer,
  buildRequestContext,
  buildId,
  buildOrder,
  buildSite,
  sampleUserAgent,
} from '../../../support/samples.ts'
import { dialectRules } from '../../../../src/domain/dialects/registry.ts'

const flybuy = dialectRules.FLYBUY
const example = JSON.parse(readFileSync(new URL('documents/flybuy.json', import.meta.url), 'utf8')) as unknown

/** The order of the document's example, as Orderbell stores it. */
const exampleOrder = buildOrder({
  number: 187,
  state: 'COMPLETED',
  customerState: 'NEARBY',
  partnerIdentifier: '24667',
  redemptionCode: 'NNSE9J',
  etaAt: new Date('2019-02-26T17:15:33.645Z'),
  createdAt: new Date('2019-02-26T17:14:50.941Z'),
  updatedAt: new Date('2019-02-26T17:55:20.442Z'),
})

function requestContextAbout(given: {
  readonly order?: Order
  readonly change?: Partial<OrderChange>
  readonly site?: Site
  readonly customer?: Customer | null
}): RequestContext {
  const change: OrderChange = {
    order: given.order ?? exampleOrder,
    topic: 'order.updated',
    stateChanged: false,
    customerStateChanged: false,
    ...given.change,
  }
  const customer = given.customer === undefined ? buildCustomer() : given.customer
  const site = given.site ?? buildSite({ partnerIdentifier: '' })
  return buildRequestContext({ event: orderEvent(change, site, customer, buildId('evt')) })
}
const dataOf = (context: RequestContext): Record<string, unknown> =>
  (JSON.parse(flybuy.render(context).body) as { data: Record<string, unknown> }).data

describe('FLYBUY example of the document', () => {
  test("the FLYBUY body of the example's order equals the document's example, key for key and compact", () => {
    expect(flybuy.render(requestContextAbout({})).body).toBe(JSON.stringify(example))
  })

  test("the FLYBUY test request sends the document's example, whatever the event", () => {
    expect(flybuy.renderTest(buildRequestContext({})).body).toBe(JSON.stringify(example))
  })

  test('a FLYBUY request has the headers of the document in its order, and User-Agent', () => {
    const { headers } = flybuy.render({ ...requestContextAbout({}), token: 'FFCPUG2A' })
    expect(headers).toEqual([
      { name: 'Accept', value: 'application/json' },
      { name: 'Content-Type', value: 'application/json' },
      { name: 'Authorization', value: 'Token token="FFCPUG2A"' },
      { name: 'User-Agent', value: sampleUserAgent },
    ])
  })
})

describe('FLYBUY request', () => {
  test('a FLYBUY request without a token has no Authorization header', () => {
    const names = flybuy.render(requestContextAbout({})).headers.map(({ name }) => name)
    expect(names).toEqual(['Accept', 'Content-Type', 'User-Agent'])
  })

  test('a FLYBUY body distinguishes null from an empty text, for order, site and customer', () => {
    const empty = { carType: '', carColor: null, licensePlate: '' }
    const context = requestContextAbout({
      order: { ...exampleOrder, partnerIdentifier: '', redemptionCode: null, areaName: '' },
      site: buildSite({ partnerIdentifier: null }),
      customer: buildCustomer(empty),
    })
    expect(dataOf(context)).toMatchObject({
      partner_identifier: '',
      redemption_code: null,
      area_name: '',
      site_partner_identifier: null,
      customer_car_type: '',
      customer_car_color: null,
      customer_license_plate: '',
    })
  })

  test('a FLYBUY body has all 21 keys when the order has no customer and no details', () => {
    const data = dataOf(requestContextAbout({ order: buildOrder(), customer: null }))
    expect(Object.keys(data)).toEqual(Object.keys((example as { data: object }).data))
    expect(data).toMatchObject({ customer_id: null, customer_name: null, customer_license_plate: null })
  })

  test('state_changed and customer_state_changed of a FLYBUY body show which state the change affected', () => {
    expect(dataOf(requestContextAbout({ change: { stateChanged: true } }))).toMatchObject({
      state_changed: true,
      customer_state_changed: false,
    })
    expect(dataOf(requestContextAbout({ change: { customerStateChanged: true } }))).toMatchObject({
      state_changed: false,
      customer_state_changed: true,
    })
  })

  test('a FLYBUY body has states in lower case and the pickup window as an ISO 8601 interval', () => {
    const pickupWindow = {
      startsAt: new Date('2019-02-26T17:00:00.000Z'),
      endsAt: new Date('2019-02-26T17:30:00.000Z'),
    }
    const order = buildOrder({ state: 'READY', customerState: 'EN_ROUTE', pickupWindow })
    expect(dataOf(requestContextAbout({ order }))).toMatchObject({
      state: 'ready',
      customer_state: 'en_route',
      pickup_window: '2019-02-26T17:00:00.000Z/2019-02-26T17:30:00.000Z',
    })
  })
})

test('FLYBUY carries all order topics and no others', () => {
  const orders = topics.filter((topic) => topic.startsWith('order.'))
  expect(topics.filter((topic) => flybuy.carries(topic))).toEqual(orders)
  for (const topic of ['order.made_up', 'menu.updated', 'order', 'orders.created'])
    expect(flybuy.carries(topic), topic).toBe(false)
})
