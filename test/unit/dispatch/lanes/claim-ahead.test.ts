/** A lane whose receiver answers quickly claims ahead of its request slots. */
import { describe, expect, test } from 'vitest'
import { windowSize } from '../../../../src/dispatch/lanes/request-slots.ts'
import { maxReadyMs } from '../../../../src/dispatch/lanes/ready-deliveries.ts'
import { settleDown } from '../fakes.ts'
import { open, webhooksOf } from './open-lanes.ts'

/** A lane of 1,000 due deliveries whose receiver has answered 20 requests within 10 ms: 100 in 50 ms. */
async function openQuickLane() {
  const made = open()
  await made.deliver(webhooksOf('prj_1', 1), 1_000)
  // The requests end together, so that one claim follows them.
  await made.clock.advance(10)
  await made.receivers.answer(20)
  return { ...made, webhookId: 'whk_prj_1_0' }
}

describe('claim ahead of slots', () => {
  test('a lane of which 20 requests ended in 10 ms claims 100 deliveries ahead of its slots', async () => {
    const { store, receivers } = await openQuickLane()
    expect(store.claims.map(([lane]) => lane?.limit)).toEqual([windowSize, 20 + 100])
    expect([receivers.waiting.length, store.leases()]).toEqual([windowSize, windowSize + 100])
  })

  test('a lane of which 20 requests ended in a second claims for its slots only', async () => {
    const { store, clock, receivers, deliver } = open()
    await deliver(webhooksOf('prj_1', 1), 1_000)
    await clock.advance(1_000)
    await receivers.answer(20)
    expect(store.claims.map(([lane]) => lane?.limit)).toEqual([windowSize, 20])
  })

  test('a lane sends ready deliveries when requests end, and claims when fewer than half of them are left', async () => {
    const { store, clock, receivers } = await openQuickLane()
    await clock.advance(25)
    await receivers.answer(50)
    expect(store.claims).toHaveLength(2)
    expect(receivers.waiting).toHaveLength(windowSize)
    await clock.advance(1)
    await receivers.answer(1)
    expect(store.claims).toHaveLength(3)
    expect(receivers.waiting).toHaveLength(windowSize)
  })

  test('a lane sends ready deliveries while its next claim runs', async () => {
    const { store, clock, receivers } = await openQuickLane()
    const claim = store.claim.bind(store)
    let answerClaim = (): void => undefined
    store.claim = async (...args) => {
      const claimed = await claim(...args)
      await new Promise<void>((resolve) => (answerClaim = resolve))
      return claimed
    }
    await clock.advance(25)
    await receivers.answer(50)
    await receivers.answer(1)
    const sentBefore = receivers.sent()
    expect(store.claims).toHaveLength(3)
    await receivers.answer(40)
    expect(receivers.sent()).toBe(sentBefore + 40)
    expect(receivers.waiting).toHaveLength(windowSize)
    store.claim = claim
    answerClaim()
    await settleDown()
  })

  test('every delivery of a lane that claims ahead is sent once, in the order of the due times', async () => {
    const { store, clock, receivers } = await openQuickLane()
    const ids = receivers.waiting.map(({ deliveryId }) => deliveryId)
    for (let round = 0; round < 200 && store.settled.length < 1_000; round += 1) {
      const before = receivers.waiting.length
      await clock.advance(3)
      await receivers.answer(1 + (round % 30))
      ids.push(
        ...receivers.waiting.slice(before - Math.min(before, 1 + (round % 30))).map((one) => one.deliveryId),
      )
    }
    await clock.advance(100)
    expect(store.settled).toHaveLength(1_000)
    expect(receivers.sent()).toBe(1_000)
    expect(store.leases()).toBe(0)
    expect(store.released).toEqual([])
    expect(ids).toEqual([...ids].sort((a, b) => Number(a.split('_').at(-1)) - Number(b.split('_').at(-1))))
  })

  test('no lane claims ahead while another lane waits for slots', async () => {
    const { store, clock, receivers, deliver } = open()
    receivers.shareHost(60)
    await deliver(webhooksOf('prj_1', 2), 500)
    store.claims.length = 0
    await clock.advance(10)
    await receivers.answer(30)
    expect(store.claims.flat().reduce((sum, { limit }) => sum + limit, 0)).toBeLessThanOrEqual(30)
    expect(store.leases()).toBe(receivers.waiting.length)
  })
})

describe('claimed ahead and not sent', () => {
  test('ready deliveries that get no slot for a second are released, and are due as before', async () => {
    const { store, clock, receivers } = await openQuickLane()
    await clock.advance(maxReadyMs - 1)
    expect(store.released).toEqual([])
    await clock.advance(1)
    expect(store.released).toHaveLength(100)
    expect(store.leases()).toBe(windowSize)

    for (let round = 0; round < 100 && receivers.waiting.length > 0; round += 1) {
      await clock.advance(100)
      await receivers.answer(50)
    }
    expect(store.settled).toHaveLength(1_000)
    expect(store.settled.every(({ claimed }) => claimed.attemptNumber === 1)).toBe(true)
  })

  test('draining releases ready deliveries at once, and waits for the requests in flight', async () => {
    const { store, receivers, lanes } = await openQuickLane()
    let drained = false
    const draining = lanes.drain(20_000).then(() => (drained = true))
    await settleDown()
    expect([store.released.length, receivers.waiting.length, drained]).toEqual([100, windowSize, false])
    await receivers.answer(windowSize)
    await draining
    expect([receivers.sent(), store.leases()]).toEqual([windowSize + 20, 0])
  })

  test('draining releases what a running claim has claimed ahead', async () => {
    const { store, clock, receivers, lanes } = await openQuickLane()
    const claim = store.claim.bind(store)
    let answerClaim = (): void => undefined
    store.claim = async (...args) => {
      const claimed = await claim(...args)
      await new Promise<void>((resolve) => (answerClaim = resolve))
      return claimed
    }
    await clock.advance(20)
    await receivers.answer(49)
    await receivers.answer(2)
    expect(store.claims).toHaveLength(3)
    const draining = lanes.drain(20_000)
    answerClaim()
    await settleDown()
    expect(store.leases()).toBe(receivers.waiting.length)
    await receivers.answer(windowSize)
    await draining
    expect(store.leases()).toBe(0)
  })
})
