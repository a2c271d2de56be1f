/** Detection of a queue that hands out no jobs. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { makeFetchWatch } from '../../../src/queue/backend/fetch-watch.ts'
import { makeQueueState } from '../../../src/queue/backend/queue-state.ts'
import { makeLines } from '../dispatch/fakes.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

/** The interval of the checks. */
const lookEveryMs = 2_000

function open() {
  const { log, lines } = makeLines()
  const state = makeQueueState(log)
  const queue = { waiting: 0, retries: 0, queries: 0, freeSlot: true }
  const counts = async (priorities?: number[]): Promise<Record<string, number>> => {
    queue.queries += 1
    const all: Record<string, number> = { 0: queue.waiting, 1: queue.retries }
    return Object.fromEntries((priorities ?? []).map((priority) => [priority, all[priority] ?? 0]))
  }
  const watch = makeFetchWatch({ getCountsPerPriority: counts }, () => queue.freeSlot, state)
  const look = async (times: number): Promise<void> => {
    for (let count = 0; count < times; count += 1) {
      vi.advanceTimersByTime(lookEveryMs)
      await watch.check()
    }
  }
  return { state, queue, watch, look, lines }
}

test.each([
  ['waiting jobs', { waiting: 3 }],
  ['waiting retries', { retries: 3 }],
])(
  '%s while no job arrives degrade the queue at the third check, until a job arrives',
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

test('an empty queue without arriving jobs is not degraded after 20 checks', async () => {
  const { state, look } = open()
  await look(20)
  expect(state.condition()).toBe('ok')
})

test('jobs that wait at one check and are gone at the next do not degrade the queue', async () => {
  const { state, queue, look } = open()
  for (let round = 0; round < 10; round += 1) {
    queue.waiting = 1
    await look(1)
    queue.waiting = 0
    await look(1)
  }
  expect(state.condition()).toBe('ok')
})

test('a worker that gets jobs does not query the number of waiting jobs', async () => {
  const { state, queue, watch, look } = open()
  queue.waiting = 100
  for (let round = 0; round < 10; round += 1) {
    watch.fetched()
    await look(1)
  }
  expect({ queries: queue.queries, condition: state.condition() }).toEqual({ queries: 0, condition: 'ok' })
})

test('waiting jobs do not degrade the queue of a worker without a free slot', async () => {
  const { state, queue, look } = open()
  queue.waiting = 100
  queue.freeSlot = false
  await look(10)
  expect(state.condition()).toBe('ok')
})
