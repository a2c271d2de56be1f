/** Brings a database up to the migrations below `drizzle/`; safe when several processes do it at once, and when there is nothing to do. */
import { fileURLToPath } from 'node:url'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import postgres from 'postgres'
import { postgresJsOptions } from '../../postgres/options.ts'
import { endsWithClient } from '../../postgres/session.ts'
import { whileAnswering } from '../../postgres/watch-backend.ts'
import { DatabaseRefused } from './check-postgres.ts'
import { migrating, ensureRowLevelSecurity, type RlsMode } from './row-level-security.ts'

const migrationsFolder = fileURLToPath(new URL('../../../drizzle', import.meta.url))
// Any number that no other program locks; drizzle's migrator takes no lock of its own.
const migrationLock = 7_146_301

/**
 * Answers how the pools of `connect.ts` are to be told apart. Ends soon after the signal, with its reason. Throws
 * DatabaseRefused where the database cannot be migrated.
 */
export async function migrateDatabase(url: string, signal?: AbortSignal): Promise<RlsMode> {
  // A statement may take hours: there is no limit, but the connection is watched.
  const settings = { ...migrating, ...endsWithClient, statement_timeout: '0' }
  const session = { name: 'orderbell-migrate', settings, silentMs: null }
  const sql = postgres({ ...postgresJsOptions(url, session), max: 1, max_lifetime: null })
  try {
    const [backend] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
    await endWithClientInStatement(sql)
    return await whileAnswering(url, backend?.pid ?? 0, signal, async () => {
      await sql`select pg_advisory_lock(${migrationLock})`
      await refuseNewer(sql)
      await migrate(drizzle(sql), { migrationsFolder })
      return ensureRowLevelSecurity(sql)
    })
  } catch (error) {
    if (error instanceof DatabaseRefused || signal?.aborted === true) throw error
    throw new DatabaseRefused(whyNotMigrated(error), { cause: error })
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** A newer version migrated the database: what this one would write and read there is not known. */
async function refuseNewer(sql: postgres.Sql): Promise<void> {
  const [journal] = await sql<{ found: boolean }[]>`
    select to_regclass('drizzle.__drizzle_migrations') is not null as found`
  if (journal?.found !== true) return
  const known = new Set(readMigrationFiles({ migrationsFolder }).map(({ folderMillis }) => folderMillis))
  const applied = await sql<{ at: string }[]>`
    select created_at as at from drizzle.__drizzle_migrations order by created_at`
  const unknown = applied.map(({ at }) => Number(at)).filter((at) => !known.has(at))
  const newest = unknown.at(-1)
  if (newest === undefined) return
  throw new DatabaseRefused(
    `has ${unknown.length} ${unknown.length === 1 ? 'migration' : 'migrations'} that this version of Orderbell does not know, the newest of ${new Date(newest).toISOString()}: a newer version migrated it, start that one`,
  )
}

/** PostgreSQL's own reason: drizzle's message is the whole statement. */
function whyNotMigrated(error: unknown): string {
  let innermost = error
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause
  if (!(innermost instanceof Error)) return `cannot be migrated: ${String(innermost)}`
  const code = 'code' in innermost ? ` (${String(innermost.code)})` : ''
  return `cannot be migrated: ${innermost.message}${code}`
}

// Not known to the server, or not on its operating system.
const unsupported = ['42704', '22023']

/** A statement of a process that vanished ends soon, where the server can look at its client meanwhile. */
async function endWithClientInStatement(sql: postgres.Sql): Promise<void> {
  try {
    await sql`select set_config('client_connection_check_interval', '5s', false)`
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (!unsupported.includes(code)) throw error
  }
}
