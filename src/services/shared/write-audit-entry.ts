/** Writes an audit entry in the transaction of the change, so that neither is stored without the other. */
import { differences, type AuditedState } from '../../domain/audit/audit-entry.ts'
import type { System } from '../../ports/system.ts'
import type { ProjectTx } from '../../db/tenant/transaction.ts'

export interface Change {
  /** The mutation's name. */
  readonly operation: string
  readonly objectId: string
  /** The object's state, without secrets. `before` is null for a creation, `after` for a deletion. */
  readonly before: AuditedState | null
  readonly after: AuditedState | null
}

/** Stores only the fields that differ. The transaction adds the caller's key. */
export async function writeAuditEntry(
  deps: { readonly system: System },
  tx: ProjectTx,
  { operation, objectId, before, after }: Change,
): Promise<void> {
  const id = deps.system.newId('auditEntry')
  await tx.insertAuditEntry({ id, at: tx.now, operation, objectId, ...differences(before, after) })
}
