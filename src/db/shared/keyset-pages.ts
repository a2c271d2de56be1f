import type { Page, PageRequest } from '../../domain/lists/page.ts'

/** How many rows to read for a page: one more than the limit, which shows whether another page exists. */
export function rowsToRead(page: PageRequest<unknown>): number {
  return page.limit + 1
}

/** Makes a page from rows that were read in the direction of the request, at most `rowsToRead` of them. */
export function toPage<T>(page: PageRequest<unknown>, rows: readonly T[]): Page<T> {
  const more = rows.length > page.limit
  const read = more ? rows.slice(0, page.limit) : [...rows]
  if (page.backwards)
    return { items: read.reverse(), hasNextPage: page.before !== null, hasPreviousPage: more }
  return { items: read, hasNextPage: more, hasPreviousPage: page.after !== null }
}

/** The pages of several parents, in the order of `parentIds`, from rows that one statement read. */
export function pagesOf<Row, T>(
  page: PageRequest<unknown>,
  parentIds: readonly string[],
  rows: readonly { readonly parentId: string; readonly row: Row }[],
  toItem: (row: Row) => T,
): readonly Page<T>[] {
  const byParent = new Map<string, T[]>()
  for (const { parentId, row } of rows) {
    const items = byParent.get(parentId) ?? []
    items.push(toItem(row))
    byParent.set(parentId, items)
  }
  return parentIds.map((id) => toPage(page, byParent.get(id) ?? []))
}
