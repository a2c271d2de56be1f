/**
 * The connection pools: two that drizzle uses, for the API and for administration, and the dispatcher's pool and upkeep
 * session for hand-written statements.
 */
import { sql as statement } from 'drizzle-orm'
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import type { Log } from '../../ports/log.ts'
import { postgresJsOptions } from '../../postgres/options.ts'
import { keptSettings } from '../../postgres/connection-errors.ts'
import { endsWithClient, type SessionSettings } from '../../postgres/session.ts'
import { onSilence } from '../../postgres/dead-connections.ts'
import { checkWrites } from './check-writes.ts'
import { commandSession, adminSession } from './session-names.ts'
import { makePreparedTexts, type IsPrepared } from './prepared-texts.ts'
import { poolRoles, poolSetting, roleOf, sessionOf, type PoolRole, type RlsMode } from './pool-roles.ts'

export type Sql = postgres.Sql
export type Database = PostgresJsDatabase & {
  readonly $client: Sql
  /** Decides which of the pool's statements are prepared. */
  readonly isPrepared: IsPrepared
}

/** A transaction of the API. Its own transactions are savepoints. */
export type Tx = PostgresJsDatabase

/** What read statements need of a transaction within a tenant scope (`tenant-scope.ts`). */
export type Reading = Pick<Tx, 'select' | 'execute' | 'with' | '$with'>

export interface Connections {
  readonly db: Database
  /**
   * Statements about the installation and all projects, such as the look-up of API keys. A separate pool, so that keys
   * are checked even when all connections of `db` are in use.
   */
  readonly adminPool: Database
  /**
   * The dispatcher's pool. Not the pool that drizzle uses, because drizzle makes its client return timestamps as text.
   */
  readonly sql: Sql
  /**
   * Reads of all projects for OPERATOR keys, with the role of the dispatcher. One connection, which is opened at the first
   * statement.
   */
  readonly allProjects: Database
  /**
   * For the dispatcher's upkeep: one connection with one session. PostgreSQL releases its locks when it is closed, and
   * `onClose` is called.
   */
  openUpkeep(onClose: () => void): Sql
  /** Rejects unless PostgreSQL accepts writes over each of these pools. */
  ping(used: readonly PoolRole[]): Promise<void>
  /** Throws unless each pool has its role or setting. A connection pooler may not have passed it on to PostgreSQL. */
  verifyPoolRoles(): Promise<void>
  close(): Promise<void>
}

// The API's statements are short. The dispatcher runs one claim, one or two settles and the sweep at a time.
const apiConnections = 12
const adminConnections = 2
/**
 * How many of the API's connections one project may use at once, so that its requests do not delay those of other
 * projects.
 */
export const connectionsOfOneProject = 6
const dispatcherConnections = 6
/** How long running statements may take to end when the pools are closed, in seconds. */
const endWithinS = 2

/**
 * Upkeep removes old rows a thousand at a time. Nothing waits for it, but it must not hold its lock without a limit.
 */
const upkeepStatementMs = 60_000
/**
 * A settle that is retried on a new connection waits for the transaction that was lost with the old connection.
 * PostgreSQL ends that transaction after 5 s, before the client detects that the old connection is silent.
 */
const dispatcherLimits = { idle_in_transaction_session_timeout: '5000' }
const upkeepLimits = { statement_timeout: String(upkeepStatementMs), ...endsWithClient }
const upkeepSilentMs = upkeepStatementMs + 5_000
/** The time limit of a statement that reads a whole project (`takeTime`). */
const longStatementMs = 600_000

/**
 * `rlsMode`: the result of `migrateDatabase`. Each connection then starts with the role or the setting of its pool.
 * Without it all pools act as the user of the URL, for tests that read the tables. `processId`: the id of a server, by
 * which `installation/processes.ts` finds its sessions. `hasLongStatements`: the admin pool waits for a response as
 * long as `takeTime` allows.
 */
export function connect(
  url: string,
  log: Log,
  rlsMode?: RlsMode,
  {
    processId = commandSession,
    hasLongStatements = false,
  }: { readonly processId?: string; readonly hasLongStatements?: boolean } = {},
): Connections {
  const optionsOf = (name: string, pool: PoolRole, settings: SessionSettings = {}, silentMs?: number) => ({
    ...postgresJsOptions(url, {
      name,
      settings: { ...settings, ...(rlsMode === undefined ? {} : sessionOf(rlsMode, pool)) },
      ...(silentMs !== undefined && { silentMs }),
    }),
    onclose: (connectionId: number) => log.debug({ connectionId }, 'postgres.disconnected'),
  })
  const apiPool = postgres({ ...optionsOf('orderbell-api', 'api'), max: apiConnections })
  const adminPool = postgres({
    ...optionsOf(
      `${adminSession}/${processId}`,
      'admin',
      {},
      hasLongStatements ? longStatementMs + 5_000 : undefined,
    ),
    max: adminConnections,
  })
  const sql = postgres({
    ...optionsOf('orderbell-dispatcher', 'dispatcher', dispatcherLimits),
    max: dispatcherConnections,
  })
  const allProjects = postgres({ ...optionsOf('orderbell-installation', 'dispatcher'), max: 1 })
  const stopListening = onSilence(url, (error) => log.warn({ cause: error.message }, 'postgres.silent'))
  const poolOf: Readonly<Record<PoolRole, Sql>> = { api: apiPool, admin: adminPool, dispatcher: sql }
  return {
    db: databaseOver(apiPool),
    adminPool: databaseOver(adminPool),
    allProjects: databaseOver(allProjects),
    sql,
    openUpkeep: (onclose) =>
      postgres({
        ...optionsOf('orderbell-upkeep', 'dispatcher', upkeepLimits, upkeepSilentMs),
        max: 1,
        max_lifetime: null,
        onclose,
      }),
    ping: async (used) => {
      await Promise.all(used.map((pool) => checkWrites(poolOf[pool])))
    },
    verifyPoolRoles: async () => {
      for (const pool of poolRoles) await verifyPoolRole(poolOf[pool], pool, rlsMode)
    },
    close: async () => {
      stopListening()
      await Promise.all(
        [apiPool, adminPool, sql, allProjects].map((each) => each.end({ timeout: endWithinS })),
      )
    },
  }
}

/** Drizzle over a pool. */
export function databaseOver(pool: Sql): Database {
  return Object.assign(drizzle(pool), { isPrepared: makePreparedTexts() })
}

async function verifyPoolRole(sql: Sql, pool: PoolRole, rlsMode: RlsMode | undefined): Promise<void> {
  const [found] = await sql<{ role: string; setting: string | null }[]>`
    select current_user as role, current_setting(${poolSetting}, true) as setting`
  if (rlsMode === 'ROLES' ? found?.role === roleOf[pool] : found?.setting === pool) return
  const expected = rlsMode === 'ROLES' ? `role ${roleOf[pool]}` : `setting ${poolSetting}=${pool}`
  throw new Error(
    `expected PostgreSQL to take the ${expected} that a connection begins with, it has not: ${keptSettings}`,
  )
}

/** Raises the time limit for the remaining statements of a transaction, for a statement that reads a whole project. */
export async function takeTime(tx: Pick<Database, 'execute'>): Promise<void> {
  await tx.execute(statement`set local statement_timeout = ${statement.raw(String(longStatementMs))}`)
}
