/** Creates customers, alone or together with an order, and changes them. Neither creates an event. */
import { auditedCustomer } from '../../domain/audit/snapshots.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import { checkIdempotencyKey } from '../../domain/shared/idempotency.ts'
import { laterOf } from '../../domain/shared/instant.ts'
import type { Customer } from '../../domain/orders/order.ts'
import { ok, problem, refused, type Result } from '../../domain/shared/problem.ts'
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

/** The input for a new customer. */
export interface NewCustomer {
  readonly name: string
  readonly carType?: string | null | undefined
  readonly carColor?: string | null | undefined
  readonly licensePlate?: string | null | undefined
}

export interface CustomerCreateInput extends NewCustomer {
  readonly idempotencyKey?: string | null | undefined
}

/** A field that is undefined does not change. */
export interface CustomerUpdateInput extends Partial<Omit<NewCustomer, 'name'>> {
  readonly id: string
  readonly name?: string | null | undefined
}

export type CustomerTexts = Pick<Customer, 'name' | 'carType' | 'carColor' | 'licensePlate'>

const carTexts = ['carType', 'carColor', 'licensePlate'] as const

export async function createCustomer(
  deps: MutationDeps,
  input: CustomerCreateInput,
): Promise<Result<Customer>> {
  const texts = checkCustomer(input, [])
  const key = allFine({ idempotencyKey: checkIdempotencyKey(input.idempotencyKey) })
  if (!texts.ok || !key.ok)
    return refused(...(texts.ok ? [] : texts.problems), ...(key.ok ? [] : key.problems))
  const request = { mutation: 'customerCreate', input: { ...texts.value }, ...key.value }
  const result = await transactOnce(deps.store, request, async (tx) => {
    const added = newCustomer(deps, texts.value, await tx.nextNumber('customer'), tx.now)
    await tx.insertCustomer(added)
    const audited = { before: null, after: auditedCustomer(added) }
    await writeAuditEntry(deps, tx, { operation: 'customerCreate', objectId: added.id, ...audited })
    return ok(added)
  })
  if (!result.ok) return result
  const { value: customer, repeated } = result.value
  deps.log.info({ customerId: customer.id, number: customer.number, repeated }, 'customer.created')
  return ok(customer)
}

export async function updateCustomer(
  deps: MutationDeps,
  input: CustomerUpdateInput,
): Promise<Result<Customer>> {
  const { id, name } = input
  const given = carTexts.filter((text) => input[text] !== undefined)
  const checked = allFine({
    ...(name !== undefined && { name: checkKeptText(withoutHidden(name), ['name']) }),
    ...Object.fromEntries(given.map((text) => [text, checkOptionalText(withoutHidden(input[text]), [text])])),
  })
  if (!checked.ok) return checked
  if (Object.keys(checked.value).length === 0)
    return refused(problem('REQUIRED', [], 'nothing to change: name at least one field besides id'))
  const result = await transact<Customer>(deps.store, async (tx) => {
    const before = isIdOf('customer', id) ? await tx.lockCustomer(id) : null
    if (before === null) return refused(customerNotFound('id'))
    if (hasTexts(before, checked.value)) return ok(before)
    const customer = { ...before, ...checked.value, updatedAt: laterOf(tx.now, before.updatedAt) }
    await tx.updateCustomer(customer)
    const audited = { before: auditedCustomer(before), after: auditedCustomer(customer) }
    await writeAuditEntry(deps, tx, { operation: 'customerUpdate', objectId: id, ...audited })
    return ok(customer)
  })
  if (result.ok) deps.log.info({ customerId: id }, 'customer.updated')
  return result
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
  return { id: system.newId('customer'), number, ...texts, createdAt: now, updatedAt: now }
}

export function customerNotFound(field: string) {
  return problem('NOT_FOUND', [field], 'there is no such customer in this project')
}
