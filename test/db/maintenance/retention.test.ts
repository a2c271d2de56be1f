/** What retention removes and keeps, for each kind of database owner, and that it does not block other statements for long. */
import postgres from 'postgres'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { makeAdminStore } from '../../../src/db/installation/installation-store.ts'
import { connect, type Connections, type Sql } from '../../../src/db/connection/connect.ts'
import { makeAttemptFeedStore } from '../../../src/db/feed/attempt-feed.ts'
import { migrateDatabase } from '../../../src/db/connection/migrate.ts'
import { makeProjectStore } from '../../../src/db/tenant/tenant-store.ts'
import { makeRetentionSteps, makeRetentionStore } from '../../../src/db/maintenance/retention-statements.ts'
import { makeWebhookChangeStore } from '../../../src/db/feed/webhook-change-feed.ts'
import { wholeProject } from '../../../src/domain/access/scope.ts'
import { makeRetention } from '../../../src/dispatch/retention.ts'
import { system } from '../../../src/runtime/system.ts'
import { insertPastEvent, insertPastChange, insertPastAuditEntry } from '../../support/database/history.ts'
import { freshDatabase } from '../../support/postgres.ts'
import { nullLog } from '../../support/null-log.ts'
import { waitFor } from '../../support/wait-for.ts'
import { createOwner, dropOwners, type OwnerKind } from '../support/owners.ts'
import type { DeliveryFilter } from '../../../src/domain/lists/filters.ts'

const projectId = 'prj_a'
const always = { from: null, until: null }
const everyDelivery: DeliveryFilter = {
  ...{ webhookIds: [], partnerIds: [], orderIds: [], eventIds: [], topics: [], states: [], outcomes: [] },
  ...{
    statusClasses: [],
    attemptNumberFrom: null,
    presets: [],
    finalOnly: null,
    triggers: [],
    createdAt: always,
  },
}
const ofA = { projectId, webhookId: 'whk_a' }
const never = new AbortController().signal

interface Fixture {
  /** Bypasses row-level security. */
  readonly superuser: Sql
  readonly url: string
  readonly connections: Connections
  readonly logged: { readonly step: string; readonly fields: Record<string, unknown> }[]
  run(signal?: AbortSignal, retentionDays?: number): Promise<void>
  count(table: string): Promise<number>
  consistent(): Promise<boolean>
}

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})
afterAll(dropOwners)

async function openFixture(kind: OwnerKind = 'SUPERUSER'): Promise<Fixture> {
  const database = await freshDatabase()
  const url = await createOwner(database.url, kind)
  const rlsMode = await migrateDatabase(url)
  const superuser = postgres(database.url, { max: 4, onnotice: () => undefined })
  const connections = connect(url, nullLog, rlsMode)
  closers.push(async () => {
    await Promise.all([connections.close(), superuser.end({ timeout: 5 })])
    await database.drop()
  })
  await superuser`insert into projects (id, name, sealed_data_key) values (${projectId}, 'Acme', 'sealed')`
  await superuser`
    insert into webhooks (id, project_id, name, url, topics, preset, overrides, version, created_at, updated_at)
    values ('whk_a', ${projectId}, 'POS', 'https://pos.example', '{order.*}', 'STANDARD', '{}', 1, now(), now())`
  const logged: Fixture['logged'] = []
  const note = (fields: Record<string, unknown>, step: string): void => void logged.push({ step, fields })
  const log = { debug: note, info: note, warn: note, error: note }
  const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, Math.min(ms, 20)))
  const store = makeRetentionStore((onClose) => connections.openUpkeep(onClose))
  return {
    ...{ superuser, url, connections, logged },
    run: (signal = never, retentionDays = 30) =>
      makeRetention({ store, system, log, pause, retentionDays })(signal),
    count: async (table) => {
      const [row] = await superuser<{ count: number }[]>`select count(*)::int from ${superuser(table)}`
      return row?.count ?? 0
    },
    consistent: async () =>
      (await makeAdminStore(connections.adminPool).countDeliveries(projectId)).consistent,
  }
}

const tables = [
  'events',
  'deliveries',
  'attempts',
  'attempt_contents',
  'idempotency_keys',
  'audit_log',
  'webhook_changes',
  'bulk_retries',
] as const
const counts = async (fixture: Fixture) =>
  Object.fromEntries(
    await Promise.all(tables.map(async (table) => [table, await fixture.count(table)] as const)),
  )

describe.each(['SUPERUSER', 'CREATEROLE', 'PLAIN'] as const)(
  'retention of a database owned by %s',
  (kind) => {
    test(`retention removes old finished rows, keeps younger and PENDING ones, and moves the start of the feeds, on a database owned by ${kind}`, async () => {
      const fixture = await openFixture(kind)
      const { superuser, connections } = fixture
      await insertPastEvent(superuser, ofA, 40, 'DELIVERED', 'EXHAUSTED')
      await insertPastEvent(superuser, ofA, 40)
      const mixed = await insertPastEvent(superuser, ofA, 35, 'DELIVERED', 'PENDING')
      await insertPastEvent(superuser, ofA, 10, 'DELIVERED')
      for (const days of [40, 10]) {
        await insertPastAuditEntry(superuser, projectId, days)
        await insertPastAuditEntry(superuser, null, days)
        await insertPastChange(superuser, ofA, days)
        // The second has retries that have not ended, and the third is not finished.
        await superuser`
          insert into bulk_retries (id, project_id, key_id, filter, rate_per_second, restart_schedule, dry_run, state, total, created_at, finished_at, paced_at, run_at)
          select 'brt_' || ${days}::int || n, ${projectId}, 'key_a', '{}', 1, false, false, 'DONE', 0, at, case when n < 3 then at end, at, case when n = 2 then at end
          from generate_series(1, 3) n, (select now() - ${days}::int * interval '1 day') t(at)`
      }
      await fixture.run()

      expect(fixture.logged.filter(({ step }) => step === 'retention.failed')).toEqual([])
      expect(await counts(fixture)).toEqual({
        ...{ events: 2, deliveries: 2, attempts: 1, attempt_contents: 1 },
        ...{ idempotency_keys: 1, audit_log: 2, webhook_changes: 1, bulk_retries: 5 },
      })
      const [kept] = await superuser`select id, delivery_count from events where id = ${mixed.eventId}`
      expect(kept).toEqual({ id: mixed.eventId, delivery_count: 1 })
      expect(await fixture.consistent()).toBe(true)
      expect(await makeAttemptFeedStore(connections.db).bounds(projectId)).toEqual({ expired: 4, last: 5 })
      expect(await makeWebhookChangeStore(connections.db).bounds(projectId)).toEqual({ expired: 1, last: 2 })

      // A second run removes nothing.
      const before = await counts(fixture)
      await fixture.run()
      expect(await counts(fixture)).toEqual(before)
    })

    test(`the functions of retention refuse to remove rows that are too young, on a database owned by ${kind}`, async () => {
      const { connections } = await openFixture(kind)
      const { sql } = connections
      await expect(sql`select drop_attempt_partitions((now() at time zone 'utc')::date - 1)`).rejects.toThrow(
        'too young',
      )
      await expect(sql`select * from remove_idempotency_keys(now(), '-infinity', 1)`).rejects.toThrow(
        'too young',
      )
      await expect(sql`select * from remove_audit_entries(now(), '', 'aud_z', 1)`).rejects.toThrow(
        'too young',
      )
      // A PLAIN owner has no roles: only settings separate the pools.
      if (kind !== 'PLAIN')
        await expect(connections.db.$client`select drop_attempt_partitions('2020-01-01')`).rejects.toThrow(
          'permission denied',
        )
    })
  },
)

test('retention of 2 days removes the days that ended 2 days ago with their deliveries, and every kept attempt has its delivery', async () => {
  const fixture = await openFixture()
  for (let hours = 0; hours <= 96; hours += 6)
    await insertPastEvent(fixture.superuser, ofA, hours / 24, 'DELIVERED')
  await fixture.run(never, 2)

  const [found] = await fixture.superuser<{ orphans: number; days: string[]; horizon: string }[]>`
    select (select count(*)::int from attempts a where not exists (select from deliveries d where d.id = a.delivery_id)) as orphans,
      array(select distinct (started_at at time zone 'utc')::date::text from attempts order by 1) as days,
      (now() at time zone 'utc' - interval '2 days')::date::text as horizon`
  expect(found?.orphans).toBe(0)
  expect(found?.days[0]).toBe(found?.horizon)
  expect(await fixture.count('deliveries')).toBe(await fixture.count('attempts'))
  expect(await fixture.count('events')).toBe(await fixture.count('deliveries'))
})

test('filters by the latest attempt find kept deliveries whose attempts were removed', async () => {
  const fixture = await openFixture()
  const { superuser, connections } = fixture
  const waiting = await insertPastEvent(superuser, ofA, 40, 'PENDING')
  const cancelled = await insertPastEvent(superuser, ofA, 40, 'CANCELLED')
  const exhausted = await insertPastEvent(superuser, ofA, 40, 'EXHAUSTED')
  await superuser`update deliveries set last_outcome = 'HTTP_ERROR', last_status_code = 503, last_trigger = 'MANUAL', attempt_count = 2`
  await superuser`update deliveries set finished_at = now() where state <> 'PENDING'`
  await fixture.run()
  expect(await counts(fixture)).toMatchObject({ deliveries: 3, attempts: 0 })

  const found = async (filter: Partial<DeliveryFilter>) => {
    const store = makeProjectStore(connections.db, wholeProject(projectId))
    const page = { limit: 10, after: null, before: null, backwards: false }
    return (await store.listDeliveries({ ...everyDelivery, ...filter }, page)).items.map(({ id }) => id)
  }
  const ids = [waiting, cancelled, exhausted]
    .flatMap(({ deliveryIds }) => deliveryIds)
    .toSorted()
    .toReversed()
  expect(await found({})).toEqual(ids)
  expect(await found({ outcomes: ['HTTP_ERROR'] })).toEqual(ids)
  expect(await found({ statusClasses: ['SERVER_ERROR'], webhookIds: ['whk_a'] })).toEqual(ids)
  expect(await found({ triggers: ['MANUAL'] })).toEqual(ids)
  expect(await found({ attemptNumberFrom: 2 })).toEqual(ids)
  expect(await found({ states: ['EXHAUSTED'] })).toEqual(exhausted.deliveryIds)
})

test('retention keeps deliveries that are under lease or part of an unfinished replay, however old', async () => {
  const fixture = await openFixture()
  const { superuser } = fixture
  const leased = await insertPastEvent(superuser, ofA, 50, 'CANCELLED')
  const skipped = await insertPastEvent(superuser, ofA, 50, 'SKIPPED', 'SKIPPED')
  const [replayed = '', removed = ''] = skipped.deliveryIds
  await superuser`insert into due_deliveries select id, webhook_id, now(), 'token', now(), now() from deliveries where event_id = ${leased.eventId}`
  await superuser`update deliveries set skipped_since = '2026-01-01' where id = ${replayed}`
  await superuser`update deliveries set skipped_since = '2026-01-02' where id = ${removed}`
  await superuser`insert into pending_replays values ('whk_a', '2026-01-01')`
  await fixture.run()

  const left = await superuser<{ id: string }[]>`select id from deliveries order by id`
  expect(left.map(({ id }) => id)).toEqual([...leased.deliveryIds, replayed].toSorted())
  expect(await fixture.consistent()).toBe(true)
})

test('retention keeps a partition during a long read without blocking writers, and removes it after the read', async () => {
  const fixture = await openFixture()
  const { superuser } = fixture
  await insertPastEvent(superuser, ofA, 40, 'DELIVERED')
  let endRead = (): void => undefined
  const held = new Promise<void>((resolve) => (endRead = resolve))
  let reading = false
  const read = superuser.begin(async (tx) => {
    await tx`select count(*) from attempts`
    reading = true
    await held
  })
  await waitFor(() => reading, { what: 'the long read' })
  const running = fixture.run()
  // Each of these would block until the end of the read if retention waited for the lock.
  for (let write = 0; write < 10; write += 1) await insertPastEvent(superuser, ofA, 1, 'DELIVERED')
  await makeRetentionSteps(fixture.connections.sql).ensurePartitions()
  await running
  expect(fixture.logged.map(({ step }) => step)).toContain('retention.partition-locked')
  // The delivery is kept as long as its attempt.
  expect(await counts(fixture)).toMatchObject({ attempts: 11, deliveries: 11, events: 11 })
  expect(await makeAttemptFeedStore(fixture.connections.db).bounds(projectId)).toMatchObject({ expired: 0 })

  endRead()
  await read
  await fixture.run()
  expect(await counts(fixture)).toMatchObject({ attempts: 10, deliveries: 10, events: 10 })
})

test('ensurePartitions creates partitions of 14 days ahead with all indexes during a long read', async () => {
  const fixture = await openFixture()
  await fixture.superuser.begin(async (tx) => {
    await tx`select count(*) from attempts`
    await makeRetentionSteps(fixture.connections.sql).ensurePartitions()
  })
  expect(await makeRetentionSteps(fixture.connections.sql).daysAhead()).toBe(14)
  const [indexes] = await fixture.superuser<{ missing: number; broken: number }[]>`
    select count(*) filter (where i.indisvalid is not true)::int as broken,
      (select count(*)::int from pg_index p where p.indrelid = 'attempts'::regclass and (
        select count(*) from pg_inherits h where h.inhparent = p.indexrelid
      ) <> (select count(*) from pg_inherits h where h.inhparent = 'attempts'::regclass)) as missing
    from pg_index i where i.indrelid = 'attempts'::regclass`
  expect(indexes).toEqual({ missing: 0, broken: 0 })
})

test('while one run of retention holds the lock, another does nothing', async () => {
  const fixture = await openFixture()
  const other = connect(fixture.url, nullLog)
  const [first, second] = [fixture.connections, other].map((each) =>
    makeRetentionStore((onClose) => each.openUpkeep(onClose)),
  )
  const work = () => Promise.resolve('done')
  const found = await first?.withLock(async () => [await second?.withLock(work), await first.withLock(work)])
  expect(found).toEqual([null, null])
  expect(await second?.withLock(work)).toBe('done')
  await other.close()
})

test('an aborted run of retention ends after its batch, and the next run removes the remaining rows', async () => {
  const fixture = await openFixture()
  const { superuser } = fixture
  await superuser`
    insert into idempotency_keys
    select ${projectId}, 'm', place::text, 'h', '{}', now() - interval '40 days' from generate_series(1, 2500) as place`
  const stop = new AbortController()
  const running = fixture.run(stop.signal)
  await waitFor(async () => (await fixture.count('idempotency_keys')) < 2_500, { what: 'the first batch' })
  stop.abort()
  await running
  const left = await fixture.count('idempotency_keys')
  expect([500, 1_500]).toContain(left)
  await fixture.run()
  expect(await fixture.count('idempotency_keys')).toBe(0)
})

test('one run of retention removes several batches, past 1,200 PENDING deliveries that it keeps', async () => {
  const fixture = await openFixture()
  const { superuser } = fixture
  await insertPastEvent(superuser, ofA, 60, ...Array.from({ length: 1_200 }, () => 'PENDING' as const))
  await insertPastEvent(superuser, ofA, 50, ...Array.from({ length: 2_300 }, () => 'DELIVERED' as const))
  for (let entry = 0; entry < 3; entry += 1) await insertPastAuditEntry(superuser, projectId, 40)
  await fixture.run()

  expect(await counts(fixture)).toMatchObject({
    events: 1,
    deliveries: 1_200,
    audit_log: 0,
    idempotency_keys: 0,
  })
  expect(await fixture.consistent()).toBe(true)
})

test('a run of retention whose connection is terminated leaves whole batches, and the next run removes the remaining rows', async () => {
  const fixture = await openFixture()
  const { superuser } = fixture
  await insertPastEvent(superuser, ofA, 50, ...Array.from({ length: 3_000 }, () => 'DELIVERED' as const))
  const running = fixture.run()
  await waitFor(async () => (await fixture.count('deliveries')) < 3_000, { what: 'the first batch' })
  await superuser`
    select pg_terminate_backend(pid) from pg_locks
    where locktype = 'advisory' and granted and pid <> pg_backend_pid()
      and database = (select oid from pg_database where datname = current_database())`
  await running
  expect(await fixture.consistent()).toBe(true)
  await fixture.run()
  expect(await counts(fixture)).toMatchObject({ deliveries: 0, events: 0, attempts: 0 })
})
