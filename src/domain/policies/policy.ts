/** A policy: all the rules by which a webhook is rung, and a webhook's overrides of its preset's, within bounds. */
import { problem, type Problem } from '../shared/problem.ts'
import { checkWhole } from '../shared/bounds.ts'
import { checkDisableRules } from './disable-bounds.ts'
import type { RetrySchedule, RetryWait } from './retry.ts'
import type { SuccessRule } from './success.ts'
import type { DisableRule } from './disable-rule.ts'

export interface Policy {
  readonly success: SuccessRule
  /** Total for one attempt, from name look-up to the end of the answer. */
  readonly timeoutMs: number
  /** True refuses plain http; false leaves it to the installation. */
  readonly httpsOnly: boolean
  /** Whether the dialect's test request must succeed before the webhook is saved. */
  readonly saveCheck: boolean
  readonly retry: RetrySchedule
  /** Whether a Retry-After of a 429 or 503 may make a wait of the schedule longer. */
  readonly honourRetryAfter: boolean
  readonly disable: readonly DisableRule[]
}

/** What a webhook sets otherwise than its preset; each rule as a whole. */
export interface PolicyOverrides {
  readonly success?: SuccessRule
  readonly timeoutMs?: number
  readonly httpsOnly?: boolean
  readonly saveCheck?: boolean
  readonly retry?: RetrySchedule
  readonly honourRetryAfter?: boolean
  readonly disable?: readonly DisableRule[]
}

export const minTimeoutMs = 1_000
export const maxTimeoutMs = 30_000
export const minWaitMs = 1_000
/** Seven days; also the longest retry window. */
export const maxWaitMs = 7 * 24 * 3_600_000
export const maxWaits = 20

export function withOverrides(policy: Policy, overrides: PolicyOverrides): Policy {
  return { ...policy, ...overrides }
}

/** What is wrong with overrides; none when every value is within its bounds. */
export function checkOverrides(overrides: PolicyOverrides, field: readonly string[]): readonly Problem[] {
  const { timeoutMs, retry, disable } = overrides
  return [
    ...(timeoutMs === undefined
      ? []
      : checkMs(timeoutMs, minTimeoutMs, maxTimeoutMs, [...field, 'timeoutMs'])),
    ...(retry === undefined ? [] : checkSchedule(retry, [...field, 'retry'])),
    ...(disable === undefined ? [] : checkDisableRules(disable, [...field, 'disable'])),
  ]
}

function checkMs(value: number, min: number, max: number, at: readonly string[]): readonly Problem[] {
  return checkWhole(value, { min, max, unit: 'of milliseconds' }, at)
}

function checkSchedule({ waits, windowMs }: RetrySchedule, at: readonly string[]): readonly Problem[] {
  if (waits.length > maxWaits) {
    const message = `waits has ${waits.length} members; ${maxWaits} are the most`
    return [problem('TOO_MANY', [...at, 'waits'], message)]
  }
  return [
    ...waits.flatMap((wait, index) => checkWait(wait, [...at, 'waits', String(index)])),
    ...(windowMs === null ? [] : checkMs(windowMs, minWaitMs, maxWaitMs, [...at, 'windowMs'])),
    ...(windowMs !== null && waits.length === 0
      ? [problem('INVALID', [...at, 'windowMs'], 'windowMs needs at least one wait to repeat')]
      : []),
  ]
}

function checkWait({ minMs, maxMs }: RetryWait, at: readonly string[]): readonly Problem[] {
  // Beside a shortest wait that is no number, the longest is judged by itself.
  const least = Number.isInteger(minMs) ? Math.max(minWaitMs, Math.min(minMs, maxWaitMs)) : minWaitMs
  return [
    ...checkMs(minMs, minWaitMs, maxWaitMs, [...at, 'minMs']),
    ...checkMs(maxMs, least, maxWaitMs, [...at, 'maxMs']),
  ]
}
