/** Creates separate databases on the test run's PostgreSQL, so that suites do not see each other's rows. */
import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { inject } from 'vitest'

export interface FreshDatabase {
  readonly url: string
  drop(): Promise<void>
}

/** Creates an empty database. The caller runs the migrations and drops the database at the end. */
export function freshDatabase(): Promise<FreshDatabase> {
  return createDatabase('')
}

/**
 * Creates a database with all migrations applied, those of the queue as well: a copy of the one that `global-setup.ts`
 * migrated, which takes a tenth of the time of the migrations.
 */
export async function migratedDatabase(): Promise<FreshDatabase> {
  const database = await createDatabase(`template ${inject('migratedDatabase')}`)
  const sql = postgres(database.url, { max: 1, onnotice: () => undefined })
  // Two installations with the same id would use each other's jobs on a shared Redis.
  await sql`update installation set id = ${randomBytes(6).toString('hex')}`
  await sql.end({ timeout: 1 })
  return database
}

async function createDatabase(options: string): Promise<FreshDatabase> {
  const serverUrl = inject('postgresUrl')
  const name = `test_${randomBytes(6).toString('hex')}`
  const admin = postgres(serverUrl, { max: 1, onnotice: () => undefined })
  await admin.unsafe(`create database ${name} ${options}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return {
    url: url.href,
    drop: async () => {
      await admin.unsafe(`drop database if exists ${name} with (force)`)
      await admin.end({ timeout: 1 })
    },
  }
}
