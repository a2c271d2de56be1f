/** The commands that manage the keys of any project, and verify the deliveries of a project. */
import { isIdOf } from '../../domain/shared/ids.ts'
import type { Key } from '../../domain/access/key.ts'
import { ok, problem, refused, type Problem, type Result } from '../../domain/shared/problem.ts'
import { wholeProject } from '../../domain/access/scope.ts'
import {
  createOperatorKey,
  createProjectKey,
  revokeProjectKey,
  revokeOperatorKey,
  type KeyInput,
  type MadeKey,
} from '../access/change-key.ts'
import type { AdminDeps } from '../access/change-project.ts'
import type { AdminStore } from '../../db/installation/installation-store.ts'
import type { DeliveryCounts } from '../../db/installation/count-deliveries.ts'
import type { ProjectStore } from '../../db/tenant/tenant-store.ts'

/** Creates a key for a command. The text of the key is returned only here. `projectId` is null for role OPERATOR. */
export async function createKey(
  { store: admin, system }: Pick<AdminDeps, 'store' | 'system'>,
  { projectId, ...input }: KeyInput & { readonly projectId: string | null },
): Promise<Result<MadeKey>> {
  if (input.role === 'OPERATOR' && projectId === null)
    return createOperatorKey({ admin, system, keyId: null }, input)
  if (input.role === 'OPERATOR')
    return refused(
      problem('INVALID', ['project'], 'a key of role OPERATOR belongs to no project: leave the project out'),
    )
  const store = await projectStore(admin, projectId)
  if (store === null || projectId === null) return refused(noProject())
  return createProjectKey({ store, system, projectId }, input)
}

/** Revokes a key of any project, or one that belongs to no project. NOT_FOUND. */
export async function revokeAnyKey(
  { store: admin, system }: Pick<AdminDeps, 'store' | 'system'>,
  id: string,
): Promise<Result<Key>> {
  const known = isIdOf('key', id) ? await admin.keyById(id) : null
  if (known === null) return refused(noKey())
  const { projectId } = known.key
  if (projectId !== null)
    return revokeProjectKey({ store: admin.openProject(wholeProject(projectId)), system }, id)
  const ended = await revokeOperatorKey({ admin, system, keyId: null }, id)
  return ended === null ? refused(noKey()) : ok(ended)
}

/** Returns a store with access to the whole project, for a command; null when the project does not exist. */
export async function projectStore(
  admin: Pick<AdminStore, 'projectExists' | 'openProject'>,
  projectId: string | null,
): Promise<ProjectStore | null> {
  const exists = projectId !== null && isIdOf('project', projectId) && (await admin.projectExists(projectId))
  return exists ? admin.openProject(wholeProject(projectId)) : null
}

export async function verifyDeliveries(
  store: Pick<AdminStore, 'projectExists' | 'countDeliveries'>,
  projectId: string,
): Promise<Result<DeliveryCounts>> {
  const exists = isIdOf('project', projectId) && (await store.projectExists(projectId))
  if (!exists) return refused(noProject())
  return ok(await store.countDeliveries(projectId))
}

export function noProject(): Problem {
  return problem('NOT_FOUND', ['project'], 'there is no such project')
}

function noKey(): Problem {
  return problem('NOT_FOUND', ['key'], 'there is no such key')
}
