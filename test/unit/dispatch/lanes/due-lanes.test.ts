import { describe, expect, test } from 'vitest'
import { makeDueLanes } from '../../../../src/dispatch/lanes/due-lanes.ts'
import { makeFakes, settleDown } from '../fakes.ts'

/** Lanes that run until the test ends them. */
function open({ slots = 2, condition = 'ok' }: { slots?: number; condition?: 'ok' | 'degraded' } = {}) {
  const { fakes, store, laneScheduler, clock } = makeFakes()
  const runs: string[] = []
  const ends = new Map<string, () => void>()
  const active = new Set<string>()
  const dueLanes = makeDueLanes({
    ...fakes,
    slots,
    markDueIfActive: (webhookId) => active.has(webhookId),
    queue: { condition: () => condition },
    runLane: (webhookId) => {
      runs.push(webhookId)
      return new Promise((resolve) => ends.set(webhookId, resolve))
    },
  })
  const end = async (webhookId: string): Promise<void> => {
    ends.get(webhookId)?.()
    await settleDown()
  }
  return { store, laneScheduler, clock, runs, end, active, dueLanes }
}

describe('search for due lanes', () => {
  test('due lanes are woken through the queue while the queue works', async () => {
    const { store, laneScheduler, runs, dueLanes } = open()
    store.due.push('whk_1', 'whk_2')
    expect(await dueLanes.look()).toBe(2)
    expect({ laneScheduler: laneScheduler.now, runs }).toEqual({
      laneScheduler: ['whk_1', 'whk_2'],
      runs: [],
    })
  })

  test('overdue lanes run in this process', async () => {
    const { store, laneScheduler, runs, dueLanes } = open()
    store.due.push('whk_1', 'whk_2')
    store.overdue.add('whk_2')
    await dueLanes.look()
    expect({ laneScheduler: laneScheduler.now, runs }).toEqual({
      laneScheduler: ['whk_1', 'whk_2'],
      runs: ['whk_2'],
    })
  })

  test('an overdue lane that already waits for capacity in this process is neither woken nor run', async () => {
    const { store, laneScheduler, runs, active, dueLanes } = open()
    store.due.push('whk_1', 'whk_2')
    store.overdue.add('whk_2')
    active.add('whk_2')
    expect(await dueLanes.look()).toBe(1)
    expect({ laneScheduler: laneScheduler.now, runs }).toEqual({
      laneScheduler: ['whk_1'],
      runs: [],
    })
  })

  test('while the queue is degraded all due lanes run in this process, at most as many at once as there are slots', async () => {
    const { store, runs, end, dueLanes } = open({ condition: 'degraded' })
    store.due.push('whk_1', 'whk_2', 'whk_3')
    await dueLanes.look()
    expect(runs).toEqual(['whk_1', 'whk_2'])
    await end('whk_1')
    expect(runs).toEqual(['whk_1', 'whk_2', 'whk_3'])
  })

  test('a lane that runs or waits for a slot is not run again', async () => {
    const { store, runs, end, dueLanes } = open({ condition: 'degraded', slots: 1 })
    store.due.push('whk_1', 'whk_2')
    await dueLanes.look()
    await dueLanes.look()
    await end('whk_1')
    await end('whk_2')
    expect(runs).toEqual(['whk_1', 'whk_2'])
  })
})

describe('lane job', () => {
  test('a job of a lane that runs without a job waits for that run and then runs the lane once more', async () => {
    const { store, runs, end, dueLanes } = open({ condition: 'degraded' })
    store.due.push('whk_1')
    await dueLanes.look()
    let isDone = false
    void dueLanes.run('whk_1').then(() => (isDone = true))
    await settleDown()
    expect(runs).toEqual(['whk_1'])
    await end('whk_1')
    expect(runs).toEqual(['whk_1', 'whk_1'])
    await end('whk_1')
    expect(isDone).toBe(true)
  })

  test('a lane whose job runs is not run by a search for due lanes', async () => {
    const { store, runs, dueLanes } = open({ condition: 'degraded' })
    void dueLanes.run('whk_1')
    store.due.push('whk_1')
    await dueLanes.look()
    expect(runs).toEqual(['whk_1'])
  })
})

test('closing starts no further lane and waits at most 3 s', async () => {
  const { store, runs, end, clock, dueLanes } = open({ condition: 'degraded', slots: 1 })
  store.due.push('whk_1', 'whk_2')
  await dueLanes.look()
  const closed = dueLanes.close()
  await clock.advance(3_000)
  await closed
  await end('whk_1')
  await dueLanes.look()
  expect(runs).toEqual(['whk_1'])
})
