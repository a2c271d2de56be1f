import { describe, expect, test } from 'vitest'
import {
  afterStep,
  maxInProgress,
  pacedAfter,
  takesNow,
  type Progress,
} from '../../../../src/domain/deliveries/bulk-retry.ts'
import { later, noon } from '../../../support/samples.ts'

const fresh: Progress = {
  state: 'RUNNING',
  total: 10_000,
  position: 0,
  done: 0,
  ratePerSecond: 20,
  pacedAt: noon,
}

describe('the rate of a bulk retry', () => {
  test('at 20 a second, one delivery is taken every 50 ms, and none earlier', () => {
    expect([0, 49, 50, 99, 100, 999].map((ms) => takesNow(fresh, later(ms)))).toEqual([0, 0, 1, 1, 2, 19])
  })

  test('time without a step is lost beyond a second, so that there is no burst after an interruption', () => {
    expect(takesNow(fresh, later(3_600_000))).toBe(20)
    expect(pacedAfter(fresh, 20, later(3_600_000))).toEqual(later(3_599_000))
  })

  test.each([1, 3, 7, 20, 333, 1_000])(
    'at %i a second, steps of any length take as many in ten seconds',
    (ratePerSecond) => {
      let progress: Progress = { ...fresh, total: 1_000_000, ratePerSecond }
      let taken = 0
      for (let ms = 0; ms <= 10_000; ms += 37 + (ms % 200)) {
        const count = takesNow(progress, later(ms))
        taken += count
        progress = { ...progress, pacedAt: pacedAfter(progress, count, later(ms)) }
      }
      expect(taken).toBeLessThanOrEqual(10 * ratePerSecond)
      expect(taken).toBeGreaterThanOrEqual(9.5 * ratePerSecond - 1)
    },
  )

  test('it takes no more than the set has, and none while it is paused or 5,000 retries have not ended', () => {
    expect(takesNow({ ...fresh, position: 9_997, done: 9_997 }, later(1_000))).toBe(3)
    expect(takesNow({ ...fresh, state: 'PAUSED' }, later(1_000))).toBe(0)
    expect(takesNow({ ...fresh, position: maxInProgress }, later(1_000))).toBe(0)
    expect(takesNow({ ...fresh, position: maxInProgress, done: 2 }, later(1_000))).toBe(2)
  })
})

describe('the state after a step', () => {
  test('it is DONE when all deliveries are counted, also when it was paused meanwhile, and needs no further step', () => {
    for (const state of ['RUNNING', 'PAUSED'] as const)
      expect(afterStep({ ...fresh, state, position: 10_000, done: 10_000 }, true)).toEqual({
        state: 'DONE',
        nextInMs: null,
      })
    expect(afterStep({ ...fresh, total: 0 }, false).state).toBe('DONE')
  })

  test('while it waits for the ends of its last retries it stays RUNNING, and looks again less often', () => {
    const waiting = { ...fresh, position: 10_000, done: 9_999 }
    expect(afterStep(waiting, true)).toEqual({ state: 'RUNNING', nextInMs: 200 })
    expect(afterStep(waiting, false)).toEqual({ state: 'RUNNING', nextInMs: 1_000 })
  })

  test('while 5,000 retries have not ended it looks again after 5 s, and soon when one has ended or there is room', () => {
    const blocked = { ...fresh, position: maxInProgress }
    expect(afterStep(blocked, false)).toEqual({ state: 'RUNNING', nextInMs: 5_000 })
    expect(afterStep(blocked, true)).toEqual({ state: 'RUNNING', nextInMs: 200 })
    expect(afterStep({ ...blocked, done: 1 }, false)).toEqual({ state: 'RUNNING', nextInMs: 200 })
  })

  test('a paused or cancelled one needs steps until the retries that it has made due have ended', () => {
    for (const state of ['PAUSED', 'CANCELLED'] as const) {
      expect(afterStep({ ...fresh, state, position: 7, done: 6 }, false)).toEqual({ state, nextInMs: 1_000 })
      expect(afterStep({ ...fresh, state, position: 7, done: 7 }, false)).toEqual({ state, nextInMs: null })
    }
  })
})
