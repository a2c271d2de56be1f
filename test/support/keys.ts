/** Creates partners and API keys of every role, with the functions that the command line uses. */
import { wholeProject } from '../../src/domain/access/scope.ts'
import { createKey } from '../../src/services/installation/installation.ts'
import { createPartner } from '../../src/services/access/change-partner.ts'
import { system } from '../../src/runtime/system.ts'
import { tenantOf, type TestServer, type Tenant } from './server.ts'

type Project = Pick<Tenant, 'projectId'>
type KeyOptions = Omit<Parameters<typeof createKey>[1], 'projectId'>

export async function createTestPartner(
  { admin }: Pick<TestServer, 'admin'>,
  { projectId }: Project,
  name = 'Courier Ltd',
): Promise<string> {
  const store = admin.openProject(wholeProject(projectId))
  const made = await createPartner({ store, system }, { name })
  if (!made.ok) throw new Error(JSON.stringify(made.problems))
  return made.value.id
}

/** Creates a key and returns its id and its text. A key of role OPERATOR belongs to no project. */
export async function createTestKey(
  { admin }: Pick<TestServer, 'admin'>,
  projectId: string,
  options: KeyOptions,
): Promise<{ readonly id: string; readonly text: string }> {
  const whose = options.role === 'OPERATOR' ? null : projectId
  const made = await createKey({ store: admin, system }, { projectId: whose, ...options })
  if (!made.ok) throw new Error(JSON.stringify(made.problems))
  return { id: made.value.key.id, text: made.value.text }
}

/** Returns a client of the same project with a new key. */
export async function withKey(
  server: Pick<TestServer, 'admin' | 'url'>,
  { projectId }: Project,
  options: KeyOptions,
): Promise<Tenant & { readonly keyId: string }> {
  const { id, text } = await createTestKey(server, projectId, options)
  return { ...tenantOf(server.url, projectId, text), keyId: id }
}

/** Returns a client of the same project with the key of a new partner. */
export async function asPartner(
  server: Pick<TestServer, 'admin' | 'url'>,
  project: Project,
  name?: string,
): Promise<Tenant & { readonly keyId: string; readonly partnerId: string }> {
  const partnerId = await createTestPartner(server, project, name)
  return { ...(await withKey(server, project, { role: 'PARTNER', partnerId })), partnerId }
}
