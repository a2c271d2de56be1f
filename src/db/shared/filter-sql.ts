/** What filters and page requests are in SQL: conditions that a list's statement is narrowed by. */
import { and, asc, desc, eq, gt, gte, inArray, like, lt, or, type Column, type SQL } from 'drizzle-orm'
import { firstIdAt, type IdKind } from '../../domain/shared/ids.ts'
import { auditLog } from '../schema/index.ts'
import type { PageRequest } from '../../domain/lists/page.ts'
import type { AuditLogFilter, TimeRange } from '../../domain/lists/filters.ts'

/** Ids are made by a process's clock, instants by the database's. Clocks that differ by more are not bearable anyway. */
export const clockSlackMs = 3_600_000

export function oneOf(column: Column, values: readonly string[]): SQL | undefined {
  return values.length === 0 ? undefined : inArray(column, [...values])
}

/** `selections` are topics or `resource.*`. */
export function ofTopics(column: Column, selections: readonly string[]): SQL | undefined {
  if (selections.length === 0) return undefined
  return or(
    ...selections.map((selection) =>
      selection.endsWith('.*') ? like(column, `${likeText(selection.slice(0, -1))}%`) : eq(column, selection),
    ),
  )
}

export function during(column: Column, { from, until }: TimeRange): SQL | undefined {
  return and(from === null ? undefined : gte(column, from), until === null ? undefined : lt(column, until))
}

/** As `during`, for a list in the order of its ids: their own instants bound how far it is read. */
export function createdDuring(
  table: { readonly id: Column; readonly createdAt: Column },
  kind: IdKind,
  range: TimeRange,
): SQL | undefined {
  const earliest = range.from && new Date(Math.max(0, range.from.getTime() - clockSlackMs))
  const latest = range.until && new Date(range.until.getTime() + clockSlackMs)
  return and(
    during(table.createdAt, range),
    earliest === null ? undefined : gte(table.id, firstIdAt(kind, earliest)),
    latest === null ? undefined : lt(table.id, firstIdAt(kind, latest)),
  )
}

/** What is between the cursors of a list that is newest first: what follows a cursor is older. */
export function betweenIds(id: Column, page: PageRequest<string>): SQL | undefined {
  return and(
    page.after === null ? undefined : lt(id, page.after),
    page.before === null ? undefined : gt(id, page.before),
  )
}

/** In the direction in which the page is read. */
export function newestFirst(id: Column, page: PageRequest<string>): SQL {
  return page.backwards ? asc(id) : desc(id)
}

// A selection is compared as text: its % and _ mean themselves.
function likeText(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}

/** Which lines of the audit log, whosesoever it is. */
export function auditedAs({ operations, objectIds, keyIds, at }: AuditLogFilter): SQL | undefined {
  return and(
    oneOf(auditLog.operation, operations),
    oneOf(auditLog.objectId, objectIds),
    oneOf(auditLog.keyId, keyIds),
    createdDuring({ id: auditLog.id, createdAt: auditLog.at }, 'auditEntry', at),
  )
}
