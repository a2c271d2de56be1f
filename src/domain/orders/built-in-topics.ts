/**
 * The built-in topics with their descriptions, schemas and examples. Orderbell creates the events of orders, so their
 * schema is exact. The platform publishes all other events, and their data must only be a JSON object.
 */
import { exampleEvent, type OrderSnapshot } from './event.ts'
import type { ArrivingSnapshot } from './arriving.ts'
import type { CustomerSnapshot, DeletedCustomer } from './customer-event.ts'
import { customerStates, orderStates } from './order.ts'
import { noticeTopic } from './notice-topics.ts'
import {
  orderTopics,
  type BuiltInTopic,
  type OrderTopic,
  type Topic,
  noticeTopics,
  type NoticeTopic,
} from './topic.ts'

const orderDescriptions: Readonly<Record<OrderTopic, string>> = {
  'order.created': 'An order was created.',
  'order.updated': 'Fields of an order other than its states were changed, and not only the ETA.',
  'order.state_changed': 'The state of an order changed.',
  'order.customer_state_changed':
    'The state of the customer changed, for example to EN_ROUTE, NEARBY or ARRIVED.',
  'order.eta_changed': 'Only the ETA of an order was changed.',
  'order.arriving': 'The ETA of the order is some minutes away: one of the `arrivingMinutes` of the project.',
  'order.deleted': 'An order was deleted. The data is its last state.',
}

type Published = Exclude<BuiltInTopic, OrderTopic | NoticeTopic>

const contact: CustomerSnapshot = {
  id: 'cus_01kjd3s5x0f3r8qz6v2m4n7b9d',
  number: 135,
  name: 'Brian Johnson',
  carType: 'Ford Fiesta',
  carColor: 'Red',
  licensePlate: 'KLW-9104',
  marketing: { email: true, sms: false },
  createdAt: '2026-02-26T17:14:50.941Z',
  updatedAt: '2026-02-26T17:55:20.442Z',
}
const deletedContact: DeletedCustomer = {
  id: contact.id,
  number: contact.number,
  deletedAt: '2026-03-26T09:00:00.000Z',
}
const concert = { eventId: 12, name: 'Summer Concert', startsAt: '2026-07-04T19:30:00.000Z', tickets: 250 }
const ticketScan = { scanId: 9, ticketId: 4711, gate: 'North', scannedAt: '2026-07-04T18:55:12.000Z' }
const file = { downloadId: 3, orderId: 4711, name: 'program.pdf', remaining: 2 }

const published: Readonly<Record<Published, readonly [description: string, example: object]>> = {
  'customer.created': ['A customer was added.', contact],
  'customer.updated': ['The data of a customer was changed.', contact],
  'customer.marketing_changed': [
    'A customer subscribed to marketing messages, or unsubscribed.',
    { ...contact, marketing: { email: false, sms: false } },
  ],
  'customer.deleted': ['The personal data of a customer were erased.', deletedContact],
  'menu.updated': ['A menu was changed; points of sale load it again.', { menuId: 7 }],
  'event.created': ['A ticketed event, such as a concert, was added.', concert],
  'event.updated': ['A ticketed event was changed.', { ...concert, tickets: 240 }],
  'event.deleted': ['A ticketed event was removed.', { eventId: concert.eventId }],
  'scan.created': ['A ticket was scanned at the entrance.', ticketScan],
  'scan.updated': ['The scan of a ticket was corrected.', { ...ticketScan, gate: 'South' }],
  'scan.deleted': ['The scan of a ticket was removed.', { scanId: ticketScan.scanId }],
  'download.created': ['A purchased file can be downloaded.', file],
  'download.updated': ['A file was downloaded, or its permission changed.', { ...file, remaining: 1 }],
  'download.deleted': ['A file can no longer be downloaded.', { downloadId: file.downloadId }],
}

const orderProperties = {
  id: { type: 'string', description: 'Opaque, ord_...' },
  number: { type: 'integer', description: 'Counts the orders of the project, from 1.' },
  uid: { type: 'string', format: 'uuid' },
  version: { type: 'integer', description: 'Counts the changes of the order, from 1.' },
  sequence: { type: 'integer', description: 'Counts the events of the order, from 1 and without gaps.' },
  state: { enum: orderStates },
  customerState: { enum: customerStates },
  stateChanged: { type: 'boolean', description: 'Whether this change changed the state.' },
  customerStateChanged: { type: 'boolean', description: 'Whether this change changed the customer state.' },
  partnerIdentifier: { type: ['string', 'null'] },
  redemptionCode: { type: ['string', 'null'] },
  areaName: { type: ['string', 'null'] },
  source: { type: ['string', 'null'], description: 'Where the order came from.' },
  pickupWindow: {
    type: ['object', 'null'],
    required: ['startsAt', 'endsAt'],
    properties: { startsAt: instant('string'), endsAt: instant('string') },
  },
  etaAt: instant('string', 'null'),
  arrivedAt: instant('string', 'null'),
  createdAt: instant('string'),
  updatedAt: instant('string'),
  site: {
    type: 'object',
    required: ['id', 'number', 'name', 'partnerIdentifier'],
    properties: {
      id: { type: 'string' },
      number: { type: 'integer' },
      name: { type: 'string' },
      partnerIdentifier: { type: ['string', 'null'] },
    },
  },
  customer: {
    type: ['object', 'null'],
    required: ['id', 'number', 'name', 'carType', 'carColor', 'licensePlate'],
    properties: {
      id: { type: 'string' },
      number: { type: 'integer' },
      name: { type: 'string' },
      carType: { type: ['string', 'null'] },
      carColor: { type: ['string', 'null'] },
      licensePlate: { type: ['string', 'null'] },
    },
  },
} satisfies Readonly<Record<keyof OrderSnapshot, object>>

/** The schema of all events of orders. Snapshots from `snapshotOrder` match it. */
const orderSchema = { type: 'object', required: Object.keys(orderProperties), properties: orderProperties }

const arrivingProperties = {
  ...orderProperties,
  minutes: {
    type: 'integer',
    description: 'The minutes before the ETA, one of the `arrivingMinutes` of the project.',
  },
} satisfies Readonly<Record<keyof ArrivingSnapshot, object>>

const arrivingSchema = {
  ...orderSchema,
  required: Object.keys(arrivingProperties),
  properties: arrivingProperties,
}

function instant(...type: readonly string[]) {
  return { type, format: 'date-time' }
}

/** The example order of `webhookTest`, as the snapshot of an event with that topic. */
function orderExample(topic: OrderTopic): OrderSnapshot | ArrivingSnapshot {
  const snapshot = JSON.parse(exampleEvent('', new Date(0)).data) as OrderSnapshot
  const shown = {
    ...snapshot,
    stateChanged: topic === 'order.state_changed',
    customerStateChanged: topic === 'order.customer_state_changed',
  }
  if (topic === 'order.arriving') return { ...shown, minutes: 10 }
  return topic === 'order.created'
    ? { ...shown, version: 1, sequence: 1, state: 'CREATED', customerState: 'CREATED' }
    : shown
}

function builtIn(name: BuiltInTopic, description: string, schema: object, example: object): Topic {
  return {
    name,
    description,
    schema: JSON.stringify(schema),
    example: JSON.stringify(example),
    createdAt: null,
  }
}

/** Every built-in topic, in the order of `topics`. */
export const builtInTopics: readonly Topic[] = [
  ...orderTopics.map((name) =>
    builtIn(
      name,
      orderDescriptions[name],
      name === 'order.arriving' ? arrivingSchema : orderSchema,
      orderExample(name),
    ),
  ),
  ...(Object.keys(published) as Published[]).map((name) =>
    builtIn(name, published[name][0], { type: 'object' }, published[name][1]),
  ),
  ...noticeTopics.map((name) => {
    const { description, schema, example } = noticeTopic(name)
    return builtIn(name, description, schema, example)
  }),
]

/** Returns the built-in topic with this name, or null. */
export function builtInTopic(name: string): Topic | null {
  return builtInTopics.find((topic) => topic.name === name) ?? null
}
