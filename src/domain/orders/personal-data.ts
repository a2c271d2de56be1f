/**
 * What is left of a customer after it was erased: its id and number, and that there was one. Of its orders' snapshots
 * only the customer's own data go, so that all else is read and sent as before. What people wrote elsewhere (an order's
 * partner identifier, the data of a published event) is not known to be anybody's.
 */
import type { OrderSnapshot } from './event.ts'
import type { Customer } from './order.ts'

/** Stands where a personal text stood that cannot be missing. */
export const erased = '[erased]'

const nothingPersonal = { name: erased, carType: null, carColor: null, licensePlate: null } as const

/** The members of a customer that are personal, as the audit log and kept answers name them too. */
export const personalMembers = Object.keys(nothingPersonal) as readonly (keyof typeof nothingPersonal)[]

export function isErased(customer: Pick<Customer, keyof typeof nothingPersonal>): boolean {
  return personalMembers.every((member) => customer[member] === nothingPersonal[member])
}

export function erasedCustomer(customer: Customer, now: Date): Customer {
  return { ...customer, ...nothingPersonal, updatedAt: now }
}

/** The text of an order's snapshot without its customer's data; all else stays character for character. */
export function erasedSnapshot(data: string): string {
  const snapshot = JSON.parse(data) as OrderSnapshot
  if (snapshot.customer === null) return data
  return JSON.stringify({ ...snapshot, customer: { ...snapshot.customer, ...nothingPersonal } })
}

/** Which of its data a customer had, without what they were. */
export function auditedErasure(customer: Customer) {
  const had = personalMembers.map((member) => [member, customer[member] === null ? null : erased] as const)
  return {
    before: { ...Object.fromEntries(had), erased: false },
    after: { ...nothingPersonal, erased: true },
  }
}
