/** A process that is killed amid its run of retention: what it did stands, and what it left is removed by another. */
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Sql } from '../../src/db/connection/connect.ts'
import { endAll, startServer, type Server } from '../system/support/process.ts'
import { happened, toldOf, written } from '../support/database/history.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { waitFor } from '../support/wait-for.ts'

let server: TestServer

// Serves the API only: what is removed, the processes of these tests remove.
beforeAll(async () => {
  server = await startTestServer({ ROLES: 'api' })
})
afterAll(async () => {
  await endAll()
  await server.close()
})

const tables = [
  ...['events', 'deliveries', 'due_deliveries', 'attempts'],
  ...['idempotency_keys', 'audit_log', 'webhook_changes'],
]

test('one that is killed amid its batches has removed whole ones, and the next process removes the rest and nothing else', async () => {
  const { sql } = server.connections
  const { projectId } = await server.tenant()
  const ofA = { projectId, webhookId: 'whk_a' }
  await happened(sql, ofA, 50, ...Array.from({ length: 1_500 }, () => 'DELIVERED' as const))
  const mixed = await happened(sql, ofA, 45, 'EXHAUSTED', 'PENDING')
  const pending = await happened(sql, ofA, 50, ...Array.from({ length: 20 }, () => 'PENDING' as const))
  const young = await happened(sql, ofA, 5, 'DELIVERED', 'PENDING')
  for (const days of [40, 5]) {
    await written(sql, projectId, days)
    await toldOf(sql, ofA, days)
  }
  const lines = await count('audit_log')
  await sql`
    insert into idempotency_keys
    select ${projectId}, 'm', place::text, 'h', '{}', now() - interval '40 days' + place * interval '1 second'
    from generate_series(1, 2499) as place`

  const letGo = await hold('1500')
  const doomed = await dispatch()
  await waitFor(async () => (await count('idempotency_keys')) === 1_501, {
    what: 'the batch before the one that waits',
  })
  doomed.signal('SIGKILL')
  await doomed.ended
  expect((await server.admin.countDeliveries(projectId)).consistent).toBe(true)
  // What comes after the batch that waits was not begun.
  expect(await count('audit_log')).toBe(lines)
  expect(await count('webhook_changes')).toBe(2)
  // PostgreSQL may end the batch that it was told of: as a whole, or not at all.
  await letGo()
  await waitFor(async () => !(await isRetaining(sql)), { what: 'the lock of the run to be free' })
  expect([501, 1_501]).toContain(await count('idempotency_keys'))

  const next = await dispatch()
  await waitFor(async () => (await count('webhook_changes')) === 1, {
    what: 'the next run',
    deadlineMs: 60_000,
  })
  await waitFor(() => next.log('retention.removed').length > 0, { what: 'the end of the next run' })
  expect(next.log('retention.failed')).toEqual([])
  const left = await Promise.all(tables.map(async (table) => [table, await count(table)] as const))
  expect(Object.fromEntries(left)).toEqual({
    ...{ events: 3, deliveries: 23, due_deliveries: 22, attempts: 2 },
    ...{ idempotency_keys: 1, audit_log: lines - 1, webhook_changes: 1 },
  })
  const owed = await sql<{ id: string }[]>`
    select l.delivery_id as id from due_deliveries l join deliveries d on d.id = l.delivery_id
    where d.state = 'PENDING' order by 1`
  const pendingIds = [mixed.deliveryIds[1], ...pending.deliveryIds, young.deliveryIds[1]]
  expect(owed.map(({ id }) => id)).toEqual(pendingIds.toSorted())
  expect((await server.admin.countDeliveries(projectId)).consistent).toBe(true)
}, 180_000)

/** A dispatcher as a process of its own, which removes what is old soon after its start. */
function dispatch(): Promise<Server> {
  const { databaseUrl = '', dataDir } = server.config
  return startServer({
    ...{ DATABASE_URL: databaseUrl, DATA_DIR: dataDir, ROLES: 'dispatcher' },
    SECRETS_KEYS: `test:${Buffer.alloc(32, 7).toString('base64')}`,
  })
}

async function count(table: string): Promise<number> {
  const { sql } = server.connections
  const [row] = await sql<{ count: number }[]>`select count(*)::int from ${sql(table)}`
  return row?.count ?? 0
}

/** Holds the answer of one mutation, as a long transaction would: the batch that comes to it waits. */
async function hold(key: string): Promise<() => Promise<void>> {
  // A connection that no deadline of the product's ends.
  const sql = postgres(server.config.databaseUrl ?? '', { max: 1, onnotice: () => undefined })
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  let over: Promise<unknown> = Promise.resolve()
  await new Promise<void>((held, failed) => {
    over = sql.begin(async (tx) => {
      await tx`select from idempotency_keys where key = ${key} for update`
      held()
      await released
    })
    over.catch(failed)
  })
  return async () => {
    release()
    await over
    await sql.end()
  }
}

/** Whether a run of retention is under way: its session holds the lock. */
async function isRetaining(sql: Sql): Promise<boolean> {
  const rows = await sql`
    select from pg_locks l join pg_stat_activity a using (pid)
    where l.locktype = 'advisory' and l.granted and a.application_name = 'orderbell-upkeep'
      and a.datname = current_database()`
  return rows.length > 0
}
