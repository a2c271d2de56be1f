/** due_deliveries on a real PostgreSQL: one row for each delivery that is PENDING or under lease, none for others. */
import { wholeProject } from '../../../src/domain/access/scope.ts'
import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeAdminStore } from '../../../src/db/installation/installation-store.ts'
import { connect, type Connections } from '../../../src/db/connection/connect.ts'
import { makeDispatchStore } from '../../../src/db/dispatch/dispatch-store.ts'
import { migrateDatabase } from '../../../src/db/connection/migrate.ts'
import { makeProjectStore } from '../../../src/db/tenant/tenant-store.ts'
import type { Settlement } from '../../../src/domain/policies/next-step.ts'
import type { Claimed, DispatchStore, SettledAttempt } from '../../../src/ports/dispatch-store.ts'
import type { ProjectStore } from '../../../src/db/tenant/tenant-store.ts'
import { system } from '../../../src/runtime/system.ts'
import { freshDatabase, type FreshDatabase } from '../../support/postgres.ts'
import { nullLog } from '../../support/null-log.ts'
import { insertEvent } from '../support/insert-event.ts'
import { buildWebhook } from '../../support/samples.ts'

const lease = { timeoutMs: 15_000, marginMs: 10_000 }
const delivered: Settlement = {
  state: 'DELIVERED',
  outcome: 'SUCCEEDED',
  nextStep: 'NONE',
  reason: 'the receiver accepted the request',
  retryInMs: null,
  failures: 0,
  interruptions: 0,
}
const retried: Settlement = {
  ...delivered,
  state: 'PENDING',
  outcome: 'HTTP_ERROR',
  nextStep: 'RETRY',
  retryInMs: 60_000,
  failures: 1,
}

let database: FreshDatabase
let connections: Connections
let dispatch: DispatchStore
let store: ProjectStore
const projectId = system.newId('project')
const webhookId = system.newId('webhook')

beforeEach(async () => {
  database = await freshDatabase()
  connections = connect(database.url, nullLog)
})
afterEach(async () => {
  await connections.close()
  await database.drop()
})

describe('due_deliveries', () => {
  beforeEach(async () => {
    await migrateDatabase(database.url)
    dispatch = makeDispatchStore(connections.sql, system)
    await dispatch.ensurePartitions()
    const project = { id: projectId, name: 'Main Street', arrivingMinutes: [], createdAt: new Date() }
    await makeAdminStore(connections.db).insertProject(project, 'sealed')
    store = makeProjectStore(connections.db, wholeProject(projectId))
    await store.transaction((tx) =>
      tx.insertWebhook(buildWebhook({ id: webhookId }), { secrets: [], token: null }),
    )
  })

  test('a settled delivery that is DELIVERED has no due row', async () => {
    const [claimed] = await createAndClaim(1)
    expect(await dueRows()).toMatchObject([{ leased: true }])
    const report = await settle(claimed, delivered)
    expect(report.late).toEqual([])
    expect(await dueRows()).toEqual([])
    expect(await deliveries()).toMatchObject([{ state: 'DELIVERED', attempt_count: 1, due_at: null }])
  })

  test('a settled delivery that is retried has a due row at its dueAt without a lease, and its next attempt is number 2', async () => {
    const [first] = await createAndClaim(1)
    await settle(first, retried)
    const [row] = await deliveries()
    expect(row).toMatchObject({ state: 'PENDING', attempt_count: 1 })
    expect(await dueRows()).toEqual([{ delivery_id: first?.deliveryId, due_at: row?.due_at, leased: false }])

    await connections.sql`update due_deliveries set due_at = now() - interval '1 second'`
    const [second] = await claim()
    expect(second?.attemptNumber).toBe(2)
    expect(second?.leaseToken).not.toBe(first?.leaseToken)
  })

  test('a delivery with a manual retry during its attempt becomes the first due row', async () => {
    const [claimed] = await createAndClaim(3, 1)
    await connections.sql`
      update due_deliveries set due_at = now() - interval '1 hour' where delivery_id <> ${claimed?.deliveryId ?? ''}`
    await store.transaction(async (tx) => {
      const found = await tx.lockDelivery(claimed?.deliveryId ?? '')
      if (found !== null) await tx.queueRetryAfterCurrent(found.delivery)
    })
    await settle(claimed, retried)
    const [head] =
      await connections.sql`select delivery_id, manual_retry from due_deliveries order by due_at, delivery_id`
    expect(head).toEqual({ delivery_id: claimed?.deliveryId, manual_retry: 'NOW' })
  })

  test('a settle with an old lease token changes nothing and reports the delivery as late', async () => {
    const [first] = await createAndClaim(1)
    await settle(first, retried)
    await connections.sql`update due_deliveries set due_at = now() - interval '1 second'`
    const [second] = await claim()
    expect((await settle(first, delivered)).late).toEqual([first?.deliveryId])
    expect(await deliveries()).toMatchObject([{ state: 'PENDING', attempt_count: 1 }])
    expect(await dueRows()).toMatchObject([{ leased: true }])
    expect((await settle(second, delivered)).late).toEqual([])
    expect(await deliveries()).toMatchObject([{ state: 'DELIVERED', attempt_count: 2 }])
  })

  test('a delivery that is cancelled during its attempt is settled without a further attempt, and one without an attempt loses its due row at once', async () => {
    const [claimed] = await createAndClaim(2, 1)
    await connections.sql`update webhooks set deleted_at = now() where id = ${webhookId}`
    expect(await store.cancelPending(webhookId, 10)).toBe(2)
    expect(await store.cancelPending(webhookId, 10)).toBe(0)
    // The delivery without a running attempt loses its row at once.
    expect(await dueRows()).toMatchObject([{ delivery_id: claimed?.deliveryId, leased: true }])
    await settle(claimed, retried)
    expect(await dueRows()).toEqual([])
    const states = await deliveries()
    expect(states.map(({ state }) => state)).toEqual(['CANCELLED', 'CANCELLED'])
    expect(states.map((row) => row.attempt_count)).toEqual([1, 0])
  })

  test('of two concurrent settles of 60 deliveries during webhookDelete one succeeds, and all deliveries are CANCELLED with one attempt', async () => {
    const claims = await createAndClaim(60)
    const others = makeDispatchStore(connections.sql, system)
    // Each batch has other attempts, as those of a lane and of a sweep that considers them interrupted.
    const batchOf = () => claims.map((claimed) => attemptOf(claimed, retried))
    const late = await Promise.all([
      dispatch.settle(batchOf()).then((report) => report.late.length),
      others.settle(batchOf().toReversed()).then((report) => report.late.length),
      connections.sql`update webhooks set deleted_at = now() where id = ${webhookId}`.then(async () => {
        await store.cancelPending(webhookId, 7)
        await store.cancelPending(webhookId, 7)
        return 0
      }),
    ])
    expect(late.toSorted((a, b) => a - b)).toEqual([0, 0, 60])
    while ((await store.cancelPending(webhookId, 7)) > 0);
    expect(await dueRows()).toEqual([])
    const states = await deliveries()
    expect(new Set(states.map(({ state, attempt_count }) => `${state} ${attempt_count}`))).toEqual(
      new Set(['CANCELLED 1']),
    )
  })

  test('expiredLeases returns a delivery after its lease expired, with the number of its attempt', async () => {
    const [claimed] = await createAndClaim(1)
    expect(await dispatch.expiredLeases(10)).toEqual([])
    await connections.sql`update due_deliveries set lease_until = now() - interval '1 second'`
    expect(await dispatch.expiredLeases(10)).toMatchObject([
      { deliveryId: claimed?.deliveryId, leaseToken: claimed?.leaseToken, attemptNumber: 1 },
    ])
  })
})

// With an index on one of these columns, every settle would write all indexes of the table.
test('no index of deliveries contains a column that a settle changes', async () => {
  await migrateDatabase(database.url)
  const rows = await connections.sql<{ definition: string }[]>`
    select pg_get_indexdef(indexrelid) as definition from pg_index where indrelid = 'deliveries'::regclass`
  expect(rows.length).toBeGreaterThan(2)
  const changing = /\b(state|due_at|attempt_count|failures|interruptions|finished_at|last_\w+)\b/
  expect(rows.map(({ definition }) => definition).filter((text) => changing.test(text))).toEqual([])
})

test('the migration to due_deliveries moves pending deliveries, and leases with the number of their attempt', async () => {
  const { sql } = connections
  const folder = new URL('../../../drizzle/', import.meta.url)
  const journal = JSON.parse(await readFile(new URL('meta/_journal.json', folder), 'utf8')) as {
    entries: { tag: string }[]
  }
  const tags = journal.entries.map(({ tag }) => tag)
  const position = tags.findIndex((tag) => tag.endsWith('_due_deliveries'))
  const run = async (tag: string): Promise<void> => {
    await sql.unsafe(await readFile(new URL(`${tag}.sql`, folder), 'utf8'))
  }
  for (const tag of tags.slice(0, position)) await run(tag)
  await sql`
    insert into deliveries
      (id, project_id, webhook_id, event_id, topic, state, attempt_count, due_at, lease_token, lease_started_at, created_at)
    values
      ('dlv_done', 'prj', 'whk', 'evt', 'order.created', 'DELIVERED', 1, null, null, null, now()),
      ('dlv_free', 'prj', 'whk', 'evt', 'order.created', 'PENDING', 1, '2026-02-26T12:00:00Z', null, null, now()),
      ('dlv_sent', 'prj', 'whk', 'evt', 'order.created', 'PENDING', 2, '2026-02-26T12:00:00Z', 'token', now(), now()),
      ('dlv_stop', 'prj', 'whk', 'evt', 'order.created', 'CANCELLED', 1, null, 'token', now(), now())`
  await run(tags[position] ?? '')
  expect(await deliveries()).toMatchObject([
    { id: 'dlv_done', attempt_count: 1 },
    { id: 'dlv_free', attempt_count: 1 },
    { id: 'dlv_sent', attempt_count: 1 },
    { id: 'dlv_stop', attempt_count: 0 },
  ])
  expect(await dueRows()).toMatchObject([
    { delivery_id: 'dlv_free', leased: false },
    { delivery_id: 'dlv_sent', leased: true },
    { delivery_id: 'dlv_stop', leased: true },
  ])
})

function claim(limit = 10) {
  return dispatch.claim([{ webhookId, limit }], lease)
}

async function createAndClaim(count: number, limit = count): Promise<readonly Claimed[]> {
  for (let index = 0; index < count; index += 1) await insertEvent(connections.db, projectId, webhookId)
  const claimed = await claim(limit)
  expect(claimed.length).toBe(limit)
  return claimed
}

function settle(claimed: Claimed | undefined, settlement: Settlement) {
  if (claimed === undefined) throw new Error('expected a claim')
  return dispatch.settle([attemptOf(claimed, settlement)])
}

function attemptOf(claimed: Claimed, settlement: Settlement): SettledAttempt {
  return {
    claimed,
    attemptId: system.newId('attempt', claimed.startedAt),
    answer: { kind: 'ANSWERED', status: 200, retryAfter: null },
    settlement,
    counts: settlement.outcome === 'SUCCEEDED' ? 'SUCCESS' : 'FAILURE',
    result: null,
    detail: null,
    content: { request: null, response: null },
  }
}

function dueRows() {
  return connections.sql<{ delivery_id: string; due_at: Date; leased: boolean }[]>`
    select delivery_id, due_at, lease_token is not null as leased from due_deliveries order by delivery_id`
}

function deliveries() {
  return connections.sql<{ id: string; state: string; attempt_count: number; due_at: Date | null }[]>`
    select id, state, attempt_count, due_at from deliveries order by id`
}
