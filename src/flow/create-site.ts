/** A new site. It makes no event: partners ask for orders. */
import { checkIdempotencyKey } from '../domain/idempotency.ts'
import type { Site } from '../domain/order.ts'
import { ok, type Result } from '../domain/problem.ts'
import { allFine, checkOptionalText, checkText } from '../domain/text.ts'
import type { MutationWorld } from './change-order.ts'
import { transactOnce } from './transact.ts'

export interface SiteCreateInput {
  readonly name: string
  readonly partnerIdentifier?: string | null | undefined
  readonly idempotencyKey?: string | null | undefined
}

export async function createSite(world: MutationWorld, input: SiteCreateInput): Promise<Result<Site>> {
  const checked = allFine({
    name: checkText(input.name, ['name']),
    partnerIdentifier: checkOptionalText(input.partnerIdentifier, ['partnerIdentifier']),
    idempotencyKey: checkIdempotencyKey(input.idempotencyKey),
  })
  if (!checked.ok) return checked
  const { idempotencyKey, ...texts } = checked.value
  const asked = { mutation: 'siteCreate', input: { ...input }, idempotencyKey }
  const result = await transactOnce(world.store, asked, async (tx) => {
    const site: Site = {
      id: world.chance.newId('site'),
      number: await tx.nextNumber('site'),
      ...texts,
      createdAt: tx.now,
      updatedAt: tx.now,
    }
    await tx.insertSite(site)
    return ok(site)
  })
  if (!result.ok) return result
  const { value: site, repeated } = result.value
  world.log.info({ siteId: site.id, number: site.number, repeated }, 'site.created')
  return ok(site)
}
