/** Validates the disable rules that a client sets on a webhook. Does not apply them. */
import { problem, type Problem } from '../shared/problem.ts'
import { checkWhole } from '../shared/bounds.ts'
import { disableRuleNames, type DisableRule, type DisableRuleName } from './disable-rule.ts'

export const maxFailureCount = 1_000
export const maxFailingDays = 30
export const maxMinVolume = 10_000
/** Ten minutes, the length of the buckets in which attempts are counted. */
export const minShareWindowMs = 600_000
export const minFailingForMs = 1_000
/** Three weeks: counts are kept for longer, and the milliseconds fit into GraphQL's Int. */
export const maxDisableWindowMs = 21 * 24 * 3_600_000

const members = ['count', 'share', 'windowMs', 'days', 'minVolume', 'minPeriodMs'] as const
type Member = (typeof members)[number]

/** A disable rule as the client sent it. Any member may be set with any rule. */
export type DisableRuleInput = { readonly rule: DisableRuleName } & {
  readonly [M in Member]?: number | null | undefined
}

/** Removes absent and null members. The result is a valid rule only if `checkDisableRules` returns no problem. */
export function toDisableRule(input: DisableRuleInput): DisableRule {
  const given = members.flatMap((name) => (input[name] == null ? [] : [[name, input[name]] as const]))
  return { rule: input.rule, ...Object.fromEntries(given) } as DisableRule
}

const milliseconds = 'of milliseconds'

type Given = Readonly<Partial<Record<Member, number>>>
type Check = (value: number, at: readonly string[], given: Given) => readonly Problem[]

/** The members of each rule and their checks. All members are required, except those in `optional`. */
const checks: Readonly<Record<DisableRuleName, Readonly<Partial<Record<Member, Check>>>>> = {
  CONSECUTIVE_FAILURES: { count: whole(1, maxFailureCount) },
  FAILURE_SHARE: {
    share: checkShare,
    windowMs: whole(minShareWindowMs, maxDisableWindowMs, milliseconds),
    minVolume: whole(1, maxMinVolume),
    minPeriodMs: checkMinPeriod,
  },
  FAILING_DAYS: { days: whole(1, maxFailingDays) },
  FAILING_FOR: { windowMs: whole(minFailingForMs, maxDisableWindowMs, milliseconds) },
  GONE: {},
}

const optional: readonly Member[] = ['minPeriodMs']

/**
 * Returns the problems of a list of disable rules. TOO_MANY: more members than rules exist. INVALID: a duplicate, a
 * value out of bounds, or a member that the rule does not have. REQUIRED: a missing member. An empty list is valid: no
 * rule disables the webhook.
 */
export function checkDisableRules(
  rules: readonly DisableRule[],
  field: readonly string[],
): readonly Problem[] {
  if (rules.length > disableRuleNames.length) {
    const message = `disable has ${rules.length} members; the maximum is ${disableRuleNames.length}, each rule once`
    return [problem('TOO_MANY', field, message)]
  }
  return rules.flatMap((rule, index) => {
    const at = [...field, String(index)]
    return [...checkDuplicate(rules, index, at), ...checkMembers(rule, at)]
  })
}

function checkDuplicate(
  rules: readonly DisableRule[],
  index: number,
  at: readonly string[],
): readonly Problem[] {
  const name = rules[index]?.rule
  if (rules.findIndex(({ rule }) => rule === name) === index) return []
  return [problem('INVALID', [...at, 'rule'], `${name} is in the list twice; each rule can be given once`)]
}

function checkMembers(rule: DisableRule, at: readonly string[]): readonly Problem[] {
  const needed = checks[rule.rule]
  const given = rule as Given
  return members.flatMap((name) => {
    const check = needed[name]
    const value = given[name]
    const here = [...at, name]
    if (check === undefined)
      return value === undefined ? [] : [problem('INVALID', here, `${rule.rule} has no parameter ${name}`)]
    if (value !== undefined) return check(value, here, given)
    return optional.includes(name) ? [] : [problem('REQUIRED', here, `${rule.rule} needs ${name}`)]
  })
}

function whole(min: number, max: number, unit?: string) {
  const bounds = { min, max, ...(unit !== undefined && { unit }) }
  return (value: number, at: readonly string[]) => checkWhole(value, bounds, at)
}

// The period may not be longer than the window: attempts outside the window are not counted, so it would never end.
function checkMinPeriod(value: number, at: readonly string[], { windowMs }: Given): readonly Problem[] {
  const isWindow = Number.isInteger(windowMs) && Number(windowMs) >= minShareWindowMs
  const max = isWindow ? Math.min(Number(windowMs), maxDisableWindowMs) : maxDisableWindowMs
  return checkWhole(value, { min: 0, max, unit: milliseconds }, at)
}

// A share of 1 cannot be exceeded. A client that wants that must leave the rule out.
function checkShare(value: number, at: readonly string[]): readonly Problem[] {
  if (value >= 0 && value < 1) return []
  return [problem('INVALID', at, `share is ${value}; it must be from 0 to below 1`)]
}
