/** Searches a whole database for texts, in every column of every table, including the tables of the queue. */
import type { Connections } from '../../../src/db/connection/connect.ts'

export interface Hit {
  /** `public.customers` */
  readonly table: string
  readonly row: string
}

/**
 * Returns the rows that contain one of the texts, in PostgreSQL's text format. Columns of type bytea are read as
 * Latin-1.
 */
export async function rowsWith({ sql }: Connections, texts: readonly string[]): Promise<readonly Hit[]> {
  const tables = await sql<{ schema: string; name: string }[]>`
    select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`
  const hits: Hit[] = []
  for (const { schema, name } of tables) {
    const columns = await sql<{ name: string; type: string }[]>`
      select attname as name, atttypid::regtype::text as type from pg_attribute
      where attrelid = format('%I.%I', ${schema}::text, ${name}::text)::regclass and attnum > 0 and not attisdropped`
    if (columns.length === 0) continue
    const parts = columns.map(({ name: column, type }) => {
      const quoted = `"${column.replaceAll('"', '""')}"`
      // Latin-1 can decode every byte.
      return type === 'bytea'
        ? `coalesce(convert_from(${quoted}, 'LATIN1'), '')`
        : `coalesce(${quoted}::text, '')`
    })
    const row = sql.unsafe(parts.join(` || ' | ' || `))
    const found = await sql<{ row: string }[]>`
      select * from (select ${row} as row from ${sql(schema)}.${sql(name)}) as rows
      where exists (select from unnest(${[...texts]}::text[]) as wanted where strpos(row, wanted) > 0)`
    hits.push(...found.map((one) => ({ table: `${schema}.${name}`, row: one.row })))
  }
  return hits
}
