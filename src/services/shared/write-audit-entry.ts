/** One line of the audit log, written in the transaction of the change that it tells of: there is never one without the other. */
import { differences, type AuditedState } from '../../domain/audit/audit-entry.ts'
import type { System } from '../../ports/platform.ts'
import type { ProjectTx } from '../../ports/tenant-transaction.ts'

export interface Change {
  /** The mutation's name. */
  readonly operation: string
  readonly objectId: string
  /** Without secrets; null: there was nothing, or is nothing after. */
  readonly before: AuditedState | null
  readonly after: AuditedState | null
}

/** Keeps only what differs. Who asked is the store's to know (domain/scope). */
export async function writeAuditEntry(
  world: { readonly system: System },
  tx: ProjectTx,
  { operation, objectId, before, after }: Change,
): Promise<void> {
  const id = world.system.newId('auditEntry')
  await tx.insertAuditEntry({ id, at: tx.now, operation, objectId, ...differences(before, after) })
}
