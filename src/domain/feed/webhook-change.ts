/** Status changes of webhooks, as the feed WEBHOOK_CHANGES sends them. */
import type { WebhookFeedItem } from './feed.ts'
import type { DisabledReason } from '../policies/disable.ts'
import type { SkippedDeliveries, Webhook } from '../webhooks/webhook.ts'
import { among, amongKnown } from '../lists/filters.ts'

export const webhookChangeKinds = ['CREATED', 'FAILING', 'DISABLED', 'ENABLED', 'PAUSED', 'RESUMED'] as const
export type WebhookChangeKind = (typeof webhookChangeKinds)[number]

export interface WebhookChange extends WebhookFeedItem {
  readonly kind: WebhookChangeKind
  readonly at: Date
  /** Why the webhook was disabled; null unless `kind` is DISABLED. */
  readonly reason: DisabledReason | null
  /** Human-readable: what happened and what follows. */
  readonly message: string
}

/** A change that has no position in the feed yet. */
export type NewWebhookChange = Omit<WebhookChange, 'projectId' | 'position' | 'partnerId'>

/**
 * Returns the status change that a client's request caused; null when the status did not change. `before` is null for a new webhook. Deleting a webhook is not reported. `skipped` says what happens to the
 * deliveries that were skipped while the webhook was disabled.
 */
export function changeOf(
  before: Webhook | null,
  { id: webhookId, disabled, pause }: Webhook,
  at: Date,
  skipped: SkippedDeliveries = 'KEEP',
): NewWebhookChange | null {
  const change = { webhookId, at, reason: null }
  if (before === null) {
    const message = disabled === null ? 'Created.' : 'Created, and disabled until it is enabled.'
    return { ...change, kind: 'CREATED', message }
  }
  if (before.disabled === null && disabled !== null)
    return { ...change, kind: 'DISABLED', reason: disabled.reason, message: disabled.message }
  if (before.disabled !== null && disabled === null)
    return { ...change, kind: 'ENABLED', message: `Enabled on request: ${enabledMessages[skipped]}` }
  if (pause === null)
    return before.pause === null
      ? null
      : { ...change, kind: 'RESUMED', message: `Resumed on request: ${afterPause(disabled !== null)}` }
  const isSame =
    before.pause?.since.getTime() === pause.since.getTime() &&
    before.pause.until?.getTime() === pause.until?.getTime()
  if (isSame) return null
  const end = pause.until === null ? 'until webhookResume is called' : `until ${pause.until.toISOString()}`
  return { ...change, kind: 'PAUSED', message: `Paused on request ${end}: deliveries wait as PENDING.` }
}

/** Returns the change of a pause that ended by itself. */
export function pauseEnded(webhookId: string, until: Date, isDisabled: boolean): NewWebhookChange {
  const message = `The pause ended at ${until.toISOString()}: ${afterPause(isDisabled)}`
  return { webhookId, at: until, reason: null, kind: 'RESUMED', message }
}

function afterPause(isDisabled: boolean): string {
  return isDisabled
    ? 'the webhook is disabled, so deliveries that waited are held until it is enabled.'
    : 'deliveries that waited are attempted as soon as they are due, within the limits of the webhook.'
}

const continues = 'held deliveries are attempted when they are due, and earlier failures do not count.'
const enabledMessages: Readonly<Record<SkippedDeliveries, string>> = {
  REPLAY: `${continues} Deliveries that were skipped while the webhook was disabled are sent.`,
  KEEP: `${continues} Deliveries that were skipped while the webhook was disabled stay skipped.`,
}

/** Returns the change of a webhook that a probe has enabled. */
export function recoveredByProbe(webhookId: string, deliveryId: string, at: Date): NewWebhookChange {
  const message = `Enabled by recovery: the receiver accepted the probe with delivery ${deliveryId}. ${sentence(enabledMessages.REPLAY)}`
  return { webhookId, at, reason: null, kind: 'ENABLED', message }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

/** All members must match; an empty list matches every change. */
export interface WebhookChangeFilter {
  readonly webhookIds: readonly string[]
  readonly partnerIds: readonly string[]
  readonly kinds: readonly WebhookChangeKind[]
}

/** Returns whether the change matches the filter. */
export function passesChange(
  { webhookIds, partnerIds, kinds }: WebhookChangeFilter,
  change: WebhookChange,
): boolean {
  return (
    among(webhookIds, change.webhookId) &&
    amongKnown(partnerIds, change.partnerId) &&
    among(kinds, change.kind)
  )
}
