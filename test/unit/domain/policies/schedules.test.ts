/** The complete retry schedule of each preset, computed without a clock. */
import { describe, expect, test } from 'vitest'
import { waitAfter } from '../../../../src/domain/policies/retry.ts'
import { presetRules, type Preset } from '../../../../src/domain/webhooks/preset.ts'
import { hourMs, minuteMs, secondMs } from '../../../support/samples.ts'

const highestRandom = 1 - Number.EPSILON

/** Every wait of a delivery that never succeeds, in the order of its failures. */
function waitsOf(preset: Preset, random: number): readonly number[] {
  const waits: number[] = []
  let ageMs = 0
  for (;;) {
    const wait = waitAfter(presetRules[preset].policy.retry, waits.length + 1, {
      ageMs,
      retryAfterMs: null,
      random,
    })
    if (wait === null) return waits
    waits.push(wait.waitMs)
    ageMs += wait.waitMs
  }
}

const standard = [
  ...[5 * secondMs, 5 * minuteMs, 30 * minuteMs],
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * hourMs),
]

describe('schedules of presets', () => {
  test.each(['STANDARD', 'FLYBUY', 'FAST_EVENTS'] as const)(
    '%s attempts a failing delivery ten times, with waits that are up to a fifth longer',
    (preset) => {
      expect(waitsOf(preset, 0)).toEqual(standard)
      expect(waitsOf(preset, highestRandom)).toEqual(standard.map((ms) => Math.round(ms * 1.2)))
    },
  )

  test('FLIPDISH attempts a failing delivery after 5 s, 5 min, 30 min and 2 h, then every 4 h, within 24 hours', () => {
    const first = [5 * secondMs, 5 * minuteMs, 30 * minuteMs, 2 * hourMs]
    const waits = waitsOf('FLIPDISH', 0)
    expect(waits).toEqual([...first, ...Array<number>(5).fill(4 * hourMs)])
    for (const random of [0, 0.5, highestRandom]) {
      const sum = waitsOf('FLIPDISH', random).reduce((all, ms) => all + ms, 0)
      expect(sum).toBeLessThanOrEqual(24 * hourMs)
      expect(sum, 'the schedule does not end early').toBeGreaterThan(24 * hourMs - 4.8 * hourMs)
    }
  })

  test('FOODY attempts a failing delivery once more, after 60 to 120 seconds', () => {
    expect(waitsOf('FOODY', 0)).toEqual([60 * secondMs])
    expect(waitsOf('FOODY', highestRandom)).toEqual([120 * secondMs])
  })
})
