/** Periodic work with real timers. Only the system clock is faked. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { runPeriodically, type PeriodicWork, type PeriodicOptions } from '../../../src/runtime/periodic.ts'
import { makeLines } from '../dispatch/fakes.ts'
import { waitFor } from '../../support/wait-for.ts'

const dayMs = 86_400_000

function begin(given: Partial<PeriodicOptions> & Pick<PeriodicOptions, 'work'>): PeriodicWork {
  const { log } = makeLines()
  const periodic = runPeriodically({ everyMs: 50, log, failedAs: 'work.failed', ...given })
  onTestFinished(() => periodic.stop(0))
  return periodic
}

test('periodic work begins at once and is repeated', async () => {
  let runs = 0
  begin({
    work: async () => {
      runs += 1
    },
  })
  await waitFor(() => runs >= 5, { what: 'five runs' })
})

test.each([dayMs, -dayMs])('periodic work continues when the system clock jumps by %i ms', async (jumpMs) => {
  let runs = 0
  begin({
    work: async () => {
      runs += 1
    },
  })
  await waitFor(() => runs >= 1, { what: 'a run' })
  const now = Date.now.bind(Date)
  vi.spyOn(Date, 'now').mockImplementation(() => now() + jumpMs)
  onTestFinished(() => void vi.restoreAllMocks())
  const before = runs
  await waitFor(() => runs >= before + 3, { what: 'runs after the jump', deadlineMs: 5_000 })
})

test('a hanging run does not prevent the next run', async () => {
  let runs = 0
  begin({ work: () => (++runs === 1 ? new Promise(() => undefined) : Promise.resolve()) })
  await waitFor(() => runs >= 3, { what: 'runs beside the hanging one' })
})

test('with exclusiveMs a run waits for the previous one for at most 600 ms', async () => {
  let runs = 0
  const beganMs = performance.now()
  begin({ exclusiveMs: 600, work: () => (++runs === 1 ? new Promise(() => undefined) : Promise.resolve()) })
  await waitFor(() => runs >= 2, { what: 'the run after the hanging one' })
  expect(performance.now() - beganMs).toBeGreaterThan(590)
})

test('a failing run is logged, and the next run follows', async () => {
  const { log, lines } = makeLines()
  let runs = 0
  begin({ log, work: () => (++runs === 1 ? Promise.reject(new Error('no rows')) : Promise.resolve()) })
  await waitFor(() => runs >= 2, { what: 'the next run' })
  expect(lines).toMatchObject([{ level: 'error', step: 'work.failed' }])
})

test('stop waits for the current run for a limited time, and no run begins after it', async () => {
  let runs = 0
  const periodic = begin({
    everyMs: 20,
    exclusiveMs: dayMs,
    work: () => (runs++, new Promise(() => undefined)),
  })
  await waitFor(() => runs === 1, { what: 'a run' })
  const beganMs = performance.now()
  await periodic.stop(100)
  expect(performance.now() - beganMs).toBeLessThan(5_000)
  periodic.now()
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(runs).toBe(1)
})
