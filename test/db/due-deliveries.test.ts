/** What lanes work from, on a real PostgreSQL: a row for what is pending or under lease, and none for the rest. */
import { wholeProject } from '../../src/domain/access/scope.ts'
import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeAdminStore } from '../../src/db/installation/installation-store.ts'
import { connect, type Connections } from '../../src/db/connection/connect.ts'
import { makeDispatchStore } from '../../src/db/dispatch/dispatch-store.ts'
import { migrateDatabase } from '../../src/db/connection/migrate.ts'
import { makeProjectStore } from '../../src/db/tenant/tenant-store.ts'
import type { Settlement } from '../../src/domain/policies/next-step.ts'
import { countAttempts } from '../../src/dispatch/settle.ts'
import type { Claimed, DispatchStore, SettledAttempt } from '../../src/ports/dispatch-store.ts'
import type { ProjectStore } from '../../src/ports/tenant-store.ts'
import { system } from '../../src/runtime/system.ts'
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts'
import { nullLog } from '../support/null-log.ts'
import { aWebhook } from '../support/samples.ts'

const lease = { timeoutMs: 15_000, marginMs: 10_000 }
const delivered: Settlement = {
  state: 'DELIVERED',
  outcome: 'SUCCEEDED',
  nextStep: 'NONE',
  reason: 'the receiver took it',
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

describe('a delivery that is due', () => {
  beforeEach(async () => {
    await migrateDatabase(database.url)
    dispatch = makeDispatchStore(connections.sql, system)
    await dispatch.ensurePartitions()
    const project = { id: projectId, name: 'Main Street', createdAt: new Date() }
    await makeAdminStore(connections.db).insertProject(project, 'sealed')
    store = makeProjectStore(connections.db, wholeProject(projectId))
    await store.transaction((tx) =>
      tx.insertWebhook(aWebhook({ id: webhookId }), { secrets: [], token: null }),
    )
  })

  test('leaves nothing to work from once it is delivered', async () => {
    const [claimed] = await owedAndClaimed(1)
    expect(await dueRows()).toMatchObject([{ leased: true }])
    const report = await settle(claimed, delivered)
    expect(report.late).toEqual([])
    expect(await dueRows()).toEqual([])
    expect(await deliveries()).toMatchObject([{ state: 'DELIVERED', attempt_count: 1, due_at: null }])
  })

  test('is free again for the retry, at the time that people are shown, and its next attempt is number 2', async () => {
    const [first] = await owedAndClaimed(1)
    await settle(first, retried)
    const [row] = await deliveries()
    expect(row).toMatchObject({ state: 'PENDING', attempt_count: 1 })
    expect(await dueRows()).toEqual([{ delivery_id: first?.deliveryId, due_at: row?.due_at, leased: false }])

    await connections.sql`update due_deliveries set due_at = now()`
    const [second] = await claim()
    expect(second?.attemptNumber).toBe(2)
    expect(second?.leaseToken).not.toBe(first?.leaseToken)
  })

  test('goes before all that waits when a person asked for it while it was sent', async () => {
    const [claimed] = await owedAndClaimed(3, 1)
    await connections.sql`
      update due_deliveries set due_at = now() - interval '1 hour' where delivery_id <> ${claimed?.deliveryId ?? ''}`
    await store.transaction(async (tx) => {
      const found = await tx.lockDelivery(claimed?.deliveryId ?? '')
      if (found !== null) await tx.queueRetryAfterCurrent(found.delivery)
    })
    await settle(claimed, retried)
    const [head] =
      await connections.sql`select delivery_id, asked from due_deliveries order by due_at, delivery_id`
    expect(head).toEqual({ delivery_id: claimed?.deliveryId, asked: 'NOW' })
  })

  test('is settled once: who comes with a lease that is over changes nothing and is told so', async () => {
    const [first] = await owedAndClaimed(1)
    await settle(first, retried)
    await connections.sql`update due_deliveries set due_at = now()`
    const [second] = await claim()
    expect((await settle(first, delivered)).late).toEqual([first?.deliveryId])
    expect(await deliveries()).toMatchObject([{ state: 'PENDING', attempt_count: 1 }])
    expect(await dueRows()).toMatchObject([{ leased: true }])
    expect((await settle(second, delivered)).late).toEqual([])
    expect(await deliveries()).toMatchObject([{ state: 'DELIVERED', attempt_count: 2 }])
  })

  test('and is cancelled while it is sent has its attempt recorded, and is not tried again', async () => {
    const [claimed] = await owedAndClaimed(2, 1)
    await connections.sql`update webhooks set deleted_at = now() where id = ${webhookId}`
    expect(await store.cancelPending(webhookId, 10)).toBe(2)
    expect(await store.cancelPending(webhookId, 10)).toBe(0)
    // The one that was not under way is gone at once.
    expect(await dueRows()).toMatchObject([{ delivery_id: claimed?.deliveryId, leased: true }])
    await settle(claimed, retried)
    expect(await dueRows()).toEqual([])
    const states = await deliveries()
    expect(states.map(({ state }) => state)).toEqual(['CANCELLED', 'CANCELLED'])
    expect(states.map((row) => row.attempt_count)).toEqual([1, 0])
  })

  test('is settled once by two who settle it at the same time, while its webhook goes', async () => {
    const claims = await owedAndClaimed(60)
    const others = makeDispatchStore(connections.sql, system)
    // Each writes an attempt of its own, as a lane and a sweep that takes it for interrupted do.
    const batchOf = () => claims.map((claimed) => attemptOf(claimed, retried))
    const late = await Promise.all([
      dispatch.settle(batchOf(), countAttempts).then((report) => report.late.length),
      others.settle(batchOf().toReversed(), countAttempts).then((report) => report.late.length),
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

  test('is found by the sweep when its lease runs out, under the number that its attempt had', async () => {
    const [claimed] = await owedAndClaimed(1)
    expect(await dispatch.expiredLeases(10)).toEqual([])
    await connections.sql`update due_deliveries set lease_until = now() - interval '1 second'`
    expect(await dispatch.expiredLeases(10)).toMatchObject([
      { deliveryId: claimed?.deliveryId, leaseToken: claimed?.leaseToken, attemptNumber: 1 },
    ])
  })
})

// An index on one of these would have every settle write to all indexes of the table again.
test('no index of deliveries stands on what a settle changes', async () => {
  await migrateDatabase(database.url)
  const rows = await connections.sql<{ definition: string }[]>`
    select pg_get_indexdef(indexrelid) as definition from pg_index where indrelid = 'deliveries'::regclass`
  expect(rows.length).toBeGreaterThan(2)
  const changing = /\b(state|due_at|attempt_count|failures|interruptions|finished_at|last_\w+)\b/
  expect(rows.map(({ definition }) => definition).filter((text) => changing.test(text))).toEqual([])
})

test('an installation from before is carried over: what is pending, and leases with the number of their attempt', async () => {
  const { sql } = connections
  const folder = new URL('../../drizzle/', import.meta.url)
  const journal = JSON.parse(await readFile(new URL('meta/_journal.json', folder), 'utf8')) as {
    entries: { tag: string }[]
  }
  const tags = journal.entries.map(({ tag }) => tag)
  const here = tags.findIndex((tag) => tag.endsWith('_due_deliveries'))
  const run = async (tag: string): Promise<void> => {
    await sql.unsafe(await readFile(new URL(`${tag}.sql`, folder), 'utf8'))
  }
  for (const tag of tags.slice(0, here)) await run(tag)
  await sql`
    insert into deliveries
      (id, project_id, webhook_id, event_id, topic, state, attempt_count, due_at, lease_token, lease_started_at, created_at)
    values
      ('dlv_done', 'prj', 'whk', 'evt', 'order.created', 'DELIVERED', 1, null, null, null, now()),
      ('dlv_free', 'prj', 'whk', 'evt', 'order.created', 'PENDING', 1, '2026-02-26T12:00:00Z', null, null, now()),
      ('dlv_sent', 'prj', 'whk', 'evt', 'order.created', 'PENDING', 2, '2026-02-26T12:00:00Z', 'token', now(), now()),
      ('dlv_stop', 'prj', 'whk', 'evt', 'order.created', 'CANCELLED', 1, null, 'token', now(), now())`
  await run(tags[here] ?? '')
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

async function owedAndClaimed(count: number, limit = count): Promise<readonly Claimed[]> {
  for (let index = 0; index < count; index += 1)
    await store.transaction((tx) =>
      tx.insertEvent(
        {
          id: system.newId('event'),
          topic: 'order.created',
          orderId: null,
          sequence: null,
          data: '{}',
          createdAt: tx.now,
        },
        [{ id: system.newId('delivery'), webhookId, state: 'PENDING', skipReason: null, skippedSince: null }],
      ),
    )
  const claimed = await claim(limit)
  expect(claimed.length).toBe(limit)
  return claimed
}

function settle(claimed: Claimed | undefined, settlement: Settlement) {
  if (claimed === undefined) throw new Error('expected a claim')
  return dispatch.settle([attemptOf(claimed, settlement)], countAttempts)
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
