/**
 * Runs the API's transactions within a tenant scope. The scope is set in PostgreSQL, where row-level security
 * (`row-level-security.ts`) enforces it as a second layer behind the conditions in the statements.
 */
import { sql } from 'drizzle-orm'
import type { Scope } from '../../domain/access/scope.ts'
import type { Database, Reading, Sql, Tx } from './connect.ts'

/** The settings are local to the transaction, so a connection that returns to the pool has none. */
export function withScope<T>(db: Database, scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    const said = tx.execute(sql`select
      set_config('orderbell.project_id', ${scope.projectId}, true),
      set_config('orderbell.partner_id', ${scope.partnerId ?? ''}, true)`)
    return afterwards(said, () => work(tx))
  })
}

/** Like `withScope`, for hand-written statements. */
export async function inRawScope<T>(client: Sql, scope: Scope, work: (sql: Sql) => Promise<T>): Promise<T> {
  const done = await client.begin(async (tx) => {
    const said = tx`select
      set_config('orderbell.project_id', ${scope.projectId}, true),
      set_config('orderbell.partner_id', ${scope.partnerId ?? ''}, true)`
    // The transaction object has the same query function. It cannot begin a transaction, and no caller does.
    return { result: await afterwards(said, () => work(tx as unknown as Sql)) }
  })
  return done.result
}

/**
 * Sends the first statement of the work without waiting for the settings' result, because PostgreSQL runs the
 * statements of a connection in order. If the order were different, no rows would be visible. If the settings fail, so
 * does the transaction.
 */
async function afterwards<T>(said: PromiseLike<unknown>, work: () => Promise<T>): Promise<T> {
  // Drizzle and postgres.js send a statement only when its promise is awaited, which `then` does.
  const isSaid = said.then(() => undefined)
  const working = work()
  const [saying, result] = await Promise.allSettled([isSaid, working])
  // `allSettled` has waited for the work, so that it sends nothing after the end of the transaction.
  if (saying.status === 'rejected') throw saying.reason
  if (result.status === 'rejected') throw result.reason
  return result.value
}

/**
 * Runs statements in the scope of the whole project within a partner's transaction, and then restores the partner's
 * scope. Only for rules that apply to the whole project, and only where the result reveals nothing of other partners'
 * rows.
 */
export async function withProjectScope<T>(
  tx: Pick<Tx, 'execute'>,
  scope: Scope,
  work: () => Promise<T>,
): Promise<T> {
  if (scope.partnerId === null) return work()
  await tx.execute(sql`select set_config('orderbell.partner_id', '', true)`)
  // If the work throws, the transaction ends, and its settings with it.
  const result = await work()
  await tx.execute(sql`select set_config('orderbell.partner_id', ${scope.partnerId}, true)`)
  return result
}

type Reads = Record<string, (...args: never[]) => Promise<unknown>>

/** The same reads, each in a transaction of its own within the scope. */
export function eachInScope<R extends object>(db: Database, scope: Scope, make: (db: Reading) => R): R {
  // This call only lists the names of the reads. It runs no statement.
  const names = Object.keys(make(db))
  const scoped = names.map((name) => {
    const read = (...args: never[]) =>
      withScope(db, scope, async (tx) => (make(tx) as Reads)[name]?.(...args))
    return [name, read] as const
  })
  return Object.fromEntries(scoped) as R
}
