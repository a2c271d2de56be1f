import { describe, expect, test } from 'vitest'
import type { SettledAttempt } from '../../../src/ports/dispatch-store.ts'
import { windowSize } from '../../../src/dispatch/request-slots.ts'
import { open } from './open-lanes.ts'
import { settleDown } from './world.ts'

describe('the window of a lane', () => {
  test('lets fifty requests go out at once, and each answer lets one more', async () => {
    const { store, receivers, run } = open()
    store.owe('whk_1', 120)
    run('whk_1')
    await settleDown()
    expect(receivers.waiting).toHaveLength(windowSize)

    await receivers.answer(1)
    expect([receivers.waiting.length, receivers.sent()]).toEqual([windowSize, windowSize + 1])
    await receivers.answer(30)
    expect([receivers.waiting.length, receivers.sent()]).toEqual([windowSize, windowSize + 31])
  })

  test('sends every delivery once, in the order due, whatever their number', async () => {
    const { store, receivers, run } = open()
    store.owe('whk_1', 333)
    const { done } = run('whk_1')
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
    const { store, receivers, run } = open()
    store.fail.settle = [new Error('away')]
    store.owe('whk_1', windowSize + 1)
    run('whk_1')
    await settleDown()
    await receivers.answer(1)
    expect(store.settled).toHaveLength(0)
    expect(receivers.sent()).toBe(windowSize + 1)
  })
})

describe('a lane that runs', () => {
  test('keeps its job only until it waits for its turn, not while requests are under way', async () => {
    const { store, receivers, run } = open()
    store.owe('whk_1', windowSize + 10)
    const { state } = run('whk_1')
    await settleDown()
    expect([state.over, receivers.waiting.length]).toEqual([true, windowSize])

    await receivers.answer(windowSize)
    await receivers.answer(10)
    expect(store.settled).toHaveLength(windowSize + 10)
  })

  test('with nothing due asks for nothing more', async () => {
    const { store, laneScheduler, receivers, run } = open()
    store.owe('whk_1', 1)
    run('whk_1')
    await settleDown()
    await receivers.answer(1)
    store.claims.length = 0
    await run('whk_1').done
    await settleDown()
    expect([store.claims.length, laneScheduler.now, laneScheduler.at]).toEqual([1, [], []])
  })

  test('of a webhook that is not there claims nothing', async () => {
    const { store, run } = open()
    await run('whk_unknown').done
    await settleDown()
    expect(store.claims).toEqual([])
  })

  test('is run again a second after a claim that failed, which is logged', async () => {
    const { store, laneScheduler, receivers, run, lines } = open()
    store.owe('whk_1', windowSize)
    store.fail.claim = new Error('no connection')
    await run('whk_1').done
    await settleDown()
    expect(lines).toMatchObject([{ level: 'error', step: 'lane.claim-failed', fields: { lanes: 1 } }])
    expect(laneScheduler.at).toEqual([{ webhookId: 'whk_1', delayMs: 1_000 }])
    await run('whk_1').done
    await settleDown()
    expect(receivers.waiting).toHaveLength(windowSize)
  })

  test('while it claims claims once more: what became due meanwhile is not missed', async () => {
    const { store, receivers, lanes, run } = open()
    store.owe('whk_1', 1)
    const claim = store.claim.bind(store)
    let answerClaim = (): void => undefined
    store.claim = async (...args) => {
      const claimed = await claim(...args)
      await new Promise<void>((resolve) => (answerClaim = resolve))
      return claimed
    }
    run('whk_1')
    await settleDown()
    store.owe('whk_1', 1)
    expect(lanes.takesOver('whk_1')).toBe(true)
    store.claim = claim
    answerClaim()
    await settleDown()
    expect(receivers.waiting).toHaveLength(2)
  })

  test('with others shares their claim, and each gets its own', async () => {
    const { store, receivers, deliver } = open()
    const webhooks = ['whk_1', 'whk_2', 'whk_3'].map((webhookId) => ({ webhookId, projectId: 'prj_1' }))
    await deliver(webhooks, 2)
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

  test('whose due deliveries another process is claiming looks again later, not without end', async () => {
    const { store, laneScheduler, run } = open()
    store.owe('whk_1', 1)
    store.claim = async (wishes) => {
      store.claims.push(wishes)
      return []
    }
    await run('whk_1').done
    await settleDown()
    expect([store.claims.length, laneScheduler.at]).toEqual([2, [{ webhookId: 'whk_1', delayMs: 100 }]])
  })
})

describe('the next wake of a lane', () => {
  test('is at its earliest due time', async () => {
    const { store, laneScheduler, run } = open()
    store.owe('whk_1', 1, { inMs: 90_000 })
    store.owe('whk_1', 1, { inMs: 5_000.2 })
    await run('whk_1').done
    await settleDown()
    expect([laneScheduler.at, laneScheduler.now]).toEqual([[{ webhookId: 'whk_1', delayMs: 5_001 }], []])
  })

  test('is at the retry, once the failure is written down', async () => {
    const { store, laneScheduler, receivers, run } = open()
    store.owe('whk_1', 1)
    run('whk_1')
    await settleDown()
    await receivers.answer(1, { status: 500 })
    expect(store.settled.map(({ settlement }) => settlement.retryInMs)).toEqual([5_000])
    expect(laneScheduler.at).toEqual([{ webhookId: 'whk_1', delayMs: 5_000 }])
  })

  test('is not needed when something is overdue: it is sent', async () => {
    const { store, laneScheduler, lanes, receivers } = open()
    store.owe('whk_1', 1)
    lanes.rearm(['whk_1', 'whk_without'])
    await settleDown()
    expect([receivers.waiting.length, laneScheduler.now, laneScheduler.at]).toEqual([1, [], []])
  })

  test('is asked again a second after a look that failed, and the log says so', async () => {
    const { store, laneScheduler, lanes, lines } = open()
    store.nextDue = () => Promise.reject(new Error('no connection'))
    lanes.rearm(['whk_1'])
    await settleDown()
    expect(lines).toMatchObject([
      { level: 'warn', step: 'lane.reschedule-failed', fields: { webhookId: 'whk_1' } },
    ])
    expect([laneScheduler.now, laneScheduler.at]).toEqual([[], [{ webhookId: 'whk_1', delayMs: 1_000 }]])
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
        webhook: { ...one.webhook, encrypted: { secrets: ['sealed'], token: null } },
      }))
    world.secrets.open = () => Promise.reject(new Error('no such key'))
    await lanes.runLane('whk_1')
    await settleDown()

    expect([receivers.sent(), store.settled.length, store.leases()]).toEqual([0, 0, 1])
    expect(lines).toMatchObject([{ level: 'error', step: 'attempt.failed', fields: { webhookId: 'whk_1' } }])
    store.owe('whk_1', windowSize)
    world.secrets.open = async (_project, _place, encrypted) => encrypted
    void lanes.runLane('whk_1')
    await settleDown()
    expect(receivers.waiting).toHaveLength(windowSize)
  })
})

describe('a lease that leaves too little time', () => {
  /** The claim's answer comes late: the machine sleeps meanwhile, or the process stands still. */
  const claimLate = async (pass: (opened: ReturnType<typeof open>) => unknown) => {
    const opened = open()
    const { store, run } = opened
    const claim = store.claim.bind(store)
    store.claim = async (...args) => {
      store.claim = claim
      const claimed = await claim(...args)
      await pass(opened)
      return claimed
    }
    store.owe('whk_1', 3)
    run('whk_1')
    await settleDown()
    return opened
  }

  test.each([
    ['the machine slept', ({ clock }: ReturnType<typeof open>) => clock.sleep(10_000)],
    ['the process was paused', ({ clock }: ReturnType<typeof open>) => clock.advance(10_000)],
  ])(
    'since %s is released, nothing is recorded, and the delivery is claimed and sent once',
    async (_, pass) => {
      const { store, receivers, lines } = await claimLate(pass)
      await settleDown()
      expect(store.released).toHaveLength(3)
      expect(receivers.waiting).toHaveLength(3)
      expect(store.settled).toEqual([])
      expect(lines).toMatchObject([
        { level: 'warn', step: 'lease.released-unsent', fields: { deliveries: 3 } },
      ])

      await receivers.answer(3)
      expect(store.settled.map(({ claimed }) => claimed.attemptNumber)).toEqual([1, 1, 1])
      expect(receivers.sent()).toBe(3)
    },
  )

  test('is released when the sender finds it so at the last moment', async () => {
    const { store, receivers, run } = open()
    store.owe('whk_1', 1)
    run('whk_1')
    await settleDown()
    await receivers.refuseToBegin()
    expect([store.released.length, store.settled.length, receivers.sent()]).toEqual([1, 0, 2])
  })

  test('is left to the sweep when it cannot be released', async () => {
    const { store, receivers, run, lines } = open()
    store.release = () => Promise.reject(new Error('no connection'))
    store.owe('whk_1', 1)
    run('whk_1')
    await settleDown()
    await receivers.refuseToBegin()
    expect([store.leases(), store.settled.length]).toEqual([1, 0])
    expect(lines).toMatchObject([{ level: 'error', step: 'attempt.failed' }])
  })
})

describe('draining', () => {
  test('waits for requests under way, writes down what came of them, and rings nothing more', async () => {
    const { store, receivers, lanes, run } = open()
    store.owe('whk_1', 2)
    await run('whk_1').done
    await settleDown()
    const state = { drained: false }
    const drained = lanes.drain(20_000).then(() => (state.drained = true))
    store.owe('whk_2', 1)
    const claimsBefore = store.claims.length
    await run('whk_2').done
    expect([receivers.sent(), store.claims.length, state.drained]).toEqual([2, claimsBefore, false])

    await receivers.answer(2)
    await drained
    expect(store.settled.map(({ settlement }) => settlement.outcome)).toEqual(['SUCCEEDED', 'SUCCEEDED'])
  })

  test('settles as interrupted what lasts longer than its grace; that uses up no retry', async () => {
    const { clock, store, receivers, lanes, run } = open()
    store.owe('whk_1', 2)
    await run('whk_1').done
    await settleDown()
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

  test('ends the wait of lanes for room', async () => {
    const { store, receivers, lanes, run } = open()
    store.owe('whk_1', windowSize + 10)
    const { done } = run('whk_1')
    await settleDown()
    const drained = lanes.drain(20_000)
    await receivers.answer(windowSize)
    await Promise.all([done, drained])
    expect([receivers.sent(), store.leases()]).toEqual([windowSize, 0])
  })

  test('also waits for what a claim under way brings', async () => {
    const { store, receivers, lanes, run } = open()
    store.owe('whk_1', 1)
    const claim = store.claim.bind(store)
    let answerClaim = (): void => undefined
    store.claim = async (...args) => {
      const claimed = await claim(...args)
      await new Promise<void>((resolve) => (answerClaim = resolve))
      return claimed
    }
    run('whk_1')
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

test('what is settled is told to the feed after its commit', async () => {
  const { store, receivers, told, run } = open()
  store.owe('whk_1', 2)
  run('whk_1')
  await settleDown()
  expect(told).toEqual([])
  await receivers.answer(2)
  expect(told).toEqual([['prj_1']])
  expect(store.batches.map((batch: readonly SettledAttempt[]) => batch.length)).toEqual([2])
})
