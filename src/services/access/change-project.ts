/** Creates projects, on behalf of the installation's operator, and changes them, on behalf of their users. */
import { differences, type AuditedState } from '../../domain/audit/audit-entry.ts'
import { checkArrivingMinutes } from '../../domain/orders/arriving.ts'
import { ok, problem, refused, type Result } from '../../domain/shared/problem.ts'
import { keysOfAll } from '../../domain/installation/process.ts'
import { allFine, checkKeptText, checkText } from '../../domain/shared/text.ts'
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

/** What a project is created with. */
export interface ProjectCreateInput {
  readonly name: string
  /** None by default. */
  readonly arrivingMinutes?: readonly number[] | null | undefined
}

/** A field that is undefined does not change. */
export interface ProjectUpdateInput {
  readonly name?: string | null | undefined
  readonly arrivingMinutes?: readonly number[] | null | undefined
}

/**
 * Creates a project. `keyId` is the caller's key; null for a command. The audit entry is written to the new project.
 */
export async function createProject(
  { store, system, secrets }: AdminDeps,
  input: ProjectCreateInput,
  keyId: string | null = null,
): Promise<Result<Project>> {
  const checked = allFine({
    name: checkText(input.name, ['name']),
    arrivingMinutes: checkArrivingMinutes(input.arrivingMinutes ?? [], ['arrivingMinutes']),
  })
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

/** Changes a project. Open orders with a future ETA follow new `arrivingMinutes`. */
export async function updateProject(
  { store, system }: { readonly store: ProjectStore; readonly system: System },
  input: ProjectUpdateInput,
): Promise<Result<Project>> {
  const { name, arrivingMinutes } = input
  const checked = allFine({
    ...(name !== undefined && { name: checkKeptText(name, ['name']) }),
    ...(arrivingMinutes !== undefined && {
      arrivingMinutes:
        arrivingMinutes === null
          ? problem('REQUIRED', ['arrivingMinutes'], 'an empty list removes all; null is not a list')
          : checkArrivingMinutes(arrivingMinutes, ['arrivingMinutes']),
    }),
  })
  if (!checked.ok) return checked
  if (Object.keys(checked.value).length === 0)
    return refused(problem('REQUIRED', [], 'nothing to change: name at least one field'))
  return transact<Project>(store, async (tx) => {
    const before = await tx.lockProject()
    const project: Project = { ...before, ...checked.value }
    const isSame = String(before.arrivingMinutes) === String(project.arrivingMinutes)
    if (isSame && before.name === project.name) return ok(before)
    await tx.updateProject(project)
    if (!isSame) await tx.rescheduleArriving(project.arrivingMinutes)
    await writeAuditEntry({ system }, tx, {
      operation: 'projectUpdate',
      objectId: project.id,
      ...differences(audited(before), audited(project)),
    })
    return ok(project)
  })
}

function audited({ name, arrivingMinutes }: Project): AuditedState {
  return { name, arrivingMinutes }
}
