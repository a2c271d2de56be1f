/** Whether a server takes writes, for `/readyz`: a hot standby, a read-only database or a full disk answers `select 1` all the same. */
import type postgres from 'postgres'

/**
 * A set of so many rows does not fit into work_mem, so PostgreSQL writes it into a temporary file of a few pages, which
 * fails when the disk is full. The function's arguments are read before the set is made, so the setting holds for it,
 * and for this statement alone. No row, no transaction id and no WAL is written.
 */
const spilledRows = 4_000
const smallWorkMem = '64kB'

/** Rejects with what stands in the way. */
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
