/**
 * Records the attempts of a batch that are not plain: failures, interruptions, manual attempts, and attempts of erased
 * events. In three steps: lock and read the deliveries, decide in TypeScript (`domain/settle/delivery-after-attempt.ts`),
 * and write the result with one statement.
 */
import type postgres from 'postgres'
import type { DeliveryState, ManualRetry } from '../../../domain/deliveries/delivery.ts'
import { deliveryAfterAttempt, type DeliveryAfter } from '../../../domain/settle/delivery-after-attempt.ts'
import type { SettledAttempt } from '../../../ports/dispatch-store.ts'
import { batchStatement, columnsOf, instant, int, text, type BatchTable } from './batch-statement.ts'
import { readSuperseded } from '../ordering/superseded.ts'
import {
  assignPositions,
  contentTable,
  countAttempts,
  insertContents,
  resetHealth,
  sentColumns,
} from './recorded-parts.ts'
import { countsOf } from './webhook-failures.ts'

/** An attempt whose lease is still held, and the delivery after it. */
export interface DecidedAttempt {
  readonly attempt: SettledAttempt
  readonly after: DeliveryAfter
}

interface LockedRow {
  readonly id: string
  readonly manual_retry: ManualRetry | null
  readonly state: DeliveryState
  readonly finished_at: Date | null
  readonly resume_state: DeliveryState | null
  readonly resume_at: Date | null
  readonly now: Date
}

/**
 * Locks the deliveries whose leases are still held until the end of the transaction, and decides. The others are not in
 * the result: their lease was lost.
 */
export async function decideAttempts(
  tx: postgres.ISql,
  batch: readonly SettledAttempt[],
): Promise<readonly DecidedAttempt[]> {
  if (batch.length === 0) return []
  // A row that the statement had to wait for is returned in its newest version. In id order, so that two settles of the
  // same leases cannot deadlock. Both tables are locked in the order that other transactions use.
  const rows = await tx<LockedRow[]>`
    select l.delivery_id as id, l.manual_retry, d.state, d.finished_at, d.resume_state, d.resume_at, now() as now
    from unnest(
      ${batch.map(({ claimed }) => claimed.deliveryId)}::text[],
      ${batch.map(({ claimed }) => claimed.leaseToken)}::text[]
    ) as lease(delivery_id, token)
    join due_deliveries l on l.delivery_id = lease.delivery_id and l.lease_token = lease.token
    join deliveries d on d.id = l.delivery_id
    order by l.delivery_id
    for update of l, d`
  const locked = new Map(rows.map((row) => [row.id, row]))
  const superseded = await readSuperseded(tx, batch)
  return batch.flatMap((attempt) => {
    const row = locked.get(attempt.claimed.deliveryId)
    if (row === undefined) return []
    const before = {
      state: row.state,
      finishedAt: row.finished_at,
      resumeState: row.resume_state,
      resumeAt: row.resume_at,
      manualRetry: row.manual_retry,
      isSuperseded: superseded.has(attempt.claimed.deliveryId),
    }
    const after = deliveryAfterAttempt(before, attempt.settlement, attempt.claimed.trigger, row.now)
    return [{ attempt, after }]
  })
}

function attemptOf({ attempt }: DecidedAttempt): SettledAttempt {
  return attempt
}

const attemptTable: BatchTable<DecidedAttempt> = {
  name: 'attempt',
  columns: {
    delivery_id: text(({ attempt }) => attempt.claimed.deliveryId),
    attempt_id: text(({ attempt }) => attempt.attemptId),
    started_at: instant(({ attempt }) => attempt.claimed.startedAt),
    number: int(({ attempt }) => attempt.claimed.attemptNumber),
    trigger: text(({ attempt }) => attempt.claimed.trigger),
    outcome: text(({ attempt }) => attempt.settlement.outcome),
    detail: text(({ attempt }) => attempt.detail),
    counts: text(({ attempt }) => countsOf(attempt)),
    was_erased: text(({ attempt }) => attempt.claimed.erased.toString()),
    failures: int(({ attempt }) => attempt.settlement.failures),
    interruptions: int(({ attempt }) => attempt.settlement.interruptions),
    state: text(({ after }) => after.state),
    due_at: instant(({ after }) => after.dueAt),
    finished_at: instant(({ after }) => after.finishedAt),
    skip_reason: text(({ after }) => after.skipReason),
    resume_state: text(({ after }) => after.resumeState),
    resume_at: instant(({ after }) => after.resumeAt),
    is_manual_next: text(({ after }) => after.isManualNext.toString()),
    next_step: text(({ after }) => after.nextStep),
    reason: text(({ after }) => after.reason),
    ...columnsOf(sentColumns, attemptOf),
  },
}

const endLeases = `ended as (
      delete from due_deliveries l using attempt a
      where l.delivery_id = a.delivery_id and a.state <> 'PENDING'
    )`

/** A manual retry is due before all waiting deliveries of the lane. */
const requeue = `requeued as (
      update due_deliveries l set
        lease_token = null, lease_until = null, lease_started_at = null,
        due_at = case when a.is_manual_next = 'true' then least(a.due_at, (
          select min(w.due_at) from due_deliveries w where w.webhook_id = l.webhook_id and w.lease_token is null
        )) else a.due_at end,
        manual_retry = case when a.is_manual_next = 'true' then 'NOW' end
      from attempt a
      where l.delivery_id = a.delivery_id and a.state = 'PENDING'
    )`

const updateDeliveries = `settled as (
      update deliveries d set
        state = a.state, due_at = a.due_at, finished_at = a.finished_at,
        skip_reason = coalesce(a.skip_reason, d.skip_reason),
        resume_state = a.resume_state, resume_at = a.resume_at,
        attempt_count = a.number, failures = a.failures, interruptions = a.interruptions,
        last_outcome = a.outcome, last_status_code = a.status_code, last_trigger = a.trigger
      from attempt a
      where d.id = a.delivery_id
      returning a.*, d.project_id, d.webhook_id, d.order_id, d.topic,
        d.erased_at is not null and a.was_erased = 'false' as is_erased
    )`

const insertAttempts = `logged as (
      insert into attempts (
        id, project_id, position, delivery_id, webhook_id, order_id, topic, number, trigger, outcome, detail,
        status_code, started_at, duration_ms, dns_ms, connect_ms, tls_ms, first_byte_ms, resolved_address,
        resent_on_new_connection, next_step, next_step_reason, next_attempt_at
      )
      select
        attempt_id, project_id, position, delivery_id, webhook_id, order_id, topic, number, trigger, outcome, detail,
        status_code, started_at, duration_ms, dns_ms, connect_ms, tls_ms, first_byte_ms, resolved_address,
        resent::bool, next_step, reason, due_at
      from recorded
    )`

const run = batchStatement<DecidedAttempt, never>(
  [attemptTable, { name: contentTable.name, columns: columnsOf(contentTable.columns, attemptOf) }],
  [
    endLeases,
    requeue,
    updateDeliveries,
    assignPositions,
    insertAttempts,
    insertContents,
    countAttempts,
    resetHealth,
  ],
  'select',
)

/**
 * Records the attempts as decided. `failing`: webhooks with failures in the same batch, whose health the caller updates.
 */
export async function writeDecided(
  tx: postgres.ISql,
  decided: readonly DecidedAttempt[],
  failing: readonly string[],
): Promise<void> {
  if (decided.length > 0) await run(tx, decided, failing)
}
