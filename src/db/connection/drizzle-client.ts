/**
 * Drizzle over a client that prepares statements. Drizzle itself prepares none, so PostgreSQL would parse and plan each
 * statement every time it runs, which takes longer than running it.
 */
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import type postgres from 'postgres'
import type { Sql } from './connect.ts'
import type { IsPrepared } from './prepared-texts.ts'

export type Values = postgres.ParameterOrJSON<never>[]

/** A statement that is sent when it is awaited, as those of postgres.js are. */
export interface ClientStatement extends PromiseLike<unknown> {
  /** The rows as lists of values. */
  values(): PromiseLike<unknown>
}

/** What drizzle uses of a client of postgres.js. */
export interface StatementClient {
  readonly options: Sql['options']
  unsafe(text: string, values: Values): ClientStatement
  /** Runs the work in a savepoint. Absent: there are no transactions within this client. */
  begin?<T>(work: (client: StatementClient) => Promise<T>): Promise<unknown>
}

export function drizzleOver(client: StatementClient): PostgresJsDatabase {
  return drizzle(client as unknown as Sql)
}

/** The client of a transaction. Its transactions are savepoints. */
export function preparingClient(
  tx: postgres.TransactionSql,
  options: Sql['options'],
  isPrepared: IsPrepared,
): StatementClient {
  return {
    options,
    unsafe: (text, values) => tx.unsafe(text, values, { prepare: isPrepared(text) }),
    begin: (work) => tx.savepoint((savepoint) => work(preparingClient(savepoint, options, isPrepared))),
  }
}
