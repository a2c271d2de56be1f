import { describe, expect, test } from 'vitest'
import { exampleEvent, orderEvent, snapshotOrder } from '../../../../src/domain/orders/event.ts'
import { isIdOf } from '../../../../src/domain/shared/ids.ts'
import { moveOrder, type OrderChange } from '../../../../src/domain/orders/order.ts'
import { orderTopics } from '../../../../src/domain/orders/topic.ts'
import { buildCustomer, buildId, buildOrder, buildSite, later, noon } from '../../../support/samples.ts'

const change: OrderChange = {
  order: buildOrder({
    state: 'ACCEPTED',
    version: 2,
    sequence: 2,
    partnerIdentifier: '24667',
    etaAt: later(1_500),
    arrivedAt: later(200),
    redemptionCode: 'NNSE9J',
    areaName: 'Bay 4',
    customerState: 'ARRIVED',
    pickupWindow: { startsAt: noon, endsAt: later(60_000) },
    updatedAt: later(250),
  }),
  topic: 'order.state_changed',
  stateChanged: true,
  customerStateChanged: false,
}

describe('order snapshot', () => {
  test('a snapshot contains all fields of order, site and customer, with instants in UTC with milliseconds', () => {
    expect(snapshotOrder(change, buildSite(), buildCustomer())).toEqual({
      id: buildId('ord'),
      number: 187,
      uid: '4228df3a-a54a-40d7-b30f-1385eca4c3dd',
      version: 2,
      sequence: 2,
      state: 'ACCEPTED',
      customerState: 'ARRIVED',
      stateChanged: true,
      customerStateChanged: false,
      partnerIdentifier: '24667',
      redemptionCode: 'NNSE9J',
      areaName: 'Bay 4',
      source: null,
      pickupWindow: { startsAt: '2026-02-26T12:00:00.000Z', endsAt: '2026-02-26T12:01:00.000Z' },
      etaAt: '2026-02-26T12:00:01.500Z',
      arrivedAt: '2026-02-26T12:00:00.200Z',
      createdAt: '2026-02-26T12:00:00.000Z',
      updatedAt: '2026-02-26T12:00:00.250Z',
      site: { id: buildId('sit'), number: 43, name: 'Main Street', partnerIdentifier: 'S-43' },
      customer: {
        id: buildId('cus'),
        number: 135,
        name: 'Brian Johnson',
        carType: 'Ford Fiesta',
        carColor: 'Red',
        licensePlate: 'KLW-9104',
      },
    })
  })

  test('the snapshot of an order without a customer has a null customer', () => {
    expect(snapshotOrder(change, buildSite(), null).customer).toBeNull()
  })

  test('a snapshot contains every member of an order except siteId, customerId, arrivingSent and deletedAt', () => {
    const contained = new Set(Object.keys(snapshotOrder(change, buildSite(), buildCustomer())))
    const missing = Object.keys(change.order).filter((name) => !contained.has(name))
    // The snapshot contains the site and the customer themselves, and the topic tells about the deletion.
    expect(missing).toEqual(['siteId', 'customerId', 'arrivingSent', 'deletedAt'])
  })
})

describe('orderEvent', () => {
  test('the event of a change has its topic, order, sequence and instant', () => {
    const event = orderEvent(change, buildSite(), null, buildId('evt', 5))
    expect(event).toMatchObject({
      id: buildId('evt', 5),
      topic: 'order.state_changed',
      orderId: buildId('ord'),
      sequence: 2,
      createdAt: later(250),
    })
    expect(JSON.parse(event.data)).toEqual(snapshotOrder(change, buildSite(), null))
  })

  test('the data of an event does not change when its order changes', () => {
    const event = orderEvent(change, buildSite(), null, buildId('evt'))
    const before = event.data
    moveOrder(change.order, 'READY', later(9_000))
    expect(event.data).toBe(before)
  })
})

describe('exampleEvent', () => {
  test('example events differ only in id and instant', () => {
    const [one, other] = [exampleEvent(buildId('evt', 1), noon), exampleEvent(buildId('evt', 2), later(1))]
    expect(one.data).toBe(other.data)
    expect([one.id, other.createdAt]).toEqual([buildId('evt', 1), later(1)])
  })

  test('an example event has a known topic and ids of the correct kinds', () => {
    const event = exampleEvent(buildId('evt'), noon)
    const data = JSON.parse(event.data) as { id: string; site: { id: string }; customer: { id: string } }
    expect(orderTopics).toContain(event.topic)
    expect(
      isIdOf('order', data.id) && isIdOf('site', data.site.id) && isIdOf('customer', data.customer.id),
    ).toBe(true)
  })
})
