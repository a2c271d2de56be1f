import { describe, expect, test } from 'vitest'
import {
  activeMs,
  afterActive,
  isPaused,
  maxEarlierPauses,
  paused,
  pausedPeriods,
  periodsUntil,
  resumed,
  type Pausable,
} from '../../../../src/domain/deliveries/pause.ts'
import { flipdishSchedule, waitAfter } from '../../../../src/domain/policies/retry.ts'
import { hourMs, later, noon } from '../../../support/samples.ts'

const running: Pausable = { pause: null, earlierPauses: [] }
const hours = (count: number) => later(count * hourMs)
/** Paused from hour `from` to hour `to` after noon. */
const between = (from: number, to: number) => resumed(paused(running, null, hours(from)), hours(to))

describe('a pause', () => {
  test('a pause ends at its end and not a millisecond earlier; one without an end does not end', () => {
    const { pause } = paused(running, hours(2), noon)
    expect(pause).toEqual({ since: noon, until: hours(2) })
    expect([isPaused(pause, later(2 * hourMs - 1)), isPaused(pause, hours(2))]).toEqual([true, false])
    expect(isPaused(paused(running, null, noon).pause, hours(9_000))).toBe(true)
  })

  test('pausing a paused webhook moves the end and keeps the start; the same end changes nothing', () => {
    const first = paused(running, hours(2), noon)
    expect(paused(first, null, hours(1)).pause).toEqual({ since: noon, until: null })
    expect(paused(first, hours(2), hours(1))).toBe(first)
  })

  test('pausing a webhook whose pause has ended starts another pause and keeps the first', () => {
    const again = paused(paused(running, hours(2), noon), null, hours(3))
    expect(again.pause).toEqual({ since: hours(3), until: null })
    expect(again.earlierPauses).toEqual([{ sinceMs: noon.getTime(), untilMs: hours(2).getTime() }])
  })

  test('resuming keeps the period that has passed, up to the end of the pause; without a pause it changes nothing', () => {
    const { earlierPauses } = resumed(paused(running, hours(5), noon), hours(1))
    expect(earlierPauses).toEqual([{ sinceMs: noon.getTime(), untilMs: hours(1).getTime() }])
    expect(resumed(paused(running, hours(5), noon), hours(9)).earlierPauses[0]?.untilMs).toBe(
      hours(5).getTime(),
    )
    expect(resumed(running, noon)).toBe(running)
  })

  test('a webhook keeps 50 earlier pauses, and a delivery from before all of them still gains the time of each', () => {
    let webhook = running
    for (let count = 0; count < maxEarlierPauses + 25; count += 1)
      webhook = resumed(paused(webhook, null, hours(2 * count)), hours(2 * count + 1))
    expect(webhook.earlierPauses).toHaveLength(maxEarlierPauses)
    const end = hours(2 * (maxEarlierPauses + 25))
    expect(activeMs(webhook.earlierPauses, hours(-100).getTime(), end.getTime())).toBe(
      (100 + maxEarlierPauses + 25) * hourMs,
    )
  })
})

describe('the time without pauses', () => {
  test('a pause counts only as far as it overlaps the time between', () => {
    const { earlierPauses } = between(2, 5)
    const active = (from: number, to: number) =>
      activeMs(earlierPauses, hours(from).getTime(), hours(to).getTime()) / hourMs
    expect([active(0, 1), active(0, 3), active(0, 9), active(3, 4), active(4, 9), active(6, 9)]).toEqual([
      1, 2, 6, 0, 4, 3,
    ])
  })

  test('a pause without an end counts up to the end of the time', () => {
    const periods = pausedPeriods(paused(running, null, hours(2)))
    expect(activeMs(periods, noon.getTime(), hours(9).getTime())).toBe(2 * hourMs)
    expect(periodsUntil(periods, hours(9))).toEqual([
      { sinceMs: hours(2).getTime(), untilMs: hours(9).getTime() },
    ])
  })

  test('a time of rest is moved by the pauses within it, and by no other', () => {
    const pauses = [...between(2, 5).earlierPauses, ...between(6, 7).earlierPauses]
    expect(afterActive(pauses, noon, 1 * hourMs)).toEqual(hours(1))
    expect(afterActive(pauses, noon, 3 * hourMs)).toEqual(hours(6))
    expect(afterActive(pauses, noon, 4 * hourMs)).toEqual(hours(8))
    expect(afterActive(pauses, hours(4), 1 * hourMs)).toEqual(hours(6))
    expect(afterActive(pauses, hours(8), 1 * hourMs)).toEqual(hours(9))
  })

  test('a delivery that had used 20 of its 24 hours before a pause of two days has 4 hours left after it', () => {
    const { earlierPauses } = between(20, 68)
    const wait = (atHour: number) =>
      waitAfter(flipdishSchedule, 5, {
        ageMs: activeMs(earlierPauses, noon.getTime(), hours(atHour).getTime()),
        retryAfterMs: null,
        random: 0,
      })
    expect(wait(68)?.waitMs).toBe(4 * hourMs)
    expect(wait(68.01)).toBeNull()
  })
})
