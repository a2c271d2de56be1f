/** Counts the retries of a bulk retry that have ended. Settles do not know about bulk retries, so the result is read. */
import type postgres from 'postgres'
import { isPausedNow } from '../paused.ts'

/** The retries that ended since the last step. */
export interface EndedRetries {
  readonly delivered: number
  readonly failed: number
  /** Their webhook was disabled or paused. */
  readonly disabled: number
  readonly unavailable: number
}

/**
 * Removes the ended retries from those in progress, and returns their numbers. A retry has ended when no manual attempt
 * of its delivery is due or running any more. If an attempt was recorded since, the delivery's state says how it ended;
 * if none was, the retry was cancelled or the delivery was superseded. A delivery that waits for a webhook that was
 * disabled or paused is counted too: it stays PENDING until the webhook is enabled or its pause ends.
 */
export async function countEnded(tx: postgres.ISql, bulkRetryId: string): Promise<EndedRetries> {
  const [row] = await tx<EndedRetries[]>`
    with ended as (
      select p.delivery_id,
        case
          when l.manual_retry is not null then 'DISABLED'
          when d.id is null or d.attempt_count <= p.attempts_before then 'UNAVAILABLE'
          when d.state = 'DELIVERED' then 'DELIVERED'
          else 'FAILED'
        end as result
      from bulk_retry_in_progress p
      left join deliveries d on d.id = p.delivery_id
      left join due_deliveries l on l.delivery_id = p.delivery_id
      left join webhooks w on w.id = d.webhook_id
      where p.bulk_retry_id = ${bulkRetryId}
        and (l.manual_retry is null or (l.lease_token is null and (w.disabled_at is not null or ${isPausedNow(tx)})))
    ), removed as (
      delete from bulk_retry_in_progress
      where bulk_retry_id = ${bulkRetryId} and delivery_id = any(array(select delivery_id from ended))
    )
    select
      count(*) filter (where result = 'DELIVERED')::int as delivered,
      count(*) filter (where result = 'FAILED')::int as failed,
      count(*) filter (where result = 'DISABLED')::int as disabled,
      count(*) filter (where result = 'UNAVAILABLE')::int as unavailable
    from ended`
  if (row === undefined) throw new Error(`expected the ended retries of ${bulkRetryId}, found none`)
  return row
}
