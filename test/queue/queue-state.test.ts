/** When a process takes its queue for degraded. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { makeQueueState } from '../../src/queue/queue-state.ts'
import { quietLog } from '../support/quiet-log.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

test('lanes that are overdue from sweep to sweep, each of which brings jobs, do not show a queue without jobs', () => {
  const state = makeQueueState(quietLog)
  for (let sweep = 0; sweep < 10; sweep += 1) {
    state.fetched()
    // The longest time between two sweeps.
    vi.advanceTimersByTime(5_500)
    state.lanesOverdue()
    expect(state.condition()).toBe('ok')
  }
})

test('lanes that are overdue while no job comes do, until one comes', () => {
  const state = makeQueueState(quietLog)
  // A lane is overdue after so long.
  vi.advanceTimersByTime(10_000)
  expect(state.condition()).toBe('ok')
  state.lanesOverdue()
  expect(state.condition()).toBe('degraded')
  state.fetched()
  expect(state.condition()).toBe('ok')
})
