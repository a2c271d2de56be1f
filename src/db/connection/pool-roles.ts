/**
 * The pools of `connect.ts`, and how PostgreSQL distinguishes them: by a role, or by a session setting. Creates the
 * roles. `grants.ts` has their privileges.
 */
import type postgres from 'postgres'
import { retryOn } from '../../domain/shared/retry-on.ts'
import { isConcurrentRoleChange, isForbidden } from '../../domain/shared/sqlstate.ts'

type Sql = postgres.Sql

export const poolRoles = ['api', 'dispatcher', 'admin'] as const
export type PoolRole = (typeof poolRoles)[number]

/**
 * ROLES: the owner of the tables may create roles, and each pool has its own, which does not bypass row-level security.
 * The API sees the rows within its transaction's scope (`tenant-scope.ts`); the dispatcher and administration see all
 * rows of the tables that they need. SETTINGS: the owner may not create roles, so its account serves all pools, and a
 * session setting distinguishes them.
 */
export type RlsMode = 'ROLES' | 'SETTINGS'

/** The PostgreSQL role of each pool. */
export const roleOf: Readonly<Record<PoolRole, string>> = {
  api: 'orderbell_api',
  dispatcher: 'orderbell_dispatcher',
  admin: 'orderbell_admin',
}

/** The session setting that names the pool. */
export const poolSetting = 'orderbell.pool'

/** The settings with which a pool's sessions start. */
export function sessionOf(rlsMode: RlsMode, pool: PoolRole): Readonly<Record<string, string>> {
  return rlsMode === 'ROLES' ? { role: roleOf[pool] } : { [poolSetting]: pool }
}

/** The setting of a session that migrates the database: a migration may change any row. */
export const migrating: Readonly<Record<string, string>> = { [poolSetting]: 'migration' }

/** Returns whether the connected user may use the three roles. Creates them if the user may create roles. */
export async function ensureRoles(sql: Sql, mayCreate: boolean): Promise<boolean> {
  for (const role of Object.values(roleOf)) if (!(await ensureRole(sql, role, mayCreate))) return false
  return true
}

/** Roles belong to the server, so processes of other databases may create and grant them at the same time. */
const roleTries = 5

function ensureRole(sql: Sql, role: string, mayCreate: boolean): Promise<boolean> {
  return retryOn({ tries: roleTries, isRetryable: isConcurrentRoleChange }, async () => {
    try {
      const found = (await findRole(sql, role)) ?? (mayCreate ? await createRole(sql, role) : undefined)
      if (found?.bypasses === true)
        throw new Error(`its role ${role} bypasses row-level security: alter it to nosuperuser nobypassrls`)
      if (found === undefined || found.isUsable) return found !== undefined
      if (mayCreate) await grantRole(sql, role, found.serverVersion)
      return mayCreate
    } catch (error) {
      if (isForbidden(error)) return false
      throw error
    }
  })
}

interface FoundRole {
  readonly bypasses: boolean
  /** Whether the connected user may switch to the role. */
  readonly isUsable: boolean
  readonly serverVersion: number
}

async function findRole(sql: Sql, role: string): Promise<FoundRole | undefined> {
  const [found] = await sql<FoundRole[]>`
    with server as (select current_setting('server_version_num')::int as version)
    select rolsuper or rolbypassrls as bypasses, version as "serverVersion",
      pg_has_role(current_user, oid, case when version >= 160000 then 'SET' else 'MEMBER' end) as "isUsable"
    from pg_roles, server where rolname = ${role}`
  return found
}

async function createRole(sql: Sql, role: string): Promise<FoundRole | undefined> {
  await sql`create role ${sql(role)} nologin nosuperuser nobypassrls nocreatedb nocreaterole`
  return findRole(sql, role)
}

async function grantRole(sql: Sql, role: string, serverVersion: number): Promise<void> {
  // Since PostgreSQL 16 a grant can exclude inheritance: the owner sees no more rows than before, until it switches to
  // the role.
  if (serverVersion >= 160_000) await sql`grant ${sql(role)} to current_user with inherit false, set true`
  else await sql`grant ${sql(role)} to current_user`
}
