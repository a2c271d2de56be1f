/** Connections to PostgreSQL: a pool for the API and one for its door, which drizzle speaks through, and one for the dispatcher's hand-written statements. */
import { sql as statement } from 'drizzle-orm'
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import type { Log } from '../flow/ports.ts'
import * as schema from './schema.ts'

export type Sql = postgres.Sql
export type Database = PostgresJsDatabase<typeof schema> & { readonly $client: Sql }

/** One transaction of the API. */
export type Tx = Parameters<Parameters<Database['transaction']>[0]>[0]

/** What is read of one project in a transaction within a scope (see `scope.ts`). */
export type Reading = Pick<Tx, 'select' | 'execute' | 'with' | '$with'>

export interface Connections {
  readonly db: Database
  /** For whether a key is good: that is answered also while the pool above is taken. */
  readonly door: Database
  /** Not the pool below drizzle, which turns instants into text. */
  readonly sql: Sql
  /** Throws when PostgreSQL does not answer. */
  ping(): Promise<void>
  close(): Promise<void>
}

// The API's statements are short; the dispatcher has one claim, one or two settles and the sweep at a time.
const apiConnections = 12
const doorConnections = 2
/** Of the API's connections, how many one project may use at once: what it asks does not keep the others waiting. */
export const connectionsOfOneProject = 6
const dispatcherConnections = 6
const connectTimeoutSeconds = 10

/** How long one statement of the API may take. Migrations have a connection, and the dispatcher a pool, without a limit. */
export const maxStatementMs = 5_000

export function connect(url: string, log: Log): Connections {
  const options = {
    connect_timeout: connectTimeoutSeconds,
    onnotice: () => undefined,
    onclose: (connectionId: number) => log.debug({ connectionId }, 'postgres.disconnected'),
  }
  const pool = postgres(url, {
    ...options,
    max: apiConnections,
    connection: { application_name: 'orderbell-api', statement_timeout: maxStatementMs },
  })
  const door = postgres(url, {
    ...options,
    max: doorConnections,
    connection: { application_name: 'orderbell-door', statement_timeout: maxStatementMs },
  })
  const sql = postgres(url, {
    ...options,
    max: dispatcherConnections,
    connection: { application_name: 'orderbell-dispatcher' },
  })
  return {
    db: drizzle(pool, { schema }),
    door: drizzle(door, { schema }),
    sql,
    ping: async () => {
      await sql`select 1`
    },
    close: async () => {
      await Promise.all([pool, door, sql].map((each) => each.end({ timeout: 5 })))
    },
  }
}

/** Frees the rest of a transaction of the limit: for what grows with a project and has to be done all the same. */
export async function takeTime(tx: Pick<Database, 'execute'>): Promise<void> {
  await tx.execute(statement`set local statement_timeout = 0`)
}
