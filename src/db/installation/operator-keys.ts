/** Keys with the role OPERATOR, and the audit entries that belong to no project. */
import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { AuditEntry } from '../../domain/audit/audit-entry.ts'
import type { Key } from '../../domain/access/key.ts'
import type { AuditLogFilter } from '../../domain/lists/filters.ts'
import type { Page, PageRequest } from '../../domain/lists/page.ts'
import type { Database } from '../connection/connect.ts'
import { auditedAs, betweenIds, newestFirst } from '../shared/filter-sql.ts'
import { rowsToRead, toPage } from '../shared/keyset-pages.ts'
import { toAuditEntry, toKey } from '../shared/row-mapping.ts'
import { auditLog, keys } from '../schema/index.ts'
import { notifyKeyRevoked } from '../tenant/writes/key-writes.ts'

/** Keys with the role OPERATOR, newest first. */
export async function listOperatorKeys(db: Database, page: PageRequest<string>): Promise<Page<Key>> {
  const rows = await db
    .select()
    .from(keys)
    .where(and(isNull(keys.projectId), betweenIds(keys.id, page)))
    .orderBy(newestFirst(keys.id, page))
    .limit(rowsToRead(page))
  return toPage(page, rows.map(toKey))
}

export async function operatorKeysByIds(db: Database, ids: readonly string[]): Promise<readonly Key[]> {
  const rows = await db
    .select()
    .from(keys)
    .where(and(isNull(keys.projectId), inArray(keys.id, [...ids])))
  return rows.map(toKey)
}

/** Stores the key and its entry in the audit log, which belongs to no project. */
export function insertOperatorKey(
  db: Database,
  key: Key,
  secretHash: string,
  entry: AuditEntry,
): Promise<void> {
  return db.transaction(async (tx) => {
    await tx.insert(keys).values({ ...key, projectId: null, secretHash })
    await tx.insert(auditLog).values({ ...entry, projectId: null })
  })
}

/**
 * Revokes an OPERATOR key, stores the audit entry that `entryOf` returns, and notifies every process after the commit.
 * A key that was revoked before is returned unchanged. Null: there is no such OPERATOR key.
 */
export function revokeOperatorKey(
  db: Database,
  id: string,
  entryOf: (before: Key, after: Key) => AuditEntry,
): Promise<Key | null> {
  return db.transaction(async (tx) => {
    const isKey = and(isNull(keys.projectId), eq(keys.id, id))
    const [before] = await tx.select().from(keys).where(isKey).for('no key update')
    if (before === undefined || before.revokedAt !== null) return before === undefined ? null : toKey(before)
    const [row] = await tx
      .update(keys)
      .set({ revokedAt: sql`now()` })
      .where(isKey)
      .returning()
    if (row === undefined) throw new Error(`expected key ${id} to be there while it is locked, it is not`)
    await tx.insert(auditLog).values({ ...entryOf(toKey(before), toKey(row)), projectId: null })
    await notifyKeyRevoked(tx, id)
    return toKey(row)
  })
}

/** Audit entries that belong to no project, newest first. */
export async function listOperatorEntries(
  db: Database,
  filter: AuditLogFilter,
  page: PageRequest<string>,
): Promise<Page<AuditEntry>> {
  const rows = await db
    .select()
    .from(auditLog)
    .where(and(isNull(auditLog.projectId), auditedAs(filter), betweenIds(auditLog.id, page)))
    .orderBy(newestFirst(auditLog.id, page))
    .limit(rowsToRead(page))
  return toPage(page, rows.map(toAuditEntry))
}

/** Returns whether an audit entry that belongs to no project has this id. */
export async function hasOperatorEntry(db: Database, id: string): Promise<boolean> {
  const rows = await db
    .select({ id: auditLog.id })
    .from(auditLog)
    .where(and(isNull(auditLog.projectId), eq(auditLog.id, id)))
  return rows.length > 0
}
