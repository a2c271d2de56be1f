/** Leases of deliveries that were not sent, on a real PostgreSQL. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Claimed } from '../../src/ports/dispatch-store.ts'
import { openSettling, type Settling } from './settling.ts'

let project: Settling
let webhookId: string
const lease = { timeoutMs: 15_000, marginMs: 10_000 }

beforeAll(async () => {
  project = await openSettling()
})
afterAll(() => project.close())

async function claimOne(): Promise<Claimed> {
  webhookId = await project.webhook({})
  const [claimed] = await project.claim(webhookId, 1)
  if (claimed === undefined) throw new Error('expected a claim')
  return claimed
}

const dueOf = async ({ deliveryId }: Claimed) =>
  project.connections.sql`
    select lease_token, lease_until, lease_started_at, asked from due_deliveries where delivery_id = ${deliveryId}`
const free = { lease_token: null, lease_until: null, lease_started_at: null }

describe('a lease that is released', () => {
  test('leaves the delivery due, and its next attempt has the same number', async () => {
    const claimed = await claimOne()
    await project.dispatch.release([claimed])
    expect(await dueOf(claimed)).toMatchObject([free])
    const [again] = await project.dispatch.claim([{ webhookId, limit: 1 }], lease)
    expect(again).toMatchObject({
      deliveryId: claimed.deliveryId,
      attemptNumber: claimed.attemptNumber,
      facts: { failures: 0, interruptions: 0 },
      trigger: 'SCHEDULE',
    })
    expect(again?.leaseToken).not.toBe(claimed.leaseToken)
  })

  test('is not that of somebody else', async () => {
    const claimed = await claimOne()
    await project.dispatch.release([{ ...claimed, leaseToken: '00000000-0000-4000-8000-000000000000' }])
    expect(await dueOf(claimed)).toMatchObject([{ lease_token: claimed.leaseToken }])
  })

  test('leaves the attempt that a person asked for a person’s', async () => {
    const claimed = await claimOne()
    await project.dispatch.release([claimed])
    await project.connections.sql`
      update due_deliveries set asked = 'NOW' where delivery_id = ${claimed.deliveryId}`
    const [isManual] = await project.dispatch.claim([{ webhookId, limit: 1 }], lease)
    if (isManual === undefined) throw new Error('expected a claim')
    await project.dispatch.release([isManual])
    const [again] = await project.dispatch.claim([{ webhookId, limit: 1 }], lease)
    expect(again?.trigger).toBe('PERSON')
  })

  test('leaves nothing due of a delivery that was cancelled meanwhile, also by who still holds its row', async () => {
    const claimed = await claimOne()
    let released: Promise<void> | undefined
    await project.store.transaction(async (tx) => {
      const found = await tx.lockDelivery(claimed.deliveryId)
      if (found === null) throw new Error('expected the delivery')
      released = project.dispatch.release([claimed])
      await new Promise((resolve) => setTimeout(resolve, 100))
      await tx.cancelDelivery(found.delivery)
    })
    await released
    expect(await dueOf(claimed)).toEqual([])
  })
})
