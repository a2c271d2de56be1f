/** maxConcurrency and ratePerSecond on a real PostgreSQL, with two processes that claim at the same time. */
import { wholeProject } from '../../../src/domain/access/scope.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeAdminStore } from '../../../src/db/installation/installation-store.ts'
import { connect, type Connections } from '../../../src/db/connection/connect.ts'
import { makeDispatchStore } from '../../../src/db/dispatch/dispatch-store.ts'
import { makeProjectStore } from '../../../src/db/tenant/tenant-store.ts'
import type { Webhook } from '../../../src/domain/webhooks/webhook.ts'
import type { Claimed, DispatchStore, SettledAttempt } from '../../../src/ports/dispatch-store.ts'
import type { ProjectStore } from '../../../src/db/tenant/tenant-store.ts'
import { system } from '../../../src/runtime/system.ts'
import { migratedDatabase, type FreshDatabase } from '../../support/postgres.ts'
import { nullLog } from '../../support/null-log.ts'
import { insertEvent } from '../support/insert-event.ts'
import { buildWebhook, later } from '../../support/samples.ts'
import { waitFor } from '../../support/wait-for.ts'

const lease = { timeoutMs: 15_000, marginMs: 10_000 }
const projectId = system.newId('project')

let database: FreshDatabase
let connections: readonly Connections[]
let store: ProjectStore
/** The store of each process. */
let processes: readonly DispatchStore[]

beforeAll(async () => {
  database = await migratedDatabase()
  connections = [connect(database.url, nullLog), connect(database.url, nullLog)]
  processes = connections.map(({ sql }) => makeDispatchStore(sql, system))
  await processes[0]?.ensurePartitions()
  const project = { id: projectId, name: 'Main Street', arrivingMinutes: [], createdAt: new Date() }
  await makeAdminStore(first(connections).db).insertProject(project, 'sealed')
  store = makeProjectStore(first(connections).db, wholeProject(projectId))
})
afterAll(async () => {
  await Promise.all(connections.map((each) => each.close()))
  await database.drop()
})

test('two processes that claim at the same time together claim at most maxConcurrency deliveries', async () => {
  const webhookId = await createDeliveries({ maxConcurrency: 3 }, 100)
  await readLimits(webhookId)
  for (let round = 0; round < 15; round += 1) {
    const claimed = await claimAtOnce(webhookId)
    expect(claimed).toHaveLength(3)
    expect(await nextDue(webhookId)).toBeNull()
    expect(await dueIds(first(processes))).not.toContain(webhookId)
    await settle(claimed.slice(0, 2))
    expect(await nextDue(webhookId)).toBeLessThanOrEqual(0)
    expect(await dueIds(first(processes))).toContain(webhookId)
    expect(await claimAtOnce(webhookId)).toHaveLength(2)
    await settle(await underLease(webhookId, claimed))
  }
})

test('two processes that claim at the same time together start at most ratePerSecond attempts in a second', async () => {
  const webhookId = await createDeliveries({ ratePerSecond: 4 }, 100)
  await readLimits(webhookId)
  for (let round = 0; round < 2; round += 1) {
    const claimed = await claimAtOnce(webhookId)
    expect(claimed).toHaveLength(4)
    // Settled attempts count as well.
    await settle(claimed.slice(0, 2))
    expect(await claimAtOnce(webhookId)).toEqual([])
    const inMs = (await nextDue(webhookId)) ?? 0
    expect(inMs).toBeGreaterThan(0)
    expect(inMs).toBeLessThanOrEqual(1_000)
    expect(await dueIds(first(processes))).not.toContain(webhookId)
    await waitFor(async () => ((await nextDue(webhookId)) ?? 0) <= 0, { what: 'the second to be over' })
  }
})

test('an expired lease does not count against maxConcurrency', async () => {
  const webhookId = await createDeliveries({ maxConcurrency: 1 }, 5)
  await readLimits(webhookId)
  expect(await claimAtOnce(webhookId)).toHaveLength(1)
  expect(await claimAtOnce(webhookId)).toHaveLength(0)
  await first(connections).sql`
    update due_deliveries set lease_until = now() - interval '1 second'
    where webhook_id = ${webhookId} and lease_token is not null`
  expect(await claimAtOnce(webhookId)).toHaveLength(1)
})

test('a process claims nothing of a limited webhook before it has read the limits, and everything after they are removed', async () => {
  const webhookId = await createDeliveries({ maxConcurrency: 1 }, 5)
  expect(await claimAtOnce(webhookId)).toEqual([])
  await readLimits(webhookId)
  await first(connections).sql`update webhooks set max_concurrency = null where id = ${webhookId}`
  expect(await claimAtOnce(webhookId)).toHaveLength(5)
})

function first<T>(list: readonly T[]): T {
  const [one] = list
  if (one === undefined) throw new Error('expected at least one element')
  return one
}

test('a rate-limited webhook with old deliveries is overdue before its first claim, and only due afterwards', async () => {
  const webhookId = await createDeliveries({ ratePerSecond: 50 }, 3)
  const find = async () => {
    const found = await first(processes).dueWebhooks(10, 10_000)
    return found.find((due) => due.webhookId === webhookId)
  }
  expect(await find()).toEqual({ webhookId, overdue: true })
  await readLimits(webhookId)
  await settle(await first(processes).claim([{ webhookId, limit: 1 }], lease))
  expect(await find()).toEqual({ webhookId, overdue: false })
})

async function createDeliveries(limits: Partial<Webhook>, count: number): Promise<string> {
  const webhookId = system.newId('webhook')
  await store.transaction((tx) =>
    tx.insertWebhook(buildWebhook({ id: webhookId, ...limits }), { secrets: [], token: null }),
  )
  for (let index = 0; index < count; index += 1)
    await insertEvent(first(connections).db, projectId, webhookId, later(index))
  return webhookId
}

/** Reads the limits in each process, as at the end of a lane run. */
async function readLimits(webhookId: string): Promise<void> {
  await Promise.all(processes.map((each) => each.nextDue([webhookId])))
}

async function nextDue(webhookId: string): Promise<number | null> {
  const [due] = await first(processes).nextDue([webhookId])
  return due?.inMs ?? null
}

let lastRound: readonly Claimed[] = []

async function claimAtOnce(webhookId: string): Promise<readonly Claimed[]> {
  const claims = [...processes, ...processes].map((each) => each.claim([{ webhookId, limit: 50 }], lease))
  lastRound = (await Promise.all(claims)).flat()
  return lastRound
}

/** The claims of the last two rounds that are still under lease. */
async function underLease(webhookId: string, earlier: readonly Claimed[]): Promise<readonly Claimed[]> {
  const rows = await first(connections).sql<{ delivery_id: string }[]>`
    select delivery_id from due_deliveries where webhook_id = ${webhookId} and lease_token is not null`
  const ids = new Set(rows.map((row) => row.delivery_id))
  return [...earlier, ...lastRound].filter(({ deliveryId }) => ids.has(deliveryId))
}

async function settle(claimed: readonly Claimed[]): Promise<void> {
  const batch = claimed.map((one): SettledAttempt => ({
    claimed: one,
    attemptId: system.newId('attempt', one.startedAt),
    answer: { kind: 'ANSWERED', status: 200, retryAfter: null },
    settlement: {
      state: 'DELIVERED',
      outcome: 'SUCCEEDED',
      nextStep: 'NONE',
      reason: 'the receiver accepted the request',
      retryInMs: null,
      failures: 0,
      interruptions: 0,
    },
    counts: 'SUCCESS',
    result: null,
    detail: null,
    content: { request: null, response: null },
  }))
  const { late } = await first(processes).settle(batch)
  expect(late).toEqual([])
}

async function dueIds(store: DispatchStore): Promise<readonly string[]> {
  return (await store.dueWebhooks(10, 10_000)).map((due) => due.webhookId)
}
