/** Reads the bulk retries of one scope. */
import { and, eq, inArray, type SQL } from 'drizzle-orm'
import type { BulkRetry } from '../../../domain/deliveries/bulk-retry.ts'
import type { Page, PageRequest } from '../../../domain/lists/page.ts'
import { betweenIds, newestFirst } from '../../shared/filter-sql.ts'
import { rowsToRead, toPage } from '../../shared/keyset-pages.ts'
import { toBulkRetry } from '../../shared/bulk-retry-rows.ts'
import type { ReadContext } from '../../shared/tenant-context.ts'
import { bulkRetries } from '../../schema/index.ts'

export async function bulkRetriesByIds(
  context: ReadContext,
  ids: readonly string[],
): Promise<readonly BulkRetry[]> {
  const rows = await context.db
    .select()
    .from(bulkRetries)
    .where(and(isInScope(context), inArray(bulkRetries.id, [...ids])))
  return rows.map(toBulkRetry)
}

export async function listBulkRetries(
  context: ReadContext,
  page: PageRequest<string>,
): Promise<Page<BulkRetry>> {
  const rows = await context.db
    .select()
    .from(bulkRetries)
    .where(and(isInScope(context), betweenIds(bulkRetries.id, page)))
    .orderBy(newestFirst(bulkRetries.id, page))
    .limit(rowsToRead(page))
  return toPage(page, rows.map(toBulkRetry))
}

function isInScope({ scope, conditions }: Pick<ReadContext, 'scope' | 'conditions'>): SQL | undefined {
  return and(eq(bulkRetries.projectId, scope.projectId), conditions.bulkRetries)
}
