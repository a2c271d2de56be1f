/** Partners, and keys of every role, as the command line makes them: what a test takes for granted before the API is asked. */
import { wholeProject } from '../../src/domain/access/scope.ts'
import { createKey } from '../../src/services/installation/installation.ts'
import { createPartner } from '../../src/services/access/change-partner.ts'
import { system } from '../../src/runtime/system.ts'
import { tenantOf, type TestServer, type Tenant } from './server.ts'

type Project = Pick<Tenant, 'projectId'>
type Wish = Omit<Parameters<typeof createKey>[1], 'projectId'>

export async function aPartner(
  { admin }: Pick<TestServer, 'admin'>,
  { projectId }: Project,
  name = 'Courier Ltd',
): Promise<string> {
  const store = admin.openProject(wholeProject(projectId))
  const made = await createPartner({ store, system }, { name })
  if (!made.ok) throw new Error(JSON.stringify(made.problems))
  return made.value.id
}

/** A key's id, and its text. An OPERATOR's is of no project. */
export async function aKey(
  { admin }: Pick<TestServer, 'admin'>,
  projectId: string,
  wish: Wish,
): Promise<{ readonly id: string; readonly text: string }> {
  const whose = wish.role === 'OPERATOR' ? null : projectId
  const made = await createKey({ store: admin, system }, { projectId: whose, ...wish })
  if (!made.ok) throw new Error(JSON.stringify(made.problems))
  return { id: made.value.key.id, text: made.value.text }
}

/** The same project as a client with another key sees it. */
export async function withKey(
  server: Pick<TestServer, 'admin' | 'url'>,
  { projectId }: Project,
  wish: Wish,
): Promise<Tenant & { readonly keyId: string }> {
  const { id, text } = await aKey(server, projectId, wish)
  return { ...tenantOf(server.url, projectId, text), keyId: id }
}

/** The same project as a new partner sees it. */
export async function asPartner(
  server: Pick<TestServer, 'admin' | 'url'>,
  project: Project,
  name?: string,
): Promise<Tenant & { readonly keyId: string; readonly partnerId: string }> {
  const partnerId = await aPartner(server, project, name)
  return { ...(await withKey(server, project, { role: 'PARTNER', partnerId })), partnerId }
}
