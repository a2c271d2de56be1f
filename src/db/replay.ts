/**
 * Brings back what webhooks missed while they were off and what is to be replayed, so many deliveries at a time
 * and each time in a transaction of its own. What is owed stands in `replays` until all of it is back, so that
 * whoever dies over it leaves it to the next.
 */
import type { Replayed } from '../flow/ports.ts'
import type { Sql } from './connect.ts'

/** `whose` selects the ids of the webhooks. Null: nothing is owed to them, or somebody else is bringing it. */
export async function replayMissed(
  sql: Sql,
  whose: ReturnType<Sql>,
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
      select d.id, d.state
      from owed
      cross join lateral (
        select id, state from deliveries
        where webhook_id = owed.webhook_id and missed_since = owed.missed_since
        order by id
        limit ${limit}
        for update
      ) d
      -- What a deleted webhook missed stays as it is.
      where not owed.deleted
    ), back as (
      -- One that was retried or called off meanwhile is skipped no more, and stays as it is.
      update deliveries d set
        missed_since = null,
        state = case when m.state = 'SKIPPED' then 'PENDING' else d.state end,
        skip_reason = case when m.state = 'SKIPPED' then null else d.skip_reason end,
        finished_at = case when m.state = 'SKIPPED' then null else d.finished_at end,
        replayed_at = case when m.state = 'SKIPPED' then now() else d.replayed_at end,
        -- When its event happened: in the order of the events, and before all that is newer.
        due_at = case when m.state = 'SKIPPED' then d.created_at else d.due_at end
      from missed m
      where d.id = m.id
      returning d.id, d.webhook_id, d.due_at, m.state as was
    ), due as (
      insert into due_deliveries (delivery_id, webhook_id, due_at)
      select id, webhook_id, due_at from back where was = 'SKIPPED'
      on conflict (delivery_id) do nothing
    ), done as (
      delete from replays r using owed
      where r.webhook_id = owed.webhook_id and r.missed_since = owed.missed_since
        and (select count(*) from missed) < ${limit}
    )
    select owed.webhook_id, (select count(*) from back where was = 'SKIPPED')::int as replayed from owed`
  return row === undefined ? null : { webhookId: row.webhook_id, count: row.replayed }
}
