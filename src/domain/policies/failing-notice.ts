/**
 * Decides when the webhook's owner is notified that the webhook is failing, and writes the message. Each run of
 * consecutive failures is reported at most once, and at most one run per minute. Does not disable webhooks.
 */
import type { Answer } from '../deliveries/outcome.ts'
import { unreachable } from '../shared/problem.ts'
import { attemptsOf } from './attempt-counts.ts'
import { percent } from './disable.ts'
import { failingDays, type Health } from './health.ts'
import { inWords } from './retry.ts'
import { ruleAppliesFrom } from './share-period.ts'
import { afterActive } from '../deliveries/pause.ts'
import type { DisableRule, FailureShareRule } from './disable-rule.ts'

/** Minimum time in milliseconds between notifications. A run that disables the webhook is reported earlier. */
const notifyEveryMs = 60_000

/**
 * Returns whether to notify the owner after a failed attempt. `failingSince` is the first failure of the current run,
 * possibly this attempt. `notifiedAt` is the last notification, null if there was none. A run that begins within a
 * minute after a notification is reported at its first failure after that minute. A run that disables the webhook
 * (`stops`) is always reported, so that every DISABLED by a rule follows a FAILING of the same run.
 */
export function shouldNotify(
  { failingSince }: Pick<Health, 'failingSince'>,
  {
    notifiedAt,
    now,
    stops,
  }: { readonly notifiedAt: Date | null; readonly now: Date; readonly stops: boolean },
): boolean {
  if (failingSince === null) return false
  if (notifiedAt === null || stops) return notifiedAt === null || notifiedAt < failingSince
  return notifiedAt < failingSince && now.getTime() - notifiedAt.getTime() >= notifyEveryMs
}

/**
 * Returns `notifiedAt`, or one millisecond before `now` when it is not earlier than `now`, the start of a new run.
 * `now` is the start of the transaction. Transactions may be counted in another order than they started, so the
 * notification of an earlier run can have a later timestamp.
 */
export function notifiedBefore(notifiedAt: Date | null, now: Date): Date | null {
  return notifiedAt !== null && notifiedAt >= now ? new Date(now.getTime() - 1) : notifiedAt
}

/**
 * Returns the notification for the owner: what happened, and how far each rule is from disabling the webhook. `health`
 * must include the failed attempt.
 */
export function failingMessage(
  rules: readonly DisableRule[],
  health: Health,
  answer: Answer,
  now: Date,
): string {
  const happened = answer.kind === 'ANSWERED' ? `the receiver answered ${answer.status}` : answer.kind
  const distances = rules.map((rule) => distanceFrom(rule, health, now))
  const outlook = distances.length === 0 ? ['No rule disables this webhook.'] : distances
  return [`An attempt failed: ${happened}.`, ...outlook].join(' ')
}

// Returns the current numbers and the limit of a rule as a sentence.
function distanceFrom(rule: DisableRule, health: Health, now: Date): string {
  switch (rule.rule) {
    case 'CONSECUTIVE_FAILURES':
      return `${many(health.consecutiveFailures, 'consecutive failure')}; the rule allows up to ${rule.count}.`
    case 'FAILURE_SHARE':
      return share(rule, health, now)
    case 'FAILING_DAYS': {
      const days = failingDays(health.days).length
      return `${many(days, 'consecutive day')} with failures and no success (UTC); the limit is ${rule.days}.`
    }
    case 'FAILING_FOR':
      return lasting(rule.windowMs, health, now)
    case 'GONE':
      return 'A response 410 Gone disables it immediately.'
    default:
      return unreachable(rule)
  }
}

function share(rule: FailureShareRule, health: Health, now: Date): string {
  const { recent } = health
  const all = attemptsOf(recent)
  const found = `${recent.failed} of ${many(all, 'attempt')} (${percent(recent.failed / all)}) failed within ${inWords(rule.windowMs)}`
  const from = ruleAppliesFrom(rule, health)
  const conditions = [
    ...(all < rule.minVolume ? [`with at least ${rule.minVolume} attempts`] : []),
    ...(from !== null && now < from ? [`from ${from.toISOString()} on`] : []),
  ]
  const applies = conditions.length === 0 ? '' : ` and applies ${conditions.join(' and ')}`
  return `${found}; the rule allows up to ${percent(rule.share)}${applies}.`
}

function lasting(windowMs: number, { failingSince, pauses }: Health, now: Date): string {
  const since = failingSince ?? now
  const until = afterActive(pauses, since, windowMs)
  return `No success since ${since.toISOString()}; a failure from ${until.toISOString()} on (${inWords(windowMs)}) disables it.`
}

function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
