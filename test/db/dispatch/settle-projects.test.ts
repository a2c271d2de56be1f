/** A settle of attempts of several projects, on a real PostgreSQL. */
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Sql } from '../../../src/db/connection/connect.ts'
import { makeAdminStore } from '../../../src/db/installation/installation-store.ts'
import { makeProjectStore } from '../../../src/db/tenant/tenant-store.ts'
import { wholeProject } from '../../../src/domain/access/scope.ts'
import type { Claimed } from '../../../src/ports/dispatch-store.ts'
import { system } from '../../../src/runtime/system.ts'
import { buildWebhook } from '../../support/samples.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  endedWith,
  insertDueDeliveries,
  openSettleFixture,
  type SettleFixture,
} from '../support/settle-fixture.ts'

let fixture: SettleFixture
let holder: Sql
beforeAll(async () => {
  fixture = await openSettleFixture()
  holder = postgres(fixture.url, { max: 1, onnotice: () => undefined })
})
afterAll(async () => {
  await holder.end()
  await fixture.close()
})

/** A project with two claimed deliveries, of which one has been settled, so that the project has a feed. */
async function createProject(): Promise<{ readonly id: string; readonly claimed: Claimed }> {
  const { db, sql } = fixture.connections
  const [id, webhookId] = [system.newId('project'), system.newId('webhook')]
  await makeAdminStore(db).insertProject(
    { id, name: 'Acme', arrivingMinutes: [], createdAt: new Date() },
    'sealed',
  )
  await makeProjectStore(db, wholeProject(id)).transaction((tx) =>
    tx.insertWebhook(buildWebhook({ id: webhookId }), { secrets: [], token: null }),
  )
  await insertDueDeliveries(sql, id, webhookId, 2)
  const lease = { timeoutMs: 15_000, marginMs: 10_000 }
  const [first, second] = await fixture.dispatch.claim([{ webhookId, limit: 2 }], lease)
  if (first === undefined || second === undefined) throw new Error('expected two claims')
  await fixture.dispatch.settle([endedWith(first, 200)])
  return { id, claimed: second }
}

test('a settle of successes and failures locks the feeds of all its projects in the order of their ids', async () => {
  const projects = [await createProject(), await createProject()]
  const [one, other] = projects.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  if (one === undefined || other === undefined) throw new Error('expected two projects')
  const { sql } = fixture.connections
  let settling: Promise<unknown> = Promise.resolve()
  await holder.begin(async (tx) => {
    await tx`select from feeds where project_id = ${one.id} for update`
    // The success is recorded before the failure, whose project is the first one.
    settling = fixture.dispatch.settle([endedWith(other.claimed, 200), endedWith(one.claimed, 500)])
    await waitFor(
      async () => {
        const [row] = await sql<{ waits: boolean }[]>`
          select exists (
            select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
          ) as waits`
        return row?.waits === true
      },
      { what: 'the settle to wait for the first feed' },
    )
    await sql.begin((free) => free`select from feeds where project_id = ${other.id} for update nowait`)
  })
  await settling
  const attempts = await sql`select from attempts where project_id = any(${[one.id, other.id]})`
  expect(attempts).toHaveLength(4)
})
