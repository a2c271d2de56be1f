/**
 * Events: immutable snapshots of an order, taken when the order changes. Dialects render the body from the snapshot,
 * never from the current order.
 */
import {
  noMarketing,
  type Customer,
  type CustomerState,
  type Order,
  type OrderChange,
  type OrderState,
  type Site,
} from './order.ts'
import { isOrderTopic } from './topic.ts'

export interface Event {
  readonly id: string
  readonly topic: string
  /** Null for an event that is not about an order. */
  readonly orderId: string | null
  /** Number of the event among the events of its order, from 1 and without gaps; null for an event without an order. */
  readonly sequence: number | null
  /** JSON, stored as text so that numbers keep their digits and the bytes do not change. */
  readonly data: string
  readonly createdAt: Date
}

/** An event without its data, for lists. The data may be large and is read only when the client selects it. */
export interface ListedEvent extends Omit<Event, 'data'> {
  /** Size of the data in bytes of UTF-8. */
  readonly dataBytes: number
}

/** The `data` of an order's event. Timestamps are RFC 3339 in UTC with milliseconds. */
export interface OrderSnapshot {
  readonly id: string
  readonly number: number
  readonly uid: string
  readonly version: number
  readonly sequence: number
  readonly state: OrderState
  readonly customerState: CustomerState
  readonly stateChanged: boolean
  readonly customerStateChanged: boolean
  readonly partnerIdentifier: string | null
  readonly redemptionCode: string | null
  readonly areaName: string | null
  /** Absent in events that were stored before orders had a source. */
  readonly source?: string | null
  readonly pickupWindow: { readonly startsAt: string; readonly endsAt: string } | null
  readonly etaAt: string | null
  readonly arrivedAt: string | null
  readonly createdAt: string
  readonly updatedAt: string
  readonly site: {
    readonly id: string
    readonly number: number
    readonly name: string
    readonly partnerIdentifier: string | null
  }
  readonly customer: {
    readonly id: string
    readonly number: number
    readonly name: string
    readonly carType: string | null
    readonly carColor: string | null
    readonly licensePlate: string | null
  } | null
}

/** Returns the snapshot of an order after a change, with its site and customer. */
export function snapshotOrder(change: OrderChange, site: Site, customer: Customer | null): OrderSnapshot {
  const { order } = change
  return {
    id: order.id,
    number: order.number,
    uid: order.uid,
    version: order.version,
    sequence: order.sequence,
    state: order.state,
    customerState: order.customerState,
    stateChanged: change.stateChanged,
    customerStateChanged: change.customerStateChanged,
    partnerIdentifier: order.partnerIdentifier,
    redemptionCode: order.redemptionCode,
    areaName: order.areaName,
    source: order.source,
    pickupWindow: order.pickupWindow && {
      startsAt: order.pickupWindow.startsAt.toISOString(),
      endsAt: order.pickupWindow.endsAt.toISOString(),
    },
    etaAt: order.etaAt?.toISOString() ?? null,
    arrivedAt: order.arrivedAt?.toISOString() ?? null,
    createdAt: order.createdAt.toISOString(),
    updatedAt: order.updatedAt.toISOString(),
    site: { id: site.id, number: site.number, name: site.name, partnerIdentifier: site.partnerIdentifier },
    customer: customer && {
      id: customer.id,
      number: customer.number,
      name: customer.name,
      carType: customer.carType,
      carColor: customer.carColor,
      licensePlate: customer.licensePlate,
    },
  }
}

/** Returns the fields of an event's order that webhook filters use; null for an event without an order. */
export function filterableOrder({ topic, data }: Pick<Event, 'topic' | 'data'>): FilterableOrder | null {
  if (!isOrderTopic(topic)) return null
  const { site, state, customerState, source = null } = JSON.parse(data) as OrderSnapshot
  return { siteId: site.id, state, customerState, source }
}

/** Returns the event for one change of an order. */
export function orderEvent(change: OrderChange, site: Site, customer: Customer | null, id: string): Event {
  const { order } = change
  return {
    id,
    topic: change.topic,
    orderId: order.id,
    sequence: order.sequence,
    data: JSON.stringify(snapshotOrder(change, site, customer)),
    createdAt: order.updatedAt,
  }
}

/** Returns the event that `webhookTest` sends. Its order is fictitious and always the same. */
export function exampleEvent(id: string, now: Date): Event {
  const at = new Date('2026-02-26T17:14:50.941Z')
  const site: Site = {
    id: 'sit_01kjd3s5x0f3r8qz6v2m4n7b9c',
    number: 43,
    name: 'Main Street',
    partnerIdentifier: 'S-43',
    createdAt: at,
    updatedAt: at,
  }
  const customer: Customer = {
    id: 'cus_01kjd3s5x0f3r8qz6v2m4n7b9d',
    number: 135,
    name: 'Brian Johnson',
    carType: 'Ford Fiesta',
    carColor: 'Red',
    licensePlate: 'KLW-9104',
    marketing: noMarketing,
    createdAt: at,
    updatedAt: at,
  }
  const order: Order = {
    id: 'ord_01kjd3s5x0f3r8qz6v2m4n7b9e',
    number: 187,
    uid: '4228df3a-a54a-40d7-b30f-1385eca4c3dd',
    state: 'ACCEPTED',
    customerState: 'NEARBY',
    version: 3,
    sequence: 3,
    siteId: site.id,
    customerId: customer.id,
    partnerIdentifier: '24667',
    redemptionCode: 'NNSE9J',
    areaName: null,
    source: 'app',
    pickupWindow: null,
    etaAt: new Date('2026-02-26T17:15:33.645Z'),
    arrivedAt: null,
    arrivingSent: [],
    createdAt: at,
    updatedAt: new Date('2026-02-26T17:55:20.442Z'),
    deletedAt: null,
  }
  const change: OrderChange = {
    order,
    topic: 'order.state_changed',
    stateChanged: true,
    customerStateChanged: false,
  }
  return { ...orderEvent(change, site, customer, id), createdAt: now }
}

/** The fields that webhook filters are applied to: those of the order after the change. */
export type FilterableOrder = Pick<Order, 'siteId' | 'state' | 'customerState' | 'source'>
