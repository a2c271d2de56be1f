/** List filters and page requests as SQL conditions. */
import { and, asc, desc, eq, gt, gte, inArray, like, lt, or, type Column, type SQL } from 'drizzle-orm'
import { firstIdAt, type IdKind } from '../../domain/shared/ids.ts'
import { clockSlackMs } from './clock-slack.ts'
import { auditLog } from '../schema/index.ts'
import type { PageRequest } from '../../domain/lists/page.ts'
import type { AuditLogFilter, TimeRange } from '../../domain/lists/filters.ts'

export function oneOf(column: Column, values: readonly string[]): SQL | undefined {
  return values.length === 0 ? undefined : inArray(column, [...values])
}

/** `selections` are topic names or `resource.*`. */
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

/**
 * Like `during`, for a list in id order. Also limits the ids, because an id contains its creation time, so that
 * PostgreSQL reads only that part of the index.
 */
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

/** The rows between the cursors of a list that is sorted newest first. Rows after a cursor are older. */
export function betweenIds(id: Column, page: PageRequest<string>): SQL | undefined {
  return and(
    page.after === null ? undefined : lt(id, page.after),
    page.before === null ? undefined : gt(id, page.before),
  )
}

/** Sort order in the direction in which the page is read. */
export function newestFirst(id: Column, page: PageRequest<string>): SQL {
  return page.backwards ? asc(id) : desc(id)
}

// Escapes `%`, `_` and `\`, so that LIKE compares the selection literally.
function likeText(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}

/** The audit log filter, without a condition on the project. */
export function auditedAs({ operations, objectIds, keyIds, at }: AuditLogFilter): SQL | undefined {
  return and(
    oneOf(auditLog.operation, operations),
    oneOf(auditLog.objectId, objectIds),
    oneOf(auditLog.keyId, keyIds),
    createdDuring({ id: auditLog.id, createdAt: auditLog.at }, 'auditEntry', at),
  )
}
