/** Keys of every role, as the command line makes them. */
import { createKey } from '../../src/flow/admin.ts'
import { createPartner } from '../../src/flow/change-partner.ts'
import { wholeProject } from '../../src/domain/scope.ts'
import { chance } from '../../src/runtime/chance.ts'
import { tenantOf, type House, type Tenant } from './house.ts'

type Wish = Parameters<typeof createKey>[1]

/** The key's id, and its text. */
export async function aKey(
  house: House,
  wish: Wish,
): Promise<{ readonly id: string; readonly text: string }> {
  const made = await createKey({ store: house.admin, chance }, wish)
  if (!made.ok) throw new Error(JSON.stringify(made.problems))
  return { id: made.value.key.id, text: made.value.text }
}

/** The same project as a client with another key of it sees it. */
export async function withKey(house: House, { projectId }: Tenant, wish: Omit<Wish, 'projectId'>) {
  const key = await aKey(house, { projectId, ...wish })
  return { ...tenantOf(house.url, projectId, key.text), keyId: key.id }
}

export async function aPartner(house: House, { projectId }: Tenant, name = 'Courier Ltd'): Promise<string> {
  const store = house.admin.openProject(wholeProject(projectId))
  const made = await createPartner({ store, chance }, { name })
  if (!made.ok) throw new Error(JSON.stringify(made.problems))
  return made.value.id
}
