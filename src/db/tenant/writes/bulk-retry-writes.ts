/** Writes of bulk retries, as part of a project's transaction. The dispatcher writes their progress. */
import { and, count, eq, isNull, sql, type SQL } from 'drizzle-orm'
import type { BulkRetry, BulkRetryState } from '../../../domain/deliveries/bulk-retry.ts'
import type { DeliveryFilter } from '../../../domain/lists/filters.ts'
import * as retryable from '../../log/retryable-deliveries.ts'
import { toBulkRetry } from '../../shared/bulk-retry-rows.ts'
import type { WriteContext } from '../../shared/tenant-context.ts'
import { bulkRetries } from '../../schema/index.ts'

/**
 * Counts the bulk retries that are RUNNING or PAUSED and that keys of the scope's partner created, or keys without a
 * partner. No other transaction can add one of them until this one ends.
 */
export async function countUnfinishedBulkRetries({ tx, scope }: WriteContext): Promise<number> {
  const { projectId, partnerId } = scope
  const lock = `orderbell.bulk-retries.${projectId}.${partnerId ?? ''}`
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${lock}, 0))`)
  const isOwn = partnerId === null ? isNull(bulkRetries.partnerId) : eq(bulkRetries.partnerId, partnerId)
  const [row] = await tx
    .select({ count: count() })
    .from(bulkRetries)
    .where(and(eq(bulkRetries.projectId, projectId), isNull(bulkRetries.finishedAt), isOwn))
  return row?.count ?? 0
}

/**
 * Cancels the bulk retries of a partner that are RUNNING or PAUSED, and returns their ids. The dispatcher removes their
 * sets and counts the retries that have not ended.
 */
export async function cancelBulkRetriesOf(
  { tx, scope }: WriteContext,
  partnerId: string,
): Promise<readonly string[]> {
  const cancelled = await tx
    .update(bulkRetries)
    .set({ state: 'CANCELLED', runAt: sql`now()`, finishedAt: sql`now()` })
    .where(
      and(
        eq(bulkRetries.projectId, scope.projectId),
        eq(bulkRetries.partnerId, partnerId),
        isNull(bulkRetries.finishedAt),
      ),
    )
    .returning({ id: bulkRetries.id })
  return cancelled.map(({ id }) => id)
}

/** Counts the deliveries that a bulk retry with this filter would select now. */
export function countRetryable(
  { tx, scope, conditions }: WriteContext,
  filter: DeliveryFilter,
): Promise<retryable.RetryableCount> {
  return retryable.countRetryable({ db: tx, scope, conditions }, filter)
}

/** Inserts a bulk retry that is RUNNING, or one that is DONE, which the dispatcher ignores. */
export async function insertBulkRetry(
  { tx, scope }: WriteContext,
  { leftAlone, ...bulkRetry }: BulkRetry,
  filter: DeliveryFilter,
): Promise<void> {
  await tx.insert(bulkRetries).values({
    ...bulkRetry,
    projectId: scope.projectId,
    partnerId: scope.partnerId,
    filter,
    leftDisabled: leftAlone.webhookDisabled,
    leftUnavailable: leftAlone.unavailable,
    pacedAt: bulkRetry.createdAt,
    runAt: bulkRetry.state === 'RUNNING' ? sql`now()` : null,
  })
}

/** Stores the ids of the deliveries that match now as the set of the bulk retry. Returns their number. */
export async function freezeSet(
  { tx, scope, conditions }: WriteContext,
  id: string,
  filter: DeliveryFilter,
): Promise<number> {
  const total = await retryable.freezeRetryable({ db: tx, scope, conditions }, filter, id)
  await tx.update(bulkRetries).set({ total }).where(eq(bulkRetries.id, id))
  return total
}

/** Locks the bulk retry: the dispatcher does not continue with it until the transaction ends. */
export async function lockBulkRetry(context: WriteContext, id: string): Promise<BulkRetry | null> {
  const [row] = await context.tx
    .select()
    .from(bulkRetries)
    .where(isBulkRetry(context, id))
    .for('no key update')
  return row === undefined ? null : toBulkRetry(row)
}

/** The dispatcher continues with the bulk retry now, also to end its work after a cancellation. */
export async function setBulkRetryState(
  context: WriteContext,
  id: string,
  state: BulkRetryState,
): Promise<BulkRetry> {
  const [row] = await context.tx
    .update(bulkRetries)
    .set({
      state,
      runAt: sql`now()`,
      ...(state === 'RUNNING' && { pacedAt: sql`now()` }),
      ...(state === 'CANCELLED' && { finishedAt: sql`now()` }),
    })
    .where(isBulkRetry(context, id))
    .returning()
  if (row === undefined) throw new Error(`expected bulk retry ${id} to be there, it is not`)
  return toBulkRetry(row)
}

function isBulkRetry({ scope, conditions }: WriteContext, id: string): SQL | undefined {
  return and(eq(bulkRetries.projectId, scope.projectId), eq(bulkRetries.id, id), conditions.bulkRetries)
}
