/** A list of the API, of the project or of one thing in it: its arguments into a page of the store, the page into a connection. */
import { instantOf, isIdOf, type IdKind } from '../../domain/shared/ids.ts'
import {
  expiredCursor,
  toConnection,
  toPageRequest,
  type Connection,
  type PageArgs,
} from '../core/connection.ts'
import type { Context } from '../core/context.ts'
import type { Page, PageRequest } from '../../domain/lists/page.ts'

/** Which list: its name and whatever narrows it, so that its cursors are refused anywhere else; the kind of its members' ids. */
interface ListName {
  readonly list: string
  readonly of: IdKind
  readonly filter: unknown
  /** Whether a member is there still, by its id: for lists of what retention removes, whose cursors may be too late. */
  readonly isKept?: (id: string) => Promise<boolean>
}

/** Nothing is removed that is younger than a day; clocks that differ by half of one are not bearable anyway. */
const surelyKeptMs = 43_200_000

/** A page of a list that is ordered by the ids of its members. Throws CURSOR_EXPIRED for a cursor whose member was removed. */
export async function listed<T extends { readonly id: string }>(
  { scope: { projectId, partnerId } }: Pick<Context, 'scope'>,
  { list, of, filter, isKept }: ListName,
  args: PageArgs,
  read: (page: PageRequest<string>) => Promise<Page<T>>,
): Promise<Connection<T>> {
  const scope = { list, projectId, partnerId, filter }
  const request = toPageRequest(args, scope, (key) => isIdOf(of, key))
  const page = await read(request)
  // After the page: what was removed while it was read is known by then.
  if (isKept !== undefined)
    for (const name of ['after', 'before'] as const) {
      const id = request[name]
      if (id !== null && isOld(id) && !(await isKept(id))) throw expiredCursor(name)
    }
  return toConnection(page, scope, ({ id }) => id)
}

function isOld(id: string): boolean {
  return Date.now() - instantOf(id).getTime() > surelyKeptMs
}

/** A page of a list that is ordered by numbers from 1. */
export async function numbered<T extends { readonly number: number }>(
  { scope: { projectId, partnerId } }: Pick<Context, 'scope'>,
  { list, filter }: Pick<ListName, 'list' | 'filter'>,
  args: PageArgs,
  read: (page: PageRequest<number>) => Promise<Page<T>>,
): Promise<Connection<T>> {
  const scope = { list, projectId, partnerId, filter }
  const { after, before, ...page } = toPageRequest(args, scope, (key) => /^\d{1,9}$/.test(key))
  const numbers: PageRequest<number> = { ...page, after: toNumber(after), before: toNumber(before) }
  return toConnection(await read(numbers), scope, ({ number }) => String(number))
}

function toNumber(key: string | null): number | null {
  return key === null ? null : Number(key)
}

/** Looks by a loader, once for all lists of a request that ask for the same. */
export function isThere(loader: { load(id: string): Promise<unknown> }): (id: string) => Promise<boolean> {
  return async (id) => (await loader.load(id)) !== null
}
