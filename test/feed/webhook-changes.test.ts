/** The webhookChanges feed, from the mutation or the receiver's response to the subscriber's socket. test/db/dispatch/webhook-changes.test.ts tests the details of settling. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeApp } from '../../src/app.ts'
import { writeCursor } from '../../src/domain/lists/cursor.ts'
import { startTestServer, tenantOf, type TestServer, type Tenant } from '../support/server.ts'
import { asPartner, withKey } from '../support/keys.ts'
import { nullLog } from '../support/null-log.ts'
import { startReceiver, type Receiver } from '../support/receiver.ts'
import { waitFor } from '../support/wait-for.ts'
import {
  createWebhook,
  createOrder,
  mutateOrThrow,
  mutate,
  quickRetries,
  waitForSettled,
} from '../api/support/fixtures.ts'
import { changesFromStart, followChanges, summaryOf, type ChangeEvent } from './support/follow-changes.ts'

let server: TestServer
let receiver: Receiver

beforeAll(async () => {
  server = await startTestServer()
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

const foody = { preset: 'FOODY', policy: { saveCheck: false }, topics: ['order.created'] }
/** Subscribes to all changes of a project from the first. */
const all = (tenant: Tenant & { readonly partnerId?: string }) =>
  followChanges(tenant.socket(), { after: changesFromStart(tenant) })

/** Creates a webhook, whose CREATED change comes after all changes of the calls before it. */
async function last(tenant: Tenant): Promise<string> {
  return `${(await createWebhook(tenant, receiver)).id} CREATED`
}

describe('webhookChanges after mutations', () => {
  test('webhookChanges sends creating, disabling and enabling a webhook once each, with a message', async () => {
    const acme = await server.tenant()
    const following = all(acme)
    const { id } = await createWebhook(acme, receiver)
    await mutateOrThrow(acme, 'WebhookDisable', { id })
    await mutateOrThrow(acme, 'WebhookDisable', { id })
    await mutateOrThrow(acme, 'WebhookEnable', { id, skipped: 'REPLAY' })
    await mutateOrThrow(acme, 'WebhookEnable', { id })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, enabled: false, name: 'Till' })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, enabled: false })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, enabled: true })
    const end = await last(acme)

    const events = await following.received(6)
    expect(summaryOf(events)).toEqual([
      `${id} CREATED`,
      `${id} DISABLED REQUESTED`,
      `${id} ENABLED`,
      `${id} DISABLED REQUESTED`,
      `${id} ENABLED`,
      end,
    ])
    const messages = events.map(({ change }) => change.message)
    expect(messages[1]).toMatch(/^Disabled on request\..*Call webhookEnable to continue/)
    expect(messages[2]).toMatch(
      /^Enabled on request: .*were skipped while the webhook was disabled are sent\.$/,
    )
    expect(messages[4]).toMatch(/^Enabled on request: .*stay skipped\.$/)
    expect(new Set(events.map(({ cursor }) => cursor)).size).toBe(6)
  })

  test('webhookChanges sends a webhook that is created disabled as CREATED only, with a message that says so', async () => {
    const acme = await server.tenant()
    const { id } = await createWebhook(acme, receiver, { enabled: false })
    const [events] = await all(acme).received(1)
    expect(events).toMatchObject({
      change: { kind: 'CREATED', reason: null, message: 'Created, and disabled until it is enabled.' },
      webhook: { id, enabled: false },
    })
  })

  test('webhookChanges sends nothing for refused mutations, other settings and deletions', async () => {
    const acme = await server.tenant()
    const { id } = await createWebhook(acme, receiver)
    const wrong = [
      await mutate(acme, 'WebhookCreate', { name: '', url: 'https://pos.example', topics: ['order.*'] }),
      await mutate(acme, 'WebhookUpdate', { id, enabled: false, expectedVersion: 7 }),
      await mutate(acme, 'WebhookUpdate', { id, enabled: false, topics: ['nothing.*'] }),
    ]
    for (const { userErrors } of wrong) expect(userErrors).not.toEqual([])
    await mutateOrThrow(acme, 'WebhookUpdate', { id, name: 'Till' })
    await mutateOrThrow(acme, 'SecretRotate', { id })
    await mutateOrThrow(acme, 'WebhookDelete', { id })
    expect((await mutate(acme, 'WebhookDisable', { id })).userErrors).toMatchObject([{ code: 'NOT_FOUND' }])
    const end = await last(acme)

    expect(summaryOf(await all(acme).received(2))).toEqual([`${id} CREATED`, end])
  })

  test('a change whose transaction fails at commit is not sent and leaves no gap in the positions', async () => {
    const acme = await server.tenant()
    const { id } = await createWebhook(acme, receiver)
    const { sql } = server.connections
    // The change takes a position, and then the commit fails.
    await sql.unsafe(`
      create function refuse() returns trigger language plpgsql as
        $$ begin if new.kind = 'DISABLED' then raise exception 'no'; end if; return new; end $$;
      create constraint trigger refuse after insert on webhook_changes deferrable initially deferred
        for each row execute function refuse()`)
    const { body } = await acme.post({
      query: `mutation { webhookDisable(input: { id: "${id}" }) { webhook { id } userErrors { code } } }`,
    })
    await sql.unsafe('drop trigger refuse on webhook_changes; drop function refuse()')
    expect(body.errors?.[0]?.extensions).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' })
    const end = await last(acme)

    expect(summaryOf(await all(acme).received(2))).toEqual([`${id} CREATED`, end])
    const positions = await sql`
      select position::int from webhook_changes where project_id = ${acme.projectId} order by position`
    expect(positions.map((row) => row['position'] as number)).toEqual([1, 2])
  })
})

describe('webhookChanges after attempts', () => {
  test('webhookChanges sends a failing webhook with the failures left until it is disabled, then DISABLED with the reason', async () => {
    const acme = await server.tenant()
    receiver.script(503)
    const { id } = await createWebhook(acme, receiver, {
      ...foody,
      policy: { saveCheck: false, disable: [{ rule: 'CONSECUTIVE_FAILURES', count: 2 }], ...quickRetries(4) },
    })
    const following = all(acme)
    await following.received(1)
    await createOrder(acme)
    const events = await following.received(3)
    receiver.script(200)

    expect(summaryOf(events)).toEqual([
      `${id} CREATED`,
      `${id} FAILING`,
      `${id} DISABLED CONSECUTIVE_FAILURES`,
    ])
    expect(events[1]?.change.message).toBe(
      'An attempt failed: the receiver answered 503. 1 consecutive failure; the rule allows up to 2.',
    )
    expect(events[2]?.change.message).toMatch(/^3 consecutive attempts failed, .*call webhookEnable/)
    const { webhook } = await acme.gql<{ webhook: { disabled: { at: string; message: string } } }>(
      `{ webhook(id: "${id}") { disabled { at message } } }`,
    )
    expect(events[2]?.change).toMatchObject(webhook.disabled)
  })

  test('webhookChanges sends nothing for failed manual attempts and test requests', async () => {
    const acme = await server.tenant()
    receiver.script(200)
    const { id } = await createWebhook(acme, receiver)
    await createOrder(acme)
    const [delivery] = await waitForSettled(acme, { webhookIds: [id] })
    receiver.script(500)
    await mutateOrThrow(acme, 'Retry', { id: delivery?.id })
    await mutateOrThrow(acme, 'WebhookTest', { id })
    await waitFor(
      async () => {
        const { deliveryAttempts } = await acme.gql<{ deliveryAttempts: { nodes: object[] } }>(
          `{ deliveryAttempts(filter: { webhookIds: ["${id}"] }) { nodes { id } } }`,
        )
        return deliveryAttempts.nodes.length === 2
      },
      { what: 'the manual attempt' },
    )
    receiver.script(200)
    const end = await last(acme)

    expect(summaryOf(await all(acme).received(2))).toEqual([`${id} CREATED`, end])
  })
})

describe('webhookChanges subscription', () => {
  test('a subscriber that is disconnected nine times receives all 66 changes once, in order', async () => {
    const acme = await server.tenant()
    const writing = Promise.all(
      Array.from({ length: 6 }, async () => {
        const { id } = await createWebhook(acme, receiver)
        for (let turn = 0; turn < 5; turn += 1) {
          await mutateOrThrow(acme, 'WebhookDisable', { id })
          await mutateOrThrow(acme, 'WebhookEnable', { id })
        }
      }),
    )
    const received: ChangeEvent[] = []
    let after = changesFromStart(acme)
    for (const cut of [1, 7, 2, 1, 19, 1, 13, 5, 17]) {
      const client = acme.socket()
      const events = await followChanges(client, { after }, cut).received(cut)
      received.push(...events)
      after = events.at(-1)?.cursor ?? after
      await client.dispose()
    }
    await writing

    const rows = await server.connections.sql<{ text: string; position: number }[]>`
      select webhook_id || ' ' || kind || coalesce(' ' || reason, '') as text, position::int from webhook_changes
      where project_id = ${acme.projectId} order by position`
    expect(rows.map(({ position }) => position)).toEqual(Array.from({ length: 66 }, (_, n) => n + 1))
    expect(summaryOf(received)).toEqual(rows.map(({ text }) => text))
  })

  test('a subscriber of another process receives six changes in less than 10 s', async () => {
    const acme = await server.tenant()
    const api = await makeApp({ ...server.config, roles: ['api'] }, nullLog)
    const there = tenantOf(api.address?.url ?? '', acme.projectId, acme.key)
    const client = there.socket()
    const far = followChanges(client, { after: changesFromStart(acme) })
    const { id } = await createWebhook(acme, receiver)
    await far.received(1)
    const beganMs = performance.now()
    for (let round = 1; round <= 3; round += 1) {
      await mutateOrThrow(acme, 'WebhookDisable', { id })
      await mutateOrThrow(acme, 'WebhookEnable', { id })
      await far.received(1 + 2 * round)
    }
    // Without the notification each round would wait for the next poll, every 5 s.
    expect(performance.now() - beganMs).toBeLessThan(10_000)
    await client.dispose()
    await api.stop()
  })

  test('a filtered subscription receives only the changes of its webhooks, kinds and partners', async () => {
    const acme = await server.tenant()
    const courier = await asPartner(server, acme)
    const mine = await createWebhook(acme, receiver)
    const theirs = await createWebhook(courier, receiver)
    const socket = acme.socket()
    const filters = [
      { webhookIds: [mine.id] },
      { kinds: ['DISABLED', 'ENABLED'] },
      { partnerIds: [courier.partnerId] },
      { partnerIds: [courier.partnerId], kinds: ['ENABLED'], webhookIds: [] },
    ]
    const followings = filters.map((filter) => {
      const full = { webhookIds: [], partnerIds: [], kinds: [], ...filter }
      // An empty member and an absent member are the same filter.
      return followChanges(socket, { filter, after: cursorFor(acme, full) })
    })
    for (const { id } of [mine, theirs]) {
      await mutateOrThrow(acme, 'WebhookDisable', { id })
      await mutateOrThrow(acme, 'WebhookEnable', { id })
    }
    const [ofMine, ofKinds, ofCourier, ofAll] = followings
    const shortChanges = (id: string) => [`${id} DISABLED REQUESTED`, `${id} ENABLED`]
    expect(summaryOf((await ofMine?.received(3)) ?? [])).toEqual([
      `${mine.id} CREATED`,
      ...shortChanges(mine.id),
    ])
    expect(summaryOf((await ofKinds?.received(4)) ?? [])).toEqual([
      ...shortChanges(mine.id),
      ...shortChanges(theirs.id),
    ])
    expect(summaryOf((await ofCourier?.received(3)) ?? [])).toEqual([
      `${theirs.id} CREATED`,
      ...shortChanges(theirs.id),
    ])
    expect(summaryOf((await ofAll?.received(1)) ?? [])).toEqual([`${theirs.id} ENABLED`])
  })

  test('webhookChanges refuses forged cursors and those of other projects, partners, filters and feeds with CURSOR_INVALID', async () => {
    const acme = await server.tenant()
    const eve = await server.tenant('Eve')
    const courier = await asPartner(server, acme)
    await createWebhook(acme, receiver)
    await createWebhook(eve, receiver)
    const [events] = await all(acme).received(1)
    const cursor = events?.cursor ?? ''
    const refusedFor = async (tenant: Tenant, after: string, filter?: object) => {
      const following = followChanges(tenant.socket(), { after, ...(filter !== undefined && { filter }) })
      await waitFor(() => following.refused() !== undefined, { what: 'the refusal' })
      return following.refused()
    }
    const forged = [cursor.slice(0, -2), `${cursor}x`, 'x', '', 'null', '0']
    for (const after of forged) expect(await refusedFor(acme, after), after).toContain('CURSOR_INVALID')
    expect(await refusedFor(eve, cursor)).toContain('CURSOR_INVALID')
    expect(await refusedFor(courier, cursor)).toContain('CURSOR_INVALID')
    expect(await refusedFor(acme, cursor, { kinds: ['CREATED'] })).toContain('CURSOR_INVALID')
    expect(await refusedFor(acme, cursorFor(acme, null, 'feed'))).toContain('CURSOR_INVALID')
    expect(await refusedFor(acme, cursorFor(acme, undefined, 'webhookChanges', '2'))).toContain(
      'CURSOR_INVALID',
    )
  })

  test('webhookChanges refuses a cursor before the oldest retained change with CURSOR_EXPIRED', async () => {
    const acme = await server.tenant()
    await createWebhook(acme, receiver)
    await server.connections.sql`
      update webhook_change_feeds set expired_position = 1 where project_id = ${acme.projectId}`
    const following = all(acme)
    await waitFor(() => following.refused() !== undefined, { what: 'the refusal' })
    expect(following.refused()).toContain('CURSOR_EXPIRED')
  })

  test('a PARTNER key receives the changes of its own webhooks, also those that a PLATFORM key makes; a READER receives all', async () => {
    const acme = await server.tenant()
    const courier = await asPartner(server, acme)
    const rival = await asPartner(server, acme, 'Rival Ltd')
    const reader = await withKey(server, acme, { role: 'READER' })
    const [ours, theirs, seen] = [all(courier), all(rival), all(reader)]
    const platforms = await createWebhook(acme, receiver)
    const couriers = await createWebhook(courier, receiver)
    const rivals = await createWebhook(rival, receiver)
    await mutateOrThrow(acme, 'WebhookDisable', { id: couriers.id })
    await mutateOrThrow(courier, 'WebhookEnable', { id: couriers.id })
    await mutateOrThrow(acme, 'WebhookDisable', { id: platforms.id })
    await mutateOrThrow(rival, 'WebhookDisable', { id: rivals.id })

    const shortChanges = (id: string) => [`${id} CREATED`, `${id} DISABLED REQUESTED`]
    expect(summaryOf(await seen.received(7))).toHaveLength(7)
    expect(summaryOf(await ours.received(3))).toEqual([
      ...shortChanges(couriers.id),
      `${couriers.id} ENABLED`,
    ])
    expect(summaryOf(await theirs.received(2))).toEqual(shortChanges(rivals.id))
  })
})

function cursorFor(
  { projectId }: Tenant,
  filter: object | null = { webhookIds: [], partnerIds: [], kinds: [] },
  list = 'webhookChanges',
  position = '0',
): string {
  return writeCursor({ list, projectId, partnerId: null, filter }, position)
}
