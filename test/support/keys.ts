/** Partners and keys of every role, written straight into the tables: what a test takes for granted before the API is asked. */
import type { KeyRole } from '../../src/domain/key.ts'
import { createKey } from '../../src/flow/admin.ts'
import { chance } from '../../src/runtime/chance.ts'
import { tenantOf, type House, type Tenant } from './house.ts'

export async function aPartner(
  { connections }: Pick<House, 'connections'>,
  projectId: string,
  name = 'Courier Ltd',
): Promise<string> {
  const id = chance.newId('partner')
  await connections.sql`
    insert into partners (id, project_id, name, created_at) values (${id}, ${projectId}, ${name}, now())`
  return id
}

export interface KeyFixture {
  readonly role: KeyRole
  readonly partnerId?: string
}

/** A key of the project and its text. An OPERATOR's is of no project. */
export async function aKey(
  { admin }: Pick<House, 'admin'>,
  projectId: string,
  { role, partnerId }: KeyFixture,
): Promise<{ readonly id: string; readonly text: string }> {
  const whose = { projectId: role === 'OPERATOR' ? null : projectId, partnerId: partnerId ?? null }
  const wish = { ...whose, role, name: null, expiresAt: null }
  const made = await createKey({ store: admin, chance }, wish)
  if (!made.ok) throw new Error(JSON.stringify(made.problems))
  return { id: made.value.key.id, text: made.value.text }
}

/** The tenant's project as such a key sees it. */
export async function keyOf(
  house: Pick<House, 'admin' | 'url'>,
  { projectId }: Pick<Tenant, 'projectId'>,
  key: KeyFixture,
): Promise<Tenant> {
  return tenantOf(house.url, projectId, (await aKey(house, projectId, key)).text)
}

/** A partner of the tenant's project, as its own key sees it. */
export async function asPartner(
  house: Pick<House, 'admin' | 'connections' | 'url'>,
  tenant: Pick<Tenant, 'projectId'>,
  name?: string,
): Promise<Tenant & { readonly partnerId: string }> {
  const partnerId = await aPartner(house, tenant.projectId, name)
  return { ...(await keyOf(house, tenant, { role: 'PARTNER', partnerId })), partnerId }
}
