/** Maps rows of `bulk_retries` to the domain type. */
import type { BulkRetry } from '../../domain/deliveries/bulk-retry.ts'
import type { bulkRetries } from '../schema/index.ts'

export function toBulkRetry(row: typeof bulkRetries.$inferSelect): BulkRetry {
  const { id, keyId, state, total, delivered, failed } = row
  const { ratePerSecond, restartSchedule, dryRun, createdAt, finishedAt } = row
  const leftAlone = {
    delivered: row.leftDelivered,
    pending: row.leftPending,
    webhookDisabled: row.leftDisabled,
    unavailable: row.leftUnavailable,
  }
  const progress = { state, total, delivered, failed, leftAlone }
  return { id, keyId, ...progress, ratePerSecond, restartSchedule, dryRun, createdAt, finishedAt }
}
