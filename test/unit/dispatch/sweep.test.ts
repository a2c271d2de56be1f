import { describe, expect, test } from 'vitest'
import type { Claimed, SettledAttempt } from '../../../src/ports/dispatch-store.ts'
import type { FeedNotifier } from '../../../src/ports/feed-store.ts'
import { makeSweep } from '../../../src/dispatch/sweep.ts'
import { hourMs } from '../../support/samples.ts'
import { buildClaim, makeFakes, settleDown } from './fakes.ts'

function open() {
  const made = makeFakes()
  const notified: (readonly string[])[] = []
  const feedNotifier: FeedNotifier = { notify: (_, projectIds) => void notified.push(projectIds) }
  const settled: SettledAttempt[] = []
  const settler = { settle: async (attempt: SettledAttempt): Promise<void> => void settled.push(attempt) }
  const dueLanes = { look: async () => wakeDue(made) }
  const createArriving = (): Promise<number> => Promise.resolve(0)
  return {
    ...made,
    settled,
    notified,
    feedNotifier,
    dueLanes,
    createArriving,
    sweep: makeSweep({ ...made.fakes, feedNotifier, dueLanes, createArriving, probes: noProbes }, settler),
  }
}

const noProbes = { look: () => Promise.resolve(0) }

/** Replaces `due-lanes`: wakes the due lanes. */
async function wakeDue({ store, laneScheduler }: ReturnType<typeof makeFakes>): Promise<number> {
  const due = await store.dueWebhooks(10, 10_000)
  laneScheduler.wakeNow(due.map(({ webhookId }) => webhookId))
  return due.length
}

const leases = (count: number): Claimed[] =>
  Array.from({ length: count }, (_, index) => buildClaim({ deliveryId: `dlv_${index}` }))

describe('sweep', () => {
  test('the sweep wakes due lanes that lost their job', async () => {
    const { sweep, store, laneScheduler, settled, lines } = open()
    store.due.push('whk_1', 'whk_2')
    await sweep()
    expect([laneScheduler.now, settled]).toEqual([['whk_1', 'whk_2'], []])
    expect(lines).toMatchObject([{ step: 'sweep.found', fields: { expiredLeases: 0, dueWebhooks: 2 } }])
  })

  test('the sweep settles expired leases as INTERRUPTED with the number of the lost attempt', async () => {
    const { sweep, store, settled, lines } = open()
    store.expired.push([buildClaim({ attemptNumber: 3, facts: { failures: 2, interruptions: 0, ageMs: 9 } })])
    await sweep()
    expect(settled).toMatchObject([
      {
        claimed: { deliveryId: 'dlv_1', attemptNumber: 3, leaseToken: 'lease_1' },
        settlement: { outcome: 'INTERRUPTED', state: 'PENDING', retryInMs: 0, failures: 2, interruptions: 1 },
        counts: 'NOTHING',
        result: null,
        detail: 'the process that sent it died before it recorded the result',
      },
    ])
    expect(lines).toMatchObject([{ step: 'sweep.found', fields: { expiredLeases: 1 } }])
  })

  test('the sweep continues with expired leases while a batch is full', async () => {
    const { sweep, store, settled } = open()
    store.expired.push(leases(500), leases(500), leases(1), leases(99))
    await sweep()
    expect(settled).toHaveLength(1_001)
  })

  test('the sweep cancels the pending deliveries of deleted webhooks until none is left', async () => {
    const { sweep, store, lines } = open()
    store.leftBehind.push(1_000, 1_000, 17, 0, 99)
    await sweep()
    expect(lines).toMatchObject([{ step: 'sweep.found', fields: { cancelled: 2_017 } }])
    expect(store.leftBehind).toEqual([99])
  })

  test('the sweep ends deliveries whose deadline has passed until none is left, every 20 s', async () => {
    const { sweep, store, clock, lines } = open()
    store.pastDeadline.push(1_000, 17, 0, 99, 0)
    await sweep()
    await sweep()
    expect(lines).toMatchObject([{ step: 'sweep.found', fields: { expired: 1_017 } }])
    expect(store.pastDeadline).toEqual([99, 0])
    await clock.advance(20_000)
    await sweep()
    expect(store.pastDeadline).toEqual([])
  })

  test('the sweep removes old counts until none is left, once an hour', async () => {
    const { sweep, store, clock } = open()
    store.oldCounts.push(1_000, 17, 0, 99, 0)
    await sweep()
    await sweep()
    expect(store.oldCounts).toEqual([99, 0])
    await clock.advance(hourMs)
    await sweep()
    expect(store.oldCounts).toEqual([])
  })

  test('the sweep replays skipped deliveries of enabled webhooks and wakes each lane', async () => {
    const { sweep, store, laneScheduler, lines } = open()
    store.replays.push({ webhookId: 'whk_1', count: 1_000 }, { webhookId: 'whk_1', count: 0 })
    store.replays.push({ webhookId: 'whk_2', count: 7 })
    await sweep()
    expect(laneScheduler.now).toEqual(['whk_1', 'whk_1', 'whk_2'])
    expect(lines).toMatchObject([{ step: 'sweep.found', fields: { replayed: 1_007 } }])
  })

  test('the sweep records pauses that have ended and notifies the feeds of their projects, once each', async () => {
    const { sweep, store, notified, lines } = open()
    store.endedPauses = ['whk_1', 'whk_2'].map((webhookId) => ({ webhookId, projectId: 'prj_1' }))
    await sweep()
    expect(notified).toEqual([['prj_1']])
    expect(lines).toMatchObject([
      { step: 'webhook.resumed' },
      { step: 'webhook.resumed' },
      { fields: { endedPauses: 2 } },
    ])
  })

  test('a sweep that finds nothing wakes no lane and logs nothing', async () => {
    const { sweep, laneScheduler, lines } = open()
    await sweep()
    expect([laneScheduler.now, lines]).toEqual([[], []])
  })

  test('the sweep wakes due lanes although an expired lease cannot be settled', async () => {
    const { fakes, store, laneScheduler, feedNotifier, dueLanes, createArriving } = open()
    const settler = { settle: () => Promise.reject(new Error('no connection')) }
    store.expired.push(leases(1))
    store.due.push('whk_1')
    await makeSweep({ ...fakes, feedNotifier, dueLanes, createArriving, probes: noProbes }, settler)()
    expect(laneScheduler.now).toEqual(['whk_1'])
  })

  test('the sweep creates future partitions at its first run and then once an hour', async () => {
    const { sweep, clock, store } = open()
    await sweep()
    await sweep()
    expect(store.partitionCalls).toBe(1)
    await clock.advance(hourMs - 1)
    await sweep()
    expect(store.partitionCalls).toBe(1)
    await clock.advance(1)
    await sweep()
    expect(store.partitionCalls).toBe(2)
  })

  test('the next sweep creates partitions again when creating them failed', async () => {
    const { sweep, store } = open()
    const ensurePartitions = store.ensurePartitions.bind(store)
    store.ensurePartitions = () => Promise.reject(new Error('no connection'))
    await sweep()
    expect(store.partitionCalls).toBe(0)
    store.ensurePartitions = ensurePartitions
    await sweep()
    expect(store.partitionCalls).toBe(1)
  })

  test('the next sweep does the other parts while one part hangs', async () => {
    const { sweep, store, laneScheduler } = open()
    store.expiredLeases = () => new Promise(() => undefined)
    void sweep()
    await settleDown()
    store.due.push('whk_1')
    await sweep()
    expect(laneScheduler.now).toEqual(['whk_1'])
  })

  test('a part that hangs is abandoned and logged after 10 s, and the next sweep does it again', async () => {
    const { sweep, store, clock, settled, lines } = open()
    const expiredLeases = store.expiredLeases.bind(store)
    store.expiredLeases = () => new Promise(() => undefined)
    const hanging = sweep()
    await clock.advance(10_000)
    await hanging
    expect(lines).toMatchObject([{ level: 'error', step: 'sweep.failed', fields: { what: 'leases' } }])
    store.expiredLeases = expiredLeases
    store.expired.push(leases(1))
    await sweep()
    expect(settled).toHaveLength(1)
  })

  test('an abandoned part of the sweep starts no further batch', async () => {
    const { sweep, store, clock } = open()
    let answer: (count: number) => void = () => undefined
    let batches = 0
    store.cancelPending = () => {
      batches += 1
      return new Promise((resolve) => (answer = resolve))
    }
    const slow = sweep()
    await clock.advance(10_000)
    await slow
    answer(1_000)
    await settleDown()
    expect(batches).toBe(1)
  })
})
