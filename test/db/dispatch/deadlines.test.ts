/** Deadlines in the statements of the dispatcher: what the sweep ends, what a release ends, and what a claim returns. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Claimed } from '../../../src/ports/dispatch-store.ts'
import { endedWith, openSettleFixture, type SettleFixture } from '../support/settle-fixture.ts'

const lease = { timeoutMs: 15_000, marginMs: 10_000 }
let fixture: SettleFixture

beforeAll(async () => {
  fixture = await openSettleFixture()
})
afterAll(() => fixture.close())

/** The claim of a new delivery to a webhook with a deadline of a minute; the event is `ageMs` old. */
async function claimed(ageMs: number): Promise<Claimed> {
  const id = await fixture.createWebhook({ expireAfterMs: 60_000 })
  const [claim] = await fixture.claim(id, 1)
  if (claim === undefined) throw new Error('expected a claim, found none')
  await age(claim.deliveryId, ageMs)
  return claim
}

/** A waiting delivery of that age. Returns its id and its webhook's. */
async function waiting(ageMs: number) {
  const { deliveryId, leaseToken, webhookId } = await claimed(0)
  await fixture.dispatch.release([{ deliveryId, leaseToken }])
  await age(deliveryId, ageMs)
  return { deliveryId, webhookId }
}

async function age(deliveryId: string, ms: number): Promise<void> {
  const { sql } = fixture.connections
  const [row] = await sql<{ event_id: string }[]>`
    update deliveries set created_at = now() - interval '1 millisecond' * ${ms}::float8
    where id = ${deliveryId} returning event_id`
  await sql`update events set created_at = now() - interval '1 millisecond' * ${ms}::float8 where id = ${row?.event_id ?? ''}`
}

async function stateOf(deliveryId: string) {
  const { sql } = fixture.connections
  const [row] = await sql`
    select d.state, d.due_at, d.finished_at is not null as finished, l.manual_retry, l.delivery_id is not null as queued
    from deliveries d left join due_deliveries l on l.delivery_id = d.id where d.id = ${deliveryId}`
  return row
}

const expired = { state: 'EXPIRED', due_at: null, finished: true, queued: false }

describe('the sweep', () => {
  test.each(['disabled_at = now()', 'paused_since = now()', "expire_after_ms = 60000, overrides = '{}'"])(
    'the sweep ends a waiting delivery past its deadline as EXPIRED when its webhook has %s, whenever its next attempt is due',
    async (change) => {
      const { sql } = fixture.connections
      const [late, inTime] = [await waiting(60_001), await waiting(50_000)]
      for (const { webhookId, deliveryId } of [late, inTime]) {
        await sql.unsafe(`update webhooks set ${change} where id = '${webhookId}'`)
        await sql`update due_deliveries set due_at = now() + interval '1 day' where delivery_id = ${deliveryId}`
      }
      expect(await fixture.dispatch.expireDue(100)).toBe(1)
      expect(await stateOf(late.deliveryId)).toMatchObject(expired)
      expect(await stateOf(inTime.deliveryId)).toMatchObject({ state: 'PENDING', queued: true })
    },
  )

  test('the sweep leaves deliveries under lease, those that wait for a manual attempt, and those without a deadline', async () => {
    const { sql } = fixture.connections
    const leased = await claimed(90_000)
    const manual = await waiting(90_000)
    await sql`update due_deliveries set manual_retry = 'NOW' where delivery_id = ${manual.deliveryId}`
    const never = await waiting(90_000)
    await sql`update webhooks set expire_after_ms = null where id = ${never.webhookId}`
    expect(await fixture.dispatch.expireDue(100)).toBe(0)
    for (const { deliveryId } of [leased, manual, never])
      expect(await stateOf(deliveryId)).toMatchObject({ state: 'PENDING', queued: true })
  })
})

describe('a claim', () => {
  test('a claim returns the time to the deadline, counted from the creation of the event on the clock of the database', async () => {
    const { webhookId } = await waiting(20_000)
    const [claim] = await fixture.dispatch.claim([{ webhookId, limit: 1 }], lease)
    expect(claim?.facts.expiresInMs).toBeGreaterThan(30_000)
    expect(claim?.facts.expiresInMs).toBeLessThanOrEqual(40_001)
  })

  test('the release of a claim that was not sent ends the delivery when its deadline has passed, and not before', async () => {
    const [late, inTime] = [await claimed(60_001), await claimed(50_000)]
    await fixture.dispatch.release([late, inTime])
    expect(await stateOf(late.deliveryId)).toMatchObject(expired)
    expect(await stateOf(inTime.deliveryId)).toMatchObject({ state: 'PENDING', queued: true })
  })

  test('a manual attempt that was to follow the attempt that did not begin is due after the release', async () => {
    const late = await claimed(60_001)
    const { sql } = fixture.connections
    await sql`update due_deliveries set manual_retry = 'NEXT' where delivery_id = ${late.deliveryId}`
    await fixture.dispatch.release([late])
    expect(await stateOf(late.deliveryId)).toMatchObject({ state: 'PENDING', manual_retry: 'NOW' })
  })

  test('a failed attempt whose retry would be after the deadline ends the delivery as EXPIRED with its attempt', async () => {
    const { webhookId } = await waiting(59_000)
    const [claim] = await fixture.dispatch.claim([{ webhookId, limit: 1 }], lease)
    if (claim === undefined) throw new Error('expected a claim, found none')
    await fixture.dispatch.settle([endedWith(claim, 500)])
    expect(await stateOf(claim.deliveryId)).toMatchObject(expired)
    const attempts = await fixture.connections.sql`
      select next_step, next_step_reason, next_attempt_at from attempts where delivery_id = ${claim.deliveryId}`
    expect(attempts).toMatchObject([{ next_step: 'EXPIRED', next_attempt_at: null }])
  })
})
