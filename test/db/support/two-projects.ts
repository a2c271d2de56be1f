/** Writes rows of every table directly for two projects, each with a webhook of the platform and two of partners. */
import type { Sql } from '../../../src/db/connection/connect.ts'

/** Owners of rows by table: `a` is project A, `a0` its platform, `a1` and `a2` its partners. */
export type Rows = Readonly<Record<string, readonly string[]>>

/** An expression for the owner of a row, by table. Leaves out tables without a project. */
export const tablesOfProjects: Readonly<Record<string, string>> = {
  projects: 'right(id, 1)',
  ...Object.fromEntries(
    [
      'feeds',
      'event_feeds',
      'webhook_change_feeds',
      'counters',
      'sites',
      'customers',
      'orders',
      'topics',
      'idempotency_keys',
      'audit_log',
      'pending_erasures',
      'search_words',
      'arriving_times',
    ].map((table) => [table, 'right(project_id, 1)']),
  ),
  ...Object.fromEntries(
    ['partners', 'keys', 'webhooks', 'events', 'bulk_retries'].map((table) => [table, 'right(id, 2)']),
  ),
  ...Object.fromEntries(
    [
      'webhook_changes',
      'webhook_health',
      'webhook_attempt_counts',
      'deliveries',
      'due_deliveries',
      'pending_replays',
      'attempts',
    ].map((table) => [table, 'right(webhook_id, 2)']),
  ),
  attempt_contents: 'right(attempt_id, 2)',
  bulk_retry_pages: 'right(bulk_retry_id, 2)',
  bulk_retry_in_progress: 'right(bulk_retry_id, 2)',
}

/** Builds `Rows` by one function for all tables. `others` replaces single tables. */
export function rowsOf(
  ownersOf: (table: string, of: { readonly ofProject: boolean }) => readonly string[],
  others: Rows = {},
): Rows {
  const tables = Object.entries(tablesOfProjects)
  const rows = tables.map(([table, whose]) => [table, ownersOf(table, { ofProject: whose.endsWith(' 1)') })])
  return { ...(Object.fromEntries(rows) as Rows), ...others }
}

export async function seed(sql: Sql): Promise<void> {
  await sql.unsafe(`
    select ensure_attempt_partitions(current_date - 1, current_date + 1);
    create temp table whose on commit drop as
      select p as project, n, p || n as label, 'prj_' || p as project_id, nullif('ptn_' || p || n, 'ptn_' || p || '0') as partner_id
      from unnest(array['a', 'b']) p, generate_series(0, 2) n;
    create temp table projects_of on commit drop as select distinct project, project_id from whose;
    insert into projects (id, name, sealed_data_key) select project_id, project, 'sealed' from projects_of;
    insert into feeds select project_id, 7 from projects_of;
    insert into event_feeds select project_id, 7 from projects_of;
    insert into webhook_change_feeds select project_id, 7 from projects_of;
    insert into counters select project_id, 'site', 1 from projects_of;
    insert into sites select 'sit_' || project, project_id, 1, project, null, now(), now() from projects_of;
    insert into customers select 'cus_' || project, project_id, 1, project, null, null, null, now(), now() from projects_of;
    insert into orders (id, project_id, number, uid, state, customer_state, version, sequence, site_id, created_at, updated_at)
      select 'ord_' || project, project_id, 1, project, 'CREATED', 'CREATED', 1, 1, 'sit_' || project, now(), now() from projects_of;
    insert into arriving_times select 'ord_' || project, 10, project_id, now() from projects_of;
    insert into topics select project_id, 'pos.' || project, project, '{}', '{}', now() from projects_of;
    insert into idempotency_keys select project_id, 'siteCreate', 'k', 'h', '{}', now() from projects_of;
    insert into audit_log (id, project_id, at, operation, object_id)
      select 'aud_' || project, project_id, now(), 'siteCreate', 'sit_' || project from projects_of;
    insert into search_words select 'cus_' || project, project, project_id from projects_of;
    insert into pending_erasures select 'cus_' || project, project_id, '' from projects_of;
    insert into partners select partner_id, project_id, label, now() from whose where partner_id is not null;
    insert into keys (id, project_id, partner_id, role, secret_hash)
      select 'key_' || label, project_id, partner_id, case when n = 0 then 'PLATFORM' else 'PARTNER' end, 'hash' from whose;
    insert into webhooks (id, project_id, partner_id, name, url, topics, preset, overrides, version, created_at, updated_at)
      select 'whk_' || label, project_id, partner_id, label, 'https://pos.example', '{order.*}', 'STANDARD', '{}', 1, now(), now() from whose;
    insert into webhook_health (webhook_id) select 'whk_' || label from whose;
    insert into webhook_attempt_counts select 'whk_' || label, now(), 1, 0 from whose;
    insert into webhook_changes select project_id, n + 1, 'whk_' || label, 'CREATED', now(), null, '' from whose;
    insert into pending_replays select 'whk_' || label, now() from whose;
    insert into events (id, project_id, topic, order_id, sequence, data, delivery_count, created_at)
      select 'evt_' || label, project_id, 'order.created', null, null, '{}', 1, now() from whose;
    insert into deliveries (id, project_id, webhook_id, event_id, topic, state, created_at)
      select 'dlv_' || label, project_id, 'whk_' || label, 'evt_' || label, 'order.created', 'PENDING', now() from whose;
    insert into due_deliveries select 'dlv_' || label, 'whk_' || label, now() from whose;
    insert into attempts (id, project_id, position, delivery_id, webhook_id, topic, number, trigger, outcome, started_at, next_step, next_step_reason)
      select 'att_' || label, project_id, n, 'dlv_' || label, 'whk_' || label, 'order.created', 1, 'SCHEDULE', 'FAILED', now(), 'NONE', '' from whose;
    insert into bulk_retries (id, project_id, partner_id, key_id, filter, rate_per_second, restart_schedule, dry_run, state, total, created_at, paced_at)
      select 'brt_' || label, project_id, partner_id, 'key_' || label, '{}', 1, false, false, 'PAUSED', 1, now(), now() from whose;
    insert into bulk_retry_pages select 'brt_' || label, project_id, 0, array['dlv_' || label] from whose;
    insert into bulk_retry_in_progress select 'brt_' || label, project_id, 'dlv_' || label, 0 from whose;
    insert into attempt_contents (attempt_id, started_at, project_id) select 'att_' || label, now(), project_id from whose;
  `)
}
