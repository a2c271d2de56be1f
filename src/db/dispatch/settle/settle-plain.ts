/**
 * Records the ordinary attempts of a batch: scheduled attempts that succeeded, with a response. Such an attempt delivers
 * its delivery, whatever was requested during it, unless the delivery was cancelled. So nothing has to be decided before
 * the statement, which is its own transaction when the batch contains no other attempts.
 */
import type postgres from 'postgres'
import { acceptedReason } from '../../../domain/policies/next-step.ts'
import type { SettledAttempt } from '../../../ports/dispatch-store.ts'
import { batchStatement, instant, text, type BatchTable } from './batch-statement.ts'
import {
  assignPositions,
  contentTable,
  countAttempts,
  insertContents,
  resetHealth,
  sentColumns,
} from './recorded-parts.ts'

/** Whether `settlePlain` may record the attempt. */
export function isPlain({ claimed, settlement, counts, content }: SettledAttempt): boolean {
  return (
    settlement.outcome === 'SUCCEEDED' &&
    claimed.trigger === 'SCHEDULE' &&
    counts === 'SUCCESS' &&
    content.response !== null &&
    !claimed.erased
  )
}

const attemptTable: BatchTable<SettledAttempt> = {
  name: 'attempt',
  columns: {
    delivery_id: text(({ claimed }) => claimed.deliveryId),
    token: text(({ claimed }) => claimed.leaseToken),
    attempt_id: text(({ attemptId }) => attemptId),
    started_at: instant(({ claimed }) => claimed.startedAt),
    ...sentColumns,
  },
}

/** Ends the leases that the batch still holds. Attempts whose lease was lost are not recorded. */
const endLeases = `ended as (
      delete from due_deliveries l using attempt a
      where l.delivery_id = a.delivery_id and l.lease_token = a.token
        -- As an array, the rows are found by their ids and locked in that order, however many leases there are.
        and l.delivery_id = any(array(select delivery_id from attempt))
      returning a.*
    )`

/** A delivery that was cancelled during the attempt stays cancelled; its attempt is recorded nevertheless. */
const updateDeliveries = `settled as (
      update deliveries d set
        state = case when d.state = 'PENDING' then 'DELIVERED' else d.state end,
        finished_at = case when d.state = 'PENDING' then now() else d.finished_at end,
        due_at = null, resume_state = null, resume_at = null,
        attempt_count = d.attempt_count + 1, interruptions = 0,
        last_outcome = 'SUCCEEDED', last_status_code = e.status_code, last_trigger = 'SCHEDULE'
      from ended e
      where d.id = e.delivery_id
      returning e.*, d.project_id, d.webhook_id, d.order_id, d.topic, d.attempt_count as number, d.state,
        d.erased_at is not null as is_erased, 'SUCCESS' as counts
    )`

const insertAttempts = `logged as (
      insert into attempts (
        id, project_id, position, delivery_id, webhook_id, order_id, topic, number, trigger, outcome, detail,
        status_code, started_at, duration_ms, dns_ms, connect_ms, tls_ms, first_byte_ms, resolved_address,
        resent_on_new_connection, next_step, next_step_reason, next_attempt_at
      )
      select
        attempt_id, project_id, position, delivery_id, webhook_id, order_id, topic, number, 'SCHEDULE', 'SUCCEEDED', null,
        status_code, started_at, duration_ms, dns_ms, connect_ms, tls_ms, first_byte_ms, resolved_address,
        resent::bool, 'NONE',
        case when state = 'DELIVERED' then '${acceptedReason}' else 'the delivery was cancelled during the attempt' end,
        null
      from recorded
    )`

const run = batchStatement<SettledAttempt, { id: string }>(
  [attemptTable, contentTable],
  [endLeases, updateDeliveries, assignPositions, insertAttempts, insertContents, countAttempts, resetHealth],
  'select delivery_id as id from attempt where delivery_id not in (select delivery_id from settled)',
)

/**
 * Records plain attempts. Returns those whose lease was no longer held, which are not recorded. `failing`: webhooks
 * with failures in the same batch, whose health the caller updates.
 */
export async function settlePlain(
  sql: postgres.ISql,
  batch: readonly SettledAttempt[],
  failing: readonly string[],
): Promise<readonly SettledAttempt[]> {
  if (batch.length === 0) return []
  // In the order of the ids, so that two settles of the same leases lock them in the same order.
  const inOrder = batch.toSorted((a, b) => (a.claimed.deliveryId < b.claimed.deliveryId ? -1 : 1))
  const lost = await run(sql, inOrder, failing)
  if (lost.length === 0) return []
  const ids = new Set(lost.map(({ id }) => id))
  return batch.filter(({ claimed }) => ids.has(claimed.deliveryId))
}
