/**
 * Writes rows with old timestamps directly to the tables, for tests of retention and replay. A day is 24 hours before
 * now, on the database's clock unless stated otherwise.
 */
import type { Sql } from '../../../src/db/connection/connect.ts'
import type { DeliveryState } from '../../../src/domain/deliveries/delivery.ts'
import { system } from '../../../src/runtime/system.ts'

export interface InsertedEvent {
  readonly eventId: string
  readonly deliveryIds: readonly string[]
  readonly attemptIds: readonly string[]
}

/**
 * Inserts an event of `daysAgo` days ago, and for each state a delivery to the webhook with one attempt. A delivery
 * finishes one second after the event. A PENDING delivery is due in one day.
 */
export async function insertPastEvent(
  sql: Sql,
  { projectId, webhookId }: { readonly projectId: string; readonly webhookId: string },
  daysAgo: number,
  ...states: readonly DeliveryState[]
): Promise<InsertedEvent> {
  const [clock] = await sql<{ at: Date }[]>`
    select date_trunc('milliseconds', now() - ${daysAgo}::float8 * interval '24 hours') as at`
  const at = clock?.at ?? new Date()
  const eventId = system.newId('event', at)
  const deliveryIds = states.map(() => system.newId('delivery', at))
  const attemptIds = states.map(() => system.newId('attempt', at))
  const day = at.toISOString().slice(0, 10)
  await sql`select ensure_attempt_partitions(${day}::date, ${day}::date)`
  await sql`
    with entries as (
      select * from unnest(${deliveryIds}::text[], ${attemptIds}::text[], ${[...states]}::text[])
        with ordinality as entries(id, attempt_id, state, place)
    ), fact as (
      insert into events (id, project_id, topic, data, delivery_count, created_at)
      values (${eventId}, ${projectId}, 'order.created', '{}', ${states.length}, ${at})
    ), delivered as (
      insert into deliveries (id, project_id, webhook_id, event_id, topic, state, attempt_count, due_at, created_at, finished_at)
      select id, ${projectId}, ${webhookId}, ${eventId}, 'order.created', state, 1,
        case when state = 'PENDING' then now() + interval '1 day' end, ${at},
        case when state <> 'PENDING' then ${at}::timestamptz + interval '1 second' end
      from entries
    ), due as (
      insert into due_deliveries (delivery_id, webhook_id, due_at)
      select id, ${webhookId}, now() + interval '1 day' from entries where state = 'PENDING'
    ), fed as (
      insert into feeds (project_id, position) values (${projectId}, ${states.length})
      on conflict (project_id) do update set position = feeds.position + excluded.position
      returning position
    ), tried as (
      insert into attempts (id, project_id, position, delivery_id, webhook_id, topic, number, trigger, outcome,
        status_code, started_at, duration_ms, next_step, next_step_reason)
      select attempt_id, ${projectId}, fed.position - ${states.length} + place, id, ${webhookId}, 'order.created', 1,
        'SCHEDULE', 'SUCCEEDED', 200, ${at}, 5, 'NONE', 'it was long ago'
      from entries, fed
    )
    insert into attempt_contents (attempt_id, started_at, project_id)
    select attempt_id, ${at}, ${projectId} from entries`
  return { eventId, deliveryIds, attemptIds }
}

/**
 * Inserts an audit log entry and an idempotency key of `daysAgo` days ago, on this process's clock. With null as
 * project only an audit log entry of no project.
 */
export async function insertPastAuditEntry(
  sql: Sql,
  projectId: string | null,
  daysAgo: number,
): Promise<string> {
  const at = new Date(Date.now() - daysAgo * 86_400_000)
  const id = system.newId('auditEntry', at)
  await sql`
    insert into audit_log (id, project_id, at, operation, object_id)
    values (${id}, ${projectId}, ${at}, 'siteCreate', 'sit_x')`
  if (projectId !== null)
    await sql`
      insert into idempotency_keys values (${projectId}, 'siteCreate', ${`key of ${id}`}, 'hash', '{}', ${at})`
  return id
}

/** Inserts a webhook status change of `daysAgo` days ago. Returns its position in the feed. */
export async function insertPastChange(
  sql: Sql,
  { projectId, webhookId }: { readonly projectId: string; readonly webhookId: string },
  daysAgo: number,
): Promise<number> {
  const [row] = await sql<{ position: number }[]>`
    with fed as (
      insert into webhook_change_feeds (project_id, position) values (${projectId}, 1)
      on conflict (project_id) do update set position = webhook_change_feeds.position + 1
      returning position
    )
    insert into webhook_changes (project_id, position, webhook_id, kind, at, message)
    select ${projectId}, position, ${webhookId}, 'ENABLED', now() - ${daysAgo}::float8 * interval '24 hours', '' from fed
    returning position::int`
  return row?.position ?? 0
}
