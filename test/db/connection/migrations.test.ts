/** Migrations of databases that contain rows, for each kind of owner. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import postgres from 'postgres'
import { afterAll, expect, test } from 'vitest'
import { migrateDatabase } from '../../../src/db/connection/migrate.ts'
import { migrating } from '../../../src/db/connection/row-level-security.ts'
import { freshDatabase } from '../../support/postgres.ts'
import { createOwner, dropOwners, type OwnerKind } from '../support/owners.ts'

afterAll(dropOwners)

/** Runs the first `count` migrations, and creates partitions for attempts. */
async function migrateUpTo(count: number, url: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'orderbell-migrations-'))
  await cp('drizzle', folder, { recursive: true })
  const journalPath = join(folder, 'meta/_journal.json')
  const journal = JSON.parse(await readFile(journalPath, 'utf8')) as { entries: unknown[] }
  await writeFile(journalPath, JSON.stringify({ ...journal, entries: journal.entries.slice(0, count) }))
  const sql = postgres(url, { max: 1, onnotice: () => undefined, connection: migrating })
  await migrate(drizzle(sql), { migrationsFolder: folder })
  await sql`select ensure_attempt_partitions(now()::date - 3, now()::date)`
  await sql.end()
  await rm(folder, { recursive: true })
}

const kinds: readonly OwnerKind[] = ['SUPERUSER', 'CREATEROLE', 'GRANTED', 'PLAIN']
test.each(kinds.flatMap((kind) => [4, 5].map((count) => [kind, count] as const)))(
  'a migration fills the latest attempt and the log bucket of existing deliveries, owned by %s, from migration %i on',
  async (kind, count) => {
    const database = await freshDatabase()
    const url = await createOwner(database.url, kind)
    await migrateUpTo(count, url)
    const superuser = postgres(database.url, { max: 1, onnotice: () => undefined })
    await superuser`
      insert into deliveries (id, project_id, webhook_id, event_id, topic, state, attempt_count, created_at)
      select 'dlv_' || tried, 'prj_a', 'whk_a', 'evt_a', 'order.created', 'PENDING', tried, now() - interval '2 days'
      from generate_series(0, 2) as tried`
    await superuser`
      insert into attempts (id, project_id, position, delivery_id, webhook_id, topic, number, trigger, outcome,
        status_code, started_at, next_step, next_step_reason)
      select 'att_' || tried || number, 'prj_a', tried + number, 'dlv_' || tried, 'whk_a', 'order.created', number,
        case number when 1 then 'SCHEDULE' else 'PERSON' end, case number when 1 then 'TIMED_OUT' else 'HTTP_ERROR' end,
        case number when 2 then 503 end, now() - interval '1 day' + number * interval '1 second', 'RETRY', ''
      from generate_series(1, 2) as tried, generate_series(1, 2) as number where number <= tried`
    await migrateDatabase(url)

    const migrated = await superuser`
      select last_outcome, last_status_code, last_trigger, notable_as from deliveries order by id`
    expect(migrated.map((row) => Object.values<unknown>(row))).toEqual([
      [null, null, null, null],
      ['TIMED_OUT', null, 'SCHEDULE', 'PENDING SCHEDULE TIMED_OUT - 1'],
      ['HTTP_ERROR', 503, 'PERSON', 'PENDING PERSON HTTP_ERROR 5 2'],
    ])
    const withoutRls = await superuser`
      select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
        and not relispartition and not (relrowsecurity and relforcerowsecurity)`
    expect(withoutRls).toEqual([])
    await superuser.end()
    await database.drop()
  },
  30_000,
)
