/** Records the attempt of a test request, as part of a project's transaction. */
import { sql } from 'drizzle-orm'
import { retryOn } from '../../../domain/shared/retry-on.ts'
import type { Attempt, AttemptContent } from '../../../domain/deliveries/delivery.ts'
import type { Tx } from '../../connection/connect.ts'
import { isMissingPartition } from '../../../domain/shared/sqlstate.ts'
import { fromAttempt, fromHeaders } from '../../shared/row-mapping.ts'
import type { WriteContext } from '../../shared/tenant-context.ts'
import { attemptContents, attempts } from '../../schema/index.ts'

export async function insertTestAttempt(
  { tx, scope: { projectId } }: WriteContext,
  attempt: Attempt,
  { request, response }: AttemptContent,
): Promise<void> {
  await despiteMissingPartition(tx, attempt.startedAt, async (savepoint) => {
    await savepoint.insert(attempts).values(fromAttempt(attempt, projectId))
    await savepoint.insert(attemptContents).values({
      attemptId: attempt.id,
      startedAt: attempt.startedAt,
      projectId,
      requestUrl: request?.url ?? null,
      requestHeaders: request && fromHeaders(request.headers),
      requestBody: request?.body ?? null,
      responseHeaders: response && JSON.stringify(fromHeaders(response.headers)),
      responseBody: response?.body ?? null,
      responseBodySize: response?.bodySize ?? null,
      responseTruncated: response?.truncated ?? null,
      responseDecompressed: response?.decompressed ?? null,
      responseMalformed: response?.malformed ?? null,
    })
  })
}

/**
 * Runs the write in a savepoint. If no partition exists for the start time, creates the partitions of that day and runs
 * the write again.
 */
function despiteMissingPartition(
  tx: Tx,
  startedAt: Date,
  write: (savepoint: Tx) => Promise<void>,
): Promise<void> {
  const day = startedAt.toISOString().slice(0, 10)
  const createPartitions = () => tx.execute(sql`select ensure_attempt_partitions(${day}::date, ${day}::date)`)
  return retryOn({ tries: 2, isRetryable: isMissingPartition, beforeRetry: createPartitions }, () =>
    tx.transaction(write),
  )
}
