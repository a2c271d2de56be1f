import { describe, expect, test } from 'vitest'
import type { SettledAttempt } from '../../../../src/ports/dispatch-store.ts'
import { windowSize } from '../../../../src/dispatch/lanes/request-slots.ts'
import { open } from './open-lanes.ts'
import { settleDown } from '../fakes.ts'

describe('lane window', () => {
  test('a lane has at most 50 requests in flight, and each response starts one more', async () => {
    const { store, receivers, run } = open()
    store.addDue('whk_1', 120)
    run('whk_1')
    await settleDown()
    expect(receivers.waiting).toHaveLength(windowSize)

    await receivers.answer(1)
    expect([receivers.waiting.length, receivers.sent()]).toEqual([windowSize, windowSize + 1])
    await receivers.answer(30)
    expect([receivers.waiting.length, receivers.sent()]).toEqual([windowSize, windowSize + 31])
  })

  test('a lane sends 333 deliveries once each, in the order of their due times', async () => {
    const { store, receivers, run } = open()
    store.addDue('whk_1', 333)
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

  test('a response frees its place in the window before its commit succeeds', async () => {
    const { store, receivers, run } = open()
    store.fail.settle = [new Error('away')]
    store.addDue('whk_1', windowSize + 1)
    run('whk_1')
    await settleDown()
    await receivers.answer(1)
    expect(store.settled).toHaveLength(0)
    expect(receivers.sent()).toBe(windowSize + 1)
  })
})

describe('lane run', () => {
  test('the job of a lane ends while its requests are in flight', async () => {
    const { store, receivers, run } = open()
    store.addDue('whk_1', windowSize + 10)
    const { state } = run('whk_1')
    await settleDown()
    expect([state.over, receivers.waiting.length]).toEqual([true, windowSize])

    await receivers.answer(windowSize)
    await receivers.answer(10)
    expect(store.settled).toHaveLength(windowSize + 10)
  })

  test('a lane run without a due delivery claims once and schedules nothing', async () => {
    const { store, laneScheduler, receivers, run } = open()
    store.addDue('whk_1', 1)
    run('whk_1')
    await settleDown()
    await receivers.answer(1)
    store.claims.length = 0
    await run('whk_1').done
    await settleDown()
    expect([store.claims.length, laneScheduler.now, laneScheduler.at]).toEqual([1, [], []])
  })

  test('a lane run of an unknown webhook claims nothing', async () => {
    const { store, run } = open()
    await run('whk_unknown').done
    await settleDown()
    expect(store.claims).toEqual([])
  })

  test('a failed claim is logged, and the lane claims again a second later without a job', async () => {
    const { clock, store, laneScheduler, receivers, run, lines } = open()
    store.addDue('whk_1', windowSize)
    store.fail.claim = new Error('no connection')
    await run('whk_1').done
    await settleDown()
    expect(lines).toMatchObject([{ level: 'error', step: 'lane.claim-failed', fields: { lanes: 1 } }])
    await clock.advance(999)
    expect(receivers.waiting).toHaveLength(0)
    await clock.advance(1)
    expect(receivers.waiting).toHaveLength(windowSize)
    expect([laneScheduler.now, laneScheduler.at]).toEqual([[], []])
  })

  test('a delivery that becomes due during a claim is claimed by a second claim', async () => {
    const { store, receivers, lanes, run } = open()
    store.addDue('whk_1', 1)
    const claim = store.claim.bind(store)
    let answerClaim = (): void => undefined
    store.claim = async (...args) => {
      const claimed = await claim(...args)
      await new Promise<void>((resolve) => (answerClaim = resolve))
      return claimed
    }
    run('whk_1')
    await settleDown()
    store.addDue('whk_1', 1)
    expect(lanes.markDueIfActive('whk_1')).toBe(true)
    store.claim = claim
    answerClaim()
    await settleDown()
    expect(receivers.waiting).toHaveLength(2)
  })

  test('lanes that run together share one claim, and each sends its own deliveries', async () => {
    const { store, receivers, deliver } = open()
    const webhooks = ['whk_1', 'whk_2', 'whk_3'].map((webhookId) => ({ webhookId, projectId: 'prj_1' }))
    await deliver(webhooks, 2)
    expect(store.claims.map((requests) => requests.map(({ webhookId }) => webhookId))).toEqual([
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

  test('a lane whose due deliveries another process is claiming claims again 100 ms after two empty claims, without a job', async () => {
    const { clock, store, laneScheduler, receivers, run } = open()
    store.addDue('whk_1', 1)
    const claim = store.claim.bind(store)
    store.claim = async (requests) => {
      store.claims.push(requests)
      return []
    }
    await run('whk_1').done
    await settleDown()
    store.claim = claim
    await clock.advance(99)
    expect(store.claims).toHaveLength(2)
    await clock.advance(1)
    expect([store.claims.length, receivers.waiting.length, laneScheduler.at]).toEqual([3, 1, []])
  })
})

describe('next wake-up of a lane', () => {
  test('the next wake-up of a lane is at its earliest due time', async () => {
    const { store, laneScheduler, run } = open()
    store.addDue('whk_1', 1, { inMs: 90_000 })
    store.addDue('whk_1', 1, { inMs: 5_000.2 })
    await run('whk_1').done
    await settleDown()
    expect([laneScheduler.at, laneScheduler.now]).toEqual([[{ webhookId: 'whk_1', delayMs: 5_001 }], []])
  })

  test('the next wake-up of a lane is at its retry once the failure is settled', async () => {
    const { store, laneScheduler, receivers, run } = open()
    store.addDue('whk_1', 1)
    run('whk_1')
    await settleDown()
    await receivers.answer(1, { status: 500 })
    expect(store.settled.map(({ settlement }) => settlement.retryInMs)).toEqual([5_000])
    expect(laneScheduler.at).toEqual([{ webhookId: 'whk_1', delayMs: 5_000 }])
  })

  test('rescheduling a lane with an overdue delivery sends the delivery without a wake-up', async () => {
    const { store, laneScheduler, lanes, receivers } = open()
    store.addDue('whk_1', 1)
    lanes.rescheduleLanes(['whk_1', 'whk_without'])
    await settleDown()
    expect([receivers.waiting.length, laneScheduler.now, laneScheduler.at]).toEqual([1, [], []])
  })

  test('a lane that is due within 2 s runs then without a job', async () => {
    const { clock, store, laneScheduler, receivers, run } = open()
    store.addDue('whk_1', 1, { inMs: 2_000 })
    await run('whk_1').done
    await settleDown()
    await clock.advance(1_999)
    expect(receivers.waiting).toHaveLength(0)
    await clock.advance(1)
    expect([receivers.waiting.length, laneScheduler.now, laneScheduler.at]).toEqual([1, [], []])
  })

  test('a failed query for the next due time is logged, and the lane runs a second later without a job', async () => {
    const { clock, store, laneScheduler, receivers, lanes, lines } = open()
    store.addDue('whk_1', 1)
    store.nextDue = () => Promise.reject(new Error('no connection'))
    lanes.rescheduleLanes(['whk_1'])
    await settleDown()
    expect(lines).toMatchObject([
      { level: 'warn', step: 'lane.reschedule-failed', fields: { webhookId: 'whk_1' } },
    ])
    await clock.advance(999)
    expect(receivers.waiting).toHaveLength(0)
    await clock.advance(1)
    expect([receivers.waiting.length, laneScheduler.now, laneScheduler.at]).toEqual([1, [], []])
  })
})

describe('fault in an attempt', () => {
  test('a fault in an attempt is logged, keeps the lease for the sweep and frees the place in the window', async () => {
    const { fakes, store, receivers, lines, lanes } = open()
    store.addDue('whk_1', 1)
    const claim = store.claim.bind(store)
    store.claim = async (...args) =>
      (await claim(...args)).map((one) => ({
        ...one,
        webhook: { ...one.webhook, encrypted: { secrets: ['sealed'], token: null } },
      }))
    fakes.secrets.decrypt = () => Promise.reject(new Error('no such key'))
    await lanes.runLane('whk_1')
    await settleDown()

    expect([receivers.sent(), store.settled.length, store.leases()]).toEqual([0, 0, 1])
    expect(lines).toMatchObject([{ level: 'error', step: 'attempt.failed', fields: { webhookId: 'whk_1' } }])
    store.addDue('whk_1', windowSize)
    fakes.secrets.decrypt = async (_project, _place, encrypted) => encrypted
    void lanes.runLane('whk_1')
    await settleDown()
    expect(receivers.waiting).toHaveLength(windowSize)
  })
})

describe('lease with too little time left', () => {
  /** The claim returns late: the machine sleeps meanwhile, or the process is paused. */
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
    store.addDue('whk_1', 3)
    run('whk_1')
    await settleDown()
    return opened
  }

  test.each([
    ['the machine sleeps', ({ clock }: ReturnType<typeof open>) => clock.sleep(10_000)],
    ['the process is paused', ({ clock }: ReturnType<typeof open>) => clock.advance(10_000)],
  ])(
    'leases that are too short because %s are released without an attempt, and the deliveries are claimed and sent once',
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

  test('a lease is released without an attempt when the sender finds at the last moment that it is too short', async () => {
    const { store, receivers, run } = open()
    store.addDue('whk_1', 1)
    run('whk_1')
    await settleDown()
    await receivers.refuseToBegin()
    expect([store.released.length, store.settled.length, receivers.sent()]).toEqual([1, 0, 2])
  })

  test('a lease that cannot be released is left to the sweep', async () => {
    const { store, receivers, run, lines } = open()
    store.release = () => Promise.reject(new Error('no connection'))
    store.addDue('whk_1', 1)
    run('whk_1')
    await settleDown()
    await receivers.refuseToBegin()
    expect([store.leases(), store.settled.length]).toEqual([1, 0])
    expect(lines).toMatchObject([{ level: 'error', step: 'attempt.failed' }])
  })
})

describe('draining', () => {
  test('draining waits for requests in flight, settles them, and starts no lane', async () => {
    const { store, receivers, lanes, run } = open()
    store.addDue('whk_1', 2)
    await run('whk_1').done
    await settleDown()
    const state = { drained: false }
    const drained = lanes.drain(20_000).then(() => (state.drained = true))
    store.addDue('whk_2', 1)
    const claimsBefore = store.claims.length
    await run('whk_2').done
    expect([receivers.sent(), store.claims.length, state.drained]).toEqual([2, claimsBefore, false])

    await receivers.answer(2)
    await drained
    expect(store.settled.map(({ settlement }) => settlement.outcome)).toEqual(['SUCCEEDED', 'SUCCEEDED'])
  })

  test('draining settles requests that outlast the 20 s of grace as INTERRUPTED, which uses up no retry', async () => {
    const { clock, store, receivers, lanes, run } = open()
    store.addDue('whk_1', 2)
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

  test('a delivery whose secrets are decrypted after the time of grace is not sent, and is settled as INTERRUPTED', async () => {
    const { clock, store, receivers, lanes, run, fakes } = open()
    let decrypted = (): void => undefined
    fakes.secrets.decrypt = (_project, _place, text) =>
      new Promise((resolve) => (decrypted = () => resolve(text)))
    store.addDue('whk_1', 1, { secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'] })
    run('whk_1')
    await settleDown()
    const drained = lanes.drain(20_000)
    await clock.advance(20_000)
    decrypted()
    await drained
    expect(receivers.sent()).toBe(0)
    expect(store.settled).toMatchObject([{ settlement: { outcome: 'INTERRUPTED', state: 'PENDING' } }])
  })

  test('draining ends the wait of lanes for capacity', async () => {
    const { store, receivers, lanes, run } = open()
    store.addDue('whk_1', windowSize + 10)
    const { done } = run('whk_1')
    await settleDown()
    const drained = lanes.drain(20_000)
    await receivers.answer(windowSize)
    await Promise.all([done, drained])
    expect([receivers.sent(), store.leases()]).toEqual([windowSize, 0])
  })

  test('draining also waits for the deliveries of a running claim', async () => {
    const { store, receivers, lanes, run } = open()
    store.addDue('whk_1', 1)
    const claim = store.claim.bind(store)
    let answerClaim = (): void => undefined
    store.claim = async (...args) => {
      const claimed = await claim(...args)
      await new Promise<void>((resolve) => (answerClaim = resolve))
      return claimed
    }
    run('whk_1')
    await settleDown()
    expect(lanes.markDueIfActive('whk_1')).toBe(true)
    const state = { drained: false }
    const drained = lanes.drain(20_000).then(() => (state.drained = true))
    // Deliveries that become due now are for other processes.
    expect(lanes.markDueIfActive('whk_1')).toBe(false)
    await settleDown()
    answerClaim()
    await settleDown()
    expect([receivers.waiting.length, state.drained]).toEqual([1, false])

    await receivers.answer(1)
    await drained
    expect(store.settled).toHaveLength(1)
  })
})

test('the feed is notified once after the commit of two settled attempts', async () => {
  const { store, receivers, notified, run } = open()
  store.addDue('whk_1', 2)
  run('whk_1')
  await settleDown()
  expect(notified).toEqual([])
  await receivers.answer(2)
  expect(notified).toEqual([['prj_1']])
  expect(store.batches.map((batch: readonly SettledAttempt[]) => batch.length)).toEqual([2])
})
