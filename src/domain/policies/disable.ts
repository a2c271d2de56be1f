/**
 * When does a webhook stop being rung? Decided from facts (`health.ts`) that are counted in Postgres; applied
 * once, by the settle. Which values a rule may have is `disable-bounds.ts`. Only attempts of the schedule count: not those asked for by a person, not tests.
 */
import type { Answer } from '../deliveries/outcome.ts'
import { unreachable } from '../shared/problem.ts'
import { attemptsOf } from './attempt-counts.ts'
import { failingDays, type Health } from './health.ts'
import { inWords } from './retry.ts'
import { judgedFrom } from './share-period.ts'
import type { FailureShareRule, DisableRule } from './disable-rule.ts'

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

/** The rules that can stop a webhook. */
type StoppingRule = Exclude<DisableRule, { readonly rule: 'NEVER' }>

const wayBack =
  'What is pending is held, what happens meanwhile is skipped. Mend the receiver, then call webhookEnable: skipped REPLAY brings back what was skipped, KEEP does not.'

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

// What happened, in figures, and where the limit is; null when the rule is not broken.
function brokenBy(rule: StoppingRule, health: Health, answer: Answer, now: Date): string | null {
  switch (rule.rule) {
    case 'CONSECUTIVE_FAILURES':
      return inARow(rule.count, health)
    case 'FAILURE_SHARE':
      return share(rule, health, now)
    case 'FAILING_DAYS':
      return onDays(rule.days, health)
    case 'FAILING_FOR':
      return lasting(rule.windowMs, health, now)
    case 'GONE':
      // Standard Webhooks: 410 says that the receiver wants no more.
      return answer.kind === 'ANSWERED' && answer.status === 410 ? 'The receiver answered 410 Gone.' : null
    default:
      return unreachable(rule)
  }
}

// Foody's document: "consecutivamente mais de 10 erros", more than 10 in a row. So many are borne, one more is not.
function inARow(borne: number, { consecutiveFailures, failingSince }: Health): string | null {
  if (consecutiveFailures <= borne) return null
  const since = failingSince === null ? '' : `, the first at ${failingSince.toISOString()}`
  return `${consecutiveFailures} attempts in a row failed${since}; up to ${borne} are borne.`
}

// Flipdish's document: "over 50% ... over a 72 hour period". Exactly the share is allowed.
function share(rule: FailureShareRule, health: Health, now: Date): string | null {
  const { recent } = health
  const all = attemptsOf(recent)
  if (all < rule.minVolume || recent.failed / all <= rule.share) return null
  const from = judgedFrom(rule, health)
  if (from === null || now < from) return null
  return `${recent.failed} of ${all} attempts (${percent(recent.failed / all)}) failed within ${inWords(rule.windowMs)}; up to ${percent(rule.share)} is borne.`
}

// FlyBuy's document: "fails to acknowledge events over consecutive days". The last of the days stops it.
function onDays(limit: number, health: Health): string | null {
  const row = failingDays(health.days)
  const [first] = row
  if (first === undefined || row.length < limit) return null
  const failures = row.reduce((sum, { failed }) => sum + failed, 0)
  return `No success and ${failures} failed attempts on ${row.length} days in a row (UTC), the first ${first.day}; the limit is ${limit}.`
}

function lasting(windowMs: number, { failingSince, consecutiveFailures }: Health, now: Date): string | null {
  if (failingSince === null) return null
  const failingMs = now.getTime() - failingSince.getTime()
  if (failingMs < windowMs) return null
  return `No success since ${failingSince.toISOString()} (${inWords(failingMs)}) with ${consecutiveFailures} failed attempts; ${inWords(windowMs)} is the limit.`
}

/** A share of 0 to 1 as a person says it. */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`
}
