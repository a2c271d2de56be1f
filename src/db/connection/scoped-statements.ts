/**
 * Runs single statements of a project in its scope, each in a transaction of its own that takes one trip to PostgreSQL:
 * begin, the scope's settings, the statement and commit are sent together. PostgreSQL runs them in this order, and
 * answers a commit after a failed statement with a rollback. Without the settings, row-level security shows no rows.
 */
import type { Scope } from '../../domain/access/scope.ts'
import type { Database, Reading, Sql } from './connect.ts'
import { drizzleOver, type Values } from './drizzle-client.ts'

/** A statement for `oneTrip`. */
interface TripStatement {
  readonly text: string
  readonly values: Values
  readonly prepare: boolean
  /** Whether the rows are lists of values. */
  readonly asValues: boolean
}

/** What the patch of postgres.js (`patches/`) adds to a pool. */
interface OneTripSql {
  /**
   * Sends the statements with begin and commit, without waiting for answers in between. Returns their results when all
   * are answered, or throws the first error.
   */
  oneTrip(statements: readonly TripStatement[]): Promise<readonly unknown[]>
}

const setScope = `select set_config('orderbell.project_id', $1, true), set_config('orderbell.partner_id', $2, true)`

/** Drizzle for the statements of a scope. It has no transactions. */
export function statementsInScope({ $client, isPrepared }: Database, scope: Scope): Reading {
  const pool = $client as Sql & OneTripSql
  const settings: TripStatement = {
    text: setScope,
    values: [scope.projectId, scope.partnerId ?? ''],
    prepare: true,
    asValues: true,
  }
  const run = async (text: string, values: Values, asValues: boolean): Promise<unknown> => {
    const statement: TripStatement = { text, values, prepare: isPrepared(text), asValues }
    const [, rows] = await pool.oneTrip([settings, statement])
    return rows
  }
  return drizzleOver({
    options: pool.options,
    unsafe: (text, values) => ({
      values: () => run(text, values, true),
      then: (resolve, reject) => run(text, values, false).then(resolve, reject),
    }),
  })
}
