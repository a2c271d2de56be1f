/** The events of customers: `customer.created`, `customer.updated`, `customer.marketing_changed`, `customer.deleted`. */
import type { Event } from './event.ts'
import type { Customer } from './order.ts'

/** The `data` of a customer's event. Timestamps are RFC 3339 in UTC with milliseconds. */
export interface CustomerSnapshot {
  readonly id: string
  readonly number: number
  readonly name: string
  readonly carType: string | null
  readonly carColor: string | null
  readonly licensePlate: string | null
  readonly marketing: { readonly email: boolean; readonly sms: boolean }
  readonly createdAt: string
  readonly updatedAt: string
}

/** The `data` of `customer.deleted`, without personal data. */
export interface DeletedCustomer {
  readonly id: string
  readonly number: number
  readonly deletedAt: string
}

export function snapshotCustomer(customer: Customer): CustomerSnapshot {
  const { id, number, name, carType, carColor, licensePlate, marketing, createdAt, updatedAt } = customer
  return {
    ...{ id, number, name, carType, carColor, licensePlate, marketing },
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }
}

/** Returns the event of a new or changed customer. `before` is null for a new one. */
export function customerEvent(before: Customer | null, after: Customer, id: string): Event {
  return {
    ...{ id, orderId: null, sequence: null, createdAt: after.updatedAt },
    topic: topicOf(before, after),
    data: JSON.stringify(snapshotCustomer(after)),
  }
}

function topicOf(before: Customer | null, after: Customer): string {
  if (before === null) return 'customer.created'
  const others = ({ marketing: _, updatedAt: _at, ...rest }: Customer): string => JSON.stringify(rest)
  return others(before) === others(after) ? 'customer.marketing_changed' : 'customer.updated'
}

/** Returns the event of a customer whose personal data were erased at `updatedAt`. */
export function customerDeleted({ id: customerId, number, updatedAt }: Customer, id: string): Event {
  const data: DeletedCustomer = { id: customerId, number, deletedAt: updatedAt.toISOString() }
  return {
    ...{ id, orderId: null, sequence: null, createdAt: updatedAt },
    topic: 'customer.deleted',
    data: JSON.stringify(data),
  }
}
