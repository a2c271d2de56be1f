/** The rules by which a webhook can be disabled, with their parameters. Which of them an attempt breaks is decided in `disable.ts`. */
export const disableRuleNames = [
  'CONSECUTIVE_FAILURES',
  'FAILURE_SHARE',
  'FAILING_DAYS',
  'FAILING_FOR',
  'GONE',
  'NEVER',
] as const

export type DisableRuleName = (typeof disableRuleNames)[number]

/** More than `share` (0 to 1) of at least `minVolume` attempts in the trailing window failed. */
export interface FailureShareRule {
  readonly rule: 'FAILURE_SHARE'
  readonly share: number
  readonly windowMs: number
  readonly minVolume: number
  /** Judged once the attempts span so many milliseconds, 0 to `windowMs`; absent: `windowMs`. */
  readonly minPeriodMs?: number
}

export type DisableRule =
  /** More than `count` failures in a row: that many are still borne. */
  | { readonly rule: 'CONSECUTIVE_FAILURES'; readonly count: number }
  | FailureShareRule
  /** So many UTC days with failures and no success; idle days neither count nor break the row. */
  | { readonly rule: 'FAILING_DAYS'; readonly days: number }
  /** No success for this long, in milliseconds, while attempts failed. */
  | { readonly rule: 'FAILING_FOR'; readonly windowMs: number }
  | { readonly rule: 'GONE' }
  | { readonly rule: 'NEVER' }
