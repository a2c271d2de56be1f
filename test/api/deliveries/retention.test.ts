/** The API after retention removed rows: expired cursors are refused, ids find nothing, and nothing is logged as an error. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeApp } from '../../../src/app.ts'
import { makeRetentionStore } from '../../../src/db/maintenance/retention-statements.ts'
import { writeCursor } from '../../../src/domain/lists/cursor.ts'
import { makeRetention } from '../../../src/dispatch/retention.ts'
import { system } from '../../../src/runtime/system.ts'
import { follow } from '../../feed/support/follow.ts'
import { followEvents } from '../../feed/support/follow-events.ts'
import {
  insertPastEvent,
  insertPastChange,
  insertPastAuditEntry,
  type InsertedEvent,
} from '../../support/database/history.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  createWebhook,
  createOrder,
  documents,
  mutateOrThrow,
  makeRecordingLog,
  mutate,
  waitForSettled,
} from '../support/fixtures.ts'

let server: TestServer
let receiver: Receiver
const log = makeRecordingLog()

beforeAll(async () => {
  // Long enough that the server removes nothing by itself. Each test runs retention when it needs it.
  server = await startTestServer({ RETENTION_DAYS: '3650' }, log)
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

/** Runs retention once, as the scheduler does. */
async function retain(): Promise<void> {
  const store = makeRetentionStore((onClose) => server.connections.openUpkeep(onClose))
  const pause = () => Promise.resolve()
  let isSkipped = true
  const runLog = { ...log, debug: () => void (isSkipped = true) }
  const run = makeRetention({ store, system, log: runLog, pause, retentionDays: 7 })
  // The server runs retention soon after its start. During that run, another run is skipped.
  await waitFor(
    async () => {
      isSkipped = false
      await run(new AbortController().signal)
      return !isSkipped
    },
    { what: 'a run that is not skipped' },
  )
}

async function codeOf(tenant: Tenant, query: string, variables: Record<string, unknown>): Promise<unknown> {
  const { body } = await tenant.post({ query, variables })
  return body.errors?.[0]?.extensions?.['code']
}

interface OldProject {
  readonly tenant: Tenant
  readonly webhookId: string
  readonly expired: InsertedEvent
  /** Of the same age as `expired`, and PENDING. */
  readonly pending: InsertedEvent
  readonly auditId: string
}

/** Creates a project with an event, a delivery and an attempt that retention removes, and the same with a PENDING delivery. */
async function createOldProject(): Promise<OldProject> {
  const tenant = await server.tenant()
  const { id: webhookId } = await createWebhook(tenant, receiver)
  const of = { projectId: tenant.projectId, webhookId }
  const { sql } = server.connections
  const expired = await insertPastEvent(sql, of, 20, 'DELIVERED')
  const pending = await insertPastEvent(sql, of, 20, 'PENDING')
  const auditId = await insertPastAuditEntry(sql, tenant.projectId, 20)
  await insertPastChange(sql, of, 20)
  return { tenant, webhookId, expired, pending, auditId }
}

const lists = ['deliveries', 'deliveryAttempts', 'events', 'auditLog'] as const
describe('cursor of a list after retention', () => {
  test.each(lists)(
    '%s refuses a cursor of a removed row with CURSOR_EXPIRED, as after and as before, and accepts the cursor of a kept row',
    async (list) => {
      const old = await createOldProject()
      const { tenant } = old
      const query = `query ($first: Int, $last: Int, $after: String, $before: String) {
      ${list}(first: $first, last: $last, after: $after, before: $before) { edges { cursor node { id } } } }`
      const page = await tenant.gql<Record<string, { edges: { cursor: string; node: { id: string } }[] }>>(
        query,
        {
          first: 100,
        },
      )
      const ids = [...old.expired.deliveryIds, ...old.expired.attemptIds, old.expired.eventId, old.auditId]
      const edge = page[list]?.edges.find(({ node }) => ids.includes(node.id))
      const kept = page[list]?.edges.find(({ node }) =>
        [...old.pending.deliveryIds, old.pending.eventId].includes(node.id),
      )
      expect(edge).toBeDefined()
      const pagesOf = (cursor: string | undefined) => [
        { first: 5, after: cursor },
        { last: 5, before: cursor },
      ]
      for (const args of pagesOf(edge?.cursor)) expect(await codeOf(tenant, query, args)).toBeUndefined()
      await retain()
      for (const args of pagesOf(edge?.cursor))
        expect(await codeOf(tenant, query, args)).toBe('CURSOR_EXPIRED')
      if (list === 'deliveries' || list === 'events') {
        expect(kept).toBeDefined()
        for (const args of pagesOf(kept?.cursor)) expect(await codeOf(tenant, query, args)).toBeUndefined()
      }
    },
  )

  test('webhook.deliveries refuses the cursor of a removed delivery with CURSOR_EXPIRED, and accepts that of the PENDING one', async () => {
    const { tenant, webhookId } = await createOldProject()
    const query = `query ($id: ID!, $after: String) {
      webhook(id: $id) { deliveries(first: 1, after: $after) { edges { cursor } } } }`
    // The first delivery is the newer one, which is PENDING. The one after it is removed.
    const first = await tenant.gql<{ webhook: { deliveries: { edges: { cursor: string }[] } } }>(query, {
      id: webhookId,
    })
    const after = first.webhook.deliveries.edges[0]?.cursor
    const second = await tenant.gql<typeof first>(query, { id: webhookId, after })
    const expired = second.webhook.deliveries.edges[0]?.cursor
    await retain()
    const codes = [
      await codeOf(tenant, query, { id: webhookId, after }),
      await codeOf(tenant, query, { id: webhookId, after: expired }),
    ]
    expect(codes.toSorted()).toEqual(['CURSOR_EXPIRED', undefined])
  })
})

describe('cursor of a subscription after retention', () => {
  const none = { webhookIds: [], orderIds: [], topics: [], outcomes: [] }

  test('deliveryAttempts refuses a cursor before removed attempts with CURSOR_EXPIRED, and resumes from a later one', async () => {
    const { tenant } = await createOldProject()
    const cursorAt = (position: number) =>
      writeCursor({ list: 'feed', projectId: tenant.projectId, filter: none }, String(position))
    await createOrder(tenant)
    await waitForSettled(tenant, { topics: ['order.*'], states: ['DELIVERED'] }, 2)
    const before = follow(tenant.socket(), { after: cursorAt(0) })
    await before.received(3)
    await retain()
    const late = follow(tenant.socket(), { after: cursorAt(0) })
    await waitFor(() => late.refused() !== undefined, { what: 'a refusal' })
    expect(late.refused()).toContain('CURSOR_EXPIRED')
    // The newest removed attempt has position 2. Everything after it still exists.
    await follow(tenant.socket(), { after: cursorAt(2) }).received(1)
    // The subscriber that was connected all the time continues.
    await createOrder(tenant)
    await before.received(4)
  })

  test('webhookChanges refuses a cursor before removed changes with CURSOR_EXPIRED', async () => {
    const { tenant } = await createOldProject()
    const after = writeCursor(
      { list: 'webhookChanges', projectId: tenant.projectId, filter: { webhookIds: [] } },
      '0',
    )
    await retain()
    const codes: string[] = []
    tenant.socket().subscribe(
      {
        query: `subscription ($after: String) { webhookChanges(after: $after) { cursor } }`,
        variables: { after },
      },
      {
        next: ({ errors }) => void codes.push(String(errors?.[0]?.extensions?.['code'])),
        error: (error) => void codes.push(JSON.stringify(error)),
        complete: () => undefined,
      },
    )
    await waitFor(() => codes.length > 0, { what: 'a refusal' })
    expect(codes[0]).toContain('CURSOR_EXPIRED')
  })

  test('events refuses a cursor before removed events with CURSOR_EXPIRED, and resumes from a later one', async () => {
    const { tenant, expired } = await createOldProject()
    const { sql } = server.connections
    // As if the old event had been stored with a position.
    await sql`insert into event_feeds (project_id, position) values (${tenant.projectId}, 1)`
    await sql`update events set position = 1 where id = ${expired.eventId}`
    await createOrder(tenant)
    await waitForSettled(tenant, { topics: ['order.*'], states: ['DELIVERED'] }, 2)
    await retain()
    const filter = { orderIds: [], siteIds: [], topics: [] }
    const followFrom = (position: number) =>
      followEvents(tenant.socket(), {
        after: writeCursor({ list: 'eventFeed', projectId: tenant.projectId, filter }, String(position)),
      })
    const late = followFrom(0)
    await waitFor(() => late.refused() !== undefined, { what: 'a refusal' })
    expect(late.refused()).toContain('CURSOR_EXPIRED')
    await followFrom(1).received(1)
  })
})

describe('removed rows', () => {
  test('queries and mutations find no removed row by its id, and a kept delivery without its attempt is returned without error', async () => {
    const { tenant, webhookId, expired, pending, auditId } = await createOldProject()
    await retain()
    const ids = [expired.eventId, ...expired.deliveryIds, ...expired.attemptIds, auditId]
    expect(await tenant.gql(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, { ids })).toEqual({
      nodes: ids.map(() => null),
    })
    for (const name of ['Retry', 'Cancel'] as const)
      expect((await mutate(tenant, name, { id: expired.deliveryIds[0] })).userErrors).toMatchObject([
        { code: 'NOT_FOUND' },
      ])
    expect(await tenant.gql(documents.Preview, { webhookId, eventId: expired.eventId })).toEqual({
      deliveryPreview: null,
    })
    // Retention keeps the PENDING delivery and removes its only attempt.
    expect(
      await tenant.gql(
        `query ($id: ID!) { delivery(id: $id) { state attemptCount event { id data } attempts { nodes { id } } webhook { latestAttempt { id } } } }`,
        { id: pending.deliveryIds[0] },
      ),
    ).toEqual({
      delivery: {
        ...{ state: 'PENDING', attemptCount: 1, event: { id: pending.eventId, data: {} } },
        ...{ attempts: { nodes: [] }, webhook: { latestAttempt: null } },
      },
    })
    expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({
      events: 1,
      pending: 1,
      consistent: true,
    })
  })

  test('a PENDING delivery whose first attempt was removed is sent by deliveryRetry as attempt 2', async () => {
    const { tenant, pending } = await createOldProject()
    await retain()
    await mutateOrThrow(tenant, 'Retry', { id: pending.deliveryIds[0] })
    const [sent] = await waitForSettled(tenant, { eventIds: [pending.eventId] })
    expect(sent).toMatchObject({ state: 'DELIVERED', attemptCount: 2, attempts: { nodes: [{ number: 2 }] } })
  })

  test('a mutation with a removed idempotency key is executed again', async () => {
    const tenant = await server.tenant()
    const input = { name: 'Main Street', idempotencyKey: 'site-1' }
    const first = await mutateOrThrow<{ site: { id: string } }>(tenant, 'SiteCreate', input)
    expect(await mutateOrThrow(tenant, 'SiteCreate', input)).toMatchObject({ site: { id: first.site.id } })
    await server.connections
      .sql`update idempotency_keys set created_at = now() - interval '8 days' where project_id = ${tenant.projectId}`
    await retain()
    const again = await mutateOrThrow<{ site: { id: string } }>(tenant, 'SiteCreate', input)
    expect(again.site.id).not.toBe(first.site.id)
  })

  test('no request to removed rows is logged as an error', () => {
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([])
  })
})

test('a server removes rows older than RETENTION_DAYS soon after its start', async () => {
  const server = await startTestServer({ RETENTION_DAYS: '1' }, log)
  const { projectId } = await server.tenant()
  const { sql } = server.connections
  await insertPastAuditEntry(sql, projectId, 2)
  await insertPastAuditEntry(sql, projectId, 0.5)
  await insertPastEvent(sql, { projectId, webhookId: 'whk_x' }, 3, 'DELIVERED')
  const again = await makeApp(server.config, log)
  const left = async () => {
    const [row] =
      await sql`select (select count(*)::int from audit_log where object_id = 'sit_x') as lines, (select count(*)::int from attempts) as attempts`
    return JSON.stringify(row)
  }
  await waitFor(async () => (await left()) === JSON.stringify({ lines: 1, attempts: 0 }), {
    what: 'the run of retention',
  })
  await again.stop()
  await server.close()
})
