/** Release of leases of deliveries that were not sent, on a real PostgreSQL. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Claimed } from '../../../src/ports/dispatch-store.ts'
import { openSettleFixture, type SettleFixture } from '../support/settle-fixture.ts'

let fixture: SettleFixture
let webhookId: string
const lease = { timeoutMs: 15_000, marginMs: 10_000 }

beforeAll(async () => {
  fixture = await openSettleFixture()
})
afterAll(() => fixture.close())

async function claimOne(): Promise<Claimed> {
  webhookId = await fixture.createWebhook({})
  const [claimed] = await fixture.claim(webhookId, 1)
  if (claimed === undefined) throw new Error('expected a claim')
  return claimed
}

const dueOf = async ({ deliveryId }: Claimed) =>
  fixture.connections.sql`
    select lease_token, lease_until, lease_started_at, manual_retry from due_deliveries where delivery_id = ${deliveryId}`
const noLease = { lease_token: null, lease_until: null, lease_started_at: null }

describe('release', () => {
  test('a released delivery is due, and its next attempt has the same number', async () => {
    const claimed = await claimOne()
    await fixture.dispatch.release([claimed])
    expect(await dueOf(claimed)).toMatchObject([noLease])
    const [again] = await fixture.dispatch.claim([{ webhookId, limit: 1 }], lease)
    expect(again).toMatchObject({
      deliveryId: claimed.deliveryId,
      attemptNumber: claimed.attemptNumber,
      facts: { failures: 0, interruptions: 0 },
      trigger: 'SCHEDULE',
    })
    expect(again?.leaseToken).not.toBe(claimed.leaseToken)
  })

  test('release with another lease token changes nothing', async () => {
    const claimed = await claimOne()
    await fixture.dispatch.release([{ ...claimed, leaseToken: '00000000-0000-4000-8000-000000000000' }])
    expect(await dueOf(claimed)).toMatchObject([{ lease_token: claimed.leaseToken }])
  })

  test('a released manual retry is claimed again as a manual retry', async () => {
    const claimed = await claimOne()
    await fixture.dispatch.release([claimed])
    await fixture.connections.sql`
      update due_deliveries set manual_retry = 'NOW' where delivery_id = ${claimed.deliveryId}`
    const [isManual] = await fixture.dispatch.claim([{ webhookId, limit: 1 }], lease)
    if (isManual === undefined) throw new Error('expected a claim')
    await fixture.dispatch.release([isManual])
    const [again] = await fixture.dispatch.claim([{ webhookId, limit: 1 }], lease)
    expect(again?.trigger).toBe('MANUAL')
  })

  test('release of a delivery that a concurrent transaction cancels leaves no due row', async () => {
    const claimed = await claimOne()
    let released: Promise<void> | undefined
    await fixture.store.transaction(async (tx) => {
      const found = await tx.lockDelivery(claimed.deliveryId)
      if (found === null) throw new Error('expected the delivery')
      released = fixture.dispatch.release([claimed])
      await new Promise((resolve) => setTimeout(resolve, 100))
      await tx.cancelDelivery(found.delivery)
    })
    await released
    expect(await dueOf(claimed)).toEqual([])
  })
})
