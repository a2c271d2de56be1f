/**
 * Row-level security, the second layer behind the tenant conditions of the statements. The policies that restrict rows
 * to a tenant scope (`tenant_all`, `tenant_select` and others) are in the migrations, `drizzle/*.sql`. This file adds
 * the grants and policies that depend on the roles of the database. Policies are named after the audience and the
 * command.
 */
import type postgres from 'postgres'
import { grantMissing, tablesOf, usesTable } from './grants.ts'
import { ensureRoles, poolRoles, poolSetting, roleOf, type RlsMode } from './pool-roles.ts'

type Sql = postgres.Sql

/** The API needs no further policies: the policies of the migrations give every role access to the rows in its scope. */
const poolsWithPolicies = poolRoles.filter((pool) => pool !== 'api')

/**
 * Creates missing roles, grants and policies, after each migration and at each start. Existing ones are not changed,
 * because a change of a policy waits for every transaction that uses the table. Runs under the lock of `migrate.ts`.
 * Throws when row-level security would not take effect.
 */
export async function ensureRowLevelSecurity(sql: Sql): Promise<RlsMode> {
  const [user] = await sql<{ name: string; bypasses: boolean; creates: boolean }[]>`
    select rolname as name, rolsuper or rolbypassrls as bypasses, rolsuper or rolcreaterole as creates
    from pg_roles where rolname = current_user`
  if (user === undefined) throw new Error('expected a row in pg_roles for the connected user, found none')
  const hasRoles = await ensureRoles(sql, user.creates)
  if (!hasRoles && user.bypasses)
    throw new Error(
      `its user ${user.name} bypasses row-level security and may not use the roles ${Object.values(roleOf).join(', ')}: grant them to it, or take its BYPASSRLS away`,
    )
  if (hasRoles) {
    await grantMissing(sql)
    const policies = poolsWithPolicies.flatMap((pool) =>
      tablesOf(pool).map((table) => ({ table, name: `${pool}_all`, role: roleOf[pool], condition: 'true' })),
    )
    await createMissing(sql, policies)
  }
  if (!user.bypasses) await allowOwner(sql, user.name)
  return hasRoles ? 'ROLES' : 'SETTINGS'
}

/**
 * Creates the policies of the account that owns the tables. A session of that account sees all rows of a table if the
 * setting `orderbell.pool` of the session names a pool that uses the table, or is `migration`.
 */
async function allowOwner(sql: Sql, owner: string): Promise<void> {
  const tables = await sql<{ name: string }[]>`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition and relrowsecurity`
  const policies = tables.map(({ name: table }) => {
    const pools = poolsWithPolicies.filter((pool) => usesTable(pool, table))
    const values = ['migration', ...pools].map((value) => `'${value}'`).join(', ')
    const condition = `(select current_setting('${poolSetting}', true) in (${values}))`
    return { table, name: 'owner_all', role: owner, condition }
  })
  await createMissing(sql, policies)
}

interface Policy {
  readonly table: string
  readonly name: string
  readonly role: string
  /** Which rows the role may access. */
  readonly condition: string
}

/**
 * Creates the policies that do not exist for their role, which one statement finds. An existing policy for the role is
 * not changed, even if its condition differs.
 */
async function createMissing(sql: Sql, policies: readonly Policy[]): Promise<void> {
  const missing = await sql<{ index: number; exists: boolean }[]>`
    select index, policyname is not null as exists
    from unnest(
      ${policies.map((_, index) => index)}::int[],
      ${policies.map(({ table }) => table)}::text[],
      ${policies.map(({ name }) => name)}::text[],
      ${policies.map(({ role }) => role)}::text[]
    ) as wanted(index, on_table, name, role)
    left join pg_policies on schemaname = 'public' and tablename = on_table and policyname = name
    where policyname is null or not role = any(roles::text[])
    order by index`
  for (const { index, exists } of missing) {
    const { table, name, role, condition } = policies[index] as Policy
    await sql.begin(async (tx) => {
      if (exists) await tx`drop policy ${tx(name)} on public.${tx(table)}`
      await tx`create policy ${tx(name)} on public.${tx(table)} to ${tx(role)} using (${tx.unsafe(condition)})`
    })
  }
}
