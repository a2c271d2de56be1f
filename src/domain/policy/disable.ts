/**
 * When does a webhook stop being rung? Decided from facts that are counted in Postgres; applied
 * once, by `flow/settle`. Only attempts of the schedule count: not those asked for by a person, not tests.
 */
import type { Answer } from '../outcome.ts'
import { inWords } from './retry.ts'

export const disableRuleNames = [
  'CONSECUTIVE_FAILURES',
  'FAILURE_SHARE',
  'FAILING_DAYS',
  'FAILING_FOR',
  'GONE',
  'NEVER',
] as const
export type DisableRuleName = (typeof disableRuleNames)[number]

export type DisableRule =
  /** More than `count` failures in a row: that many are still borne. */
  | { readonly rule: 'CONSECUTIVE_FAILURES'; readonly count: number }
  /** More than `share` (0 to 1) of at least `minVolume` attempts in the trailing window failed. */
  | {
      readonly rule: 'FAILURE_SHARE'
      readonly share: number
      readonly windowMs: number
      readonly minVolume: number
    }
  /** So many UTC days with failures and no success; idle days neither count nor break the row. */
  | { readonly rule: 'FAILING_DAYS'; readonly days: number }
  /** No success for this long, in milliseconds, while attempts failed. */
  | { readonly rule: 'FAILING_FOR'; readonly windowMs: number }
  | { readonly rule: 'GONE' }
  | { readonly rule: 'NEVER' }

/** Why a webhook is off: a rule, or somebody asked for it. */
export const disabledReasons = [
  'REQUESTED',
  'CONSECUTIVE_FAILURES',
  'FAILURE_SHARE',
  'FAILING_DAYS',
  'FAILING_FOR',
  'GONE',
] as const
export type DisabledReason = (typeof disabledReasons)[number]

export interface Disabled {
  readonly reason: DisabledReason
  /** For people: what happened, with figures, and how to come back. */
  readonly message: string
}

/** What is known of a webhook's attempts. */
export interface Health {
  /** Failures since the last success. */
  readonly consecutiveFailures: number
  /** The first of these failures; null when there is none. */
  readonly failingSince: Date | null
}

/** The rules that can stop a webhook. */
type StoppingRule = Exclude<DisableRule, { readonly rule: 'NEVER' }>

export const healthy: Health = { consecutiveFailures: 0, failingSince: null }

/** The facts after one more attempt of the schedule. */
export function countAttempt(health: Health, success: boolean, now: Date): Health {
  if (success) return healthy
  return { consecutiveFailures: health.consecutiveFailures + 1, failingSince: health.failingSince ?? now }
}

const wayBack = 'What is pending is held; mend the receiver, then call webhookEnable.'

/** Which rule stops the webhook after an attempt that failed; null when none does. `health` counts that attempt. */
export function disabledBy(
  rules: readonly DisableRule[],
  health: Health,
  answer: Answer,
  now: Date,
): Disabled | null {
  for (const rule of rules) {
    if (rule.rule === 'NEVER') continue
    const message = brokenBy(rule, health, answer, now)
    if (message !== null) return { reason: rule.rule, message: `${message} ${wayBack}` }
  }
  return null
}

function brokenBy(rule: StoppingRule, health: Health, answer: Answer, now: Date): string | null {
  switch (rule.rule) {
    case 'CONSECUTIVE_FAILURES':
    case 'FAILURE_SHARE':
    case 'FAILING_DAYS':
      return null
    case 'GONE':
      // Standard Webhooks: 410 says that the receiver wants no more.
      return answer.kind === 'ANSWERED' && answer.status === 410 ? 'The receiver answered 410 Gone.' : null
    case 'FAILING_FOR': {
      if (health.failingSince === null) return null
      const failingMs = now.getTime() - health.failingSince.getTime()
      if (failingMs < rule.windowMs) return null
      return `No success since ${health.failingSince.toISOString()} (${inWords(failingMs)}) with ${health.consecutiveFailures} failed attempts; ${inWords(rule.windowMs)} is the limit.`
    }
  }
}
