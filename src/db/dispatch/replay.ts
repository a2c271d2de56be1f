/**
 * Replays the deliveries that were skipped while their webhook was disabled, in batches of one transaction each. The row in
 * `pending_replays` is deleted with the last batch, so that another process can continue after a crash.
 */
import type postgres from 'postgres'
import type { Replayed } from '../../ports/dispatch-store.ts'

/**
 * Waits until the fan-outs are committed that began when webhooks with a pending replay were still disabled: the deliveries
 * that they skip must be found by the replay. A probe enables its webhook without the lock that fan-outs share
 * (`tenant/writes/webhook-writes.ts`), which `webhookEnable` takes.
 */
export async function waitForFanOuts(sql: postgres.ISql): Promise<void> {
  await sql`
    select pg_advisory_xact_lock(hashtextextended('orderbell.webhooks.' || project_id, 0))
    from (
      select distinct w.project_id from pending_replays r join webhooks w on w.id = r.webhook_id
      order by w.project_id
    ) replayed`
}

/**
 * Replays one batch. `whose` selects webhook ids. Null: these webhooks have no pending replay, or another transaction
 * is processing it.
 */
export async function replaySkipped(
  sql: postgres.ISql,
  whose: postgres.PendingQuery<postgres.Row[]>,
  limit: number,
): Promise<Replayed | null> {
  const [row] = await sql<{ webhook_id: string; count: number }[]>`
    with pending as (
      select r.webhook_id, r.skipped_since, w.deleted_at is not null as deleted, w.ordering
      from pending_replays r join webhooks w on w.id = r.webhook_id
      where r.webhook_id in (${whose})
      order by r.webhook_id, r.skipped_since
      limit 1
      for update of r skip locked
    ), skipped as (
      select d.id, d.state = 'SKIPPED' as is_skipped, d.state = 'PENDING' and d.resume_state = 'SKIPPED' as is_retried
      from pending
      cross join lateral (
        select id, state, resume_state from deliveries
        where webhook_id = pending.webhook_id and skipped_since = pending.skipped_since
        order by id
        limit ${limit}
        for update
      ) d
      -- The skipped deliveries of a deleted webhook do not change.
      where not pending.deleted
    ), replayed as (
      -- A delivery that was DELIVERED or CANCELLED in the meantime keeps its state.
      update deliveries d set
        skipped_since = null,
        state = case when s.is_skipped then 'PENDING' else d.state end,
        skip_reason = case when s.is_skipped or s.is_retried then null else d.skip_reason end,
        finished_at = case when s.is_skipped then null else d.finished_at end,
        replayed_at = case when s.is_skipped or s.is_retried then now() else d.replayed_at end,
        -- The time of the event: replayed deliveries are sent in the order of the events, before newer deliveries.
        due_at = case when s.is_skipped then d.created_at else d.due_at end,
        -- If a manual attempt fails, the delivery continues like the replayed ones and does not return to SKIPPED.
        resume_state = case when s.is_retried then null else d.resume_state end,
        resume_at = case when s.is_retried then d.created_at else d.resume_at end
      from skipped s
      where d.id = s.id
      returning d.id, d.webhook_id, d.due_at, s.is_skipped, s.is_retried
    ), due as (
      -- A delivery whose manual retry was cancelled during its attempt still has its due row.
      insert into due_deliveries (delivery_id, webhook_id, due_at, order_place)
      select id, webhook_id, due_at,
        case when (select ordering from pending) <> 'NONE' then order_place(id) end
      from replayed where is_skipped
      on conflict (delivery_id) do nothing
    ), done as (
      delete from pending_replays r using pending
      where r.webhook_id = pending.webhook_id and r.skipped_since = pending.skipped_since
        and (select count(*) from skipped) < ${limit}
    )
    select pending.webhook_id, (select count(*) from replayed where is_skipped or is_retried)::int as count from pending`
  return row === undefined ? null : { webhookId: row.webhook_id, count: row.count }
}
