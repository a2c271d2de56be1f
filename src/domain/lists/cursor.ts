/**
 * Cursors: opaque to clients, and bound to the list, the project, the partner and the filter that they
 * were made for, so that a cursor used elsewhere is refused and not misread.
 */
import { createHash } from 'node:crypto'

/** What a cursor belongs to. */
export interface CursorScope {
  readonly list: string
  readonly projectId: string
  /** Whose it is; null or absent: the platform's. */
  readonly partnerId?: string | null
  /** Whatever narrows the list; two filters are the same when what they ask for is, in JSON. Their lists are sets. */
  readonly filter: unknown
}

const version = '1'
const checkLength = 16

export function writeCursor(scope: CursorScope, key: string): string {
  return Buffer.from(`${version}.${key}.${check(scope, key)}`).toString('base64url')
}

/** The key that the cursor stands for; null when it was not made for this scope. */
export function readCursor(scope: CursorScope, cursor: string): string | null {
  const [cursorVersion, key, found, ...rest] = Buffer.from(cursor, 'base64url').toString('utf8').split('.')
  if (cursorVersion !== version || key === undefined || found === undefined || rest.length > 0) return null
  return check(scope, key) === found ? key : null
}

// Not a signature: whoever forges one reaches no more than the scope allows. It tells mistakes from cursors.
function check(scope: CursorScope, key: string): string {
  const whose = scope.partnerId == null ? [] : [scope.partnerId]
  const text = JSON.stringify([
    version,
    scope.list,
    scope.projectId,
    asked(scope.filter) ?? null,
    key,
    ...whose,
  ])
  return createHash('sha256').update(text).digest('hex').slice(0, checkLength)
}

// What asks for nothing is left out: a cursor that a client has kept stays good when filters learn to ask for more.
function asked(filter: unknown): unknown {
  if (filter === null || (Array.isArray(filter) && filter.length === 0)) return undefined
  if (Array.isArray(filter)) return [...new Set<unknown>(filter)].sort()
  if (typeof filter !== 'object' || filter instanceof Date) return filter
  const members = Object.entries(filter).flatMap(([name, value]) => {
    const wish = asked(value)
    return wish === undefined ? [] : [[name, wish] as const]
  })
  return members.length === 0 ? undefined : Object.fromEntries(members)
}
