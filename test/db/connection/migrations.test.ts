/** Migrations of databases that contain rows, for each kind of owner. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import postgres from 'postgres'
import { afterAll, expect, test } from 'vitest'
import { migrateDatabase } from '../../../src/db/connection/migrate.ts'
import { migrating } from '../../../src/db/connection/pool-roles.ts'
import { wordsOfCustomer, wordsOfOrder } from '../../../src/domain/orders/search-words.ts'
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
      select last_outcome, last_status_code, last_trigger, log_bucket from deliveries order by id`
    expect(migrated.map((row) => Object.values<unknown>(row))).toEqual([
      [null, null, null, null],
      ['TIMED_OUT', null, 'SCHEDULE', 'PENDING SCHEDULE TIMED_OUT - 1'],
      ['HTTP_ERROR', 503, 'MANUAL', 'PENDING MANUAL HTTP_ERROR 5 2'],
    ])
    expect(await tablesWithoutForcedRls(superuser)).toEqual([])
    await superuser.end()
    await database.drop()
  },
  30_000,
)

/** The number of migrations before the one that renames tables, columns and policies. */
const beforeRenames = 10

test.each(kinds)(
  'migrating renames tables, columns and policies, and rewrites rows that have old names: owner %s',
  async (kind) => {
    const database = await freshDatabase()
    const url = await createOwner(database.url, kind)
    await migrateUpTo(beforeRenames, url)
    const all = postgres(database.url, { max: 1, onnotice: () => undefined })
    await insertRowsBeforeRenames(all)
    await createPoliciesBeforeRenames(all)
    await migrateDatabase(url)

    const [delivery] = await all`
      select last_trigger, log_bucket, skipped_since is not null as skipped from deliveries`
    expect(delivery).toEqual({
      last_trigger: 'MANUAL',
      log_bucket: 'PENDING MANUAL HTTP_ERROR 5 2',
      skipped: true,
    })
    expect(await all`select trigger, log_bucket from attempts order by number`).toEqual([
      { trigger: 'SCHEDULE', log_bucket: null },
      { trigger: 'MANUAL', log_bucket: 'RETRY MANUAL HTTP_ERROR 5 2' },
    ])
    expect(await all`select manual_retry from due_deliveries`).toEqual([{ manual_retry: 'NOW' }])
    const [counts] = await all`select webhook_id, succeeded, failed from webhook_attempt_counts`
    expect(counts).toEqual({ webhook_id: 'whk_a', succeeded: 3, failed: 4 })
    const [health] = await all`
      select counters_start_at is not null as counted, pending_succeeded, pending_failed,
        failing_notified_at is not null as notified from webhook_health`
    expect(health).toEqual({ counted: true, pending_succeeded: 1, pending_failed: 2, notified: true })
    const [pending] = await all`
      select r.webhook_id, e.customer_id from pending_replays r, pending_erasures e where r.skipped_since < now()`
    expect(pending).toEqual({ webhook_id: 'whk_a', customer_id: 'cus_a' })
    const [rules] = await all`
      select w.overrides, l.before, l.after, k.answer from webhooks w, audit_log l, idempotency_keys k`
    expect(rules).toEqual({
      overrides: { disable: [], timeoutMs: 1000 },
      before: { policy: { disable: [{ rule: 'GONE' }] } },
      after: { policy: { disable: [] }, version: 2 },
      answer: '{"id":"whk_a","overrides":{"disable":[]}}',
    })

    expect(await tablesWithoutForcedRls(all)).toEqual([])
    expect(await namesWithOldWords(all)).toEqual([])
    // Which policies of the admin pool and of the owner there are depends on the owner.
    const policies = await all<{ name: string }[]>`
      select distinct policyname as name from pg_policies
      where schemaname = 'public' and policyname not in ('admin_all', 'owner_all') order by 1`
    expect(policies.map(({ name }) => name)).toEqual([
      'dispatcher_all',
      'tenant_all',
      'tenant_insert',
      'tenant_select',
      'tenant_select_operator_keys',
      'tenant_update',
    ])
    await all.end()
    await database.drop()
  },
  30_000,
)

/** The number of migrations before the one that creates the words of orders and customers. */
const beforeWords = 15

test.each<OwnerKind>(['SUPERUSER', 'PLAIN'])(
  'migrating writes the words of existing orders and customers as the server writes those of new ones: owner %s',
  async (kind) => {
    const database = await freshDatabase()
    const url = await createOwner(database.url, kind)
    await migrateUpTo(beforeWords, url)
    const all = postgres(database.url, { max: 1, onnotice: () => undefined })
    const customers = [
      { id: 'cus_a', name: 'Brian Johnson', licensePlate: 'KLW-9104' },
      { id: 'cus_b', name: "  José  O'Brien-Müller ", licensePlate: 'B MW 12 34E' },
      { id: 'cus_c', name: '[erased]', licensePlate: null },
      { id: 'cus_d', name: 'STRAßE Ærø Łukasz #7 \u2013 x', licensePlate: '--' },
      { id: 'cus_e', name: 'x'.repeat(50), licensePlate: '22AB' },
    ]
    const orders = [
      { id: 'ord_a', partnerIdentifier: '24667', redemptionCode: 'NNSE9J' },
      { id: 'ord_b', partnerIdentifier: 'S-43 / ab', redemptionCode: '' },
      { id: 'ord_c', partnerIdentifier: null, redemptionCode: 'a-b-c-d-e-f-g-h-i-j-k' },
    ]
    await all`insert into projects (id, name, sealed_data_key) values ('prj_a', 'Main', '')`
    await all`insert into sites (id, project_id, number, name, created_at, updated_at) values ('sit_a', 'prj_a', 1, '', now(), now())`
    for (const [index, { id, name, licensePlate }] of customers.entries())
      await all`insert into customers (id, project_id, number, name, license_plate, created_at, updated_at)
        values (${id}, 'prj_a', ${index}, ${name}, ${licensePlate}, now(), now())`
    for (const [index, { id, partnerIdentifier, redemptionCode }] of orders.entries())
      await all`insert into orders (id, project_id, number, uid, state, customer_state, version, sequence, site_id,
          partner_identifier, redemption_code, created_at, updated_at)
        values (${id}, 'prj_a', ${index}, ${id}, 'CREATED', 'CREATED', 1, 1, 'sit_a', ${partnerIdentifier}, ${redemptionCode},
          now(), now())`
    await migrateDatabase(url)

    const rows = await all<{ owner_id: string; words: string[] }[]>`
      select owner_id, array_agg(word order by word) as words from search_words where project_id = 'prj_a'
      group by owner_id order by owner_id`
    const expected = [
      ...customers.map((customer) => [customer.id, wordsOfCustomer(customer)] as const),
      ...orders.map((order) => [order.id, wordsOfOrder(order)] as const),
    ].filter(([, words]) => words.length > 0)
    expect(rows.map(({ owner_id, words }) => [owner_id, words])).toEqual(
      expected.map(([id, words]) => [id, words.toSorted()]),
    )
    expect(await tablesWithoutForcedRls(all)).toEqual([])
    await all.end()
    await database.drop()
  },
  30_000,
)

function insertRowsBeforeRenames(sql: postgres.Sql) {
  return sql.unsafe(`
    insert into projects (id, name, sealed_data_key) values ('prj_a', 'A', 'sealed');
    insert into customers values ('cus_a', 'prj_a', 1, '', null, null, null, now(), now());
    insert into webhooks (id, project_id, name, url, topics, preset, overrides, version, created_at, updated_at)
      values ('whk_a', 'prj_a', '', '', '{}', 'STANDARD', '{"disable":[{"rule":"NEVER"}],"timeoutMs":1000}', 1, now(), now());
    insert into webhook_health (webhook_id, counted_since, uncounted_succeeded, uncounted_failed, failing_told_at)
      values ('whk_a', now(), 1, 2, now());
    insert into webhook_tallies (webhook_id, at, succeeded, failed) values ('whk_a', now(), 3, 4);
    insert into replays values ('whk_a', now() - interval '1 hour');
    insert into erasures values ('cus_a', 'prj_a', '');
    insert into deliveries (id, project_id, webhook_id, event_id, topic, state, attempt_count, created_at, missed_since,
        last_outcome, last_status_code, last_trigger)
      values ('dlv_a', 'prj_a', 'whk_a', 'evt_a', 'order.created', 'PENDING', 2, now(), now(), 'HTTP_ERROR', 503, 'PERSON');
    insert into due_deliveries (delivery_id, webhook_id, due_at, asked) values ('dlv_a', 'whk_a', now(), 'NOW');
    insert into attempts (id, project_id, position, delivery_id, webhook_id, topic, number, trigger, outcome,
        status_code, started_at, next_step, next_step_reason)
      values ('att_1', 'prj_a', 1, 'dlv_a', 'whk_a', 'order.created', 1, 'SCHEDULE', 'SUCCEEDED', 200, now(), 'NONE', ''),
        ('att_2', 'prj_a', 2, 'dlv_a', 'whk_a', 'order.created', 2, 'PERSON', 'HTTP_ERROR', 503, now(), 'RETRY', '');
    insert into audit_log (id, project_id, at, operation, object_id, before, after)
      values ('aud_a', 'prj_a', now(), 'webhookUpdate', 'whk_a', '{"policy":{"disable":[{"rule":"GONE"}]}}',
        '{"policy":{"disable":[{"rule":"NEVER"}]},"version":2}');
    insert into idempotency_keys (project_id, mutation, key, input_hash, answer)
      values ('prj_a', 'webhookCreate', 'k', 'h', '{"id":"whk_a","overrides":{"disable":[{"rule":"NEVER"}]}}');
  `)
}

/** Policies of a pool and of the owner, with the names that earlier versions gave them. */
function createPoliciesBeforeRenames(sql: postgres.Sql) {
  return sql.unsafe(`
    create policy all_for_dispatcher on replays to public using (false);
    create policy all_for_part on replays to public using (false);
    create policy all_for_part on attempts to public using (false);
  `)
}

function tablesWithoutForcedRls(sql: postgres.Sql) {
  return sql`
    select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
      and not relispartition and not (relrowsecurity and relforcerowsecurity)`
}

/** The tables, columns, indexes, constraints and policies whose name has a word that the migration replaces. */
function namesWithOldWords(sql: postgres.Sql) {
  return sql`
    select name from (
      select relname from pg_class where relnamespace = 'public'::regnamespace
      union all select column_name from information_schema.columns where table_schema = 'public'
      union all select conname from pg_constraint where connamespace = 'public'::regnamespace
      union all select policyname from pg_policies where schemaname = 'public'
    ) as names(name)
    where name ~ '^(replays|erasures)|tallies|missed|notable|counted_since|uncounted|told|under_way|asked|scope|all_for'`
}
