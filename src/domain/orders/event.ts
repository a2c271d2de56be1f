/**
 * Events: the immutable snapshot that is taken of an order as it changes. Every dialect writes
 * its body from this snapshot, never from the order as it stands later.
 */
import type { Customer, CustomerState, Order, OrderChange, OrderState, Site } from './order.ts'
import { isOrderTopic } from './topic.ts'

export interface Event {
  readonly id: string
  readonly topic: string
  /** The order it is about; null when it is about none. */
  readonly orderId: string | null
  /** Counts one order's events, from 1 and without gaps; null when it is about no order. */
  readonly sequence: number | null
  /** JSON text, kept as text: numbers keep their digits, and bytes stay what they were. */
  readonly data: string
  readonly createdAt: Date
}

/** An event as lists read it: its data may be large, and are read where somebody asks for them. */
export interface ListedEvent extends Omit<Event, 'data'> {
  /** Of the data, as UTF-8. */
  readonly dataBytes: number
}

/** What `data` of an order's event says, as JSON: instants are RFC 3339 in UTC with milliseconds. */
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

/** What a webhook's filters look at of the order in an event's snapshot; null where the event is about none. */
export function judgedOrder({ topic, data }: Pick<Event, 'topic' | 'data'>): JudgedOrder | null {
  if (!isOrderTopic(topic)) return null
  const { site, state, customerState } = JSON.parse(data) as OrderSnapshot
  return { siteId: site.id, state, customerState }
}

/** The event that tells of one change of an order. */
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

/** The order whose event `webhookTest` sends: made up, the same every time. */
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
    pickupWindow: null,
    etaAt: new Date('2026-02-26T17:15:33.645Z'),
    arrivedAt: null,
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

/** What conditions are asked of: an order as it is after the change that an event tells of. */
export type JudgedOrder = Pick<Order, 'siteId' | 'state' | 'customerState'>
