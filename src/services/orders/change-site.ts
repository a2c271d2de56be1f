/** Creates and changes sites. Neither creates an event, because partners subscribe to orders. */
import { auditedSite } from '../../domain/audit/snapshots.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import { checkIdempotencyKey } from '../../domain/shared/idempotency.ts'
import { laterOf } from '../../domain/shared/instant.ts'
import type { Site } from '../../domain/orders/order.ts'
import { ok, problem, refused, type Result } from '../../domain/shared/problem.ts'
import { allFine, checkIdentifier, checkKeptText, checkText, hasTexts } from '../../domain/shared/text.ts'
import { writeAuditEntry } from '../shared/write-audit-entry.ts'
import { transact, transactOnce } from '../shared/transact.ts'
import type { MutationDeps } from '../shared/mutation-context.ts'

export interface SiteCreateInput {
  readonly name: string
  readonly partnerIdentifier?: string | null | undefined
  readonly idempotencyKey?: string | null | undefined
}

/** A field that is undefined does not change. */
export interface SiteUpdateInput {
  readonly id: string
  readonly name?: string | null | undefined
  readonly partnerIdentifier?: string | null | undefined
}

export async function createSite(deps: MutationDeps, input: SiteCreateInput): Promise<Result<Site>> {
  const checked = allFine({
    name: checkText(input.name, ['name']),
    partnerIdentifier: checkIdentifier(input.partnerIdentifier, ['partnerIdentifier']),
    idempotencyKey: checkIdempotencyKey(input.idempotencyKey),
  })
  if (!checked.ok) return checked
  const { idempotencyKey, ...texts } = checked.value
  const request = { mutation: 'siteCreate', input: texts, idempotencyKey }
  const result = await transactOnce(deps.store, request, async (tx) => {
    const site: Site = {
      id: deps.system.newId('site'),
      number: await tx.nextNumber('site'),
      ...texts,
      createdAt: tx.now,
      updatedAt: tx.now,
    }
    await tx.insertSite(site)
    const audited = { before: null, after: auditedSite(site) }
    await writeAuditEntry(deps, tx, { operation: 'siteCreate', objectId: site.id, ...audited })
    return ok(site)
  })
  if (!result.ok) return result
  const { value: site, repeated } = result.value
  deps.log.info({ siteId: site.id, number: site.number, repeated }, 'site.created')
  return ok(site)
}

export async function updateSite(deps: MutationDeps, input: SiteUpdateInput): Promise<Result<Site>> {
  const { id, name, partnerIdentifier } = input
  const checked = allFine({
    ...(name !== undefined && { name: checkKeptText(name, ['name']) }),
    ...(partnerIdentifier !== undefined && {
      partnerIdentifier: checkIdentifier(partnerIdentifier, ['partnerIdentifier']),
    }),
  })
  if (!checked.ok) return checked
  if (Object.keys(checked.value).length === 0)
    return refused(problem('REQUIRED', [], 'nothing to change: name at least one field besides id'))
  const result = await transact<Site>(deps.store, async (tx) => {
    const before = isIdOf('site', id) ? await tx.lockSite(id) : null
    if (before === null) return refused(siteNotFound('id'))
    if (hasTexts(before, checked.value)) return ok(before)
    const site = { ...before, ...checked.value, updatedAt: laterOf(tx.now, before.updatedAt) }
    await tx.updateSite(site)
    const audited = { before: auditedSite(before), after: auditedSite(site) }
    await writeAuditEntry(deps, tx, { operation: 'siteUpdate', objectId: id, ...audited })
    return ok(site)
  })
  if (result.ok) deps.log.info({ siteId: id }, 'site.updated')
  return result
}

export function siteNotFound(field: string) {
  return problem('NOT_FOUND', [field], 'there is no such site in this project')
}
