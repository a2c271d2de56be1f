/**
 * Applies the migrations in `drizzle/`. Safe when several processes do so at once, and when there is nothing to apply.
 */
import { fileURLToPath } from 'node:url'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import postgres from 'postgres'
import { errorCode } from '../../domain/shared/error-code.ts'
import { postgresJsOptions } from '../../postgres/options.ts'
import { endsWithClient } from '../../postgres/session.ts'
import { whileAnswering } from '../../postgres/watch-backend.ts'
import { DatabaseRefused } from './check-postgres.ts'
import { migrating, type RlsMode } from './pool-roles.ts'
import { ensureRowLevelSecurity } from './row-level-security.ts'
import { isUnsupportedSetting } from '../../domain/shared/sqlstate.ts'

const migrationsFolder = fileURLToPath(new URL('../../../drizzle', import.meta.url))
// An arbitrary number that no other program uses as a lock. Drizzle's migrator takes no lock.
const migrationLock = 7_146_301

/**
 * Returns how PostgreSQL distinguishes the pools of `connect.ts`. Rejects with the signal's reason soon after the
 * signal. Throws DatabaseRefused when the database cannot be migrated.
 */
export async function migrateDatabase(url: string, signal?: AbortSignal): Promise<RlsMode> {
  // A statement may take hours, so it has no time limit. `whileAnswering` watches the connection instead.
  const settings = { ...migrating, ...endsWithClient, statement_timeout: '0' }
  const session = { name: 'orderbell-migrate', settings, silentMs: null }
  const sql = postgres({ ...postgresJsOptions(url, session), max: 1, max_lifetime: null })
  try {
    const [backend] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
    await endWithClientInStatement(sql)
    return await whileAnswering(url, backend?.pid ?? 0, signal, async () => {
      await sql`select pg_advisory_lock(${migrationLock})`
      // Also when nothing is to apply, drizzle's migrator would create its schema again, which not every user may.
      if (!(await isCurrent(sql))) await migrate(drizzle(sql), { migrationsFolder })
      return ensureRowLevelSecurity(sql)
    })
  } catch (error) {
    if (error instanceof DatabaseRefused || signal?.aborted === true) throw error
    throw new DatabaseRefused(whyNotMigrated(error), { cause: error })
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/**
 * Whether the newest migration is applied. Throws when a newer version has migrated the database: this version does not
 * know the newer schema.
 */
async function isCurrent(sql: postgres.Sql): Promise<boolean> {
  const [journal] = await sql<{ found: boolean }[]>`
    select to_regclass('drizzle.__drizzle_migrations') is not null as found`
  if (journal?.found !== true) return false
  const known = readMigrationFiles({ migrationsFolder }).map(({ folderMillis }) => folderMillis)
  const applied = await sql<{ at: string }[]>`
    select created_at as at from drizzle.__drizzle_migrations order by created_at`
  const appliedAt = applied.map(({ at }) => Number(at))
  const unknown = appliedAt.filter((at) => !known.includes(at))
  const newest = unknown.at(-1)
  if (newest === undefined) return appliedAt.at(-1) === known.at(-1)
  throw new DatabaseRefused(
    `has ${unknown.length} ${unknown.length === 1 ? 'migration' : 'migrations'} that this version of Orderbell does not know, the newest of ${new Date(newest).toISOString()}: a newer version migrated it, start that one`,
  )
}

/** PostgreSQL's reason. Drizzle's message is only the statement. */
function whyNotMigrated(error: unknown): string {
  let innermost = error
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause
  if (!(innermost instanceof Error)) return `cannot be migrated: ${String(innermost)}`
  const code = errorCode(innermost)
  return `cannot be migrated: ${innermost.message}${code === '' ? '' : ` (${code})`}`
}

/** PostgreSQL ends the running statement soon after the client has disappeared, where the server supports the check. */
async function endWithClientInStatement(sql: postgres.Sql): Promise<void> {
  try {
    await sql`select set_config('client_connection_check_interval', '5s', false)`
  } catch (error) {
    if (!isUnsupportedSetting(error)) throw error
  }
}
