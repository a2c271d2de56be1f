/** A policy: the rules for sending requests to a webhook. Also validates the overrides of a preset's policy. */
import { problem, type Problem } from '../shared/problem.ts'
import { checkWhole } from '../shared/bounds.ts'
import { checkDisableRules } from './disable-bounds.ts'
import type { Recovery } from './recovery.ts'
import type { RetrySchedule, RetryWait } from './retry.ts'
import type { SuccessRule } from './success.ts'
import type { DisableRule } from './disable-rule.ts'

export interface Policy {
  readonly success: SuccessRule
  /** Time limit of one attempt, from the DNS lookup to the end of the response. */
  readonly timeoutMs: number
  /** True: http URLs are refused. False: the installation's settings decide. */
  readonly httpsOnly: boolean
  /** Whether the dialect's test request must succeed before a webhook is saved. */
  readonly saveCheck: boolean
  readonly retry: RetrySchedule
  /** Whether the Retry-After of a 429 or 503 may extend a wait of the schedule. */
  readonly honourRetryAfter: boolean
  readonly disable: readonly DisableRule[]
  /** How a webhook that one of these rules has disabled is enabled again. */
  readonly recovery: Recovery
}

/** The members of the policy that a webhook overrides. Each member replaces the preset's member completely. */
export interface PolicyOverrides {
  readonly success?: SuccessRule
  readonly timeoutMs?: number
  readonly httpsOnly?: boolean
  readonly saveCheck?: boolean
  readonly retry?: RetrySchedule
  readonly honourRetryAfter?: boolean
  readonly disable?: readonly DisableRule[]
  readonly recovery?: Recovery
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

/** Returns a problem for each override that is out of its bounds. */
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
    const message = `waits has ${waits.length} members; the maximum is ${maxWaits}`
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
  // maxMs must be at least minMs. If minMs is not an integer, maxMs is checked against the general minimum instead.
  const least = Number.isInteger(minMs) ? Math.max(minWaitMs, Math.min(minMs, maxWaitMs)) : minWaitMs
  return [
    ...checkMs(minMs, minWaitMs, maxWaitMs, [...at, 'minMs']),
    ...checkMs(maxMs, least, maxWaitMs, [...at, 'maxMs']),
  ]
}
