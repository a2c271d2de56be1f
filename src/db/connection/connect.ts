/** Connections to PostgreSQL: a pool for the API and one for its door, which drizzle speaks through, and two for the dispatcher's hand-written statements. */
import { sql as statement } from 'drizzle-orm'
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import type { Log } from '../../ports/platform.ts'
import { postgresJsOptions } from '../../postgres/options.ts'
import { keptSettings } from '../../postgres/refusal.ts'
import { endsWithClient, type SessionSettings } from '../../postgres/session.ts'
import { onSilence } from '../../postgres/silence.ts'
import { checkWrites } from './check-writes.ts'
import { commandSession, adminSession } from './session-names.ts'
import * as schema from '../schema/index.ts'
import { roleOf, sessionOf, type Part, type RlsMode } from './row-level-security.ts'

export type Sql = postgres.Sql
export type Database = PostgresJsDatabase<typeof schema> & { readonly $client: Sql }

/** One transaction of the API. */
export type Tx = Parameters<Parameters<Database['transaction']>[0]>[0]

/** What is read of one project in a transaction within a scope (see `scope.ts`). */
export type Reading = Pick<Tx, 'select' | 'execute' | 'with' | '$with'>

export interface Connections {
  readonly db: Database
  /** The installation's own doings, of all projects. For whether a key is good: that is answered also while the pool above is taken. */
  readonly adminPool: Database
  /** Not the pool below drizzle, which turns instants into text. */
  readonly sql: Sql
  /** The dispatcher's for upkeep: one connection and one session, whose locks are gone when it is closed (`onClose`). */
  openUpkeep(onClose: () => void): Sql
  /** Rejects unless PostgreSQL takes writes over each of these pools. */
  ping(used: readonly Part[]): Promise<void>
  /** Throws unless each pool is confined to its part: what stands between may have kept it from PostgreSQL. */
  verifyPoolRoles(): Promise<void>
  close(): Promise<void>
}

// The API's statements are short; the dispatcher has one claim, one or two settles and the sweep at a time.
const apiConnections = 12
const doorConnections = 2
/** Of the API's connections, how many one project may use at once: what it asks does not keep the others waiting. */
export const connectionsOfOneProject = 6
const dispatcherConnections = 6
/** How long statements under way may take to end when the pools are closed. */
const endWithinS = 2

/** Upkeep removes old rows a thousand at a time: nobody waits for it, but it must not hold its lock for ever. */
const upkeepStatementMs = 60_000
/**
 * A settle that is tried again over a new connection waits for the transaction that was lost with the old one: it ends
 * before the connection is known to be silent.
 */
const dispatcherLimits = { idle_in_transaction_session_timeout: '5000' }
const upkeepLimits = { statement_timeout: String(upkeepStatementMs), ...endsWithClient }
const upkeepSilentMs = upkeepStatementMs + 5_000
/** How long a statement may take that reads a whole project (`takeTime`). */
const longStatementMs = 600_000

/**
 * `walls`: what `migrateDatabase` answered; each pool is confined to its part of the doings from its first moment on.
 * Without it all of them are the user of the URL itself, for tests that look at what is written. `processId`: of a
 * server, by which `processes.ts` finds its sessions. `hasLongStatements`: the admin pool waits as long for an answer
 * as `takeTime` allows.
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
  const optionsOf = (name: string, part: Part, settings: SessionSettings = {}, silentMs?: number) => ({
    ...postgresJsOptions(url, {
      name,
      settings: { ...settings, ...(rlsMode === undefined ? {} : sessionOf(rlsMode, part)) },
      ...(silentMs !== undefined && { silentMs }),
    }),
    onclose: (connectionId: number) => log.debug({ connectionId }, 'postgres.disconnected'),
  })
  const pool = postgres({ ...optionsOf('orderbell-api', 'api'), max: apiConnections })
  const adminPool = postgres({
    ...optionsOf(
      `${adminSession}/${processId}`,
      'admin',
      {},
      hasLongStatements ? longStatementMs + 5_000 : undefined,
    ),
    max: doorConnections,
  })
  const sql = postgres({
    ...optionsOf('orderbell-dispatcher', 'dispatcher', dispatcherLimits),
    max: dispatcherConnections,
  })
  const stopListening = onSilence(url, (error) => log.warn({ cause: error.message }, 'postgres.silent'))
  const poolOf: Readonly<Record<Part, Sql>> = { api: pool, admin: adminPool, dispatcher: sql }
  return {
    db: drizzle(pool, { schema }),
    adminPool: drizzle(adminPool, { schema }),
    sql,
    openUpkeep: (onclose) =>
      postgres({
        ...optionsOf('orderbell-upkeep', 'dispatcher', upkeepLimits, upkeepSilentMs),
        ...{ max: 1, max_lifetime: null, onclose },
      }),
    ping: async (used) => {
      await Promise.all(used.map((part) => checkWrites(poolOf[part])))
    },
    verifyPoolRoles: async () => {
      for (const [part, client] of Object.entries(poolOf)) await confirm(client, part as Part, rlsMode)
    },
    close: async () => {
      stopListening()
      await Promise.all([pool, adminPool, sql].map((each) => each.end({ timeout: endWithinS })))
    },
  }
}

async function confirm(sql: Sql, part: Part, rlsMode: RlsMode | undefined): Promise<void> {
  const [found] = await sql<{ role: string; part: string | null }[]>`
    select current_user as role, current_setting('orderbell.part', true) as part`
  if (rlsMode === 'ROLES' ? found?.role === roleOf[part] : found?.part === part) return
  const what = rlsMode === 'ROLES' ? `role ${roleOf[part]}` : `setting orderbell.part=${part}`
  throw new Error(
    `expected PostgreSQL to take the ${what} that a connection begins with, it has not: ${keptSettings}`,
  )
}

/** Gives the rest of a transaction more time: for a statement that reads a whole project. */
export async function takeTime(tx: Pick<Database, 'execute'>): Promise<void> {
  await tx.execute(statement`set local statement_timeout = ${statement.raw(String(longStatementMs))}`)
}
