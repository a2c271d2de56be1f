/**
 * Settles a batch of attempts of many lanes in one commit. `record-attempts.ts` records the attempts,
 * `webhook-failures.ts` applies failures to webhooks.
 */
import { retryOn } from '../../domain/shared/retry-on.ts'
import type { CountAttempts, SettledAttempt, SettleReport } from '../../ports/dispatch-store.ts'
import type postgres from 'postgres'
import type { Sql } from '../connection/connect.ts'
import { countFailures, countsOf, webhookOf } from './webhook-failures.ts'
import { isDeadlock, isMissingPartition } from '../../domain/shared/sqlstate.ts'
import { ensurePartitionsOf } from '../maintenance/partitions.ts'
import { recordAttempts } from './record-attempts.ts'

type Tx = postgres.ISql

/** How often a batch is tried. It is repeated after a deadlock, and after a missing partition has been created. */
const tries = 3

export function settleBatch(
  sql: Sql,
  batch: readonly SettledAttempt[],
  count: CountAttempts,
): Promise<SettleReport> {
  // A batch without failures is one statement, which is its own transaction: one round trip instead of four.
  const isOrdinary = batch.every((attempt) => countsOf(attempt) !== 'FAILURE')
  const createMissingPartitions = async (error: unknown) => {
    if (!isMissingPartition(error)) return
    await ensurePartitionsOf(
      sql,
      batch.map(({ claimed }) => claimed.startedAt),
    )
  }
  return retryOn(
    {
      tries,
      isRetryable: (error) => isDeadlock(error) || isMissingPartition(error),
      beforeRetry: createMissingPartitions,
    },
    async () => (isOrdinary ? settleIn(sql, batch, count) : sql.begin((tx) => settleIn(tx, batch, count))),
  )
}

async function settleIn(
  tx: Tx,
  batch: readonly SettledAttempt[],
  count: CountAttempts,
): Promise<SettleReport> {
  const recorded = await recordAttempts(tx, batch)
  const recordedIds = new Set(recorded.map((row) => row.id))
  const notRecorded = batch.filter(({ claimed }) => !recordedIds.has(claimed.deliveryId))
  const before = await recordedBefore(tx, notRecorded)
  const idsBefore = before.map(({ claimed }) => claimed.deliveryId)
  const late = notRecorded
    .filter((attempt) => !before.includes(attempt))
    .map(({ claimed }) => claimed.deliveryId)
  // The report of the earlier commit is lost. So the lanes look for due deliveries, and the feeds of the failing
  // webhooks' projects look for changes.
  const continued = [...recorded.filter((row) => row.continues).map((row) => row.id), ...idsBefore]
  const changedBefore = before
    .filter((one) => countsOf(one) === 'FAILURE')
    .map(({ claimed }) => claimed.projectId)
  const now = recorded[0]?.now
  // Late attempts do not count for their webhook: another settle has recorded them.
  const counted = batch.filter(
    (attempt) => countsOf(attempt) !== 'NOTHING' && recordedIds.has(attempt.claimed.deliveryId),
  )
  const failing = [...new Set(counted.filter((one) => countsOf(one) === 'FAILURE').map(webhookOf))]
  if (now === undefined || failing.length === 0)
    return { late, continued, disabled: [], changed: changedBefore }
  const { disabled, changed } = await countFailures(tx, failing, counted, count, now)
  return { late, continued, disabled, changed: [...changed, ...changedBefore] }
}

/**
 * The attempts that an earlier try of the same batch has recorded: its commit succeeded, but its result was lost with
 * the connection.
 */
async function recordedBefore(tx: Tx, batch: readonly SettledAttempt[]): Promise<readonly SettledAttempt[]> {
  if (batch.length === 0) return []
  const found = await tx<{ id: string }[]>`
    select a.id
    from unnest(
      ${batch.map(({ attemptId }) => attemptId)}::text[],
      ${batch.map(({ claimed }) => claimed.startedAt.toISOString())}::timestamptz[]
    ) as b(id, started_at)
    join attempts a on a.id = b.id and a.started_at = b.started_at`
  const ids = new Set(found.map(({ id }) => id))
  return batch.filter(({ attemptId }) => ids.has(attemptId))
}
