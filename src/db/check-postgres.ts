/** Whether a PostgreSQL can be used at all, asked once at the start so that a wrong DATABASE_URL is told as such. */
import postgres from 'postgres'
import { postgresJsOptions } from '../postgres/options.ts'

const oldest = { versionNumber: 140_000, name: 14 }

/** Throws, with the reason in its message and no password. */
export async function checkPostgres(url: string): Promise<void> {
  const sql = postgres({ ...postgresJsOptions(url, { name: 'orderbell-check' }), max: 1 })
  try {
    const [found] = await sql<{ version: string; number: number }[]>`
      select current_setting('server_version') as version, current_setting('server_version_num')::int as number`
    if ((found?.number ?? 0) < oldest.versionNumber)
      throw new Error(`expected PostgreSQL ${oldest.name} or newer, found ${found?.version ?? 'none'}`)
  } finally {
    await sql.end({ timeout: 1 })
  }
}
