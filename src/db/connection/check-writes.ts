/**
 * Checks for `/readyz` whether a server accepts writes. A hot standby, a read-only database and a server with a full
 * disk still answer `select 1`.
 */
import type postgres from 'postgres'

/**
 * This many rows do not fit into work_mem, so PostgreSQL writes them to a temporary file of a few pages, which fails
 * when the disk is full. The function's arguments are evaluated first, so the setting applies to it, and only to this
 * statement. The statement writes no row and no WAL, and uses no transaction id.
 */
const spilledRows = 4_000
const smallWorkMem = '64kB'

/** Rejects with the reason when the server does not accept writes. */
export async function checkWrites(sql: postgres.Sql): Promise<void> {
  const [found] = await sql<{ standby: boolean; readOnly: boolean }[]>`
    select pg_is_in_recovery() as standby, current_setting('transaction_read_only')::bool as "readOnly",
      (select count(*) from generate_series(
        1, ${spilledRows}::int + length(set_config('work_mem', ${smallWorkMem}, true))
      ))`
  if (found?.standby !== false) throw new Error('expected a server that takes writes, it is a standby')
  if (found.readOnly)
    throw new Error(
      'expected a database that takes writes, it is read-only (default_transaction_read_only=on)',
    )
}
