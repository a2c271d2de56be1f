/**
 * The second wall: as whom the pools of `connect.ts` speak to PostgreSQL, and what each of them may touch. The
 * conditions on rows are policies of the migrations (`within_scope`); here is what depends on the database's roles.
 *
 * An owner who may make roles gets three, which bypass nothing: the API sees what lies within its transaction's scope
 * (`scope.ts`), the dispatcher and the installation's own doings (the door, the commands) see all rows of the tables that they need. An
 * owner who may not speaks for all three itself: its sessions say at their connection which part they play.
 */
import type postgres from 'postgres'

export type Part = 'api' | 'dispatcher' | 'admin'

/** How the parts are told apart: by a role each, or by a setting of their sessions. */
export type RlsMode = 'ROLES' | 'SETTINGS'

type Sql = postgres.Sql

export const roleOf: Readonly<Record<Part, string>> = {
  api: 'orderbell_api',
  dispatcher: 'orderbell_dispatcher',
  admin: 'orderbell_admin',
}
const parts = Object.keys(roleOf) as Part[]

/** By table, what a part does there; in brackets the columns, where not all of them. */
type Grants = Readonly<Record<string, string>>

const grants: Readonly<Record<Part, Grants>> = {
  api: {
    // Without the data key.
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
    // By whom an erasure finds its events.
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

/** By function, who may call it: each acts as the tables' owner, and does one thing. */
const functions: Readonly<Record<string, readonly Part[]>> = {
  // The API writes down its tests.
  'ensure_attempt_partitions(date, date)': ['api', 'dispatcher'],
  'drop_attempt_partitions(date)': ['dispatcher'],
  'remove_idempotency_keys(timestamptz, timestamptz, integer)': ['dispatcher'],
  'remove_audit_entries(timestamptz, text, text, integer)': ['dispatcher'],
}

/** What a session says of itself at its connection. */
export function sessionOf(rlsMode: RlsMode, part: Part): Readonly<Record<string, string>> {
  return rlsMode === 'ROLES' ? { role: roleOf[part] } : { 'orderbell.part': part }
}

/** What a session that brings the database up to date says of itself: a migration may change any row. */
export const migrating = { 'orderbell.part': 'migration' } as const

/**
 * Lets the parts through the policies of the migrations, as far as they go, after each migration and at each start:
 * what is there already is left alone, since every change of a policy waits for who uses the table. Under the lock
 * of `migrate.ts`. Throws where the second wall would not stand.
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
      // The API has no policy of its own: what is within its scope is for everybody to see.
      if (part === 'api') continue
      for (const table of Object.keys(grants[part]))
        await ensurePolicy(sql, table, `all_for_${part}`, roleOf[part], 'true')
    }
  }
  if (!me.bypasses) await allowOwner(sql, me.name)
  return hasRoles ? 'ROLES' : 'SETTINGS'
}

/** Whether the connected user may take the three roles, which are made where they may be. */
async function takeRoles(sql: Sql, mayCreate: boolean): Promise<boolean> {
  for (const role of Object.values(roleOf)) if (!(await takeRole(sql, role, mayCreate))) return false
  return true
}

const tries = 5
const forbidden = '42501'
// The same role made, or given, by another start at the same time: roles are the whole server's, not the database's.
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
      // Since PostgreSQL 16 rights can be kept back until the role is taken: the owner itself sees no more than before.
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
  /** None: the whole table. */
  readonly columns: readonly string[]
}

function allGrants(): readonly Grant[] {
  return parts.flatMap((part) =>
    Object.entries(grants[part]).flatMap(([table, text]) =>
      [...text.matchAll(/(\w+)(?: \(([^)]+)\))?(?:, |$)/g)].map(([, privilege = '', columns]) => ({
        ...{ part, table, privilege },
        columns: columns?.split(', ') ?? [],
      })),
    ),
  )
}

/** Grants what is missing. */
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

/** Its sessions see all rows of a table where they say that they are a part that needs it, or a migration. */
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

/** `condition`: which rows the role may reach. A policy that is there and is the role's is left alone, whatever it says. */
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
