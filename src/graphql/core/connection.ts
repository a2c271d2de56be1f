/**
 * Relay connections: makes a page request from arguments, and edges from a page.
 * https://relay.dev/graphql/connections.htm
 */
import { readCursor, writeCursor, type CursorScope } from '../../domain/lists/cursor.ts'
import { codedError } from './errors.ts'
import type { Page, PageRequest } from '../../domain/lists/page.ts'

/** Items of a page for which the client gives neither `first` nor `last`. */
export const defaultSize = 20
/** Maximum number of items in a page. */
export const maxSize = 100

export interface PageArgs {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

export interface Connection<T> {
  readonly edges: readonly { readonly cursor: string; readonly node: T }[]
  readonly nodes: readonly T[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
}

/** A connection of a list whose items can be counted. The resolver of `count` is the method. */
export interface CountedConnection<T> extends Connection<T> {
  readonly count: () => Promise<Count>
}

export interface Count {
  readonly value: number
  readonly isExact: boolean
}

/** Lists are counted exactly up to this number of items. */
export const maxExactCount = 1_000

/** Adds the count. `read` returns the number of items up to a limit. It is called once, when the count is selected. */
export function withCount<T>(
  connection: Connection<T>,
  read: (max: number) => Promise<number>,
): CountedConnection<T> {
  let count: Promise<Count> | undefined
  return { ...connection, count: () => (count ??= read(maxExactCount + 1).then(toCount)) }
}

function toCount(found: number): Count {
  return { value: Math.min(found, maxExactCount), isExact: found <= maxExactCount }
}

/**
 * Throws BAD_USER_INPUT for a page size out of bounds or for both `first` and `last`, and CURSOR_INVALID for a cursor
 * of another list. `isKey` checks the format of a key of this list.
 */
export function toPageRequest(
  args: PageArgs,
  scope: CursorScope,
  isKey: (key: string) => boolean,
): PageRequest<string> {
  const { first, last } = args
  if (first != null && last != null) throw codedError('BAD_USER_INPUT', 'give first or last, not both')
  for (const [name, size] of [
    ['first', first],
    ['last', last],
  ] as const)
    if (size != null && (size < 1 || size > maxSize))
      throw codedError('BAD_USER_INPUT', `${name} is ${size}; it must be from 1 to ${maxSize}`)
  return {
    limit: first ?? last ?? defaultSize,
    backwards: last != null,
    after: toKey(args.after, 'after', scope, isKey),
    before: toKey(args.before, 'before', scope, isKey),
  }
}

function toKey(
  cursor: string | null | undefined,
  name: string,
  scope: CursorScope,
  isKey: (key: string) => boolean,
): string | null {
  if (cursor == null) return null
  const key = readCursor(scope, cursor)
  // The checksum in a cursor is not a signature: a client can compute one for any key, so the key is checked too.
  if (key === null || !isKey(key)) throw invalidCursor(name)
  return key
}

export function invalidCursor(name: string) {
  return codedError(
    'CURSOR_INVALID',
    `${name} is not a cursor of this list, project and filter: send it with the filter for which it was created, or leave it out and start again`,
  )
}

export function expiredCursor(name: string) {
  return codedError(
    'CURSOR_EXPIRED',
    `${name} is older than the retained data: its member and others beside it were removed; start again without it`,
  )
}

export function toConnection<T>(
  page: Page<T>,
  scope: CursorScope,
  keyOf: (item: T) => string,
): Connection<T> {
  const edges = page.items.map((node) => ({ node, cursor: writeCursor(scope, keyOf(node)) }))
  return {
    edges,
    nodes: page.items,
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  }
}
