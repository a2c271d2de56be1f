/**
 * Replays the deliveries that a webhook missed while it was disabled, in batches of one transaction each. The row in
 * `replays` is deleted with the last batch, so that another process can continue after a crash.
 */
import type postgres from 'postgres'
import type { Replayed } from '../../ports/dispatch-store.ts'

/**
 * Replays one batch. `whose` selects webhook ids. Null: these webhooks have no pending replay, or another transaction
 * is processing it.
 */
export async function replaySkipped(
  sql: postgres.ISql,
  whose: postgres.PendingQuery<postgres.Row[]>,
  limit: number,
): Promise<Replayed | null> {
  const [row] = await sql<{ webhook_id: string; replayed: number }[]>`
    with owed as (
      select r.webhook_id, r.missed_since, w.deleted_at is not null as deleted
      from replays r join webhooks w on w.id = r.webhook_id
      where r.webhook_id in (${whose})
      order by r.webhook_id, r.missed_since
      limit 1
      for update of r skip locked
    ), missed as (
      select d.id, d.state = 'SKIPPED' as is_skipped, d.state = 'PENDING' and d.resume_state = 'SKIPPED' as is_retried
      from owed
      cross join lateral (
        select id, state, resume_state from deliveries
        where webhook_id = owed.webhook_id and missed_since = owed.missed_since
        order by id
        limit ${limit}
        for update
      ) d
      -- What a deleted webhook missed stays as it is.
      where not owed.deleted
    ), back as (
      -- One that is DELIVERED or CANCELLED meanwhile stays as it is.
      update deliveries d set
        missed_since = null,
        state = case when m.is_skipped then 'PENDING' else d.state end,
        skip_reason = case when m.is_skipped or m.is_retried then null else d.skip_reason end,
        finished_at = case when m.is_skipped then null else d.finished_at end,
        replayed_at = case when m.is_skipped or m.is_retried then now() else d.replayed_at end,
        -- When its event happened: in the order of the events, and before all that is newer.
        due_at = case when m.is_skipped then d.created_at else d.due_at end,
        -- One that a person has asked for goes on like the others when that attempt fails: it is skipped no more.
        resume_state = case when m.is_retried then null else d.resume_state end,
        resume_at = case when m.is_retried then d.created_at else d.resume_at end
      from missed m
      where d.id = m.id
      returning d.id, d.webhook_id, d.due_at, m.is_skipped, m.is_retried
    ), due as (
      -- One that was called off while a person's attempt was under way is there still.
      insert into due_deliveries (delivery_id, webhook_id, due_at)
      select id, webhook_id, due_at from back where is_skipped
      on conflict (delivery_id) do nothing
    ), done as (
      delete from replays r using owed
      where r.webhook_id = owed.webhook_id and r.missed_since = owed.missed_since
        and (select count(*) from missed) < ${limit}
    )
    select owed.webhook_id, (select count(*) from back where is_skipped or is_retried)::int as replayed from owed`
  return row === undefined ? null : { webhookId: row.webhook_id, count: row.replayed }
}
