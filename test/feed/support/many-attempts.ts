/** Thousands of attempts as rows: copies of one real attempt, each with its own position. */
import postgres from 'postgres'
import type { TestServer, Tenant } from '../../support/server.ts'

/** Returns the last position. The copies are not notified: feeds find them at the next notification or poll. */
export async function copyAttempts(
  { config }: TestServer,
  { projectId }: Tenant,
  count: number,
  detail: string | null = null,
): Promise<number> {
  // Not the server's pool, whose statements end after 5 s.
  const sql = postgres(config.databaseUrl ?? '', { max: 1, onnotice: () => undefined })
  const position = await sql.begin(async (tx) => {
    const [feed] = await tx<{ last: string }[]>`
      update feeds set position = position + ${count} where project_id = ${projectId} returning position as last`
    const last = Number(feed?.last)
    const [attemptColumns] = await tx<{ columns: string }[]>`
      select string_agg(quote_ident(attname), ', ') as columns from pg_attribute
      where attrelid = 'attempts'::regclass and attnum > 0 and attgenerated = '' and not attisdropped`
    const columns = tx.unsafe(attemptColumns?.columns ?? '')
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
