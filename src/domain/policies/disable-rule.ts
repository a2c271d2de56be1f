/**
 * The rules that can disable a webhook, with their parameters. A webhook without rules is never disabled automatically.
 * Does not apply the rules.
 */

/** The names of the rules; the same list as DisableRuleName in the SDL. */
export const disableRuleNames = [
  'CONSECUTIVE_FAILURES',
  'FAILURE_SHARE',
  'FAILING_DAYS',
  'FAILING_FOR',
  'GONE',
] as const

export type DisableRuleName = (typeof disableRuleNames)[number]

/** Disables when more than `share` (0 to 1) of at least `minVolume` attempts in the last `windowMs` failed. */
export interface FailureShareRule {
  readonly rule: 'FAILURE_SHARE'
  readonly share: number
  readonly windowMs: number
  readonly minVolume: number
  /** The rule applies once the attempts span this many milliseconds, 0 to `windowMs`. Absent: `windowMs`. */
  readonly minPeriodMs?: number
}

/** One disable rule with its parameters. */
export type DisableRule =
  /** Disables after more than `count` consecutive failures. */
  | { readonly rule: 'CONSECUTIVE_FAILURES'; readonly count: number }
  | FailureShareRule
  /** Disables on the `days`-th consecutive UTC day with failures and no success. Days without attempts are ignored. */
  | { readonly rule: 'FAILING_DAYS'; readonly days: number }
  /** Disables when an attempt fails `windowMs` milliseconds or more after the first failure since the last success. */
  | { readonly rule: 'FAILING_FOR'; readonly windowMs: number }
  /** Disables when the receiver answers 410 Gone. */
  | { readonly rule: 'GONE' }
