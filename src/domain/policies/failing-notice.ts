/**
 * When is an owner told that the webhook fails, and how is said how far it is from being stopped? Each row of
 * failures is told once, and flapping receivers do not flood their owners. Whether it is stopped is `disable.ts`.
 */
import type { Answer } from '../deliveries/outcome.ts'
import { unreachable } from '../shared/problem.ts'
import { attemptsOf } from './attempt-counts.ts'
import { percent } from './disable.ts'
import { failingDays, type Health } from './health.ts'
import { inWords } from './retry.ts'
import { judgedFrom } from './share-period.ts'
import type { DisableRule, FailureShareRule } from './disable-rule.ts'

/** An owner is told of one row of failures in this time, unless the next one stops the webhook. In milliseconds. */
const tellEveryMs = 60_000

/**
 * Whether the owner is to be told after an attempt that failed, which `failingSince` counts. A row that began too soon
 * after one that was told is told at its next failure later on; one that stops the webhook is told in any case, so
 * that nobody hears of the stop alone. `toldAt`: when the owner was last told; null: never.
 */
export function shouldNotify(
  { failingSince }: Pick<Health, 'failingSince'>,
  { notifiedAt, now, stops }: { readonly notifiedAt: Date | null; readonly now: Date; readonly stops: boolean },
): boolean {
  if (failingSince === null) return false
  if (notifiedAt === null || stops) return notifiedAt === null || notifiedAt < failingSince
  return notifiedAt < failingSince && now.getTime() - notifiedAt.getTime() >= tellEveryMs
}

/**
 * When the owner was last told, seen from a row of failures that begins now: before it. The database's clock stands
 * for a transaction, and of two the one that is counted later may have begun first.
 */
export function toldBefore(notifiedAt: Date | null, now: Date): Date | null {
  return notifiedAt !== null && notifiedAt >= now ? new Date(now.getTime() - 1) : notifiedAt
}

/** What the owner is told: what happened, and with figures how far each rule is from being broken. `health` counts the attempt. */
export function failingMessage(
  rules: readonly DisableRule[],
  health: Health,
  answer: Answer,
  now: Date,
): string {
  const happened = answer.kind === 'ANSWERED' ? `it was answered ${answer.status}` : answer.kind
  const distances = rules.flatMap((rule) => distanceFrom(rule, health, now) ?? [])
  const outlook = distances.length === 0 ? ['No rule stops this webhook.'] : distances
  return [`An attempt failed: ${happened}.`, ...outlook].join(' ')
}

// Where the webhook stands, in figures, and where the limit is; null for a rule that stops nothing.
function distanceFrom(rule: DisableRule, health: Health, now: Date): string | null {
  switch (rule.rule) {
    case 'CONSECUTIVE_FAILURES':
      return `${many(health.consecutiveFailures, 'failure')} in a row; up to ${rule.count} are borne.`
    case 'FAILURE_SHARE':
      return share(rule, health, now)
    case 'FAILING_DAYS': {
      const days = failingDays(health.days).length
      return `${many(days, 'day')} in a row with failures and no success (UTC); the limit is ${rule.days}.`
    }
    case 'FAILING_FOR':
      return lasting(rule.windowMs, health.failingSince ?? now)
    case 'GONE':
      return 'An answer of 410 Gone stops it at once.'
    case 'NEVER':
      return null
    default:
      return unreachable(rule)
  }
}

function share(rule: FailureShareRule, health: Health, now: Date): string {
  const { recent } = health
  const all = attemptsOf(recent)
  const found = `${recent.failed} of ${many(all, 'attempt')} (${percent(recent.failed / all)}) failed within ${inWords(rule.windowMs)}`
  const least = all < rule.minVolume ? `, of ${rule.minVolume} attempts at the least` : ''
  const from = judgedFrom(rule, health)
  const later = from !== null && now < from ? `, judged from ${from.toISOString()} on` : ''
  return `${found}; up to ${percent(rule.share)} is borne${least}${later}.`
}

function lasting(windowMs: number, since: Date): string {
  const until = new Date(since.getTime() + windowMs)
  return `No success since ${since.toISOString()}; a failure from ${until.toISOString()} on (${inWords(windowMs)}) stops it.`
}

function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
