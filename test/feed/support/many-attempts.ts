/** Attempts by the thousand, as if they had been made: copies of one that was, each at a position of its own. */
import postgres from 'postgres'
import type { TestServer, Tenant } from '../../support/server.ts'

/** Answers the last position. Nobody is told of them: they are seen at the next word, or the next look. */
export async function copyAttempts(
  { config }: TestServer,
  { projectId }: Tenant,
  count: number,
  detail: string | null = null,
): Promise<number> {
  // Not a pool of ours: its statements end after 5 s.
  const sql = postgres(config.databaseUrl ?? '', { max: 1, onnotice: () => undefined })
  const position = await sql.begin(async (tx) => {
    const [feed] = await tx<{ last: string }[]>`
      update feeds set position = position + ${count} where project_id = ${projectId} returning position as last`
    const last = Number(feed?.last)
    const [given] = await tx<{ columns: string }[]>`
      select string_agg(quote_ident(attname), ', ') as columns from pg_attribute
      where attrelid = 'attempts'::regclass and attnum > 0 and attgenerated = '' and not attisdropped`
    const columns = tx.unsafe(given?.columns ?? '')
    await tx`
      insert into attempts (${columns})
      select ${columns} from (
        select (jsonb_populate_record(null::attempts, to_jsonb(one) || jsonb_build_object(
          'id', one.id || '_' || n, 'position', n, 'detail', ${detail}::text))).*
        from (select * from attempts where project_id = ${projectId} and position is not null order by position limit 1) one,
          generate_series(${last - count + 1}::bigint, ${last}::bigint) n
      ) copies`
    return last
  })
  await sql.end({ timeout: 5 })
  return position
}
