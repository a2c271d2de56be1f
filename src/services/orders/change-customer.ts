/**
 * Creates customers, and changes them. The same transaction stores the event. A customer that is created together with an
 * order has no event of its own: the order's event contains it.
 */
import { auditedCustomer } from '../../domain/audit/snapshots.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import { checkIdempotencyKey } from '../../domain/shared/idempotency.ts'
import { laterOf } from '../../domain/shared/instant.ts'
import { customerEvent } from '../../domain/orders/customer-event.ts'
import { noMarketing, type Customer, type Marketing } from '../../domain/orders/order.ts'
import { ok, problem, refused, type Problem, type Result } from '../../domain/shared/problem.ts'
import {
  allFine,
  checkKeptText,
  checkOptionalText,
  checkText,
  hasTexts,
  withoutHidden,
} from '../../domain/shared/text.ts'
import { writeAuditEntry } from '../shared/write-audit-entry.ts'
import { transact, transactOnce } from '../shared/transact.ts'
import type { MutationDeps } from '../shared/mutation-context.ts'
import {
  announce,
  eventOf,
  storeEvent,
  type ChangedCustomer,
  type CustomerDeps,
  type StoredEvent,
} from './customer-events.ts'

/** The input for a new customer. */
export interface NewCustomer {
  readonly name: string
  readonly carType?: string | null | undefined
  readonly carColor?: string | null | undefined
  readonly licensePlate?: string | null | undefined
}

/** An absent member does not change, and is false for a new customer. */
export interface MarketingInput {
  readonly email?: boolean | null | undefined
  readonly sms?: boolean | null | undefined
}

export interface CustomerCreateInput extends NewCustomer {
  readonly marketing?: MarketingInput | null | undefined
  readonly idempotencyKey?: string | null | undefined
}

/** A field that is undefined does not change. */
export interface CustomerUpdateInput extends Partial<Omit<NewCustomer, 'name'>> {
  readonly id: string
  readonly name?: string | null | undefined
  readonly marketing?: MarketingInput | null | undefined
}

export type CustomerTexts = Pick<Customer, 'name' | 'carType' | 'carColor' | 'licensePlate'>

const carTexts = ['carType', 'carColor', 'licensePlate'] as const

/** The stored answer of customerCreate. Answers of earlier versions have neither marketing nor an event. */
type StoredCustomer = Omit<Customer, 'marketing'> & {
  readonly marketing?: Marketing
  readonly eventId?: string
}

/** Creates a customer, and the event `customer.created` in the same transaction. */
export async function createCustomer(
  deps: CustomerDeps,
  input: CustomerCreateInput,
): Promise<Result<ChangedCustomer>> {
  const texts = checkCustomer(input, [])
  const marketing = checkMarketing(input.marketing)
  const key = allFine({ idempotencyKey: checkIdempotencyKey(input.idempotencyKey) })
  if (!texts.ok || !marketing.ok || !key.ok)
    return refused(...[texts, marketing, key].flatMap((each) => (each.ok ? [] : each.problems)))
  const given = { ...texts.value, marketing: { ...noMarketing, ...marketing.value } }
  const request = {
    mutation: 'customerCreate',
    // As earlier versions wrote it when no marketing is given, so that their keys stay valid.
    input: input.marketing == null ? { ...texts.value } : given,
    ...key.value,
  }
  let stored: StoredEvent | null = null
  const result = await transactOnce<StoredCustomer>(deps.store, request, async (tx) => {
    // The transaction may run again after a deadlock.
    stored = null
    const number = await tx.nextNumber('customer')
    const added = { ...newCustomer(deps, texts.value, number, tx.now), marketing: given.marketing }
    await tx.insertCustomer(added)
    const audited = { before: null, after: auditedCustomer(added) }
    await writeAuditEntry(deps, tx, { operation: 'customerCreate', objectId: added.id, ...audited })
    const event = customerEvent(null, added, deps.system.newId('event'))
    stored = await storeEvent(deps, tx, added.id, event)
    return ok({ ...added, eventId: event.id })
  })
  if (!result.ok) return result
  announce(deps, stored)
  const { value, repeated } = result.value
  const { eventId = null, ...customer } = value
  deps.log.info({ customerId: customer.id, number: customer.number, repeated }, 'customer.created')
  return ok({
    customer: { ...customer, marketing: value.marketing ?? noMarketing },
    eventId,
    event: eventOf(stored),
  })
}

/** Changes a customer, and creates `customer.marketing_changed` or `customer.updated` unless nothing differs. */
export async function updateCustomer(
  deps: CustomerDeps,
  input: CustomerUpdateInput,
): Promise<Result<ChangedCustomer>> {
  const { id, name } = input
  const given = carTexts.filter((text) => input[text] !== undefined)
  const checked = allFine({
    ...(name !== undefined && { name: checkKeptText(withoutHidden(name), ['name']) }),
    ...Object.fromEntries(given.map((text) => [text, checkOptionalText(withoutHidden(input[text]), [text])])),
  })
  const marketing =
    input.marketing === null ? refused(required(['marketing'])) : checkMarketing(input.marketing)
  if (!checked.ok || !marketing.ok)
    return refused(...[checked, marketing].flatMap((each) => (each.ok ? [] : each.problems)))
  if (Object.keys(checked.value).length + Object.keys(marketing.value).length === 0)
    return refused(problem('REQUIRED', [], 'nothing to change: name at least one field besides id'))
  let stored: StoredEvent | null = null
  const result = await transact<Customer>(deps.store, async (tx) => {
    stored = null
    const before = isIdOf('customer', id) ? await tx.lockCustomer(id) : null
    if (before === null) return refused(customerNotFound('id'))
    const wanted = { ...before.marketing, ...marketing.value }
    const isSame = wanted.email === before.marketing.email && wanted.sms === before.marketing.sms
    if (isSame && hasTexts(before, checked.value)) return ok(before)
    const updatedAt = laterOf(tx.now, before.updatedAt)
    const customer = { ...before, ...checked.value, marketing: wanted, updatedAt }
    await tx.updateCustomer(customer)
    const audited = { before: auditedCustomer(before), after: auditedCustomer(customer) }
    await writeAuditEntry(deps, tx, { operation: 'customerUpdate', objectId: id, ...audited })
    stored = await storeEvent(deps, tx, id, customerEvent(before, customer, deps.system.newId('event')))
    return ok(customer)
  })
  if (!result.ok) return result
  announce(deps, stored)
  deps.log.info({ customerId: id }, 'customer.updated')
  const event = eventOf(stored)
  return ok({ customer: result.value, eventId: event?.id ?? null, event })
}

/** Absent members are absent in the result. */
function checkMarketing(marketing: MarketingInput | null | undefined): Result<Partial<Marketing>> {
  const { email, sms } = marketing ?? {}
  const problems = [
    ...(email === null ? [required(['marketing', 'email'])] : []),
    ...(sms === null ? [required(['marketing', 'sms'])] : []),
  ]
  if (problems.length > 0) return refused(...problems)
  return ok({ ...(email != null && { email }), ...(sms != null && { sms }) })
}

function required(field: readonly string[]): Problem {
  return problem('REQUIRED', field, `${field.at(-1) ?? ''} must not be null`)
}

/** `field` is the path of the customer in the mutation's input. */
export function checkCustomer(customer: NewCustomer, field: readonly string[]): Result<CustomerTexts> {
  return allFine({
    name: checkText(withoutHidden(customer.name), [...field, 'name']),
    carType: checkOptionalText(withoutHidden(customer.carType), [...field, 'carType']),
    carColor: checkOptionalText(withoutHidden(customer.carColor), [...field, 'carColor']),
    licensePlate: checkOptionalText(withoutHidden(customer.licensePlate), [...field, 'licensePlate']),
  })
}

/** `now`: start of the transaction on the database's clock. */
export function newCustomer(
  { system }: Pick<MutationDeps, 'system'>,
  texts: CustomerTexts,
  number: number,
  now: Date,
): Customer {
  return {
    id: system.newId('customer'),
    number,
    ...texts,
    marketing: noMarketing,
    createdAt: now,
    updatedAt: now,
  }
}

export function customerNotFound(field: string) {
  return problem('NOT_FOUND', [field], 'there is no such customer in this project')
}
