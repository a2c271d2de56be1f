/**
 * A transaction of the API within a scope: whose rows may be reached is said to PostgreSQL too, whose row-level
 * security is the second wall behind the conditions that the stores write (see `walls.ts`).
 */
import { sql } from 'drizzle-orm'
import type { Scope } from '../../domain/access/scope.ts'
import type { Database, Reading, Sql, Tx } from './connect.ts'

/** The settings are the transaction's: a connection that goes back to the pool has none. */
export function withScope<T>(db: Database, scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    const said = tx.execute(sql`select
      set_config('orderbell.project_id', ${scope.projectId}, true),
      set_config('orderbell.partner_id', ${scope.partnerId ?? ''}, true)`)
    return afterwards(said, () => work(tx))
  })
}

/** As `inScope`, for hand-written statements. */
export async function inRawScope<T>(client: Sql, scope: Scope, work: (sql: Sql) => Promise<T>): Promise<T> {
  const done = await client.begin(async (tx) => {
    const said = tx`select
      set_config('orderbell.project_id', ${scope.projectId}, true),
      set_config('orderbell.partner_id', ${scope.partnerId ?? ''}, true)`
    // A transaction's statements are written like any other; it cannot begin one, which none of them does.
    return { result: await afterwards(said, () => work(tx as unknown as Sql)) }
  })
  return done.result
}

/**
 * The first statement of the work is sent behind what is said, without waiting for the answer: a transaction has one
 * connection, which takes statements in their order. Were the order another, no rows would be seen; and when what is
 * said fails, so does the transaction.
 */
async function afterwards<T>(said: PromiseLike<unknown>, work: () => Promise<T>): Promise<T> {
  // Neither drizzle nor postgres.js sends before somebody waits for it.
  const isSaid = said.then(() => undefined)
  const working = work()
  const [saying, result] = await Promise.allSettled([isSaid, working])
  // The work has ended too: nothing of it is sent after the transaction's end.
  if (saying.status === 'rejected') throw saying.reason
  if (result.status === 'rejected') throw result.reason
  return result.value
}

/**
 * One statement over all of the project in a partner's transaction, which is the partner's again afterwards: where the
 * rule that is kept is the project's, and what is answered tells of no other's rows.
 */
export async function withProjectScope<T>(
  tx: Pick<Tx, 'execute'>,
  scope: Scope,
  work: () => Promise<T>,
): Promise<T> {
  if (scope.partnerId === null) return work()
  await tx.execute(sql`select set_config('orderbell.partner_id', '', true)`)
  // A statement that fails ends the transaction, and its settings with it.
  const result = await work()
  await tx.execute(sql`select set_config('orderbell.partner_id', ${scope.partnerId}, true)`)
  return result
}

type Reads = Record<string, (...args: never[]) => Promise<unknown>>

/** The same reads, each in a transaction of its own within the scope. */
export function eachInScope<R extends object>(db: Database, scope: Scope, make: (db: Reading) => R): R {
  // To make them asks nothing: it is only known by it what there is.
  const names = Object.keys(make(db))
  const scoped = names.map((name) => {
    const read = (...args: never[]) => withScope(db, scope, async (tx) => (make(tx) as Reads)[name]?.(...args))
    return [name, read] as const
  })
  return Object.fromEntries(scoped) as R
}
