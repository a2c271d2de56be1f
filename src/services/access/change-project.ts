/** Creates projects, on behalf of the installation's operator, and renames them, on behalf of their users. */
import { ok, type Result } from '../../domain/shared/problem.ts'
import { keysOfAll } from '../../domain/installation/process.ts'
import { allFine, checkText } from '../../domain/shared/text.ts'
import type { AdminStore } from '../../db/installation/installation-store.ts'
import type { System } from '../../ports/system.ts'
import type { Secrets } from '../../ports/secrets.ts'
import type { ProjectStore } from '../../db/tenant/tenant-store.ts'
import { writeAuditEntry } from '../shared/write-audit-entry.ts'
import { transact } from '../shared/transact.ts'
import type { Project } from '../../domain/access/project.ts'

/** What the installation's commands need. */
export interface AdminDeps {
  readonly store: AdminStore
  readonly system: System
  readonly secrets: Secrets
}

/**
 * Creates a project. `keyId` is the caller's key; null for a command. The audit entry is written to the new project.
 */
export async function createProject(
  { store, system, secrets }: AdminDeps,
  name: string,
  keyId: string | null = null,
): Promise<Result<Project>> {
  const checked = allFine({ name: checkText(name, ['name']) })
  if (!checked.ok) return checked
  const id = system.newId('project')
  // While a new master key is rolled out process by process, the data key is encrypted with a key that all of them
  // have.
  const held = keysOfAll(await store.liveProcesses())
  return transact<Project>(store.openProject({ projectId: id, partnerId: null, keyId }), async (tx) => {
    const project: Project = { id, ...checked.value, createdAt: tx.now }
    await tx.insertProject(project, secrets.newDataKey(project.id, held))
    const change = { operation: 'projectCreate', objectId: project.id, before: null, after: checked.value }
    await writeAuditEntry({ system }, tx, change)
    return ok(project)
  })
}

export async function updateProject(
  { store, system }: { readonly store: ProjectStore; readonly system: System },
  input: { readonly name: string },
): Promise<Result<Project>> {
  const checked = allFine({ name: checkText(input.name, ['name']) })
  if (!checked.ok) return checked
  const { name } = checked.value
  return transact<Project>(store, async (tx) => {
    const before = await tx.lockProject()
    if (before.name === name) return ok(before)
    const project = { ...before, name }
    await tx.updateProject(project)
    await writeAuditEntry({ system }, tx, {
      operation: 'projectUpdate',
      objectId: project.id,
      before: { name: before.name },
      after: { name },
    })
    return ok(project)
  })
}
