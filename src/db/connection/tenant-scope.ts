/**
 * Runs the API's transactions within a tenant scope. The scope is set in PostgreSQL, where row-level security
 * (`row-level-security.ts`) enforces it as a second layer behind the conditions in the statements. The reads of a
 * platform run in `scoped-statements.ts`; `db/tenant/tenant-store.ts` chooses.
 */
import { sql } from 'drizzle-orm'
import type postgres from 'postgres'
import type { Scope } from '../../domain/access/scope.ts'
import type { Database, Sql, Tx } from './connect.ts'
import { drizzleOver, preparingClient } from './drizzle-client.ts'

/**
 * Runs the work in a transaction. The settings are local to the transaction, so a connection that returns to the pool has
 * none. `began`: the start of the transaction on the database's clock.
 */
export function withScope<T>(
  { $client, isPrepared }: Database,
  scope: Scope,
  work: (tx: Tx, began: Promise<Date>) => Promise<T>,
): Promise<T> {
  return inTransaction($client, (tx) => {
    const began = tx<{ ms: string }[]>`select
      set_config('orderbell.project_id', ${scope.projectId}, true),
      set_config('orderbell.partner_id', ${scope.partnerId ?? ''}, true),
      floor(extract(epoch from now()) * 1000) as ms`.then(([row]) => new Date(Number(row?.ms)))
    return afterwards(began, () => work(drizzleOver(preparingClient(tx, $client.options, isPrepared)), began))
  })
}

/** Like `withScope`, for hand-written statements. */
export function inRawScope<T>(
  client: Sql,
  scope: Scope,
  work: (tx: postgres.ISql) => Promise<T>,
): Promise<T> {
  return inTransaction(client, (tx) => {
    const settings = tx`select
      set_config('orderbell.project_id', ${scope.projectId}, true),
      set_config('orderbell.partner_id', ${scope.partnerId ?? ''}, true)`
    // postgres.js sends a statement only when its promise is awaited, which `then` does.
    return afterwards(
      settings.then(() => undefined),
      () => work(tx),
    )
  })
}

/** The result is wrapped, because postgres.js awaits the members of a list. */
async function inTransaction<T>(client: Sql, work: (tx: postgres.TransactionSql) => Promise<T>): Promise<T> {
  const done = await client.begin(async (tx) => ({ result: await work(tx) }))
  return done.result
}

/**
 * Sends the first statement of the work without waiting for the settings' result, because PostgreSQL runs the
 * statements of a connection in order. If the order were different, no rows would be visible. If the settings fail, so
 * does the transaction.
 */
async function afterwards<T>(settings: Promise<unknown>, work: () => Promise<T>): Promise<T> {
  const working = work()
  const [set, result] = await Promise.allSettled([settings, working])
  // `allSettled` has waited for the work, so that it sends nothing after the end of the transaction.
  if (set.status === 'rejected') throw set.reason
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
