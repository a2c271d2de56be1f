/** When a process finds that the queue hands out no jobs. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { makeFetchWatch } from '../../../src/queue/backend/fetch-watch.ts'
import { makeQueueState } from '../../../src/queue/backend/queue-state.ts'
import { makeLines } from '../dispatch/world.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

/** The time between two looks. */
const lookEveryMs = 2_000

function open() {
  const { log, lines } = makeLines()
  const state = makeQueueState(log)
  const queue = { waiting: 0, retries: 0, asked: 0, freeSlot: true }
  const counts = async (priorities?: number[]): Promise<Record<string, number>> => {
    queue.asked += 1
    const all: Record<string, number> = { 0: queue.waiting, 1: queue.retries }
    return Object.fromEntries((priorities ?? []).map((priority) => [priority, all[priority] ?? 0]))
  }
  const watch = makeFetchWatch({ getCountsPerPriority: counts }, () => queue.freeSlot, state)
  const look = async (times: number): Promise<void> => {
    for (let count = 0; count < times; count += 1) {
      vi.advanceTimersByTime(lookEveryMs)
      await watch.look()
    }
  }
  return { state, queue, watch, look, lines }
}

test.each([
  ['jobs', { waiting: 3 }],
  ['retries alone', { retries: 3 }],
])(
  '%s that wait at two looks while none arrives degrade the queue, until one arrives',
  async (_, waiting) => {
    const { state, queue, watch, look, lines } = open()
    Object.assign(queue, waiting)
    await look(2)
    expect(state.condition()).toBe('ok')
    await look(1)
    expect(state.condition()).toBe('degraded')
    watch.fetched()
    expect(state.condition()).toBe('ok')
    expect(lines).toMatchObject([
      { level: 'warn', step: 'queue.degraded', fields: { part: 'fetch' } },
      { level: 'info', step: 'queue.recovered' },
    ])
  },
)

test('an empty queue is not degraded, however long no job arrives', async () => {
  const { state, look } = open()
  await look(20)
  expect(state.condition()).toBe('ok')
})

test('jobs that wait at one look and are gone at the next do not degrade the queue', async () => {
  const { state, queue, look } = open()
  for (let round = 0; round < 10; round += 1) {
    queue.waiting = 1
    await look(1)
    queue.waiting = 0
    await look(1)
  }
  expect(state.condition()).toBe('ok')
})

test('a worker that gets jobs does not ask how many wait', async () => {
  const { state, queue, watch, look } = open()
  queue.waiting = 100
  for (let round = 0; round < 10; round += 1) {
    watch.fetched()
    await look(1)
  }
  expect({ asked: queue.asked, condition: state.condition() }).toEqual({ asked: 0, condition: 'ok' })
})

test('a worker without a free slot leaves the jobs that wait to others', async () => {
  const { state, queue, look } = open()
  queue.waiting = 100
  queue.freeSlot = false
  await look(10)
  expect(state.condition()).toBe('ok')
})
