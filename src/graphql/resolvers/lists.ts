/**
 * Lists of a project or of one object: turns the arguments of a list into a page request for the store, and the page
 * into a connection.
 */
import { instantOf, isIdOf, type IdKind } from '../../domain/shared/ids.ts'
import {
  expiredCursor,
  toConnection,
  toPageRequest,
  withCount,
  type Connection,
  type PageArgs,
} from '../core/connection.ts'
import type { Context, ProjectContext } from '../core/context.ts'
import type { DeliveryParent } from '../../db/tenant/reads/child-lists.ts'
import type { Page, PageRequest } from '../../domain/lists/page.ts'

/**
 * Identifies a list by its name and its filter. Cursors contain both, so that the server refuses a cursor of another
 * list. `of` is the kind of the members' ids.
 */
interface ListName {
  readonly list: string
  readonly of: IdKind
  readonly filter: unknown
  /**
   * Whether the member with this id still exists. Set for lists whose members retention removes, because their cursors
   * can expire.
   */
  readonly isKept?: (id: string) => Promise<boolean>
}

/**
 * Members younger than 12 hours are not checked: retention removes nothing younger than a day. The difference allows
 * for clocks that differ by up to 12 hours.
 */
const uncheckedAgeMs = 43_200_000

/**
 * A page of a list that is ordered by the ids of its members. Throws CURSOR_EXPIRED for a cursor whose member was
 * removed.
 */
export async function listed<T extends { readonly id: string }>(
  { scope: { projectId, partnerId }, deps }: Pick<Context, 'scope' | 'deps'>,
  { list, of, filter, isKept }: ListName,
  args: PageArgs,
  read: (page: PageRequest<string>) => Promise<Page<T>>,
): Promise<Connection<T>> {
  const scope = { list, projectId, partnerId, filter }
  const request = toPageRequest(args, scope, (key) => isIdOf(of, key))
  const page = await read(request)
  // Checked after the page is read, to detect members that were removed during the read.
  if (isKept !== undefined)
    for (const name of ['after', 'before'] as const) {
      const id = request[name]
      if (id !== null && isOld(id, deps.system.clocks().wallMs) && !(await isKept(id)))
        throw expiredCursor(name)
    }
  return toConnection(page, scope, ({ id }) => id)
}

function isOld(id: string, nowMs: number): boolean {
  return nowMs - instantOf(id).getTime() > uncheckedAgeMs
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

/** Checks by a loader, so that lists of one request that check the same id share one read. */
export function existsIn(loader: { load(id: string): Promise<unknown> }): (id: string) => Promise<boolean> {
  return async (id) => (await loader.load(id)) !== null
}

/** The deliveries of an order, event or webhook. */
export async function deliveriesOf(
  parent: DeliveryParent,
  { id }: { readonly id: string },
  args: PageArgs,
  context: ProjectContext,
) {
  const { loaders } = context
  const isKept = existsIn(loaders.deliveries)
  const name = { list: `${parent}.deliveries`, of: 'delivery', filter: id, isKept } as const
  const page = await listed(context, name, args, (request) =>
    loaders.deliveriesOf[parent].load({ parent: { id }, page: request }),
  )
  return withCount(page, (max) => loaders.deliveryCountsOf[parent].load({ id, max }))
}
