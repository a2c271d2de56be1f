import { expect, test } from 'vitest'
import { makeBulkRetries } from '../../../src/dispatch/bulk-retries.ts'
import type { BulkRetryStep } from '../../../src/ports/bulk-retry-store.ts'
import { nullLog } from '../../support/null-log.ts'
import { settleDown } from './fakes.ts'

function open(steps: (BulkRetryStep | null)[], waits: (number | null)[]) {
  const woken: (readonly string[])[] = []
  const pauses: number[] = []
  let calls = 0
  const bulkRetries = makeBulkRetries({
    store: {
      step: async () => {
        calls += 1
        return steps.shift() ?? null
      },
      nextStepInMs: async () => waits.shift() ?? null,
    },
    laneScheduler: { wakeNow: (webhookIds) => void woken.push(webhookIds) },
    log: nullLog,
    pause: async (ms) => void pauses.push(ms),
  })
  return { bulkRetries, woken, pauses, calls: () => calls }
}

const step = (webhookIds: readonly string[]): BulkRetryStep => ({
  bulkRetryId: 'brt_1',
  projectId: 'prj_1',
  state: 'RUNNING',
  hasFinished: false,
  webhookIds,
})

test('steps follow each other while bulk retries are due, lanes are woken, and nothing runs when none is left', async () => {
  const { bulkRetries, woken, pauses, calls } = open(
    [step(['whk_1']), step([]), null, step(['whk_2'])],
    [180],
  )
  bulkRetries.look()
  bulkRetries.look()
  await settleDown()
  expect(woken).toEqual([['whk_1'], ['whk_2']])
  expect(pauses).toEqual([180])
  const before = calls()
  await settleDown()
  expect(calls()).toBe(before)
})

test('while another process continues with a bulk retry that is due, this one looks again 50 ms later', async () => {
  const { bulkRetries, pauses } = open([null, null], [-20, 9_000])
  bulkRetries.look()
  await settleDown()
  expect(pauses).toEqual([50, 500])
})

test('after stop no step runs', async () => {
  const { bulkRetries, calls } = open([step([])], [])
  await bulkRetries.stop()
  bulkRetries.look()
  await settleDown()
  expect(calls()).toBe(0)
})
