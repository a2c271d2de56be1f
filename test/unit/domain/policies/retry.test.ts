import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkOverrides, maxWaitMs, maxWaits, minWaitMs } from '../../../../src/domain/policies/policy.ts'
import {
  inWords,
  maxRetryAfterMs,
  minRetryAfterMs,
  spread,
  standardSchedule,
  waitAfter,
  type RetrySchedule,
  type Wait,
} from '../../../../src/domain/policies/retry.ts'
import { dayMs, hourMs, minuteMs, secondMs } from '../../../support/samples.ts'

/** The wait after a failure of an event of this age. By default there is no Retry-After and the random number is 0. */
const wait = (
  schedule: RetrySchedule,
  failures: number,
  given: { readonly ageMs?: number; readonly retryAfterMs?: number | null; readonly random?: number } = {},
): Wait | null => waitAfter(schedule, failures, { ageMs: 0, retryAfterMs: null, random: 0, ...given })

const highestRandom = 1 - Number.EPSILON

describe('standard schedule', () => {
  const waits = [
    5 * secondMs,
    5 * minuteMs,
    30 * minuteMs,
    2 * hourMs,
    5 * hourMs,
    10 * hourMs,
    14 * hourMs,
    20 * hourMs,
    24 * hourMs,
  ].map((baseMs, index) => ({ failures: index + 1, baseMs }))

  test.each(waits)(
    'the standard schedule waits $baseMs ms and up to a fifth more after failure $failures',
    ({ failures, baseMs }) => {
      expect(wait(standardSchedule, failures)?.waitMs).toBe(baseMs)
      expect(wait(standardSchedule, failures, { random: 0.5 })?.waitMs).toBe(Math.round(baseMs * 1.1))
      expect(wait(standardSchedule, failures, { random: highestRandom })?.waitMs).toBe(
        Math.round(baseMs * 1.2),
      )
    },
  )

  test('the standard schedule ends with the tenth failure', () => {
    expect(wait(standardSchedule, 10)).toBeNull()
    expect(wait(standardSchedule, 11)).toBeNull()
  })

  test('the standard schedule takes three to four days', () => {
    const shortestMs = waits.reduce((sum, { baseMs }) => sum + baseMs, 0)
    expect(shortestMs / dayMs).toBeGreaterThan(3)
    expect((shortestMs * 1.2) / dayMs).toBeLessThan(4)
  })

  test('the reason of a wait has its number and its length', () => {
    expect(wait(standardSchedule, 2)?.reason).toBe('wait 2 of the retry schedule is 5 min')
  })
})

describe('schedule with a window', () => {
  // Flipdish's document: 5 s, 5 min, 30 min, 2 h, then every 4 h until 24 h are over.
  const bases = [5 * secondMs, 5 * minuteMs, 30 * minuteMs, 2 * hourMs, 4 * hourMs]
  const windowed: RetrySchedule = {
    waits: bases.map((baseMs) => ({ minMs: baseMs, maxMs: baseMs })),
    windowMs: 24 * hourMs,
  }

  test('a schedule with a window repeats its last wait', () => {
    expect([5, 6, 7, 40].map((failures) => wait(windowed, failures)?.waitMs)).toEqual(
      Array(4).fill(4 * hourMs),
    )
  })

  test('an attempt may start exactly at the end of the window, and not a millisecond later', () => {
    expect(wait(windowed, 6, { ageMs: 20 * hourMs })?.waitMs).toBe(4 * hourMs)
    expect(wait(windowed, 6, { ageMs: 20 * hourMs + 1 })).toBeNull()
    expect(wait(windowed, 1, { ageMs: 25 * hourMs })).toBeNull()
  })

  test('the schedule of the Flipdish document makes ten attempts in 24 hours', () => {
    let ageMs = 0
    const starts = [0]
    for (let failures = 1; ; failures += 1) {
      const next = wait(windowed, failures, { ageMs })
      if (next === null) break
      ageMs += next.waitMs
      starts.push(ageMs)
    }
    expect(starts.map((startMs) => inWords(startMs))).toEqual([
      ...['0 s', '5 s', '5.1 min', '35.1 min', '2.6 h', '6.6 h', '10.6 h', '14.6 h', '18.6 h', '22.6 h'],
    ])
  })

  test('the remaining window bounds Retry-After', () => {
    const given = { ageMs: 23 * hourMs, retryAfterMs: 5 * hourMs }
    expect(wait({ ...windowed, waits: spread(secondMs) }, 1, given)?.waitMs).toBe(hourMs)
  })
})

test('a schedule without waits ends with the first failure', () => {
  expect(wait({ waits: [], windowMs: null }, 1)).toBeNull()
  expect(wait({ waits: [], windowMs: hourMs }, 1)).toBeNull()
})

describe('wait with Retry-After', () => {
  const fiveSeconds: RetrySchedule = { waits: [{ minMs: 5_000, maxMs: 5_000 }], windowMs: null }
  const waitWith = (retryAfterMs: number) => wait(fiveSeconds, 1, { retryAfterMs })

  test('Retry-After postpones the next attempt, and the reason says so', () => {
    expect(waitWith(2 * minuteMs)).toEqual({
      waitMs: 2 * minuteMs,
      reason: 'the receiver requested 2 min in Retry-After',
    })
  })

  test.each([-5_000, 0, 1, 4_999, 5_000])(
    'Retry-After of %i ms does not shorten a wait of 5 s',
    (retryAfterMs) => {
      expect(waitWith(retryAfterMs)?.waitMs).toBe(5_000)
    },
  )

  test('Retry-After is limited to 6 h, and the reason says so', () => {
    expect(waitWith(maxRetryAfterMs)?.waitMs).toBe(6 * hourMs)
    expect(waitWith(maxRetryAfterMs)?.reason).not.toContain('limited')
    expect(waitWith(maxRetryAfterMs + 1)?.waitMs).toBe(6 * hourMs)
    expect(waitWith(Infinity)).toMatchObject({ waitMs: 6 * hourMs })
    expect(waitWith(7 * hourMs)?.reason).toBe('the receiver requested 7 h in Retry-After, limited to 6 h')
  })

  test('Retry-After of 0 ms waits at least a second when the schedule would be sooner', () => {
    const hasty: RetrySchedule = { waits: [{ minMs: 10, maxMs: 10 }], windowMs: null }
    expect(wait(hasty, 1, { retryAfterMs: 0 })?.waitMs).toBe(minRetryAfterMs)
  })

  test('Retry-After does not extend a schedule that has ended', () => {
    expect(wait(fiveSeconds, 2, { retryAfterMs: minuteMs })).toBeNull()
  })
})

describe('random schedules within the bounds', () => {
  const waits = fc.array(
    fc
      .tuple(fc.integer({ min: minWaitMs, max: maxWaitMs }), fc.integer({ min: minWaitMs, max: maxWaitMs }))
      .map(([one, other]) => ({ minMs: Math.min(one, other), maxMs: Math.max(one, other) })),
    { maxLength: maxWaits },
  )
  const schedules = fc
    .record({ waits, windowMs: fc.option(fc.integer({ min: minWaitMs, max: maxWaitMs })) })
    .filter((schedule) => schedule.waits.length > 0 || schedule.windowMs === null)
  const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  const retryAfters = fc.option(fc.double({ min: 0, max: 2 * maxWaitMs, noNaN: true }))

  test('every schedule within the bounds is accepted by a policy', () => {
    fc.assert(
      fc.property(schedules, (retry) => {
        expect(checkOverrides({ retry }, ['policy'])).toEqual([])
      }),
    )
  })

  test('every schedule ends: with its waits, or within its window', () => {
    fc.assert(
      fc.property(schedules, randoms, retryAfters, (schedule, random, retryAfterMs) => {
        let [failures, ageMs] = [1, 0]
        // The maximum number: a second between attempts, for seven days.
        while (failures <= maxWaitMs / minWaitMs + 1) {
          const next = waitAfter(schedule, failures, { ageMs, retryAfterMs, random })
          if (next === null) break
          ageMs += next.waitMs
          failures += 1
        }
        expect(waitAfter(schedule, failures, { ageMs, retryAfterMs, random })).toBeNull()
        if (schedule.windowMs === null) expect(failures).toBe(schedule.waits.length + 1)
        else expect(ageMs).toBeLessThanOrEqual(schedule.windowMs)
      }),
      { numRuns: 60 },
    )
  })

  test('every retry is due within its wait or the bound of Retry-After, and within the window', () => {
    fc.assert(
      fc.property(
        schedules,
        fc.integer({ min: 1, max: maxWaits + 5 }),
        fc.double({ min: 0, max: maxWaitMs, noNaN: true }),
        randoms,
        retryAfters,
        (schedule, failures, ageMs, random, retryAfterMs) => {
          const next = waitAfter(schedule, failures, { ageMs, retryAfterMs, random })
          if (next === null) return
          const drawn = schedule.waits[failures - 1] ?? schedule.waits.at(-1)
          if (drawn === undefined) throw new Error('expected a wait to be drawn from')
          expect(next.waitMs).toBeGreaterThanOrEqual(drawn.minMs)
          expect(next.waitMs).toBeLessThanOrEqual(Math.max(drawn.maxMs, maxRetryAfterMs))
          if (retryAfterMs === null) expect(next.waitMs).toBeLessThanOrEqual(drawn.maxMs)
          if (schedule.windowMs !== null) expect(ageMs + next.waitMs).toBeLessThanOrEqual(schedule.windowMs)
        },
      ),
    )
  })
})

test.each([
  [0, '0 s'],
  [999, '1 s'],
  [1_500, '1.5 s'],
  [59_000, '59 s'],
  [60_000, '1 min'],
  [66_000, '1.1 min'],
  [3_600_000, '1 h'],
  [86_400_000, '24 h'],
])('inWords writes %i ms as %s', (ms, words) => {
  expect(inWords(ms)).toBe(words)
})
