/** A list of the API, of the project or of one thing in it: its arguments into a page of the store, the page into a connection. */
import { isIdOf, type IdKind } from '../domain/ids.ts'
import type { Page, PageRequest } from '../flow/project-ports.ts'
import { toConnection, toPageRequest, type Connection, type PageArgs } from './connection.ts'
import type { Context } from './context.ts'

/** Which list: its name and whatever narrows it, so that its cursors are refused anywhere else; the kind of its members' ids. */
interface ListName {
  readonly list: string
  readonly of: IdKind
  readonly filter: unknown
}

/** A page of a list that is ordered by the ids of its members. */
export async function listed<T extends { readonly id: string }>(
  { scope: { projectId, partnerId } }: Pick<Context, 'scope'>,
  { list, of, filter }: ListName,
  args: PageArgs,
  read: (page: PageRequest<string>) => Promise<Page<T>>,
): Promise<Connection<T>> {
  const scope = { list, projectId, partnerId, filter }
  const page = await read(toPageRequest(args, scope, (key) => isIdOf(of, key)))
  return toConnection(page, scope, ({ id }) => id)
}

/** A page of a list that is ordered by numbers from 1. */
export async function numbered<T extends { readonly number: number }>(
  { scope: { projectId, partnerId } }: Pick<Context, 'scope'>,
  { list, filter }: Omit<ListName, 'of'>,
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
