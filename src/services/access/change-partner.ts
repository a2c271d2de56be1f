/** Creates partners and changes them. */
import {
  changedPartner,
  checkContact,
  maxPartners,
  type Contact,
  type Partner,
} from '../../domain/access/partner.ts'
import { auditedPartner, partnerChange } from '../../domain/audit/snapshots.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import { ok, problem, refused, type Problem, type Result } from '../../domain/shared/problem.ts'
import { allFine, checkKeptText, checkText } from '../../domain/shared/text.ts'
import type { System } from '../../ports/system.ts'
import type { ProjectStore } from '../../db/tenant/tenant-store.ts'
import { writeAuditEntry } from '../shared/write-audit-entry.ts'
import { transact } from '../shared/transact.ts'

interface PartnerDeps {
  readonly store: ProjectStore
  readonly system: System
}

interface ContactInput {
  readonly name?: string | null | undefined
  readonly email: string
}

/** A field that is undefined does not change. A contact that is null is removed. */
export interface PartnerUpdateInput {
  readonly id: string
  readonly name?: string | null | undefined
  readonly contact?: ContactInput | null | undefined
}

/** Creates a partner. LIMIT_REACHED when the project has `maxPartners` partners that are not deleted. */
export async function createPartner(
  { store, system }: PartnerDeps,
  input: { readonly name: string; readonly contact?: ContactInput | null | undefined },
): Promise<Result<Partner>> {
  const contact = input.contact ?? null
  const checked = allFine<{ name: string | Problem; contact: Contact | null | Problem }>({
    name: checkText(input.name, ['name']),
    contact: contact && checkContact(contact, ['contact']),
  })
  if (!checked.ok) return checked
  return transact<Partner>(store, async (tx) => {
    const count = await tx.countPartners()
    if (count >= maxPartners)
      return refused(
        problem('LIMIT_REACHED', [], `the project has ${count} partners; the maximum is ${maxPartners}`),
      )
    const partner = { id: system.newId('partner'), ...checked.value, createdAt: tx.now, deletedAt: null }
    await tx.insertPartner(partner)
    const audited = { before: null, after: auditedPartner(partner) }
    await writeAuditEntry({ system }, tx, { operation: 'partnerCreate', objectId: partner.id, ...audited })
    return ok(partner)
  })
}

/** Changes a partner that is not deleted. Nothing is written when the values are the present ones. NOT_FOUND. */
export async function updatePartner(
  { store, system }: PartnerDeps,
  { id, name, contact }: PartnerUpdateInput,
): Promise<Result<Partner>> {
  if (name === undefined && contact === undefined)
    return refused(problem('REQUIRED', [], 'nothing to change: name at least one field besides id'))
  const checked = allFine<{
    name: string | undefined | Problem
    contact: Contact | null | undefined | Problem
  }>({
    name: name === undefined ? undefined : checkKeptText(name, ['name']),
    contact: contact && checkContact(contact, ['contact']),
  })
  if (!checked.ok) return checked
  return transact<Partner>(store, async (tx) => {
    const before = isIdOf('partner', id) ? await tx.lockPartner(id) : null
    if (before === null) return refused(partnerNotFound())
    const partner = changedPartner(before, checked.value)
    if (partner === before) return ok(before)
    await tx.updatePartner(partner)
    const audited = partnerChange(before, partner)
    await writeAuditEntry({ system }, tx, { operation: 'partnerUpdate', objectId: id, ...audited })
    return ok(partner)
  })
}

export function partnerNotFound(): Problem {
  return problem('NOT_FOUND', ['id'], 'there is no such partner in this project')
}
