/** Claims on a real PostgreSQL: deliveries of a webhook share its settings, which follow the webhook's row; and times. */
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Claimed } from '../../../src/ports/dispatch-store.ts'
import { openSettleFixture, type SettleFixture } from '../support/settle-fixture.ts'

let fixture: SettleFixture
beforeAll(async () => {
  fixture = await openSettleFixture()
})
afterAll(() => fixture.close())

async function claimOne(webhookId: string): Promise<Claimed> {
  const [claimed] = await fixture.claim(webhookId, 1)
  if (claimed === undefined) throw new Error('expected a claim')
  return claimed
}

test('all deliveries of an unchanged webhook share one settings object, over claims and expired leases', async () => {
  const webhookId = await fixture.createWebhook({})
  const [first, second] = await fixture.claim(webhookId, 2)
  const third = await claimOne(webhookId)
  await fixture.connections.sql`update due_deliveries set lease_until = now() - interval '1 second'`
  const expired = await fixture.dispatch.expiredLeases(10)
  const objects = [first, second, third, ...expired].map((claimed) => claimed?.webhook)
  expect(objects).toHaveLength(6)
  expect(new Set(objects).size).toBe(1)
})

test('webhooks have settings objects of their own', async () => {
  const ids = [await fixture.createWebhook({}), await fixture.createWebhook({})]
  const [one, other] = [await claimOne(ids[0] ?? ''), await claimOne(ids[1] ?? '')]
  expect(one.webhook).toEqual(other.webhook)
  expect(one.webhook).not.toBe(other.webhook)
})

test('the next claim after a change of the webhook has the new settings, also when the version number is unchanged', async () => {
  const webhookId = await fixture.createWebhook({ url: 'https://old.example/' })
  const before = await claimOne(webhookId)
  await fixture.store.transaction(async (tx) => {
    const webhook = await tx.lockWebhook(webhookId, { withHealth: false })
    if (webhook === null) throw new Error('expected the webhook to be there')
    await tx.updateWebhook({ ...webhook, url: 'https://new.example/' })
  })
  const after = await claimOne(webhookId)
  expect([before.webhook.url, after.webhook.url]).toEqual(['https://old.example/', 'https://new.example/'])
  await fixture.connections.sql`update webhooks set url = 'https://newest.example/' where id = ${webhookId}`
  expect((await claimOne(webhookId)).webhook.url).toBe('https://newest.example/')
})

test('a claim after the previous secret has expired does not have it, although the webhook is unchanged', async () => {
  const webhookId = await fixture.createWebhook({})
  await fixture.connections.sql`
    update webhooks set sealed_secret = 'new', previous_sealed_secret = 'old',
      previous_secret_until = clock_timestamp() + interval '500 milliseconds'
    where id = ${webhookId}`
  expect((await claimOne(webhookId)).webhook.encrypted.secrets).toEqual(['new', 'old'])
  await pause(600)
  expect((await claimOne(webhookId)).webhook.encrypted.secrets).toEqual(['new'])
})

test('the times of a claim are those of the database to the millisecond', async () => {
  const webhookId = await fixture.createWebhook({})
  const claims = await fixture.claim(webhookId, 50)
  const rows = await fixture.connections.sql<{ id: string; started: Date; created: Date }[]>`
    select l.delivery_id as id, l.lease_started_at as started, e.created_at as created
    from due_deliveries l join deliveries d on d.id = l.delivery_id join events e on e.id = d.event_id
    where l.webhook_id = ${webhookId}`
  const times = claims.map((one) => ({
    id: one.deliveryId,
    started: one.startedAt,
    created: one.event.createdAt,
  }))
  const byId = (a: { readonly id: string }, b: { readonly id: string }) => (a.id < b.id ? -1 : 1)
  expect(times.toSorted(byId)).toEqual([...rows].toSorted(byId))
})

test('a claim whose webhook settings cannot be read fails, and its deliveries are due again at once', async () => {
  const webhookId = await fixture.createWebhook({})
  const { sql } = fixture.connections
  await sql`alter table webhooks rename column headers to unreadable`
  try {
    await expect(fixture.claim(webhookId, 3)).rejects.toThrow('column "headers" does not exist')
  } finally {
    await sql`alter table webhooks rename column unreadable to headers`
  }
  const rows = await sql`
    select l.lease_token, d.state, d.attempt_count from due_deliveries l join deliveries d on d.id = l.delivery_id
    where l.webhook_id = ${webhookId}`
  expect(rows.map((row) => ({ ...row }))).toEqual(
    Array.from({ length: 3 }, () => ({ lease_token: null, state: 'PENDING', attempt_count: 0 })),
  )
})
