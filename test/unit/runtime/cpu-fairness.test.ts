import { expect, test } from 'vitest'
import { makeCpuFairness } from '../../../src/runtime/cpu-fairness.ts'

function hold(ms: number): number {
  const untilMs = performance.now() + ms
  while (performance.now() < untilMs);
  return ms
}

test('a project pauses 200 ms after 50 ms of work, and other projects run meanwhile', async () => {
  const runFairly = makeCpuFairness()
  const began: string[] = []
  const beganMs = performance.now()
  const slow = Array.from({ length: 3 }, () => runFairly('slow', () => (began.push('slow'), hold(50))))
  const quick = runFairly('quick', () => (began.push('quick'), hold(1)))

  expect(await quick).toBe(1)
  expect(began).toEqual(['slow', 'quick'])
  expect(await Promise.all(slow)).toEqual([50, 50, 50])
  expect(performance.now() - beganMs, 'three times 50 ms, and two pauses of 200 ms').toBeGreaterThan(545)
})

test('1,000 pieces of short work run in order without a pause', async () => {
  const runFairly = makeCpuFairness()
  const numbers = Array.from({ length: 1_000 }, (_, index) => index)
  const done: number[] = []
  const beganMs = performance.now()
  await Promise.all(numbers.map((number) => runFairly('prj_1', () => done.push(number))))
  expect(done).toEqual(numbers)
  expect(performance.now() - beganMs).toBeLessThan(1_000)
})

test('failing work rejects only for its own caller', async () => {
  const runFairly = makeCpuFairness()
  const fail = () => {
    throw new Error('broken')
  }
  const [failed, next] = await Promise.allSettled([runFairly('prj_1', fail), runFairly('prj_1', () => 7)])
  expect(failed).toMatchObject({ status: 'rejected', reason: { message: 'broken' } })
  expect(next).toMatchObject({ status: 'fulfilled', value: 7 })
})
