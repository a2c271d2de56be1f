/**
 * The steps of bulk retries. The progress is committed with the deliveries that it counts, so that any process continues
 * after a crash without a delivery that is lost or retried twice.
 */
import type postgres from 'postgres'
import {
  afterStep,
  pacedAfter,
  takesNow,
  type BulkRetryState,
  type Progress,
} from '../../../domain/deliveries/bulk-retry.ts'
import type { BulkRetryStep, BulkRetryStore } from '../../../ports/bulk-retry-store.ts'
import type { Sql } from '../../connection/connect.ts'
import { despiteDeadlocks } from '../../connection/retry.ts'
import { countEnded, type EndedRetries } from './count-ended.ts'
import { takeNext, type Taken } from './take-next.ts'

export function makeBulkRetryStore(sql: Sql): BulkRetryStore {
  return {
    step: async () =>
      (await despiteDeadlocks(() => sql.begin(async (tx) => ({ done: await step(tx) })))).done,
    nextStepInMs: async () => {
      const [row] = await sql<{ ms: number | null }[]>`
        select (extract(epoch from min(run_at) - clock_timestamp()) * 1000)::float8 as ms
        from bulk_retries where run_at is not null`
      return row?.ms ?? null
    },
  }
}

interface DueRow {
  id: string
  project_id: string
  partner_id: string | null
  restart_schedule: boolean
  state: BulkRetryState
  total: number
  position: number
  done: number
  rate_per_second: number
  paced_at: Date
  now: Date
}

async function step(tx: postgres.ISql): Promise<BulkRetryStep | null> {
  const [row] = await tx<DueRow[]>`
    select id, project_id, partner_id, restart_schedule, state, total, position,
      delivered + failed + left_delivered + left_pending + left_disabled + left_unavailable as done,
      rate_per_second, paced_at, now() as now
    from bulk_retries where run_at <= now()
    order by run_at, id limit 1
    for no key update skip locked`
  if (row === undefined) return null
  const ended = await countEnded(tx, row.id)
  const progress = { ...progressOf(row), done: row.done + sumOf(ended) }
  const count = takesNow(progress, row.now)
  const taken = count === 0 ? nothingTaken : await takeNext(tx, { ...takeOf(row), count })
  const after = { ...progress, position: row.position + count, done: progress.done + count - taken.due }
  const next = afterStep(after, count > 0 || sumOf(ended) > 0)
  const pacedAt = pacedAfter(progress, count, row.now)
  await tx`
    update bulk_retries set
      state = ${next.state}, position = ${after.position}, paced_at = ${pacedAt},
      finished_at = case when ${next.state} = 'DONE' then now() else finished_at end,
      run_at = now() + ${next.nextInMs}::float8 * interval '1 millisecond',
      delivered = delivered + ${ended.delivered}, failed = failed + ${ended.failed},
      left_delivered = left_delivered + ${taken.delivered}, left_pending = left_pending + ${taken.pending},
      left_disabled = left_disabled + ${ended.disabled + taken.disabled},
      left_unavailable = left_unavailable + ${ended.unavailable + taken.unavailable}
    where id = ${row.id}`
  if (next.state === 'DONE' || next.state === 'CANCELLED')
    await tx`delete from bulk_retry_pages where bulk_retry_id = ${row.id}`
  return {
    bulkRetryId: row.id,
    projectId: row.project_id,
    state: next.state,
    hasFinished: next.state === 'DONE',
    webhookIds: taken.webhookIds,
  }
}

const nothingTaken: Taken = { due: 0, delivered: 0, pending: 0, disabled: 0, unavailable: 0, webhookIds: [] }

function progressOf(row: DueRow): Progress {
  const { state, total, position, done } = row
  return { state, total, position, done, ratePerSecond: row.rate_per_second, pacedAt: row.paced_at }
}

function takeOf(row: DueRow) {
  const { id: bulkRetryId, project_id: projectId, partner_id: partnerId, position } = row
  return { bulkRetryId, projectId, partnerId, restartSchedule: row.restart_schedule, position }
}

function sumOf({ delivered, failed, disabled, unavailable }: EndedRetries): number {
  return delivered + failed + disabled + unavailable
}
