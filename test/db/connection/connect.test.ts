/** Session settings of each pool, whatever the defaults of the database are. */
import postgres from 'postgres'
import { expect, test } from 'vitest'
import { connect } from '../../../src/db/connection/connect.ts'
import { migrateDatabase } from '../../../src/db/connection/migrate.ts'
import { freshDatabase } from '../../support/postgres.ts'
import { nullLog } from '../../support/null-log.ts'

test('every pool sets jit = off, although the database sets jit = on', async () => {
  const database = await freshDatabase()
  const superuser = postgres(database.url, { max: 1, onnotice: () => undefined })
  await superuser.unsafe(`alter database ${new URL(database.url).pathname.slice(1)} set jit = on`)
  const connections = connect(database.url, nullLog, await migrateDatabase(database.url))
  for (const sql of [connections.db.$client, connections.adminPool.$client, connections.sql])
    expect(await sql`show jit`).toMatchObject([{ jit: 'off' }])
  await connections.close()
  await superuser.end()
  await database.drop()
})
