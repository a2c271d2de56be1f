/** Sharing of the capacity of a process and of a host between lanes of several projects. */
import { describe, expect, test } from 'vitest'
import { maxSends } from '../../../../src/dispatch/lanes/request-slots.ts'
import { open, webhooksOf } from './open-lanes.ts'
import { settleDown, sharedHost } from '../fakes.ts'

const share = maxSends * 0.8

describe('process capacity', () => {
  test('a project with 40 webhooks uses at most four fifths of the capacity, whether its lanes run together or one by one', async () => {
    const together = open()
    await together.deliver(webhooksOf('prj_1', 40), 200)
    expect(together.perProject()).toEqual({ prj_1: share })

    const oneByOne = open()
    for (const webhook of webhooksOf('prj_1', 40)) await oneByOne.deliver([webhook], 200)
    expect(oneByOne.perProject()).toEqual({ prj_1: share })
  })

  test('a quiet project gets capacity at once beside three projects of 300 unanswering webhooks and a flood', async () => {
    const { deliver, perProject, receivers } = open()
    for (const projectId of ['prj_1', 'prj_2', 'prj_3']) await deliver(webhooksOf(projectId, 300), 5)
    await deliver(webhooksOf('prj_flood', 1), 20_000)
    await deliver(webhooksOf('prj_quiet', 1), 1)
    expect(perProject()['prj_quiet']).toBe(1)
    expect(receivers.waiting.length).toBeLessThan(maxSends)
  })

  test('40 projects that arrive one after the other all get capacity while no request ends, and so does another', async () => {
    const { deliver, perProject } = open()
    for (let index = 0; index < 40; index += 1) await deliver(webhooksOf(`prj_${index}`, 20), 50)
    await deliver(webhooksOf('prj_quiet', 1), 1)
    expect(Object.keys(perProject())).toHaveLength(41)
  })

  test('capacity is shared evenly between three projects once their first requests have ended', async () => {
    const { deliver, perProject, receivers } = open()
    for (const projectId of ['prj_1', 'prj_2', 'prj_3']) await deliver(webhooksOf(projectId, 20), 500)
    expect(perProject()['prj_1']).toBe(share)
    for (let round = 0; round < 30; round += 1) await receivers.answer(100)
    const shares = Object.values(perProject())
    expect(shares).toHaveLength(3)
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThan(50)
    expect(receivers.waiting.length).toBeLessThanOrEqual(maxSends)
  })

  test('a lane waits for capacity without a job, timer or claim, and runs when requests end', async () => {
    const { store, laneScheduler, receivers, deliver, run, lanes } = open()
    await deliver(webhooksOf('prj_1', 40), 200)
    await deliver([{ projectId: 'prj_1', webhookId: 'whk_late' }], 1)
    store.claims.length = 0
    const { state } = run('whk_late')
    await settleDown()
    expect([state.over, store.claims.length, laneScheduler.now, laneScheduler.at]).toEqual([true, 0, [], []])
    expect(lanes.markDueIfActive('whk_late')).toBe(true)

    for (let round = 0; round < 50 && lanes.markDueIfActive('whk_late'); round += 1) await receivers.answer(1)
    expect(receivers.waiting.some(({ request }) => request.url.includes('whk_late'))).toBe(true)
  })

  test('freed capacity goes to the projects in turn', async () => {
    const { store, receivers, deliver, perProject } = open()
    await deliver(webhooksOf('prj_1', 40), 200)
    await deliver([...webhooksOf('prj_2', 100), ...webhooksOf('prj_3', 10)], 50)
    store.claims.length = 0
    await receivers.answer(maxSends)
    const [{ length: firstOfThird } = []] = [
      store.claims[0]?.filter(({ webhookId }) => webhookId.includes('prj_3')),
    ]
    expect(firstOfThird).toBeGreaterThan(0)
    const { prj_2: second = 0, prj_3: third = 0 } = perProject()
    expect(Math.abs(second - third)).toBeLessThan(50)
  })

  test('a small lane is served while 30 lanes of its project have a long backlog', async () => {
    const { receivers, deliver } = open()
    await deliver(webhooksOf('prj_1', 30), 2_000)
    await deliver([{ projectId: 'prj_1', webhookId: 'whk_small' }], 1)
    for (let round = 0; round < 40; round += 1) await receivers.answer(50)
    expect(receivers.waiting.length).toBeLessThanOrEqual(maxSends)
    expect(receivers.sentTo('whk_small')).toBe(1)
  })

  test('capacity that a claim reserved and did not use is released', async () => {
    const { deliver, receivers, perProject } = open()
    await deliver(webhooksOf('prj_1', 300), 1)
    await receivers.answer(300)
    await deliver(webhooksOf('prj_1', 40), 200)
    expect(perProject()).toEqual({ prj_1: share })
  })
})

describe('slow claim', () => {
  test('a slow claim of one project does not delay the lanes of another project', async () => {
    const { store, receivers, deliver } = open()
    const claim = store.claim.bind(store)
    store.claim = (requests, lease) =>
      requests.some(({ webhookId }) => webhookId.includes('prj_slow'))
        ? new Promise(() => undefined)
        : claim(requests, lease)
    await deliver(webhooksOf('prj_slow', 300), 50)
    await deliver(webhooksOf('prj_quick', 1), 1)
    expect(receivers.sentTo('whk_prj_quick_0')).toBe(1)
  })
})

describe('host capacity', () => {
  /** Twenty webhooks of two projects, with deliveries to one host that accepts ten requests at once. */
  const flood = async () => {
    const opened = open()
    opened.receivers.shareHost(10)
    const webhooks = [...webhooksOf('prj_1', 10), ...webhooksOf('prj_2', 10)]
    await opened.deliver(webhooks, 5)
    return { ...opened, webhooks }
  }

  test('all lanes together send at most 10 requests at once to a host with that limit, and waiting deliveries are not leased', async () => {
    const { receivers, store } = await flood()
    expect(receivers.waiting.length).toBeLessThanOrEqual(10)
    expect(store.leases()).toBe(receivers.waiting.length)
  })

  test('one project uses at most 8 of 10 places at a host, and two others get one each', async () => {
    const { receivers, deliver, perProject } = open()
    receivers.shareHost(10)
    await deliver(webhooksOf('prj_1', 30), 50)
    await deliver(webhooksOf('prj_2', 1), 5)
    await deliver(webhooksOf('prj_3', 1), 5)
    expect(perProject()).toEqual({ prj_1: 8, prj_2: 1, prj_3: 1 })
  })

  test('freed places at a host go to waiting lanes until all 100 deliveries are sent once', async () => {
    const { receivers, store } = await flood()
    for (let round = 0; round < 200 && store.settled.length < 100; round += 1) {
      await receivers.answer(5)
      expect(receivers.waiting.length).toBeLessThanOrEqual(10)
    }
    expect([receivers.sent(), store.leases()]).toEqual([100, 0])
  })

  test('a freed place at a host goes to a waiting lane whose own request is still running', async () => {
    const { receivers, deliver } = open()
    receivers.shareHost(10)
    await deliver([{ projectId: 'prj_1', webhookId: 'whk_slow' }], 1)
    await deliver([{ projectId: 'prj_1', webhookId: 'whk_quick' }], 7)
    await deliver([{ projectId: 'prj_1', webhookId: 'whk_slow' }], 1)
    expect(receivers.sentTo('whk_slow')).toBe(1)
    await receivers.answer(1, { webhookId: 'whk_quick' })
    expect(receivers.sentTo('whk_slow')).toBe(2)
  })

  test('a place at a host that a request other than a delivery frees goes to a waiting lane', async () => {
    const { receivers, deliver } = open()
    const hosts = receivers.shareHost(2)
    hosts.enter(sharedHost, 'prj_2')
    const leave = hosts.enter(sharedHost, 'prj_3')
    await deliver([{ projectId: 'prj_1', webhookId: 'whk_1' }], 1)
    expect(receivers.sent()).toBe(0)
    leave()
    await settleDown()
    expect(receivers.sent()).toBe(1)
  })

  test('a place at a host goes to a project below its share before one that has used up its share', async () => {
    const { receivers, deliver, perProject } = open()
    receivers.shareHost(10)
    await deliver(webhooksOf('prj_1', 30), 1)
    await deliver(webhooksOf('prj_2', 1), 4)
    await receivers.answer(1, { webhookId: 'whk_prj_2_0' })
    expect(perProject()['prj_2']).toBe(1)
  })

  test('a full host does not delay lanes of another host in the same project', async () => {
    const { receivers, deliver } = await flood()
    receivers.leaveHost('whk_elsewhere')
    await deliver([{ projectId: 'prj_1', webhookId: 'whk_elsewhere' }], 5)
    expect(receivers.sentTo('whk_elsewhere')).toBe(5)
  })
})
