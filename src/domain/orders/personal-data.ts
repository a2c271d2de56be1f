/**
 * Erasure of a customer's personal data. An erased customer keeps its id and number. Events of the customer and snapshots
 * of its orders lose only the customer's personal fields; the other fields are shown and sent as before. Other free text,
 * such as an order's partner identifier or the data of a published event, is not linked to a customer and is not changed.
 */
import type { CustomerSnapshot } from './customer-event.ts'
import type { OrderSnapshot } from './event.ts'
import { noMarketing, type Customer } from './order.ts'

/** Replaces a personal text that is required. */
export const erased = '[erased]'

const nothingPersonal = { name: erased, carType: null, carColor: null, licensePlate: null } as const

/** The personal fields of a customer. The audit log and stored responses of mutations use the same names. */
export const personalMembers = Object.keys(nothingPersonal) as readonly (keyof typeof nothingPersonal)[]

export function isErased(customer: Pick<Customer, keyof typeof nothingPersonal | 'marketing'>): boolean {
  const { email, sms } = customer.marketing
  return !email && !sms && personalMembers.every((member) => customer[member] === nothingPersonal[member])
}

export function erasedCustomer(customer: Customer, now: Date): Customer {
  return { ...customer, ...nothingPersonal, marketing: noMarketing, updatedAt: now }
}

/** Returns the JSON text of a customer's own event without personal data. */
export function erasedCustomerSnapshot(data: string): string {
  const snapshot = JSON.parse(data) as CustomerSnapshot
  return JSON.stringify({ ...snapshot, ...nothingPersonal, marketing: noMarketing })
}

/** Returns the JSON text of an order's snapshot without its customer's personal data. */
export function erasedSnapshot(data: string): string {
  const snapshot = JSON.parse(data) as OrderSnapshot
  if (snapshot.customer === null) return data
  return JSON.stringify({ ...snapshot, customer: { ...snapshot.customer, ...nothingPersonal } })
}

/** Returns the audit entry of an erasure: which personal fields had a value, without the values. */
export function auditedErasure(customer: Customer) {
  const had = personalMembers.map((member) => [member, customer[member] === null ? null : erased] as const)
  return {
    before: { ...Object.fromEntries(had), erased: false },
    after: { ...nothingPersonal, erased: true },
  }
}
