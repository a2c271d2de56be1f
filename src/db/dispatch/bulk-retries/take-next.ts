/** Takes the next deliveries of a bulk retry from its set and makes them due, with a manual attempt. */
import type postgres from 'postgres'
import { retriedStates } from '../../../domain/deliveries/bulk-retry.ts'
import { isPausedNow } from '../paused.ts'

/** Delivery ids of one row of the set. */
export const pageSize = 1_000

/** The bulk retry, and which deliveries of its set are taken. */
export interface Take {
  readonly bulkRetryId: string
  readonly projectId: string
  /** Null: created by the platform. */
  readonly partnerId: string | null
  readonly restartSchedule: boolean
  readonly position: number
  readonly count: number
}

/** The deliveries that were taken: those that are due now, and those that are left alone. */
export interface Taken {
  readonly due: number
  readonly delivered: number
  readonly pending: number
  /** Their webhook is disabled or paused. */
  readonly disabled: number
  readonly unavailable: number
  readonly webhookIds: readonly string[]
}

/**
 * The state of a delivery is read under its lock. A delivery that has a due row is left alone also when it is not
 * PENDING: an attempt of it is running. The due row may have appeared while this statement waited for the lock, and is not
 * visible then: the insert finds it, and only a delivery whose due row was inserted is changed. The retries are due behind the deliveries that wait already, so that a bulk retry
 * does not delay new deliveries of the same webhook. With `restartSchedule` no state and no time to continue are stored
 * (`settleManualRetry`).
 */
export async function takeNext(tx: postgres.ISql, take: Take): Promise<Taken> {
  const { bulkRetryId, projectId, partnerId, restartSchedule, position, count } = take
  const [row] = await tx<(Omit<Taken, 'webhookIds'> & { webhook_ids: string[] | null })[]>`
    with batch as (
      select u.id from bulk_retry_pages p
      cross join lateral unnest(p.delivery_ids) with ordinality as u(id, n)
      where p.bulk_retry_id = ${bulkRetryId}
        and p.page between ${Math.floor(position / pageSize)} and ${Math.floor((position + count - 1) / pageSize)}
        and p.page * ${pageSize}::bigint + u.n > ${position} and p.page * ${pageSize}::bigint + u.n <= ${position + count}
    ), locked as (
      select id, webhook_id, state, attempt_count from deliveries
      where id = any(array(select id from batch))
      order by id for update
    ), judged as (
      select d.*, case
        when w.deleted_at is not null then 'UNAVAILABLE'
        when ${partnerId}::text is not null and w.partner_id is distinct from ${partnerId} then 'UNAVAILABLE'
        when d.state = 'DELIVERED' then 'DELIVERED'
        when d.state <> all(${[...retriedStates]}::text[]) then 'PENDING'
        when exists (select from due_deliveries l where l.delivery_id = d.id) then 'PENDING'
        when w.disabled_at is not null or ${isPausedNow(tx)} then 'DISABLED'
      end as left_as
      from locked d join webhooks w on w.id = d.webhook_id
    ), due as (
      insert into due_deliveries (delivery_id, webhook_id, due_at, manual_retry, order_place)
      select id, webhook_id, now(), 'NOW', order_place(id) from judged where left_as is null
      on conflict (delivery_id) do nothing
      returning delivery_id
    ), reopened as (
      update deliveries d set
        state = 'PENDING', due_at = now(), finished_at = null, interruptions = 0, resume_at = null,
        resume_state = case when ${restartSchedule} then null else d.state end,
        failures = case when ${restartSchedule} then 0 else d.failures end,
        replayed_at = case when ${restartSchedule} then now() else d.replayed_at end
      from due
      where d.id = due.delivery_id
      returning d.id, d.webhook_id, d.attempt_count
    ), in_progress as (
      insert into bulk_retry_in_progress (bulk_retry_id, project_id, delivery_id, attempts_before)
      select ${bulkRetryId}, ${projectId}, id, attempt_count from reopened
    )
    select
      (select count(*) from reopened)::int as due,
      (select array_agg(distinct webhook_id) from reopened) as webhook_ids,
      count(*) filter (where left_as = 'DELIVERED')::int as delivered,
      (
        count(*) filter (where left_as = 'PENDING' or left_as is null) - (select count(*) from reopened)
      )::int as pending,
      count(*) filter (where left_as = 'DISABLED')::int as disabled,
      -- Retention has removed the deliveries that are missing.
      (${count} - count(*) + count(*) filter (where left_as = 'UNAVAILABLE'))::int as unavailable
    from judged`
  if (row === undefined) throw new Error(`expected the next deliveries of ${bulkRetryId}, found none`)
  const { webhook_ids: webhookIds, ...numbers } = row
  return { ...numbers, webhookIds: webhookIds ?? [] }
}
