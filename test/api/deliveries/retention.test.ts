/** What clients see of what was removed: cursors that come too late are told so, ids name nothing, and nothing is a fault. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeApp } from '../../../src/app.ts'
import { makeRetentionStore } from '../../../src/db/maintenance/retention.ts'
import { writeCursor } from '../../../src/domain/lists/cursor.ts'
import { makeRetention } from '../../../src/dispatch/retention.ts'
import { system } from '../../../src/runtime/system.ts'
import { follow } from '../../feed/support/follow.ts'
import { happened, toldOf, written, type Told } from '../../support/database/history.ts'
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
  // By itself it removes nothing of what these tests have: each says when.
  server = await startTestServer({ RETENTION_DAYS: '3650' }, log)
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

/** As the scheduler does it, at once. */
async function retain(): Promise<void> {
  const store = makeRetentionStore((onClose) => server.connections.openUpkeep(onClose))
  const pause = () => Promise.resolve()
  let isElsewhere = true
  const noted = { ...log, debug: () => void (isElsewhere = true) }
  const run = makeRetention({ store, system, log: noted, pause, retentionDays: 7 })
  // The server has a run of its own soon after its start: while that works, no other does.
  await waitFor(
    async () => {
      isElsewhere = false
      await run(new AbortController().signal)
      return !isElsewhere
    },
    { what: 'a run of its own' },
  )
}

async function codeOf(tenant: Tenant, query: string, variables: Record<string, unknown>): Promise<unknown> {
  const { body } = await tenant.post({ query, variables })
  return body.errors?.[0]?.extensions?.['code']
}

interface Old {
  readonly tenant: Tenant
  readonly webhookId: string
  readonly gone: Told
  /** Of the same age, and pending. */
  readonly pending: Told
  readonly auditId: string
}

async function openOld(): Promise<Old> {
  const tenant = await server.tenant()
  const { id: webhookId } = await createWebhook(tenant, receiver)
  const of = { projectId: tenant.projectId, webhookId }
  const { sql } = server.connections
  const gone = await happened(sql, of, 20, 'DELIVERED')
  const pending = await happened(sql, of, 20, 'PENDING')
  const auditId = await written(sql, tenant.projectId, 20)
  await toldOf(sql, of, 20)
  return { tenant, webhookId, gone, pending, auditId }
}

const lists = ['deliveries', 'deliveryAttempts', 'events', 'auditLog'] as const
describe('a list', () => {
  test.each(lists)(
    '%s refuses a cursor, after or before, whose member was removed, and no other',
    async (list) => {
      const old = await openOld()
      const { tenant } = old
      const query = `query ($first: Int, $last: Int, $after: String, $before: String) {
      ${list}(first: $first, last: $last, after: $after, before: $before) { edges { cursor node { id } } } }`
      const page = await tenant.gql<Record<string, { edges: { cursor: string; node: { id: string } }[] }>>(
        query,
        {
          first: 100,
        },
      )
      const ids = [...old.gone.deliveryIds, ...old.gone.attemptIds, old.gone.eventId, old.auditId]
      const edge = page[list]?.edges.find(({ node }) => ids.includes(node.id))
      const kept = page[list]?.edges.find(({ node }) =>
        [...old.pending.deliveryIds, old.pending.eventId].includes(node.id),
      )
      expect(edge).toBeDefined()
      const wishes = (cursor: string | undefined) => [
        { first: 5, after: cursor },
        { last: 5, before: cursor },
      ]
      for (const wish of wishes(edge?.cursor)) expect(await codeOf(tenant, query, wish)).toBeUndefined()
      await retain()
      for (const wish of wishes(edge?.cursor))
        expect(await codeOf(tenant, query, wish)).toBe('CURSOR_EXPIRED')
      if (list === 'deliveries' || list === 'events') {
        expect(kept).toBeDefined()
        for (const wish of wishes(kept?.cursor)) expect(await codeOf(tenant, query, wish)).toBeUndefined()
      }
    },
  )

  test('of one thing in it refuses such a cursor as well', async () => {
    const { tenant, webhookId } = await openOld()
    const query = `query ($id: ID!, $after: String) {
      webhook(id: $id) { deliveries(first: 1, after: $after) { edges { cursor } } } }`
    // The first of them is the newer, which is pending: what follows it is removed.
    const first = await tenant.gql<{ webhook: { deliveries: { edges: { cursor: string }[] } } }>(query, {
      id: webhookId,
    })
    const after = first.webhook.deliveries.edges[0]?.cursor
    const second = await tenant.gql<typeof first>(query, { id: webhookId, after })
    const gone = second.webhook.deliveries.edges[0]?.cursor
    await retain()
    const codes = [
      await codeOf(tenant, query, { id: webhookId, after }),
      await codeOf(tenant, query, { id: webhookId, after: gone }),
    ]
    expect(codes.toSorted()).toEqual(['CURSOR_EXPIRED', undefined])
  })
})

describe('a feed', () => {
  const none = { webhookIds: [], orderIds: [], topics: [], outcomes: [] }

  test('of attempts refuses a cursor that is too late, and takes up one that is not', async () => {
    const { tenant } = await openOld()
    const cursorAt = (position: number) =>
      writeCursor({ list: 'feed', projectId: tenant.projectId, filter: none }, String(position))
    await createOrder(tenant)
    await waitForSettled(tenant, { topics: ['order.*'], states: ['DELIVERED'] }, 2)
    const before = follow(tenant.socket(), { after: cursorAt(0) })
    await before.heard(3)
    await retain()
    const late = follow(tenant.socket(), { after: cursorAt(0) })
    await waitFor(() => late.refused() !== undefined, { what: 'a refusal' })
    expect(late.refused()).toContain('CURSOR_EXPIRED')
    // The newest that was removed is the second: what follows it is whole.
    await follow(tenant.socket(), { after: cursorAt(2) }).heard(1)
    // And who was there all the time goes on.
    await createOrder(tenant)
    await before.heard(4)
  })

  test("of webhooks' changes refuses a cursor that is too late", async () => {
    const { tenant } = await openOld()
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
})

describe('what was removed', () => {
  test('is not there by its id, for any query or mutation, and what hangs on it is no fault', async () => {
    const { tenant, webhookId, gone, pending, auditId } = await openOld()
    await retain()
    const ids = [gone.eventId, ...gone.deliveryIds, ...gone.attemptIds, auditId]
    expect(await tenant.gql(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, { ids })).toEqual({
      nodes: ids.map(() => null),
    })
    for (const name of ['Retry', 'Cancel'] as const)
      expect((await mutate(tenant, name, { id: gone.deliveryIds[0] })).userErrors).toMatchObject([
        { code: 'NOT_FOUND' },
      ])
    expect(await tenant.gql(documents.Preview, { webhookId, eventId: gone.eventId })).toEqual({
      deliveryPreview: null,
    })
    // Its only attempt is gone, it is not.
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

  test('a delivery that was pending all the time is sent, and its attempts go on counting', async () => {
    const { tenant, pending } = await openOld()
    await retain()
    await mutateOrThrow(tenant, 'Retry', { id: pending.deliveryIds[0] })
    const [sent] = await waitForSettled(tenant, { eventIds: [pending.eventId] })
    expect(sent).toMatchObject({ state: 'DELIVERED', attemptCount: 2, attempts: { nodes: [{ number: 2 }] } })
  })

  test('an idempotency key that was removed begins anew', async () => {
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

  test('none of all this was a fault', () => {
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([])
  })
})

test('a server removes what is old by itself, soon after its start', async () => {
  const other = await startTestServer({ RETENTION_DAYS: '1' }, log)
  const { projectId } = await other.tenant()
  const { sql } = other.connections
  await written(sql, projectId, 2)
  await written(sql, projectId, 0.5)
  await happened(sql, { projectId, webhookId: 'whk_x' }, 3, 'DELIVERED')
  const again = await makeApp(other.config, log)
  const left = async () => {
    const [row] =
      await sql`select (select count(*)::int from audit_log where object_id = 'sit_x') as lines, (select count(*)::int from attempts) as attempts`
    return JSON.stringify(row)
  }
  await waitFor(async () => (await left()) === JSON.stringify({ lines: 1, attempts: 0 }), { what: 'its run' })
  await again.stop()
  await other.close()
})
