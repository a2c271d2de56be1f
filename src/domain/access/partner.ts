/** Partners: the integrators of a project. They own webhooks. */
import { problem, type Problem } from '../shared/problem.ts'
import { checkText, isProblem } from '../shared/text.ts'

/** Maximum number of partners per project. */
export const maxPartners = 1_000

/** The longest address of a mailbox, as RFC 5321 limits it. */
export const maxEmailLength = 254

/** The person or team to write to. Personal data: a change or removal of the contact leaves no copy of it. */
export interface Contact {
  /** 1 to 200 code points; null: not given. */
  readonly name: string | null
  readonly email: string
}

export interface Partner {
  readonly id: string
  /** 1 to 200 code points. */
  readonly name: string
  /** Null: none was given, or the partner was deleted. */
  readonly contact: Contact | null
  readonly createdAt: Date
  /** Null: not deleted. */
  readonly deletedAt: Date | null
}

/** A change of a partner. An undefined member does not change. */
export interface PartnerChange {
  readonly name?: string | undefined
  readonly contact?: Contact | null | undefined
}

// One @, and a domain of labels with at least one dot. Only the mailbox's own server can say that the address exists.
const mailbox = /^[^\s@<>()[\]\\,;:"]{1,64}@(?:[^\s@.<>()[\]\\,;:"]{1,63}\.)+[^\s@.<>()[\]\\,;:"]{1,63}$/u

/** Returns the cleaned contact or the first of its problems. `field` is the path of the contact in the input. */
export function checkContact(
  contact: { readonly name?: string | null | undefined; readonly email: string },
  field: readonly string[],
): Contact | Problem {
  const name = contact.name == null ? null : checkText(contact.name, [...field, 'name'])
  if (isProblem(name)) return name
  const email = checkText(contact.email, [...field, 'email'], maxEmailLength)
  if (isProblem(email)) return email
  if (mailbox.test(email)) return { name, email }
  return problem('INVALID', [...field, 'email'], 'email must be an address such as support@courier.example')
}

/** Returns the partner after the change; the same object when nothing changes. */
export function changedPartner(before: Partner, { name, contact }: PartnerChange): Partner {
  const after = {
    ...before,
    name: name ?? before.name,
    contact: contact === undefined ? before.contact : contact,
  }
  return after.name === before.name && isSameContact(after.contact, before.contact) ? before : after
}

/** Returns whether both contacts are absent or have the same values. */
export function isSameContact(one: Contact | null, other: Contact | null): boolean {
  return one?.name === other?.name && one?.email === other?.email
}
