import { describe, expect, test } from 'vitest'
import type { ClaimContext } from '../../../../src/dispatch/attempt.ts'
import { makeReadyDeliveries, maxReady } from '../../../../src/dispatch/lanes/ready-deliveries.ts'
import { buildClaim } from '../fakes.ts'

function open() {
  const clock = { nowMs: 0 }
  const ready = makeReadyDeliveries(() => clock.nowMs)
  const context: ClaimContext = { mayBegin: () => true, elapsedMs: () => 0 }
  const add = (webhookId: string, ...deliveryIds: readonly string[]): void => {
    for (const deliveryId of deliveryIds)
      ready.add(webhookId, { claimed: buildClaim({ webhookId, deliveryId }), context })
  }
  /** Claims for the lane after `ended` requests have ended in `ms` milliseconds. */
  const aheadAfter = (webhookId: string, ended: number, ms: number): number => {
    ready.aheadOf(webhookId)
    for (let count = 0; count < ended; count += 1) ready.requestEnded(webhookId)
    clock.nowMs += ms
    return ready.aheadOf(webhookId)
  }
  const idsOf = (found: readonly { readonly claimed: { readonly deliveryId: string } }[]): string[] =>
    found.map(({ claimed }) => claimed.deliveryId)
  return { ready, context, add, aheadAfter, idsOf }
}

describe('claim ahead', () => {
  test('the first claim of a lane is not ahead, and later ones take as many as end in 50 ms', () => {
    const { ready, aheadAfter } = open()
    expect(ready.aheadOf('whk_1')).toBe(0)
    expect(aheadAfter('whk_1', 20, 10)).toBe(100)
  })

  test('a lane of which fewer than 500 requests a second end does not claim ahead', () => {
    const { aheadAfter } = open()
    expect([aheadAfter('whk_1', 49, 100), aheadAfter('whk_1', 50, 100)]).toEqual([0, 25])
  })

  test('a lane has at most 200 ready deliveries, and those that it has count', () => {
    const { add, aheadAfter } = open()
    expect(aheadAfter('whk_1', 1_000, 10)).toBe(maxReady)
    add('whk_1', 'dlv_1', 'dlv_2')
    expect(aheadAfter('whk_1', 1_000, 10)).toBe(maxReady - 2)
  })

  test('the pace is not overestimated after a claim of less than 5 ms', () => {
    const { aheadAfter } = open()
    expect(aheadAfter('whk_1', 5, 0)).toBe(50)
  })

  test('the pace of a lane whose due deliveries were used up is measured again from the next claim', () => {
    const { ready, aheadAfter } = open()
    expect(aheadAfter('whk_1', 20, 10)).toBe(100)
    ready.noMoreDue('whk_1')
    for (let count = 0; count < 100; count += 1) ready.requestEnded('whk_1')
    expect(ready.aheadOf('whk_1')).toBe(0)
  })
})

describe('ready deliveries', () => {
  test('the ready deliveries of a lane are used in the order in which they were claimed', () => {
    const { ready, add } = open()
    add('whk_1', 'dlv_1', 'dlv_2')
    add('whk_2', 'dlv_3')
    expect([ready.countOf('whk_1'), ready.countOf('whk_3')]).toEqual([2, 0])
    expect(ready.next('whk_1')?.claimed.deliveryId).toBe('dlv_1')
    expect(ready.next('whk_1')?.claimed.deliveryId).toBe('dlv_2')
    expect([ready.next('whk_1'), ready.next('whk_3')]).toEqual([null, null])
    expect(ready.countOf('whk_2')).toBe(1)
  })

  test('a project has ready deliveries until the last of its lanes has used them', () => {
    const { ready, add } = open()
    expect(ready.anyOf('prj_1')).toBe(false)
    add('whk_1', 'dlv_1')
    add('whk_2', 'dlv_2')
    ready.next('whk_1')
    expect(ready.anyOf('prj_1')).toBe(true)
    ready.remove()
    expect(ready.anyOf('prj_1')).toBe(false)
  })

  test('a lane is low without ready deliveries, and below half of its last claim while more are due', () => {
    const { ready, add, aheadAfter } = open()
    expect(ready.isLow('whk_1')).toBe(true)
    expect(aheadAfter('whk_1', 50, 100)).toBe(25)
    add('whk_1', ...Array.from({ length: 25 }, (_, index) => `dlv_${index}`))
    for (let left = 25; left > 13; left -= 1) ready.next('whk_1')
    expect(ready.isLow('whk_1')).toBe(false)
    ready.next('whk_1')
    expect(ready.isLow('whk_1')).toBe(true)
    ready.noMoreDue('whk_1')
    expect(ready.isLow('whk_1')).toBe(false)
  })

  test('the deliveries of one claim are removed, or all of them', () => {
    const { ready, context, add, idsOf } = open()
    add('whk_1', 'dlv_1')
    ready.add('whk_1', { claimed: buildClaim({ deliveryId: 'dlv_2' }), context: { ...context } })
    add('whk_2', 'dlv_3')
    expect(idsOf(ready.remove(context)).sort()).toEqual(['dlv_1', 'dlv_3'])
    expect(idsOf(ready.remove())).toEqual(['dlv_2'])
    expect([ready.countOf('whk_1'), ready.countOf('whk_2')]).toEqual([0, 0])
  })
})
