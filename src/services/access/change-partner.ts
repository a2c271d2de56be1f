/** Creates partners. */
import { maxPartners, type Partner } from '../../domain/access/partner.ts'
import { ok, problem, refused, type Result } from '../../domain/shared/problem.ts'
import { allFine, checkText } from '../../domain/shared/text.ts'
import type { System } from '../../ports/system.ts'
import type { ProjectStore } from '../../db/tenant/tenant-store.ts'
import { writeAuditEntry } from '../shared/write-audit-entry.ts'
import { transact } from '../shared/transact.ts'

/** Creates a partner. LIMIT_REACHED when the project has `maxPartners` partners. */
export async function createPartner(
  { store, system }: { readonly store: ProjectStore; readonly system: System },
  input: { readonly name: string },
): Promise<Result<Partner>> {
  const checked = allFine({ name: checkText(input.name, ['name']) })
  if (!checked.ok) return checked
  return transact<Partner>(store, async (tx) => {
    const count = await tx.countPartners()
    if (count >= maxPartners)
      return refused(
        problem('LIMIT_REACHED', [], `the project has ${count} partners; the maximum is ${maxPartners}`),
      )
    const partner = { id: system.newId('partner'), ...checked.value, createdAt: tx.now }
    await tx.insertPartner(partner)
    const change = { operation: 'partnerCreate', objectId: partner.id, before: null, after: checked.value }
    await writeAuditEntry({ system }, tx, change)
    return ok(partner)
  })
}
