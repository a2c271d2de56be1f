/**
 * Decides whether a rule disables a webhook after a failed attempt, from the webhook's health. PostgreSQL counts the
 * health, and the settle transaction applies the decision. Manual attempts and tests do not count.
 */
import type { Answer } from '../deliveries/outcome.ts'
import { unreachable } from '../shared/problem.ts'
import { attemptsOf } from './attempt-counts.ts'
import { failingDays, type Health } from './health.ts'
import { inWords } from './retry.ts'
import { activeMs } from '../deliveries/pause.ts'
import { ruleAppliesFrom } from './share-period.ts'
import type { FailureShareRule, DisableRule } from './disable-rule.ts'

/** Why a webhook is disabled: REQUESTED by a client, or the rule of that name. */
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
  /** Human-readable: what happened, with numbers, and how to enable the webhook again. */
  readonly message: string
}

const howToEnable =
  'Pending deliveries are held, and deliveries of new events are SKIPPED. Fix the receiver, then call webhookEnable: with skipped REPLAY the skipped deliveries are sent, with KEEP they are not.'

/**
 * Returns the first rule that disables the webhook after a failed attempt, or null. `health` must include that attempt,
 * and `answer` is its result.
 */
export function disabledBy(
  rules: readonly DisableRule[],
  health: Health,
  answer: Answer,
  now: Date,
): Disabled | null {
  for (const rule of rules) {
    const message = violation(rule, health, answer, now)
    if (message !== null) return { reason: rule.rule, message: `${message} ${howToEnable}` }
  }
  return null
}

// Returns the numbers and the limit of a broken rule as a sentence; null when the rule is not broken.
function violation(rule: DisableRule, health: Health, answer: Answer, now: Date): string | null {
  switch (rule.rule) {
    case 'CONSECUTIVE_FAILURES':
      return consecutive(rule.count, health)
    case 'FAILURE_SHARE':
      return share(rule, health, now)
    case 'FAILING_DAYS':
      return onDays(rule.days, health)
    case 'FAILING_FOR':
      return lasting(rule.windowMs, health, now)
    case 'GONE':
      // Standard Webhooks: with 410 the receiver asks the sender to disable the webhook.
      return answer.kind === 'ANSWERED' && answer.status === 410 ? 'The receiver answered 410 Gone.' : null
    default:
      return unreachable(rule)
  }
}

// Foody's document: "consecutivamente mais de 10 erros", more than 10 consecutive errors. The 11th failure disables.
function consecutive(allowed: number, { consecutiveFailures, failingSince }: Health): string | null {
  if (consecutiveFailures <= allowed) return null
  const since = failingSince === null ? '' : `, the first at ${failingSince.toISOString()}`
  return `${consecutiveFailures} consecutive attempts failed${since}; the rule allows up to ${allowed}.`
}

// Flipdish's document: "over 50% ... over a 72 hour period". A share of exactly 50 % is allowed.
function share(rule: FailureShareRule, health: Health, now: Date): string | null {
  const { recent } = health
  const all = attemptsOf(recent)
  if (all < rule.minVolume || recent.failed / all <= rule.share) return null
  const from = ruleAppliesFrom(rule, health)
  if (from === null || now < from) return null
  return `${recent.failed} of ${all} attempts (${percent(recent.failed / all)}) failed within ${inWords(rule.windowMs)}; the rule allows up to ${percent(rule.share)}.`
}

// FlyBuy's document: "fails to acknowledge events over consecutive days". A failure on the last of the days disables.
function onDays(limit: number, health: Health): string | null {
  const days = failingDays(health.days)
  const [first] = days
  if (first === undefined || days.length < limit) return null
  const failures = days.reduce((sum, { failed }) => sum + failed, 0)
  return `No success and ${failures} failed attempts on ${days.length} consecutive days (UTC), the first ${first.day}; the limit is ${limit}.`
}

// Applies to FAILING_FOR. `failingSince` is the first failure after the last success. The time of pauses does not count.
function lasting(windowMs: number, health: Health, now: Date): string | null {
  const { failingSince, consecutiveFailures, pauses } = health
  if (failingSince === null) return null
  const failingMs = activeMs(pauses, failingSince.getTime(), now.getTime())
  if (failingMs < windowMs) return null
  const without = failingMs < now.getTime() - failingSince.getTime() ? ' without pauses' : ''
  return `No success since ${failingSince.toISOString()} (${inWords(failingMs)}${without}) with ${consecutiveFailures} failed attempts; the limit is ${inWords(windowMs)}.`
}

/** Formats a share of 0 to 1 as a percentage, such as `12.5 %`. */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`
}
