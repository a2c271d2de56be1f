/** A process that is killed during retention: its finished batches are kept, and another process removes the remaining rows. */
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Sql } from '../../../src/db/connection/connect.ts'
import { endAll, startServer, type Server } from '../../system/support/process.ts'
import { insertPastEvent, insertPastChange, insertPastAuditEntry } from '../../support/database/history.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { waitFor } from '../../support/wait-for.ts'

let server: TestServer

// Runs no dispatcher, so that only the processes of this test run retention.
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

test('a process that is killed during retention has removed whole batches, and the next process removes the remaining rows and nothing else', async () => {
  const { sql } = server.connections
  const { projectId } = await server.tenant()
  const ofA = { projectId, webhookId: 'whk_a' }
  await insertPastEvent(sql, ofA, 50, ...Array.from({ length: 1_500 }, () => 'DELIVERED' as const))
  const mixed = await insertPastEvent(sql, ofA, 45, 'EXHAUSTED', 'PENDING')
  const pending = await insertPastEvent(sql, ofA, 50, ...Array.from({ length: 20 }, () => 'PENDING' as const))
  const young = await insertPastEvent(sql, ofA, 5, 'DELIVERED', 'PENDING')
  for (const days of [40, 5]) {
    await insertPastAuditEntry(sql, projectId, days)
    await insertPastChange(sql, ofA, days)
  }
  const auditCount = await count('audit_log')
  await sql`
    insert into idempotency_keys
    select ${projectId}, 'm', place::text, 'h', '{}', now() - interval '40 days' + place * interval '1 second'
    from generate_series(1, 2499) as place`

  const release = await lockIdempotencyKey('1500')
  const killed = await startDispatcher()
  await waitFor(async () => (await count('idempotency_keys')) === 1_501, {
    what: 'the batch before the one that waits for the lock',
  })
  killed.signal('SIGKILL')
  await killed.ended
  expect((await server.admin.countDeliveries(projectId)).consistent).toBe(true)
  // The steps after the waiting batch have not started.
  expect(await count('audit_log')).toBe(auditCount)
  expect(await count('webhook_changes')).toBe(2)
  // PostgreSQL may finish the waiting batch: as a whole, or not at all.
  await release()
  await waitFor(async () => !(await isRetaining(sql)), { what: 'the lock of the run to be released' })
  expect([501, 1_501]).toContain(await count('idempotency_keys'))

  const next = await startDispatcher()
  await waitFor(async () => (await count('webhook_changes')) === 1, {
    what: 'the next run',
    deadlineMs: 60_000,
  })
  await waitFor(() => next.log('retention.removed').length > 0, { what: 'the end of the next run' })
  expect(next.log('retention.failed')).toEqual([])
  const left = await Promise.all(tables.map(async (table) => [table, await count(table)] as const))
  expect(Object.fromEntries(left)).toEqual({
    ...{ events: 3, deliveries: 23, due_deliveries: 22, attempts: 2 },
    ...{ idempotency_keys: 1, audit_log: auditCount - 1, webhook_changes: 1 },
  })
  const due = await sql<{ id: string }[]>`
    select l.delivery_id as id from due_deliveries l join deliveries d on d.id = l.delivery_id
    where d.state = 'PENDING' order by 1`
  const pendingIds = [mixed.deliveryIds[1], ...pending.deliveryIds, young.deliveryIds[1]]
  expect(due.map(({ id }) => id)).toEqual(pendingIds.toSorted())
  expect((await server.admin.countDeliveries(projectId)).consistent).toBe(true)
}, 180_000)

/** Starts a dispatcher as a separate process, which runs retention soon after its start. */
function startDispatcher(): Promise<Server> {
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

/** Locks an idempotency key, as a long transaction would, so that the batch with this key waits. Returns a function that unlocks it. */
async function lockIdempotencyKey(key: string): Promise<() => Promise<void>> {
  // A connection without a deadline.
  const sql = postgres(server.config.databaseUrl ?? '', { max: 1, onnotice: () => undefined })
  let unlock = (): void => undefined
  const released = new Promise<void>((resolve) => (unlock = resolve))
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
    unlock()
    await over
    await sql.end()
  }
}

/** Whether retention runs: its session holds the lock. */
async function isRetaining(sql: Sql): Promise<boolean> {
  const rows = await sql`
    select from pg_locks l join pg_stat_activity a using (pid)
    where l.locktype = 'advisory' and l.granted and a.application_name = 'orderbell-upkeep'
      and a.datname = current_database()`
  return rows.length > 0
}
