import { expect, test } from 'vitest'
import { startingLanes, withoutActiveLanes } from '../../../../src/dispatch/lanes/wake-lanes.ts'
import { maxSends } from '../../../../src/dispatch/lanes/request-slots.ts'
import { makeScheduler } from '../fakes.ts'
import { open, webhooksOf } from './open-lanes.ts'

function makeLanes({ hasCapacity = true, active = [] as readonly string[] } = {}) {
  const started: string[] = []
  const lanes = {
    hasCapacity: () => hasCapacity,
    markDueIfActive: (webhookId: string) => active.includes(webhookId),
    start: (webhookId: string) => void started.push(webhookId),
  }
  return { lanes, started, queue: makeScheduler() }
}

test('the lanes of a change start in the process that accepted it, without a job', () => {
  const { lanes, started, queue } = makeLanes({ active: ['whk_2'] })
  startingLanes(lanes, queue).wakeNow(['whk_1', 'whk_2', 'whk_3'])
  expect({ started, jobs: queue.now }).toEqual({ started: ['whk_1', 'whk_3'], jobs: [] })
})

test('a busy or stopping process leaves the lanes of its changes to jobs, which any process may run', () => {
  const { lanes, started, queue } = makeLanes({ hasCapacity: false, active: ['whk_2'] })
  startingLanes(lanes, queue).wakeNow(['whk_1', 'whk_2'])
  expect({ started, jobs: queue.now }).toEqual({ started: [], jobs: ['whk_1'] })
})

test('ten lanes of a change start in the process, and eleven get jobs that several processes may share', () => {
  const ids = Array.from({ length: 11 }, (_, index) => `whk_${index}`)
  const { lanes, started, queue } = makeLanes()
  const scheduler = startingLanes(lanes, queue)
  scheduler.wakeNow(ids.slice(0, 10))
  scheduler.wakeNow(ids)
  expect({ started, jobs: queue.now }).toEqual({ started: ids.slice(0, 10), jobs: ids })
})

test('a lane that waits or claims gets no job', () => {
  const { lanes, queue } = makeLanes({ active: ['whk_2'] })
  withoutActiveLanes(lanes, queue).wakeNow(['whk_1', 'whk_2'])
  expect(queue.now).toEqual(['whk_1'])
})

test('a process has capacity while at least half of its slots are free, and none once it stops', async () => {
  const { lanes, deliver, receivers } = open()
  expect(lanes.hasCapacity()).toBe(true)
  await deliver(webhooksOf('prj_1', 10), maxSends / 20)
  expect([receivers.waiting.length, lanes.hasCapacity()]).toEqual([maxSends / 2, true])
  await deliver(webhooksOf('prj_2', 1), 1)
  expect(lanes.hasCapacity()).toBe(false)
  await receivers.answer(maxSends / 2 + 1)
  expect(lanes.hasCapacity()).toBe(true)
  await lanes.drain(0)
  expect(lanes.hasCapacity()).toBe(false)
})

test('a started lane sends its due deliveries', async () => {
  const { lanes, store, receivers, runAll } = open()
  store.addDue('whk_1', 3)
  lanes.start('whk_1')
  await runAll([])
  expect(receivers.waiting).toHaveLength(3)
})
