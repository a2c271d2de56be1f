/** Which webhooks a probe is claimed for, with what delivery, and how often. */
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Webhook } from '../../../src/domain/webhooks/webhook.ts'
import { system } from '../../../src/runtime/system.ts'
import {
  endedInterrupted,
  endedWith,
  openSettleFixture,
  type SettleFixture,
} from '../support/settle-fixture.ts'

const lease = { timeoutMs: 15_000, marginMs: 10_000 }
let fixture: SettleFixture

beforeAll(async () => {
  fixture = await openSettleFixture()
})
afterAll(() => fixture.close())

/** A webhook that has been disabled for an hour, with one due delivery. Returns its id. */
async function disabled(reason: string, given: Partial<Webhook> = {}): Promise<string> {
  const id = await fixture.createWebhook(given)
  const [claim] = await fixture.claim(id, 1)
  if (claim === undefined) throw new Error('expected a claim, found none')
  await fixture.dispatch.release([claim])
  await fixture.connections.sql`
    update webhooks set disabled_reason = ${reason}, disabled_message = '', disabled_at = now() - interval '1 hour'
    where id = ${id}`
  return id
}

async function change(id: string, set: string): Promise<void> {
  await fixture.connections.sql.unsafe(`update webhooks set ${set} where id = '${id}'`)
}

async function replayAll(): Promise<void> {
  while ((await fixture.dispatch.replaySkipped(100)) !== null);
}

const claimProbes = () => fixture.dispatch.claimProbes(100, lease)

describe('claimProbes', () => {
  test.each(['CONSECUTIVE_FAILURES', 'FAILURE_SHARE', 'FAILING_DAYS', 'FAILING_FOR'])(
    'a webhook that %s disabled is probed',
    async (reason) => {
      const id = await disabled(reason)
      expect(await claimProbes()).toMatchObject([{ webhookId: id, isProbe: true, trigger: 'MANUAL' }])
    },
  )

  test.each(['REQUESTED', 'GONE'])('a webhook that %s disabled is not probed', async (reason) => {
    await disabled(reason)
    expect(await claimProbes()).toEqual([])
  })

  test.each([
    `overrides = '{"recovery":"NONE"}'`,
    "preset = 'FLIPDISH'",
    'paused_since = now()',
    'deleted_at = now()',
    "disabled_at = now() - interval '4 minutes'",
  ])('a webhook with %s is not probed', async (set) => {
    const id = await disabled('FAILING_FOR')
    await change(id, set)
    expect(await claimProbes()).toEqual([])
  })

  test('a webhook without a due or skipped delivery is not probed, and its first probe is not used up', async () => {
    const id = await disabled('FAILING_FOR')
    const { sql } = fixture.connections
    await sql`update due_deliveries set due_at = now() + interval '1 hour' where webhook_id = ${id}`
    expect(await claimProbes()).toEqual([])
    expect(await sql`select probes from webhook_health where webhook_id = ${id}`).toMatchObject([
      { probes: 0 },
    ])
  })

  test('many processes that claim at once get one probe of a webhook', async () => {
    const id = await disabled('FAILING_FOR')
    const claims = await Promise.all(Array.from({ length: 8 }, claimProbes))
    expect(claims.flat()).toMatchObject([{ webhookId: id }])
  })

  test('the waits between probes are 5, 10, 20 and 40 minutes, then an hour', async () => {
    const id = await disabled('FAILING_FOR')
    const { sql } = fixture.connections
    const waits: unknown[] = []
    for (let count = 0; count < 6; count += 1) {
      const [claim] = await claimProbes()
      if (claim === undefined) throw new Error(`expected probe ${count}, found none`)
      await fixture.dispatch.settle([endedWith(claim, 500, 'MANUAL')])
      const [row] = await sql`
        select round(extract(epoch from probe_due_at - now()) / 60)::int as minutes from webhook_health where webhook_id = ${id}`
      waits.push(row?.['minutes'])
      expect(await claimProbes()).toEqual([])
      await sql`update webhook_health set probe_due_at = now() - interval '1 second' where webhook_id = ${id}`
      await sql`update due_deliveries set due_at = now() - interval '1 second' where webhook_id = ${id}`
    }
    expect(waits).toEqual([5, 10, 20, 40, 60, 60])
    await change(id, 'deleted_at = now()')
  })

  test.each([
    ['PER_ORDER', 0],
    ['LATEST_ONLY', 1],
  ] as const)(
    'with the ordering %s, the probe of an order is the delivery that would be sent',
    async (ordering, place) => {
      const { sql } = fixture.connections
      const id = await fixture.createWebhook({})
      const claims = await fixture.claim(id, 2)
      await change(
        id,
        `ordering = '${ordering}', disabled_reason = 'FAILING_FOR', disabled_message = '', disabled_at = now() - interval '1 hour'`,
      )
      await fixture.dispatch.release(claims)
      for (const [index, { deliveryId }] of claims.entries())
        await sql`
        update due_deliveries set
          order_place = ${`ord_1:000000000${index}`}, due_at = now() - interval '1 second' * ${1 - index}::float8 - interval '1 second'
        where delivery_id = ${deliveryId}`
      if (ordering === 'PER_ORDER') {
        // Later than the second one, which waits for it nevertheless.
        await sql`update due_deliveries set due_at = now() - interval '10 ms' where delivery_id = ${claims[0]?.deliveryId ?? ''}`
      }
      expect(await claimProbes()).toMatchObject([{ deliveryId: claims[place]?.deliveryId }])
    },
  )

  test('a probe past the deadline of its delivery is not sent', async () => {
    const id = await disabled('FAILING_FOR', { expireAfterMs: 1_000 })
    await fixture.connections
      .sql`update deliveries set created_at = now() - interval '1 minute' where webhook_id = ${id}`
    expect(await claimProbes()).toEqual([])
  })
})

describe('the settle of a probe', () => {
  test('a probe that succeeds after a person disabled the webhook does not enable it', async () => {
    const id = await disabled('FAILING_FOR')
    const [claim] = await claimProbes()
    if (claim === undefined) throw new Error('expected a probe, found none')
    await change(id, "disabled_reason = 'REQUESTED'")
    expect(await fixture.dispatch.settle([endedWith(claim, 200, 'MANUAL')])).toMatchObject({ recovered: [] })
  })

  test('an interrupted probe is recorded, and the next probe sends the same delivery again', async () => {
    const id = await disabled('FAILING_FOR')
    const [claim] = await claimProbes()
    if (claim === undefined) throw new Error('expected a probe, found none')
    await fixture.dispatch.settle([endedInterrupted(claim, 0)])
    const { sql } = fixture.connections
    await sql`update webhook_health set probe_due_at = now() - interval '1 second' where webhook_id = ${id}`
    const [again] = await claimProbes()
    expect(again).toMatchObject({ deliveryId: claim.deliveryId, attemptNumber: 2, isProbe: true })
    if (again === undefined) return
    expect(await fixture.dispatch.settle([endedWith(again, 200, 'MANUAL')])).toMatchObject({
      recovered: [{ webhookId: id }],
    })
  })

  test('a probe that succeeds resets the health and requests the replay of what was skipped since the webhook was disabled', async () => {
    const id = await disabled('FAILING_FOR')
    const { sql } = fixture.connections
    await sql`update webhook_health set consecutive_failures = 7, failing_since = now() where webhook_id = ${id}`
    const [claim] = await claimProbes()
    if (claim === undefined) throw new Error('expected a probe, found none')
    await fixture.dispatch.settle([endedWith(claim, 200, 'MANUAL')])
    expect(await sql`select * from webhook_health where webhook_id = ${id}`).toMatchObject([
      { consecutive_failures: 0, failing_since: null, probes: 0, probe_due_at: null },
    ])
    expect(await sql`select disabled_at from webhooks where id = ${id}`).toMatchObject([
      { disabled_at: null },
    ])
    expect(await sql`select from pending_replays where webhook_id = ${id}`).toHaveLength(1)
  })

  test('a delivery that is skipped by a change in progress when a probe enables its webhook is replayed too', async () => {
    const id = await disabled('FAILING_FOR')
    const { sql } = fixture.connections
    const [row] = await sql<{ projectId: string; at: Date }[]>`
      select project_id as "projectId", disabled_at as at from webhooks where id = ${id}`
    if (row === undefined) throw new Error('expected the webhook to be there')
    const change = postgres(fixture.url, { max: 1 })
    let replay: Promise<unknown> = Promise.resolve()
    try {
      await change.begin(async (tx) => {
        // As a change does that has read the webhook as disabled.
        await tx`select pg_advisory_xact_lock_shared(hashtextextended(${`orderbell.webhooks.${row.projectId}`}, 0))`
        await tx`
          with skipped as (
            insert into events (id, project_id, topic, data, delivery_count, created_at)
            select ${system.newId('event')}, ${row.projectId}, 'menu.updated', '{}', 1, now() returning id
          )
          insert into deliveries (
            id, project_id, webhook_id, event_id, topic, state, skip_reason, skipped_since, created_at, finished_at
          )
          select ${system.newId('delivery')}, ${row.projectId}, ${id}, id, 'menu.updated', 'SKIPPED', 'WEBHOOK_DISABLED',
            ${row.at}, now(), now() from skipped`
        const [claim] = await claimProbes()
        if (claim === undefined) throw new Error('expected a probe, found none')
        await fixture.dispatch.settle([endedWith(claim, 200, 'MANUAL')])
        replay = replayAll()
        // If the replay does not wait, it ends here without the delivery.
        await Promise.race([replay, new Promise((resolve) => setTimeout(resolve, 300))])
      })
      await replay
      expect(
        await sql`select state from deliveries where webhook_id = ${id} and topic = 'menu.updated'`,
      ).toMatchObject([{ state: 'PENDING' }])
      expect(await sql`select from pending_replays where webhook_id = ${id}`).toEqual([])
    } finally {
      await change.end()
    }
  })
})
