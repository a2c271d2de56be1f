import { describe, expect, test } from 'vitest'
import { elapsedMs, leaseMarginMs, leavesTimeLimit } from '../../../../src/domain/deliveries/lease.ts'

const noonMs = Date.UTC(2026, 0, 1, 12)
const at = (monotonicMs: number, wallMs: number) => ({ monotonicMs, wallMs: noonMs + wallMs })

describe('elapsedMs', () => {
  test.each([
    ['both clocks ran', at(300, 300), 300],
    ['the machine slept and the monotonic clock stopped', at(5, 60_000), 60_000],
    ['the system clock was set back', at(11_000, -3_600_000), 11_000],
  ])('the time since a claim is the longer one of both clocks when %s', (_, now, expected) => {
    expect(elapsedMs(at(0, 0), now)).toBe(expected)
  })
})

describe('leavesTimeLimit', () => {
  test.each([
    [at(0, 0), true],
    [at(leaseMarginMs - 1, leaseMarginMs - 1), true],
    [at(leaseMarginMs, leaseMarginMs), false],
    [at(1, leaseMarginMs), false],
    [at(leaseMarginMs, 1), false],
  ])('a request at %j after its claim may begin: %s', (now, may) => {
    expect(leavesTimeLimit(at(0, 0), now)).toBe(may)
  })
})
