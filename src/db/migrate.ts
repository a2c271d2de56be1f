/** Brings a database up to the migrations below `drizzle/`; safe when several processes do it at once, and when there is nothing to do. */
import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import postgres from 'postgres'
import { postgresJsOptions } from '../postgres/options.ts'
import { whileHeard } from '../postgres/watch-backend.ts'
import { migrating, raiseWalls, type Walls } from './walls.ts'

const migrationsFolder = fileURLToPath(new URL('../../drizzle', import.meta.url))
// Any number that no other program locks; drizzle's migrator takes no lock of its own.
const migrationLock = 7_146_301

/** Answers how the pools of `connect.ts` are to be told apart. Ends soon after the signal, with its reason. */
export async function migrateDatabase(url: string, signal?: AbortSignal): Promise<Walls> {
  const session = { name: 'orderbell-migrate', settings: migrating }
  const sql = postgres({ ...postgresJsOptions(url, session), max: 1, max_lifetime: null })
  try {
    const [backend] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
    return await whileHeard(url, backend?.pid ?? 0, signal, async () => {
      await sql`select pg_advisory_lock(${migrationLock})`
      await migrate(drizzle(sql), { migrationsFolder })
      return raiseWalls(sql)
    })
  } finally {
    await sql.end({ timeout: 1 })
  }
}
