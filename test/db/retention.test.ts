/** What retention removes and what it leaves, on databases of owners of each kind; and that it holds nobody up. */
import postgres from 'postgres'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { makeAdminStore } from '../../src/db/installation/installation-store.ts'
import { connect, type Connections, type Sql } from '../../src/db/connection/connect.ts'
import { makeAttemptFeedStore } from '../../src/db/feed/attempt-feed.ts'
import { migrateDatabase } from '../../src/db/connection/migrate.ts'
import { makeProjectStore } from '../../src/db/tenant/tenant-store.ts'
import { makeRetentionSteps, makeRetentionStore } from '../../src/db/maintenance/retention.ts'
import { makeWebhookChangeStore } from '../../src/db/feed/webhook-change-feed.ts'
import { wholeProject } from '../../src/domain/access/scope.ts'
import { makeRetention } from '../../src/dispatch/retention.ts'
import { system } from '../../src/runtime/system.ts'
import { happened, toldOf, written } from '../support/database/history.ts'
import { migratedDatabase } from '../support/postgres.ts'
import { nullLog } from '../support/null-log.ts'
import { waitFor } from '../support/wait-for.ts'
import { anOwner, dropOwners, type OwnerKind } from './owners.ts'
import type { DeliveryFilter } from '../../src/domain/lists/filters.ts'

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

interface Place {
  /** A superuser, who sees all. */
  readonly all: Sql
  readonly url: string
  readonly connections: Connections
  readonly logged: { readonly step: string; readonly fields: Record<string, unknown> }[]
  run(signal?: AbortSignal, retentionDays?: number): Promise<void>
  count(table: string): Promise<number>
  consistent(): Promise<boolean>
}

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})
afterAll(dropOwners)

async function openPlace(kind: OwnerKind = 'SUPERUSER'): Promise<Place> {
  const database = await migratedDatabase()
  const url = await anOwner(database.url, kind)
  const rlsMode = await migrateDatabase(url)
  const all = postgres(database.url, { max: 4, onnotice: () => undefined })
  const connections = connect(url, nullLog, rlsMode)
  open.push(async () => {
    await Promise.all([connections.close(), all.end({ timeout: 5 })])
    await database.drop()
  })
  await all`insert into projects (id, name, sealed_data_key) values (${projectId}, 'Acme', 'sealed')`
  await all`
    insert into webhooks (id, project_id, name, url, topics, preset, overrides, version, created_at, updated_at)
    values ('whk_a', ${projectId}, 'POS', 'https://pos.example', '{order.*}', 'STANDARD', '{}', 1, now(), now())`
  const logged: Place['logged'] = []
  const note = (fields: Record<string, unknown>, step: string): void => void logged.push({ step, fields })
  const log = { debug: note, info: note, warn: note, error: note }
  const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, Math.min(ms, 20)))
  const store = makeRetentionStore((onClose) => connections.openUpkeep(onClose))
  return {
    ...{ all, url, connections, logged },
    run: (signal = never, retentionDays = 30) =>
      makeRetention({ store, system, log, pause, retentionDays })(signal),
    count: async (table) => {
      const [row] = await all<{ count: number }[]>`select count(*)::int from ${all(table)}`
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
] as const
const counts = async (place: Place) =>
  Object.fromEntries(
    await Promise.all(tables.map(async (table) => [table, await place.count(table)] as const)),
  )

describe.each(['SUPERUSER', 'CREATEROLE', 'PLAIN'] as const)('of an owner who is %s', (kind) => {
  test('what is too old is gone, what is younger or pending is there, and the feeds say where they begin', async () => {
    const place = await openPlace(kind)
    const { all, connections } = place
    await happened(all, ofA, 40, 'DELIVERED', 'EXHAUSTED')
    await happened(all, ofA, 40)
    const mixed = await happened(all, ofA, 35, 'DELIVERED', 'PENDING')
    await happened(all, ofA, 10, 'DELIVERED')
    for (const days of [40, 10]) {
      await written(all, projectId, days)
      await written(all, null, days)
      await toldOf(all, ofA, days)
    }
    await place.run()

    expect(place.logged.filter(({ step }) => step === 'retention.failed')).toEqual([])
    expect(await counts(place)).toEqual({
      ...{ events: 2, deliveries: 2, attempts: 1, attempt_contents: 1 },
      ...{ idempotency_keys: 1, audit_log: 2, webhook_changes: 1 },
    })
    const [kept] = await all`select id, delivery_count from events where id = ${mixed.eventId}`
    expect(kept).toEqual({ id: mixed.eventId, delivery_count: 1 })
    expect(await place.consistent()).toBe(true)
    expect(await makeAttemptFeedStore(connections.db).bounds(projectId)).toEqual({ expired: 4, last: 5 })
    expect(await makeWebhookChangeStore(connections.db).bounds(projectId)).toEqual({ expired: 1, last: 2 })

    // Another run finds nothing more.
    const before = await counts(place)
    await place.run()
    expect(await counts(place)).toEqual(before)
  })

  test('who only dispatches cannot remove what is young', async () => {
    const { connections } = await openPlace(kind)
    const { sql } = connections
    await expect(sql`select drop_attempt_partitions((now() at time zone 'utc')::date - 1)`).rejects.toThrow(
      'too young',
    )
    await expect(sql`select * from remove_idempotency_keys(now(), '-infinity', 1)`).rejects.toThrow(
      'too young',
    )
    await expect(sql`select * from remove_audit_entries(now(), '', 'aud_z', 1)`).rejects.toThrow('too young')
    // Without roles of their own, what parts the parts are their settings alone.
    if (kind !== 'PLAIN')
      await expect(connections.db.$client`select drop_attempt_partitions('2020-01-01')`).rejects.toThrow(
        'permission denied',
      )
  })
})

test('a day goes when it ended so many days ago, and its deliveries with it: an attempt always has its delivery', async () => {
  const place = await openPlace()
  for (let hours = 0; hours <= 96; hours += 6) await happened(place.all, ofA, hours / 24, 'DELIVERED')
  await place.run(never, 2)

  const [found] = await place.all<{ orphans: number; days: string[]; horizon: string }[]>`
    select (select count(*)::int from attempts a where not exists (select from deliveries d where d.id = a.delivery_id)) as orphans,
      array(select distinct (started_at at time zone 'utc')::date::text from attempts order by 1) as days,
      (now() at time zone 'utc' - interval '2 days')::date::text as horizon`
  expect(found?.orphans).toBe(0)
  expect(found?.days[0]).toBe(found?.horizon)
  expect(await place.count('deliveries')).toBe(await place.count('attempts'))
  expect(await place.count('events')).toBe(await place.count('deliveries'))
})

test('what is kept is found by its latest attempt, though that is gone', async () => {
  const place = await openPlace()
  const { all, connections } = place
  const waiting = await happened(all, ofA, 40, 'PENDING')
  const calledOff = await happened(all, ofA, 40, 'CANCELLED')
  const exhausted = await happened(all, ofA, 40, 'EXHAUSTED')
  await all`update deliveries set last_outcome = 'HTTP_ERROR', last_status_code = 503, last_trigger = 'PERSON', attempt_count = 2`
  await all`update deliveries set finished_at = now() where state <> 'PENDING'`
  await place.run()
  expect(await counts(place)).toMatchObject({ deliveries: 3, attempts: 0 })

  const found = async (filter: Partial<DeliveryFilter>) => {
    const store = makeProjectStore(connections.db, wholeProject(projectId))
    const page = { limit: 10, after: null, before: null, backwards: false }
    return (await store.listDeliveries({ ...everyDelivery, ...filter }, page)).items.map(({ id }) => id)
  }
  const ids = [waiting, calledOff, exhausted]
    .flatMap(({ deliveryIds }) => deliveryIds)
    .toSorted()
    .toReversed()
  expect(await found({})).toEqual(ids)
  expect(await found({ outcomes: ['HTTP_ERROR'] })).toEqual(ids)
  expect(await found({ statusClasses: ['SERVER_ERROR'], webhookIds: ['whk_a'] })).toEqual(ids)
  expect(await found({ triggers: ['PERSON'] })).toEqual(ids)
  expect(await found({ attemptNumberFrom: 2 })).toEqual(ids)
  expect(await found({ states: ['EXHAUSTED'] })).toEqual(exhausted.deliveryIds)
})

test('what is under lease and what is about to be brought back stays, however old', async () => {
  const place = await openPlace()
  const { all } = place
  const leased = await happened(all, ofA, 50, 'CANCELLED')
  const missed = await happened(all, ofA, 50, 'SKIPPED', 'SKIPPED')
  const [back = '', gone = ''] = missed.deliveryIds
  await all`insert into due_deliveries select id, webhook_id, now(), 'token', now(), now() from deliveries where event_id = ${leased.eventId}`
  await all`update deliveries set missed_since = '2026-01-01' where id = ${back}`
  await all`update deliveries set missed_since = '2026-01-02' where id = ${gone}`
  await all`insert into replays values ('whk_a', '2026-01-01')`
  await place.run()

  const left = await all<{ id: string }[]>`select id from deliveries order by id`
  expect(left.map(({ id }) => id)).toEqual([...leased.deliveryIds, back].toSorted())
  expect(await place.consistent()).toBe(true)
})

test('while a long read is under way a day stays, nobody waits behind it for long, and it goes once the read is over', async () => {
  const place = await openPlace()
  const { all } = place
  await happened(all, ofA, 40, 'DELIVERED')
  let letGo = (): void => undefined
  const held = new Promise<void>((resolve) => (letGo = resolve))
  let reading = false
  const read = all.begin(async (tx) => {
    await tx`select count(*) from attempts`
    reading = true
    await held
  })
  await waitFor(() => reading, { what: 'the long read' })
  const running = place.run()
  // Each of these would wait for the end of the read if the lock were waited for.
  for (let write = 0; write < 10; write += 1) await happened(all, ofA, 1, 'DELIVERED')
  await makeRetentionSteps(place.connections.sql).ensurePartitions()
  await running
  expect(place.logged.map(({ step }) => step)).toContain('retention.partition-locked')
  // The delivery waits for its attempt.
  expect(await counts(place)).toMatchObject({ attempts: 11, deliveries: 11, events: 11 })
  expect(await makeAttemptFeedStore(place.connections.db).bounds(projectId)).toMatchObject({ expired: 0 })

  letGo()
  await read
  await place.run()
  expect(await counts(place)).toMatchObject({ attempts: 10, deliveries: 10, events: 10 })
})

test('a partition for a new day is made beside a long read', async () => {
  const place = await openPlace()
  await place.all.begin(async (tx) => {
    await tx`select count(*) from attempts`
    await makeRetentionSteps(place.connections.sql).ensurePartitions()
  })
  expect(await makeRetentionSteps(place.connections.sql).daysAhead()).toBe(14)
  const [indexes] = await place.all<{ missing: number; broken: number }[]>`
    select count(*) filter (where i.indisvalid is not true)::int as broken,
      (select count(*)::int from pg_index p where p.indrelid = 'attempts'::regclass and (
        select count(*) from pg_inherits h where h.inhparent = p.indexrelid
      ) <> (select count(*) from pg_inherits h where h.inhparent = 'attempts'::regclass)) as missing
    from pg_index i where i.indrelid = 'attempts'::regclass`
  expect(indexes).toEqual({ missing: 0, broken: 0 })
})

test('of two that run at once one works, and the other gives way', async () => {
  const place = await openPlace()
  const other = connect(place.url, nullLog)
  const [here, there] = [place.connections, other].map((each) =>
    makeRetentionStore((onClose) => each.openUpkeep(onClose)),
  )
  const both = () => Promise.resolve('both')
  const found = await here?.alone(async () => [await there?.alone(both), await here.alone(both)])
  expect(found).toEqual([null, null])
  expect(await there?.alone(both)).toBe('both')
  await other.close()
})

test('one that is told to stop ends after its batch, and the next goes on from there', async () => {
  const place = await openPlace()
  const { all } = place
  await all`
    insert into idempotency_keys
    select ${projectId}, 'm', place::text, 'h', '{}', now() - interval '40 days' from generate_series(1, 2500) as place`
  const stop = new AbortController()
  const running = place.run(stop.signal)
  await waitFor(async () => (await place.count('idempotency_keys')) < 2_500, { what: 'the first batch' })
  stop.abort()
  await running
  const left = await place.count('idempotency_keys')
  expect([500, 1_500]).toContain(left)
  await place.run()
  expect(await place.count('idempotency_keys')).toBe(0)
})

test('more than a batch of each goes in one run, past what has to stay', async () => {
  const place = await openPlace()
  const { all } = place
  await happened(all, ofA, 60, ...Array.from({ length: 1_200 }, () => 'PENDING' as const))
  await happened(all, ofA, 50, ...Array.from({ length: 2_300 }, () => 'DELIVERED' as const))
  for (let entry = 0; entry < 3; entry += 1) await written(all, projectId, 40)
  await place.run()

  expect(await counts(place)).toMatchObject({
    events: 1,
    deliveries: 1_200,
    audit_log: 0,
    idempotency_keys: 0,
  })
  expect(await place.consistent()).toBe(true)
})

test('a run whose connection is cut leaves whole batches, and lets the next one work', async () => {
  const place = await openPlace()
  const { all } = place
  await happened(all, ofA, 50, ...Array.from({ length: 3_000 }, () => 'DELIVERED' as const))
  const running = place.run()
  await waitFor(async () => (await place.count('deliveries')) < 3_000, { what: 'the first batch' })
  await all`
    select pg_terminate_backend(pid) from pg_locks
    where locktype = 'advisory' and granted and pid <> pg_backend_pid()
      and database = (select oid from pg_database where datname = current_database())`
  await running
  expect(await place.consistent()).toBe(true)
  await place.run()
  expect(await counts(place)).toMatchObject({ deliveries: 0, events: 0, attempts: 0 })
})
