/**
 * Row-level security, the second layer behind the conditions in the statements: the roles with which the pools of
 * `connect.ts` use PostgreSQL, and their privileges. The policies that restrict rows to a scope (`within_scope`) are
 * part of the migrations; this file adds what depends on the database's roles.
 */
import type postgres from 'postgres'

export type Part = 'api' | 'dispatcher' | 'admin'

/**
 * ROLES: the owner of the tables may create roles, and each pool has its own, which does not bypass row-level security.
 * The API sees the rows within its transaction's scope (`tenant-scope.ts`); the dispatcher and administration see all
 * rows of the tables that they need. SETTINGS: the owner may not create roles, so its account serves all pools, and a
 * session setting distinguishes them.
 */
export type RlsMode = 'ROLES' | 'SETTINGS'

type Sql = postgres.Sql

export const roleOf: Readonly<Record<Part, string>> = {
  api: 'orderbell_api',
  dispatcher: 'orderbell_dispatcher',
  admin: 'orderbell_admin',
}
const parts = Object.keys(roleOf) as Part[]

/** The privileges of a pool, by table. The columns are in brackets where the privilege is not on all columns. */
type Grants = Readonly<Record<string, string>>

const grants: Readonly<Record<Part, Grants>> = {
  api: {
    // All columns but the encrypted data key.
    projects: 'select (id, name, created_at), insert, update (name)',
    partners: 'select, insert',
    keys: 'select, insert, update (revoked_at)',
    counters: 'select, insert, update',
    sites: 'select, insert, update',
    customers: 'select, insert, update',
    orders: 'select, insert, update',
    events: 'select, insert, update',
    topics: 'select, insert',
    webhooks: 'select, insert, update',
    webhook_health: 'select, insert, update',
    webhook_tallies: 'select',
    deliveries: 'select, insert, update',
    due_deliveries: 'select, insert, update, delete',
    replays: 'select, insert, update, delete',
    attempts: 'select, insert',
    attempt_contents: 'select, insert, update',
    feeds: 'select',
    webhook_changes: 'select, insert',
    webhook_change_feeds: 'select, insert, update',
    idempotency_keys: 'select, insert, update, delete',
    audit_log: 'select, insert, update (before, after)',
    erasures: 'select, insert, update, delete',
  },
  dispatcher: {
    webhooks: 'select, update (disabled_reason, disabled_message, disabled_at)',
    webhook_health: 'select, update',
    webhook_tallies: 'select, insert, update, delete',
    events: 'select, update (data, erased_at, delivery_count), delete',
    // An erasure finds a customer's events by these columns.
    orders: 'select (id, project_id, customer_id)',
    erasures: 'select, update, delete',
    deliveries: 'select, update, delete',
    due_deliveries: 'select, insert, update, delete',
    replays: 'select, update, delete',
    attempts: 'select, insert, update (next_step_reason)',
    attempt_contents: 'select, insert, update',
    feeds: 'select, insert, update',
    webhook_changes: 'select, insert, delete',
    webhook_change_feeds: 'select, insert, update',
  },
  admin: {
    installation: 'select',
    processes: 'select, insert, update, delete',
    projects: 'select, insert, update',
    partners: 'select, insert',
    keys: 'select, insert, update',
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
const functions: Readonly<Record<string, readonly Part[]>> = {
  // The API records test attempts.
  'ensure_attempt_partitions(date, date)': ['api', 'dispatcher'],
  'drop_attempt_partitions(date)': ['dispatcher'],
  'remove_idempotency_keys(timestamptz, timestamptz, integer)': ['dispatcher'],
  'remove_audit_entries(timestamptz, text, text, integer)': ['dispatcher'],
}

/** The settings with which a pool's sessions start. */
export function sessionOf(rlsMode: RlsMode, part: Part): Readonly<Record<string, string>> {
  return rlsMode === 'ROLES' ? { role: roleOf[part] } : { 'orderbell.part': part }
}

/** The setting of a session that migrates the database: a migration may change any row. */
export const migrating = { 'orderbell.part': 'migration' } as const

/**
 * Creates missing roles, grants and policies, after each migration and at each start. Existing ones are not changed,
 * because a change of a policy waits for every transaction that uses the table. Runs under the lock of `migrate.ts`.
 * Throws when row-level security would not take effect.
 */
export async function ensureRowLevelSecurity(sql: Sql): Promise<RlsMode> {
  const [me] = await sql<{ name: string; bypasses: boolean; creates: boolean }[]>`
    select rolname as name, rolsuper or rolbypassrls as bypasses, rolsuper or rolcreaterole as creates
    from pg_roles where rolname = current_user`
  if (me === undefined) throw new Error('expected PostgreSQL to know who is connected, it does not')
  const hasRoles = await takeRoles(sql, me.creates)
  if (!hasRoles && me.bypasses)
    throw new Error(
      `its user ${me.name} bypasses row-level security and may not use the roles ${Object.values(roleOf).join(', ')}: grant them to it, or take its BYPASSRLS away`,
    )
  if (hasRoles) {
    await grantMissing(sql)
    for (const part of parts) {
      // The API needs no policy of its own: the policies of the migrations allow every role the rows within its scope.
      if (part === 'api') continue
      for (const table of Object.keys(grants[part]))
        await ensurePolicy(sql, table, `all_for_${part}`, roleOf[part], 'true')
    }
  }
  if (!me.bypasses) await allowOwner(sql, me.name)
  return hasRoles ? 'ROLES' : 'SETTINGS'
}

/** Whether the connected user may use the three roles. Creates them if the user may create roles. */
async function takeRoles(sql: Sql, mayCreate: boolean): Promise<boolean> {
  for (const role of Object.values(roleOf)) if (!(await takeRole(sql, role, mayCreate))) return false
  return true
}

const tries = 5
const forbidden = '42501'
// Another start created or granted the role at the same time: roles belong to the server, not to the database.
const raced = ['42710', '23505', 'XX000']

async function takeRole(sql: Sql, role: string, mayCreate: boolean): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    const found = await lookAt(sql, role)
    if (found?.bypasses === true)
      throw new Error(`its role ${role} bypasses row-level security: alter it to nosuperuser nobypassrls`)
    if (found?.mine === true) return true
    if (!mayCreate) return false
    try {
      if (found === undefined)
        await sql`create role ${sql(role)} nologin nosuperuser nobypassrls nocreatedb nocreaterole`
      // Since PostgreSQL 16 a grant can exclude inheritance: the owner sees no more rows than before, until it switches
      // to the role.
      else if (found.version >= 160_000)
        await sql`grant ${sql(role)} to current_user with inherit false, set true`
      else await sql`grant ${sql(role)} to current_user`
    } catch (error) {
      const code = codeOf(error)
      if (code === forbidden) return false
      if (attempt === tries || !raced.includes(code)) throw error
    }
  }
}

async function lookAt(sql: Sql, role: string) {
  const [found] = await sql<{ bypasses: boolean; mine: boolean; version: number }[]>`
    with server as (select current_setting('server_version_num')::int as version)
    select rolsuper or rolbypassrls as bypasses, version,
      pg_has_role(current_user, oid, case when version >= 160000 then 'SET' else 'MEMBER' end) as mine
    from pg_roles, server where rolname = ${role}`
  return found
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

interface Grant {
  readonly part: Part
  readonly table: string
  readonly privilege: string
  /** Empty: the whole table. */
  readonly columns: readonly string[]
}

function allGrants(): readonly Grant[] {
  return parts.flatMap((part) =>
    Object.entries(grants[part]).flatMap(([table, text]) =>
      [...text.matchAll(/(\w+)(?: \(([^)]+)\))?(?:, |$)/g)].map(([, privilege = '', columns]) => ({
        part,
        table,
        privilege,
        columns: columns?.split(', ') ?? [],
      })),
    ),
  )
}

/** Grants the privileges that are missing. */
async function grantMissing(sql: Sql): Promise<void> {
  const wanted = allGrants()
  const asked = wanted.flatMap((grant, place) =>
    (grant.columns.length === 0 ? [null] : grant.columns).map((column) => ({ place, grant, column })),
  )
  const missing = await sql<{ place: number }[]>`
    select distinct place from unnest(
      ${asked.map(({ place }) => place)}::int[],
      ${asked.map(({ grant }) => roleOf[grant.part])}::text[],
      ${asked.map(({ grant }) => grant.table)}::text[],
      ${asked.map(({ grant }) => grant.privilege)}::text[],
      ${asked.map(({ column }) => column)}::text[]
    ) as wish(place, role, name, privilege, col)
    where not case
      when col is null then has_table_privilege(role, 'public.' || name, privilege)
      else has_column_privilege(role, 'public.' || name, col, privilege)
    end`
  for (const { place } of missing) {
    const { part, table, privilege, columns } = wanted[place] as Grant
    const which = columns.length === 0 ? '' : ` (${columns.join(', ')})`
    await sql.unsafe(`grant ${privilege}${which} on public.${table} to ${roleOf[part]}`)
  }
  const calls = Object.entries(functions).flatMap(([name, callers]) =>
    callers.map((part) => ({ role: roleOf[part], name: `public.${name}` })),
  )
  const uncalled = await sql<{ role: string; name: string }[]>`
    select role, name from unnest(
      ${calls.map(({ role }) => role)}::text[], ${calls.map(({ name }) => name)}::text[]
    ) as wish(role, name)
    where not has_function_privilege(role, name, 'execute')`
  for (const { role, name } of uncalled) await sql.unsafe(`grant execute on function ${name} to ${role}`)
  const closed = await sql<{ role: string }[]>`
    select role from unnest(${Object.values(roleOf)}::text[]) as role
    where not has_schema_privilege(role, 'public', 'usage')`
  for (const { role } of closed) await sql.unsafe(`grant usage on schema public to ${role}`)
}

/**
 * For the owner's account: a session sees all rows of a table if its setting names a pool that needs the table, or a
 * migration.
 */
async function allowOwner(sql: Sql, owner: string): Promise<void> {
  const tables = await sql<{ name: string }[]>`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition and relrowsecurity`
  for (const { name } of tables) {
    const seers = parts.filter((part) => part !== 'api' && name in grants[part])
    const sayings = ['migration', ...seers].map((saying) => `'${saying}'`).join(', ')
    const isSaid = `(select current_setting('orderbell.part', true) in (${sayings}))`
    await ensurePolicy(sql, name, 'all_for_part', owner, isSaid)
  }
}

/**
 * `condition`: which rows the role may access. An existing policy for the role is not changed, even if its condition
 * differs.
 */
async function ensurePolicy(
  sql: Sql,
  table: string,
  name: string,
  role: string,
  condition: string,
): Promise<void> {
  const [found] = await sql<{ fits: boolean }[]>`
    select ${role} = any(roles) as fits from pg_policies
    where schemaname = 'public' and tablename = ${table} and policyname = ${name}`
  if (found?.fits === true) return
  await sql.begin(async (tx) => {
    if (found !== undefined) await tx`drop policy ${tx(name)} on public.${tx(table)}`
    await tx`create policy ${tx(name)} on public.${tx(table)} to ${tx(role)} using (${tx.unsafe(condition)})`
  })
}
