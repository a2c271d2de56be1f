/**
 * Decides how the scheduled attempts of a batch change the health of their webhook: the counts, whether a rule disables
 * the webhook, and what its owner is notified of.
 */
import type { AttemptTrigger } from '../deliveries/delivery.ts'
import type { Answer } from '../deliveries/outcome.ts'
import { isNoticeTopic } from '../orders/topic.ts'
import { disabledBy, type Disabled } from '../policies/disable.ts'
import { failingMessage, notifiedBefore, shouldNotify } from '../policies/failing-notice.ts'
import { countAttempt, type Health } from '../policies/health.ts'
import type { PolicyOverrides } from '../policies/policy.ts'
import type { Preset } from '../webhooks/preset.ts'
import { policyOf } from '../webhooks/webhook.ts'

/** How an attempt counts for its webhook's health. */
export type AttemptCount = 'SUCCESS' | 'FAILURE' | 'NOTHING'

/** The fields of an attempt that the decision needs. */
export interface CountedAttempt {
  readonly claimed: { readonly trigger: AttemptTrigger; readonly event: { readonly topic: string } }
  readonly answer: Answer
  readonly counts: AttemptCount
}

/** The fields of a webhook that the decision needs. */
export interface CountedWebhook {
  readonly preset: Preset
  readonly overrides: PolicyOverrides
  /** Time of the last FAILING change; null if there was none. */
  readonly failingNotifiedAt: Date | null
}

/** A webhook after a batch of attempts. */
export interface WebhookAfter {
  readonly health: Health
  /** The first disable rule that the batch broke, with the figures at that moment; null: none. */
  readonly disabled: Disabled | null
  /** The messages of FAILING changes for the owner, in order. They precede a DISABLED change. */
  readonly failing: readonly string[]
  /** Those of `failing` that the attempt of a notice caused. They cause no notice again. */
  readonly failingByNotice: ReadonlySet<string>
  /** Time of the last FAILING change, including those of this batch; null if there was none. */
  readonly failingNotifiedAt: Date | null
}

/**
 * `before` is the health before the batch. `attempts` are the attempts of the batch, in order; only those of the schedule
 * count. `now` is the start of the transaction on the database's clock.
 */
export function webhookAfterAttempts(
  webhook: CountedWebhook,
  before: Health,
  attempts: readonly CountedAttempt[],
  now: Date,
): WebhookAfter {
  const { disable } = policyOf(webhook)
  let health = before
  let disabled: Disabled | null = null
  let failingNotifiedAt = webhook.failingNotifiedAt
  const failing: string[] = []
  const failingByNotice = new Set<string>()
  for (const { counts, answer, claimed } of attempts) {
    if (counts === 'NOTHING' || claimed.trigger !== 'SCHEDULE') continue
    if (counts === 'FAILURE' && health.failingSince === null)
      failingNotifiedAt = notifiedBefore(failingNotifiedAt, now)
    health = countAttempt(health, counts === 'SUCCESS', now)
    if (counts === 'SUCCESS' || disabled !== null) continue
    disabled = disabledBy(disable, health, answer, now)
    if (!shouldNotify(health, { notifiedAt: failingNotifiedAt, now, stops: disabled !== null })) continue
    const message = failingMessage(disable, health, answer, now)
    failing.push(message)
    if (isNoticeTopic(claimed.event.topic)) failingByNotice.add(message)
    failingNotifiedAt = now
  }
  return { health, disabled, failing, failingByNotice, failingNotifiedAt }
}
