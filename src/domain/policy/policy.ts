/** A policy: all the rules by which a webhook is rung, and a webhook's overrides of its preset's, within bounds. */
import { problem, type Problem } from '../problem.ts'
import type { DisableRule } from './disable.ts'
import type { RetrySchedule } from './retry.ts'
import type { SuccessRule } from './success.ts'

export interface Policy {
  readonly success: SuccessRule
  /** Total for one attempt, from name look-up to the end of the answer. */
  readonly timeoutMs: number
  /** True refuses plain http; false leaves it to the installation. */
  readonly httpsOnly: boolean
  /** Whether the dialect's test request must succeed before the webhook is saved. */
  readonly saveCheck: boolean
  readonly retry: RetrySchedule
  readonly disable: readonly DisableRule[]
}

/** What a webhook sets otherwise than its preset; each rule as a whole. */
export interface PolicyOverrides {
  readonly success?: SuccessRule
  readonly timeoutMs?: number
  readonly httpsOnly?: boolean
  readonly saveCheck?: boolean
  readonly retry?: RetrySchedule
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
  const problems: Problem[] = []
  const within = (value: number, min: number, max: number, at: readonly string[]): void => {
    if (!Number.isInteger(value) || value < min || value > max)
      problems.push(
        problem(
          'INVALID',
          at,
          `${at.at(-1) ?? ''} is ${value}; it must be a whole number of milliseconds from ${min} to ${max}`,
        ),
      )
  }
  const { timeoutMs, retry } = overrides
  if (timeoutMs !== undefined) within(timeoutMs, minTimeoutMs, maxTimeoutMs, [...field, 'timeoutMs'])
  if (retry === undefined) return problems
  const at = [...field, 'retry']
  if (retry.waits.length > maxWaits)
    return [
      ...problems,
      problem(
        'TOO_MANY',
        [...at, 'waits'],
        `waits has ${retry.waits.length} members; ${maxWaits} are the most`,
      ),
    ]
  for (const [index, wait] of retry.waits.entries()) {
    const here = [...at, 'waits', String(index)]
    within(wait.minMs, minWaitMs, maxWaitMs, [...here, 'minMs'])
    within(wait.maxMs, Math.max(minWaitMs, Math.min(wait.minMs, maxWaitMs)), maxWaitMs, [...here, 'maxMs'])
  }
  if (retry.windowMs !== null) {
    within(retry.windowMs, minWaitMs, maxWaitMs, [...at, 'windowMs'])
    if (retry.waits.length === 0)
      problems.push(problem('INVALID', [...at, 'windowMs'], 'windowMs needs at least one wait to repeat'))
  }
  return problems
}
