import { describe, expect, test } from 'vitest'
import { makeLanes } from '../../src/flow/lane.ts'
import type { SettledAttempt } from '../../src/flow/dispatch-ports.ts'
import { makeSettler } from '../../src/flow/settle.ts'
import { makeWorld, settleDown, sharedHost } from './world.ts'

const windowSize = 50
const sliceMs = 1_000

/** Lanes over a world in memory, with the real settler between them and the store. */
function open() {
  const made = makeWorld()
  const told: (readonly string[])[] = []
  const lanes = makeLanes(made.world, () => settler)
  const settler = makeSettler({
    ...made.world,
    news: { tell: (_, projectIds) => void told.push(projectIds) },
    rearm: (webhookIds) => lanes.rearm(webhookIds),
  })
  /** Rings a lane and says whether it has given its slot back. */
  const ring = (webhookId: string) => {
    const state = { over: false }
    const done = lanes.ring(webhookId).finally(() => (state.over = true))
    return { state, done }
  }
  /** Each of the webhooks has been rung before, so that it is known whose it is; no trace of it is left. */
  const meet = async (webhooks: readonly { readonly projectId: string; readonly webhookId: string }[]) => {
    for (const { projectId, webhookId } of webhooks) {
      made.store.owe(webhookId, 1, { projectId })
      await ring(webhookId).done
      await made.receivers.answer(1)
    }
    made.store.claims.length = 0
    made.store.batches.length = 0
    made.wakes.at.length = 0
  }
  return { ...made, lanes, told, ring, meet }
}

/** The project that requests under way belong to, each with its number. */
const perProject = ({ waiting }: ReturnType<typeof open>['receivers']) =>
  Object.fromEntries(
    [...new Set(waiting.map(({ request }) => request.projectId))].map((projectId) => [
      projectId,
      waiting.filter(({ request }) => request.projectId === projectId).length,
    ]),
  )

describe('the window of a lane', () => {
  test('lets fifty requests go out at once, and each answer lets one more', async () => {
    const { store, receivers, ring } = open()
    store.owe('whk_1', 120)
    ring('whk_1')
    await settleDown()
    expect(receivers.waiting).toHaveLength(windowSize)

    await receivers.answer(1)
    expect([receivers.waiting.length, receivers.sent()]).toEqual([windowSize, windowSize + 1])
    await receivers.answer(30)
    expect([receivers.waiting.length, receivers.sent()]).toEqual([windowSize, windowSize + 31])
  })

  test('sends every delivery once, in the order due, whatever their number', async () => {
    const { store, receivers, ring } = open()
    store.owe('whk_1', 333)
    const { done } = ring('whk_1')
    const order: string[] = []
    await settleDown()
    while (receivers.waiting.length > 0) {
      order.push(...receivers.waiting.slice(0, 7).map(({ deliveryId }) => deliveryId))
      await receivers.answer(7)
    }
    await done
    expect(order).toEqual(Array.from({ length: 333 }, (_, index) => `dlv_whk_1_${index}`))
    expect(store.settled).toHaveLength(333)
    expect(store.leases()).toBe(0)
  })

  test('frees a place as soon as the receiver has answered, while the commit still takes its time', async () => {
    const { store, receivers, ring } = open()
    store.fail.settle = [new Error('away')]
    store.owe('whk_1', windowSize + 1)
    ring('whk_1')
    await settleDown()
    await receivers.answer(1)
    expect(store.settled).toHaveLength(0)
    expect(receivers.sent()).toBe(windowSize + 1)
  })
})

describe('the slot of a lane', () => {
  test('is given back at once when nothing more is due, though requests are under way', async () => {
    const { store, receivers, ring } = open()
    store.owe('whk_1', 3)
    const { state } = ring('whk_1')
    await settleDown()
    expect([state.over, receivers.waiting.length]).toEqual([true, 3])

    await receivers.answer(3)
    expect(store.settled).toHaveLength(3)
  })

  test('is given back after a time slice, and the sends go on', async () => {
    const { clock, store, receivers, ring } = open()
    store.owe('whk_1', windowSize + 10)
    const { state } = ring('whk_1')
    await clock.advance(sliceMs - 1)
    expect(state.over).toBe(false)
    await clock.advance(1)
    expect([state.over, receivers.waiting.length]).toEqual([true, windowSize])

    await receivers.answer(windowSize)
    expect(store.settled).toHaveLength(windowSize)
  })

  test('is given back after a time slice by a lane whose receiver is quick, too', async () => {
    const { clock, store, wakes, receivers, ring } = open()
    store.owe('whk_1', 10_000)
    const { state } = ring('whk_1')
    for (let tenth = 0; tenth < 10; tenth += 1) {
      await receivers.answer(windowSize)
      await clock.advance(sliceMs / 10)
    }
    await receivers.answer(1)
    expect(state.over).toBe(true)
    expect(wakes.now).toContain('whk_1')
  })

  test('is not held by webhooks that have nothing due', async () => {
    const { store, wakes, ring } = open()
    const { state } = ring('whk_1')
    await settleDown()
    expect(state.over).toBe(true)
    expect([store.claims.length, wakes.now, wakes.at]).toEqual([1, [], []])
  })

  test('is given back when the claim fails, and the next ring works', async () => {
    const { store, receivers, ring } = open()
    store.owe('whk_1', 1)
    store.fail.claim = new Error('no connection')
    await expect(ring('whk_1').done).rejects.toThrow('no connection')
    await ring('whk_1').done
    expect(receivers.waiting).toHaveLength(1)
  })
})

describe('a lane that is rung', () => {
  test('while it rings does nothing more: the queue may ring twice after a stall', async () => {
    const { store, receivers, ring } = open()
    store.owe('whk_1', windowSize + 10)
    ring('whk_1')
    await settleDown()
    const claimsBefore = store.claims.length
    const again = ring('whk_1')
    await settleDown()
    expect(again.state.over).toBe(true)
    expect([store.claims.length, receivers.waiting.length]).toEqual([claimsBefore, windowSize])
  })

  test('together with others shares their claim, and each gets its own', async () => {
    const { store, receivers, ring, meet } = open()
    await meet(['whk_1', 'whk_2', 'whk_3'].map((webhookId) => ({ webhookId, projectId: 'prj_1' })))
    for (const webhookId of ['whk_1', 'whk_2', 'whk_3']) store.owe(webhookId, 2)
    await Promise.all(['whk_1', 'whk_2', 'whk_3'].map((webhookId) => ring(webhookId).done))
    expect(store.claims.map((wishes) => wishes.map(({ webhookId }) => webhookId))).toEqual([
      ['whk_1', 'whk_2', 'whk_3'],
    ])
    expect(receivers.waiting.map(({ request }) => new URL(request.url).hostname.slice(0, 5))).toEqual([
      'whk_1',
      'whk_1',
      'whk_2',
      'whk_2',
      'whk_3',
      'whk_3',
    ])
  })
})

describe('the next wake of a lane', () => {
  test('is at its earliest due time', async () => {
    const { store, wakes, ring } = open()
    store.owe('whk_1', 1, { inMs: 90_000 })
    store.owe('whk_1', 1, { inMs: 5_000.2 })
    await ring('whk_1').done
    expect([wakes.at, wakes.now]).toEqual([[{ webhookId: 'whk_1', delayMs: 5_001 }], []])
  })

  test('is at the retry, once the failure is written down', async () => {
    const { store, wakes, receivers, ring } = open()
    store.owe('whk_1', 1)
    ring('whk_1')
    await settleDown()
    await receivers.answer(1, { status: 500 })
    expect(store.settled.map(({ settlement }) => settlement.retryInMs)).toEqual([5_000])
    expect(wakes.at).toEqual([{ webhookId: 'whk_1', delayMs: 5_000 }])
  })

  test('is now when something is overdue and there is room', async () => {
    const { store, wakes, lanes } = open()
    store.owe('whk_1', 1)
    lanes.rearm(['whk_1', 'whk_without'])
    await settleDown()
    expect([wakes.now, wakes.at]).toEqual([['whk_1'], []])
  })

  test('waits for room: a lane that left with a full window is woken by the next answer, once', async () => {
    const { clock, store, wakes, receivers, ring } = open()
    store.owe('whk_1', windowSize + 10)
    ring('whk_1')
    await clock.advance(sliceMs)
    expect([wakes.now, wakes.at]).toEqual([[], []])

    await receivers.answer(1)
    expect(wakes.now).toEqual(['whk_1'])
    await receivers.answer(5)
    expect(wakes.now).toEqual(['whk_1'])
  })

  test('is never asked of a look that failed: that is said, and the sweep will find it', async () => {
    const { store, wakes, lanes, lines } = open()
    store.nextDue = () => Promise.reject(new Error('no connection'))
    lanes.rearm(['whk_1'])
    await settleDown()
    expect(lines).toMatchObject([{ level: 'warn', step: 'lane.not-rearmed', fields: { webhookId: 'whk_1' } }])
    expect([wakes.now, wakes.at]).toEqual([[], []])
  })
})

describe('a fault in an attempt', () => {
  test('leaves the lease to the sweep, is said, and frees its place in the window', async () => {
    const { world, store, receivers, lines, lanes } = open()
    store.owe('whk_1', 1)
    const claim = store.claim.bind(store)
    store.claim = async (...args) =>
      (await claim(...args)).map((one) => ({
        ...one,
        webhook: { ...one.webhook, sealed: { secrets: ['sealed'], token: null } },
      }))
    world.secrets.open = () => Promise.reject(new Error('no such key'))
    await lanes.ring('whk_1')
    await settleDown()

    expect([receivers.sent(), store.settled.length, store.leases()]).toEqual([0, 0, 1])
    expect(lines).toMatchObject([{ level: 'error', step: 'attempt.failed', fields: { webhookId: 'whk_1' } }])
    store.owe('whk_1', windowSize)
    world.secrets.open = async (_project, _place, sealed) => sealed
    void lanes.ring('whk_1')
    await settleDown()
    expect(receivers.waiting).toHaveLength(windowSize)
  })
})

describe('draining', () => {
  test('waits for requests under way, writes down what came of them, and rings nothing more', async () => {
    const { store, receivers, lanes, ring } = open()
    store.owe('whk_1', 2)
    await ring('whk_1').done
    const state = { drained: false }
    const drained = lanes.drain(20_000).then(() => (state.drained = true))
    store.owe('whk_2', 1)
    const claimsBefore = store.claims.length
    await ring('whk_2').done
    expect([receivers.sent(), store.claims.length, state.drained]).toEqual([2, claimsBefore, false])

    await receivers.answer(2)
    await drained
    expect(store.settled.map(({ settlement }) => settlement.outcome)).toEqual(['SUCCEEDED', 'SUCCEEDED'])
  })

  test('settles as interrupted what lasts longer than its grace; that uses up no retry', async () => {
    const { clock, store, receivers, lanes, ring } = open()
    store.owe('whk_1', 2)
    await ring('whk_1').done
    const drained = lanes.drain(20_000)
    await clock.advance(19_999)
    await receivers.answer(1)
    expect(store.settled.map(({ settlement }) => settlement.outcome)).toEqual(['SUCCEEDED'])

    await clock.advance(1)
    await drained
    expect(store.settled[1]).toMatchObject({
      counts: 'NOTHING',
      result: null,
      settlement: { outcome: 'INTERRUPTED', state: 'PENDING', retryInMs: 0, failures: 0 },
    })
    expect(store.leases()).toBe(0)
  })

  test('ends a lane that rings, also in the middle of its slice', async () => {
    const { store, receivers, lanes, ring } = open()
    store.owe('whk_1', windowSize + 10)
    const { done } = ring('whk_1')
    await settleDown()
    const drained = lanes.drain(20_000)
    await receivers.answer(windowSize)
    await Promise.all([done, drained])
    expect([receivers.sent(), store.leases()]).toEqual([windowSize, 0])
  })

  test('also waits for what a claim under way brings', async () => {
    const { store, receivers, lanes, ring } = open()
    store.owe('whk_1', 1)
    const claim = store.claim.bind(store)
    let answerClaim = (): void => undefined
    store.claim = async (...args) => {
      const claimed = await claim(...args)
      await new Promise<void>((resolve) => (answerClaim = resolve))
      return claimed
    }
    ring('whk_1')
    await settleDown()
    const state = { drained: false }
    const drained = lanes.drain(20_000).then(() => (state.drained = true))
    await settleDown()
    answerClaim()
    await settleDown()
    expect([receivers.waiting.length, state.drained]).toEqual([1, false])

    await receivers.answer(1)
    await drained
    expect(store.settled).toHaveLength(1)
  })
})

describe('the room that lanes share', () => {
  const maxSends = 1_000
  const share = 500
  const webhooksOf = (projectId: string, count: number) =>
    Array.from({ length: count }, (_, index) => ({ projectId, webhookId: `whk_${projectId}_${index}` }))

  /** Owes each of the webhooks more than it can send, and rings them: one after the other, or all at once. */
  async function flood(
    opened: ReturnType<typeof open>,
    webhooks: readonly { readonly projectId: string; readonly webhookId: string }[],
    how: 'IN_TURN' | 'AT_ONCE',
  ): Promise<void> {
    for (const { projectId, webhookId } of webhooks) opened.store.owe(webhookId, 200, { projectId })
    for (const { webhookId } of webhooks) {
      opened.ring(webhookId)
      if (how === 'IN_TURN') await settleDown()
    }
    await settleDown()
  }

  test.each(['IN_TURN', 'AT_ONCE'] as const)(
    'is half for one project, however many webhooks it has, rung %s',
    async (how) => {
      const opened = open()
      const webhooks = webhooksOf('prj_1', 40)
      await opened.meet(webhooks)
      await flood(opened, webhooks, how)
      expect(perProject(opened.receivers)).toEqual({ prj_1: share })
    },
  )

  test('is exceeded by a lane whose project is not known yet by one request, and never again', async () => {
    const opened = open()
    await flood(opened, webhooksOf('prj_1', 10), 'IN_TURN')
    await flood(opened, webhooksOf('prj_1', 40), 'IN_TURN')
    expect(perProject(opened.receivers)).toEqual({ prj_1: share + 30 })
    for (let round = 0; round < 5; round += 1) await opened.receivers.answer(100)
    expect(perProject(opened.receivers)).toEqual({ prj_1: share })
  })

  test('leaves a second project its part while the first one floods', async () => {
    const opened = open()
    await flood(opened, webhooksOf('prj_1', 40), 'AT_ONCE')
    await flood(opened, webhooksOf('prj_2', 1), 'AT_ONCE')
    expect(perProject(opened.receivers)['prj_2']).toBe(windowSize)
  })

  test('is never exceeded by all projects together', async () => {
    const opened = open()
    await flood(
      opened,
      Array.from({ length: 6 }, (_, index) => webhooksOf(`prj_${index}`, 10)).flat(),
      'AT_ONCE',
    )
    expect(opened.receivers.waiting.length).toBeLessThanOrEqual(maxSends)
  })

  test('is parted evenly among lanes that ask together', async () => {
    const opened = open()
    const webhooks = webhooksOf('prj_1', 25)
    await opened.meet(webhooks)
    await flood(opened, webhooks, 'AT_ONCE')
    expect(opened.store.claims[0]?.map(({ limit }) => limit)).toEqual(Array(25).fill(share / 25))
  })

  test('that others have used up is looked at again soon', async () => {
    const opened = open()
    const webhooks = webhooksOf('prj_1', 11)
    await opened.meet(webhooks)
    await flood(opened, webhooks, 'IN_TURN')
    expect(opened.wakes.at).toEqual([{ webhookId: 'whk_prj_1_10', delayMs: 50 }])
  })
})

describe('the room at a host that many webhooks lead to', () => {
  const webhooksOf = (projectId: string, count: number) =>
    Array.from({ length: count }, (_, index) => ({ projectId, webhookId: `whk_${projectId}_${index}` }))

  /** Twenty webhooks of two projects, whose deliveries are all for one host that takes ten requests at once. */
  const flood = async () => {
    const opened = open()
    opened.receivers.shareHost(10)
    const webhooks = [...webhooksOf('prj_1', 10), ...webhooksOf('prj_2', 10)]
    await opened.meet(webhooks)
    for (const { projectId, webhookId } of webhooks) opened.store.owe(webhookId, 5, { projectId })
    const rings = webhooks.map(({ webhookId }) => opened.ring(webhookId))
    await settleDown()
    return { ...opened, webhooks, rings }
  }

  test('is kept by all lanes together, also by those that are rung for the first time', async () => {
    const { receivers, store } = await flood()
    expect(receivers.waiting).toHaveLength(10)
    expect(store.leases()).toBe(10) // what finds no room is not under lease: no time of it runs

    const strangers = open()
    strangers.receivers.shareHost(10)
    for (const { projectId, webhookId } of webhooksOf('prj_1', 50)) {
      strangers.store.owe(webhookId, 5, { projectId })
      strangers.ring(webhookId)
    }
    await settleDown()
    expect(strangers.receivers.waiting.length).toBeLessThanOrEqual(10)
  })

  test('is never used up by one project', async () => {
    const { store, receivers, ring, meet } = open()
    receivers.shareHost(10)
    await meet([
      { projectId: 'prj_1', webhookId: 'whk_1' },
      { projectId: 'prj_2', webhookId: 'whk_2' },
    ])
    store.owe('whk_1', 50, { projectId: 'prj_1' })
    ring('whk_1')
    await settleDown()
    store.owe('whk_2', 5, { projectId: 'prj_2' })
    ring('whk_2')
    await settleDown()
    expect(perProject(receivers)).toEqual({ prj_1: 8, prj_2: 2 })
  })

  test('that comes free wakes those that wait for it, and everything is sent once', async () => {
    const { receivers, wakes, store, ring } = await flood()
    for (let round = 0; round < 200 && store.settled.length < 20 + 100; round += 1) {
      await receivers.answer(5)
      expect(receivers.waiting.length).toBeLessThanOrEqual(10)
      for (const webhookId of wakes.now.splice(0)) ring(webhookId)
      await settleDown()
    }
    expect(receivers.sent()).toBe(20 + 100)
    expect(store.leases()).toBe(0)
  })

  test('wakes a lane that waits for it, though what the lane itself has under way takes much longer', async () => {
    const { clock, store, wakes, receivers, ring, meet } = open()
    receivers.shareHost(10)
    const webhooks = ['whk_slow', 'whk_quick'].map((webhookId) => ({ projectId: 'prj_1', webhookId }))
    await meet(webhooks)
    store.owe('whk_slow', 1, { projectId: 'prj_1' })
    await ring('whk_slow').done
    store.owe('whk_quick', 7, { projectId: 'prj_1' })
    ring('whk_quick')
    await clock.advance(sliceMs)
    store.owe('whk_slow', 1, { projectId: 'prj_1' })
    const { state } = ring('whk_slow')
    await clock.advance(sliceMs)
    expect([state.over, receivers.waiting.length]).toEqual([true, 8])
    wakes.now.length = 0
    await receivers.answer(1, { webhookId: 'whk_quick' })
    expect(wakes.now).toEqual(['whk_slow'])
  })

  test('wakes the lanes that wait when it comes from a request that is no delivery', async () => {
    const { store, wakes, receivers, ring, meet } = open()
    const hosts = receivers.shareHost(2)
    await meet([{ projectId: 'prj_1', webhookId: 'whk_1' }])
    hosts.enter(sharedHost, 'prj_2')
    const leave = hosts.enter(sharedHost, 'prj_3')
    store.owe('whk_1', 1, { projectId: 'prj_1' })
    await ring('whk_1').done
    wakes.now.length = 0
    leave()
    expect(wakes.now).toEqual(['whk_1'])
  })

  test('is not held back for the lanes of a project that has used up its share', async () => {
    const { clock, store, wakes, receivers, ring, meet } = open()
    receivers.shareHost(10)
    const greedy = webhooksOf('prj_1', 30)
    await meet([...greedy, { projectId: 'prj_2', webhookId: 'whk_2' }])
    for (const { projectId, webhookId } of greedy) store.owe(webhookId, 1, { projectId })
    store.owe('whk_2', 4, { projectId: 'prj_2' })
    for (const { webhookId } of greedy) ring(webhookId)
    await settleDown()
    ring('whk_2')
    await clock.advance(sliceMs)
    expect(receivers.waiting).toHaveLength(10)
    wakes.now.length = 0
    await receivers.answer(1, { webhookId: 'whk_2' })
    expect(wakes.now).toContain('whk_2')
    expect(wakes.now.filter((webhookId) => webhookId !== 'whk_2')).toEqual([])
  })

  test('that is used up holds no slot of the queue, and no lane of another host', async () => {
    const { rings, clock, store, receivers, ring, meet } = await flood()
    await clock.advance(sliceMs)
    expect(rings.every(({ state }) => state.over)).toBe(true)
    receivers.shareHost(10)
    await meet([{ projectId: 'prj_1', webhookId: 'whk_elsewhere' }])
    store.owe('whk_elsewhere', 1, { projectId: 'prj_1' })
    ring('whk_elsewhere')
    await settleDown()
    expect(receivers.waiting).toHaveLength(11)
  })
})

test('what is settled is told to the feed after its commit', async () => {
  const { store, receivers, told, ring } = open()
  store.owe('whk_1', 2)
  ring('whk_1')
  await settleDown()
  expect(told).toEqual([])
  await receivers.answer(2)
  expect(told).toEqual([['prj_1']])
  expect(store.batches.map((batch: readonly SettledAttempt[]) => batch.length)).toEqual([2])
})
