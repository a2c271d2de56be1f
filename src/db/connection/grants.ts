/** The privileges of each pool's role on tables, columns and functions. Grants those that are missing. */
import type postgres from 'postgres'
import { poolRoles, roleOf, type PoolRole } from './pool-roles.ts'

type Sql = postgres.Sql

/** The privileges of a pool, by table. The columns are in brackets where the privilege is not on all columns. */
type Grants = Readonly<Record<string, string>>

const grants: Readonly<Record<PoolRole, Grants>> = {
  api: {
    // All columns but the encrypted data key.
    projects: 'select (id, name, arriving_minutes, created_at), insert, update (name, arriving_minutes)',
    partners: 'select, insert, update (name, contact_name, contact_email, deleted_at)',
    keys: 'select, insert, update (revoked_at)',
    counters: 'select, insert, update',
    sites: 'select, insert, update',
    customers: 'select, insert, update',
    orders: 'select, insert, update',
    search_words: 'select, insert, delete',
    events: 'select, insert, update',
    arriving_times: 'select, insert, update, delete',
    topics: 'select, insert',
    webhooks: 'select, insert, update',
    webhook_health: 'select, insert, update',
    webhook_attempt_counts: 'select',
    deliveries: 'select, insert, update',
    due_deliveries: 'select, insert, update, delete',
    pending_replays: 'select, insert, update, delete',
    bulk_retries: 'select, insert, update (state, total, paced_at, run_at, finished_at)',
    // An INSERT with RETURNING reads the rows. Only the dispatcher changes the progress.
    bulk_retry_pages: 'select, insert',
    bulk_retry_in_progress: 'select',
    attempts: 'select, insert',
    attempt_contents: 'select, insert, update',
    feeds: 'select',
    event_feeds: 'select, insert, update',
    webhook_changes: 'select, insert',
    webhook_change_feeds: 'select, insert, update',
    idempotency_keys: 'select, insert, update, delete',
    audit_log: 'select, insert, update (before, after)',
    pending_erasures: 'select, insert, update, delete',
  },
  dispatcher: {
    webhooks:
      'select, update (disabled_reason, disabled_message, disabled_at, paused_since, paused_until, earlier_pauses)',
    webhook_health: 'select, update',
    webhook_attempt_counts: 'select, insert, update, delete',
    // A settle stores notices: events about its webhooks, with their deliveries.
    events: 'select, insert, update (data, erased_at, delivery_count), delete',
    arriving_times: 'select, update, delete',
    // An erasure finds a customer's events by these columns.
    orders: 'select (id, project_id, customer_id)',
    pending_erasures: 'select, update, delete',
    deliveries: 'select, insert, update, delete',
    due_deliveries: 'select, insert, update, delete',
    pending_replays: 'select, insert, update, delete',
    bulk_retries: 'select, update, delete',
    bulk_retry_pages: 'select, delete',
    bulk_retry_in_progress: 'select, insert, delete',
    attempts: 'select, insert, update (next_step_reason)',
    attempt_contents: 'select, insert, update',
    feeds: 'select, insert, update',
    event_feeds: 'select, insert, update',
    // The API reads the feeds of all projects with this pool, for OPERATOR keys.
    installation_feeds: 'select, insert, update',
    installation_feed_projects: 'select, insert, update',
    installation_feed_ranges: 'select, insert, delete',
    webhook_changes: 'select, insert, delete',
    webhook_change_feeds: 'select, insert, update',
  },
  admin: {
    installation: 'select',
    processes: 'select, insert, update, delete',
    projects: 'select, insert, update',
    partners: 'select, insert, update (name, contact_name, contact_email, deleted_at)',
    keys: 'select, insert, update',
    sessions: 'select, insert, update (seen_at), delete',
    // verify-deliveries counts them.
    events: 'select',
    deliveries: 'select',
    audit_log: 'select, insert',
  },
}

/**
 * By function, the pools that may call it. Each function runs with the privileges of the tables' owner and does one
 * thing.
 */
const functions: Readonly<Record<string, readonly PoolRole[]>> = {
  // The API records test attempts.
  'ensure_attempt_partitions(date, date)': ['api', 'dispatcher'],
  'drop_attempt_partitions(date)': ['dispatcher'],
  'add_recovery_entry(text, text, timestamptz, jsonb, jsonb)': ['dispatcher'],
  'remove_idempotency_keys(timestamptz, timestamptz, integer)': ['dispatcher'],
  'remove_audit_entries(timestamptz, text, text, integer)': ['dispatcher'],
}

/** Returns whether the pool has any privilege on the table. */
export function usesTable(pool: PoolRole, table: string): boolean {
  return table in grants[pool]
}

/** Returns the tables on which the pool has privileges. */
export function tablesOf(pool: PoolRole): readonly string[] {
  return Object.keys(grants[pool])
}

/** Grants the privileges that are missing. Existing ones are not changed. */
export async function grantMissing(sql: Sql): Promise<void> {
  await grantOnTables(sql)
  await grantOnFunctions(sql)
  const withoutSchema = await sql<{ role: string }[]>`
    select role from unnest(${Object.values(roleOf)}::text[]) as role
    where not has_schema_privilege(role, 'public', 'usage')`
  for (const { role } of withoutSchema) await sql.unsafe(`grant usage on schema public to ${role}`)
}

interface TableGrant {
  readonly pool: PoolRole
  readonly table: string
  readonly privilege: string
  /** Empty: the whole table. */
  readonly columns: readonly string[]
}

function tableGrants(): readonly TableGrant[] {
  return poolRoles.flatMap((pool) =>
    Object.entries(grants[pool]).flatMap(([table, text]) =>
      [...text.matchAll(/(\w+)(?: \(([^)]+)\))?(?:, |$)/g)].map(([, privilege = '', columns]) => ({
        pool,
        table,
        privilege,
        columns: columns?.split(', ') ?? [],
      })),
    ),
  )
}

async function grantOnTables(sql: Sql): Promise<void> {
  const wanted = tableGrants()
  const byColumn = wanted.flatMap((grant, index) =>
    (grant.columns.length === 0 ? [null] : grant.columns).map((column) => ({ index, grant, column })),
  )
  const missing = await sql<{ index: number }[]>`
    select distinct index from unnest(
      ${byColumn.map(({ index }) => index)}::int[],
      ${byColumn.map(({ grant }) => roleOf[grant.pool])}::text[],
      ${byColumn.map(({ grant }) => grant.table)}::text[],
      ${byColumn.map(({ grant }) => grant.privilege)}::text[],
      ${byColumn.map(({ column }) => column)}::text[]
    ) as wanted(index, role, name, privilege, col)
    where not case
      when col is null then has_table_privilege(role, 'public.' || name, privilege)
      else has_column_privilege(role, 'public.' || name, col, privilege)
    end`
  for (const { index } of missing) {
    const { pool, table, privilege, columns } = wanted[index] as TableGrant
    const onColumns = columns.length === 0 ? '' : ` (${columns.join(', ')})`
    await sql.unsafe(`grant ${privilege}${onColumns} on public.${table} to ${roleOf[pool]}`)
  }
}

async function grantOnFunctions(sql: Sql): Promise<void> {
  const wanted = Object.entries(functions).flatMap(([name, callers]) =>
    callers.map((pool) => ({ role: roleOf[pool], name: `public.${name}` })),
  )
  const missing = await sql<{ role: string; name: string }[]>`
    select role, name from unnest(
      ${wanted.map(({ role }) => role)}::text[], ${wanted.map(({ name }) => name)}::text[]
    ) as wanted(role, name)
    where not has_function_privilege(role, name, 'execute')`
  for (const { role, name } of missing) await sql.unsafe(`grant execute on function ${name} to ${role}`)
}
