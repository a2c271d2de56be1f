/**
 * Cursors of lists. A cursor is opaque to clients and bound to its list, project, partner and filter, so the server
 * refuses a cursor that is used with another list or filter. Cursors of feeds are in `graphql/core/feed-cursors.ts`.
 */
import { hash } from 'node:crypto'

/** The list that a cursor is valid for. */
export interface CursorScope {
  readonly list: string
  readonly projectId: string
  /** Null or absent: the list of the platform. */
  readonly partnerId?: string | null
  /** The filter of the list. Filters are equal when their JSON is; lists in them are compared as sets. */
  readonly filter: unknown
}

const version = '1'
const checkLength = 16

/** Returns the cursor for a key of the list. */
export function writeCursor(scope: CursorScope, key: string): string {
  return Buffer.from(`${version}.${key}.${check(scope, key)}`).toString('base64url')
}

/** Returns the key that the cursor contains; null when the cursor is malformed or was made for another scope. */
export function readCursor(scope: CursorScope, cursor: string): string | null {
  const [cursorVersion, key, found, ...rest] = Buffer.from(cursor, 'base64url').toString('utf8').split('.')
  if (cursorVersion !== version || key === undefined || found === undefined || rest.length > 0) return null
  return check(scope, key) === found ? key : null
}

// A checksum that detects mistakes, not a signature: a forged cursor gives access to nothing outside the scope.
function check(scope: CursorScope, key: string): string {
  const written = writtenScopes.get(scope) ?? writeScope(scope)
  writtenScopes.set(scope, written)
  return hash('sha256', `${written.before}${JSON.stringify(key)}${written.after}`).slice(0, checkLength)
}

/** The JSON of a list's scope before and after the key, which is the same for all cursors of a page. */
interface WrittenScope {
  readonly before: string
  readonly after: string
}

const writtenScopes = new WeakMap<CursorScope, WrittenScope>()

function writeScope({ list, projectId, partnerId, filter }: CursorScope): WrittenScope {
  const before = JSON.stringify([version, list, projectId, canonical(filter) ?? null])
  return {
    before: `${before.slice(0, -1)},`,
    after: partnerId == null ? ']' : `,${JSON.stringify(partnerId)}]`,
  }
}

// Null and empty members are removed, so that a stored cursor stays valid when a later version adds members to filters.
function canonical(filter: unknown): unknown {
  if (filter === null || (Array.isArray(filter) && filter.length === 0)) return undefined
  if (Array.isArray(filter)) return [...new Set<unknown>(filter)].sort()
  if (typeof filter !== 'object' || filter instanceof Date) return filter
  const members = Object.entries(filter).flatMap(([name, value]) => {
    const member = canonical(value)
    return member === undefined ? [] : [[name, member] as const]
  })
  return members.length === 0 ? undefined : Object.fromEntries(members)
}
